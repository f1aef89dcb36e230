import numpy as np
import pytest

from searchkit.storage.vectors.journal import Journal

FIRST, SECOND = b"a" * 16, b"b" * 16


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "pending", "model", 3)


def test_what_was_appended_is_loaded(journal):
    journal.append([FIRST, SECOND], np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    found = journal.load()
    assert found[FIRST].tolist() == [1, 2, 3]
    assert found[SECOND].tolist() == [4, 5, 6]


def test_a_torn_record_is_cut_off_and_appending_goes_on(journal, tmp_path):
    journal.append([FIRST, SECOND], np.ones((2, 3), np.float32))
    path = tmp_path / "pending"
    path.write_bytes(path.read_bytes()[:-5])
    assert set(journal.load()) == {FIRST}
    journal.append([SECOND], np.zeros((1, 3), np.float32))
    assert set(journal.load()) == {FIRST, SECOND}


def test_a_damaged_record_ends_the_file(journal, tmp_path):
    journal.append([FIRST, SECOND], np.ones((2, 3), np.float32))
    path = tmp_path / "pending"
    content = bytearray(path.read_bytes())
    content[-8] ^= 1
    path.write_bytes(content)
    assert set(journal.load()) == {FIRST}


def test_another_models_vectors_are_not_used(journal, tmp_path):
    journal.append([FIRST], np.ones((1, 3), np.float32))
    other = Journal(tmp_path / "pending", "other", 3)
    assert other.load() == {}
    assert journal.load() == {}


def test_clearing_twice_is_fine(journal):
    journal.append([FIRST], np.ones((1, 3), np.float32))
    journal.clear()
    journal.clear()
    assert journal.load() == {}
