"""A kill leaves the commit before or the one after, or nothing that is in the way; readers never see half of one."""

import pytest

from searchkit.indexing import embedding
from tests import crash


@pytest.fixture(autouse=True)
def own_sample_size(monkeypatch):
    monkeypatch.setattr(embedding, "FIRST", embedding.FIRST)  # which the trial lowers


def test_a_killed_writer_leaves_a_whole_commit(tmp_path):
    old, new = crash.kill_writers(tmp_path, kills=16, seed=1)
    assert old + new == 16


@pytest.mark.parametrize(("kind", "stride"), [("create", 6), ("import", 17), ("fail", 12)])
def test_a_killed_maker_leaves_nothing_in_the_way(tmp_path, kind, stride):
    none, _ = crash.kill_makers(tmp_path, kind, stride)
    assert none > 3


def test_readers_see_whole_commits_while_a_writer_is_busy(tmp_path):
    assert crash.read_while_writing(tmp_path, readers=3, seconds=3, seed=1) > 0
