"""What a model cannot read has no vector: it is found by its words, and nothing else about it is worse."""

from __future__ import annotations

import numpy as np
import pytest

from searchkit import Document, Index, ModelError, rebuild
from searchkit.models.embedders import embedder
from searchkit.models.embedders.scripts import LETTERS, WORDS, known_scripts, script_of, strange
from searchkit.types import ANSWERABLE
from tests.worlds import WordHashEmbedder, WordPieceEmbedder

LATIN = frozenset({"LATIN"})


class LatinReader(WordPieceEmbedder):
    """A model that reads Latin letters alone, and counts what it was given."""

    def reads(self, texts):
        return np.array([not strange(text, LATIN) for text in texts], np.bool_)


ENGLISH = Document("en", "Employees get annual leave.")
RUSSIAN = Document("ru", "Сотрудники получают отпуск в июле.")
GREEK = Document("el", "Οι εργαζόμενοι παίρνουν άδεια.")


@pytest.fixture
def index(tmp_path):
    with Index.create(tmp_path / "index", embedder=LatinReader()) as made:
        yield made


def vectors(index: Index) -> list[str]:
    """Return the documents that have a vector."""
    with index._reading() as view:
        return sorted(each.partition("#")[0] for each in view.passages.ids(view.snapshot.vectors.all_rows()).values())


# --- which texts a model reads -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("character", "script"),
    [("a", "LATIN"), ("ß", "LATIN"), ("я", "CYRILLIC"), ("年", "CJK"), ("ั", "THAI"), ("7", ""), ("-", ""), ("🎉", "")],
)
def test_letters_have_a_script_and_other_characters_none(character, script):
    assert script_of(character) == script


def test_a_vocabulary_knows_the_scripts_that_it_has_words_of_or_very_many_letters():
    latin = [f"{a}{b}" for a in "abcdefghij" for b in "abcdefghij"]
    assert len(latin) == WORDS
    letters = [chr(0x430 + n) for n in range(32)]
    chinese = [chr(0x4E00 + n) for n in range(LETTERS)]
    assert known_scripts([*latin, *letters, "12", "[UNK]"]) == {"LATIN"}
    assert known_scripts([*latin[1:], *letters]) == frozenset()
    assert known_scripts(chinese) == {"CJK"}
    assert known_scripts(chinese[1:]) == frozenset()


@pytest.mark.parametrize(
    ("text", "is_strange"),
    [("Hanoi", False), ("1, 2, 3", False), ("α-synuclein", False), ("Год", True), ("Год VW", True), ("Го VWs", False)],
)
def test_a_text_is_strange_if_most_of_its_letters_are(text, is_strange):
    assert strange(text, LATIN) == is_strange


READ = ("Employees get 25 days.", "Mitarbeiter bekommen Urlaub über Ostern.", "Nhân viên được nghỉ phép", "42", "")
UNREAD = (
    "พนักงานมีวันลาพักร้อน", "कर्मचारियों को छुट्टी मिलती है", "직원은 휴가를 받습니다",
    "يحصل الموظفون على إجازة", "העובדים מקבלים חופשה", "Сотрудники получают отпуск",
    "员工每年有带薪假期", "従業員は有給休暇があります", "Οι εργαζόμενοι παίρνουν άδεια", "🎉🎉",
)  # fmt: skip


def test_the_model_that_travels_reads_latin_letters():
    assert embedder("minilm").reads([*READ, *UNREAD]).tolist() == [True] * len(READ) + [False] * len(UNREAD)


@pytest.mark.parametrize("told", [[1.0], [True, False], "yes"])
def test_a_model_must_tell_of_each_text_whether_it_reads_it(tmp_path, told):
    class Wrong(LatinReader):
        def reads(self, texts):  # noqa: ARG002 - wrong whatever they are
            return told

    index = Index.create(tmp_path / "wrong", embedder=Wrong())
    with index, pytest.raises(ModelError, match="whether it reads"):
        index.add([RUSSIAN])


# --- indexing ----------------------------------------------------------------------------------------------------


def test_what_is_not_read_has_no_vector_and_is_told_once(index):
    report = index.add([ENGLISH, RUSSIAN])
    assert (report.embedded, report.unread, vectors(index)) == (1, 1, ["en"])
    assert index.status()["unread"] == 1
    assert index.embedder.embedded == [ENGLISH.text]
    again = index.add([GREEK])
    assert (again.unread, index.status()["unread"]) == (1, 2)
    assert index.add([GREEK]).unread == 0
    assert index.verify().ok


def test_a_model_that_does_not_say_reads_everything(tmp_path):
    with Index.create(tmp_path / "index", embedder=WordHashEmbedder()) as index:
        assert index.add([ENGLISH, RUSSIAN]).unread == 0
        assert vectors(index) == ["en", "ru"]
        assert index.search("отпуск", mode="vector").mode == "vector"


def test_removed_and_changed_texts_are_no_longer_counted(index):
    index.add([RUSSIAN, GREEK])
    index.remove("el")
    index.add([Document("ru", "Staff get leave.")])
    assert index.status()["unread"] == 0
    assert vectors(index) == ["ru"]


@pytest.mark.parametrize("first", [2, 7])  # 7 of 8: the sample holds what is not read, whatever is drawn
def test_predicted_vectors_and_improving_leave_it_out(index, monkeypatch, first):
    from searchkit.indexing import embedding  # noqa: PLC0415 - of this test alone

    monkeypatch.setattr(embedding, "FIRST", first)
    texts = [Document(str(n), f"Leave number {n}.") for n in range(6)]
    report = index.add([*texts, RUSSIAN, GREEK])
    assert (report.embedded + report.predicted, report.unread) == (6, 2)
    index.improve()
    assert index.status()["drafts"] == 0
    assert vectors(index) == [str(n) for n in range(6)]


def test_an_exported_index_comes_back_as_it_was(index, tmp_path):
    index.add([ENGLISH, RUSSIAN])
    index.export(tmp_path / "file")
    with Index.import_(tmp_path / "file", tmp_path / "copy", embedder=LatinReader()) as copy:
        assert (vectors(copy), copy.status()["unread"]) == (["en"], 1)


def test_rebuilding_takes_vectors_from_what_a_model_does_not_read(tmp_path):
    """An index from before: all had a vector."""
    with Index.create(tmp_path / "index", embedder=WordPieceEmbedder()) as index:
        index.add([ENGLISH, RUSSIAN])
    rebuild(tmp_path / "index", embedder=LatinReader())
    with Index.open(tmp_path / "index", embedder=LatinReader()) as index:
        assert (vectors(index), index.status()["unread"]) == (["en"], 1)
        assert index.verify().ok


def test_another_model_may_read_what_the_one_before_did_not(index):
    index.add([ENGLISH, RUSSIAN])
    index.rebuild(embedder=WordHashEmbedder())
    assert (vectors(index), index.status()["unread"]) == (["en", "ru"], 0)


# --- searching ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["hybrid", "vector"])
def test_a_question_that_is_not_read_is_answered_by_words_with_a_warning(index, mode):
    index.add([ENGLISH, RUSSIAN])
    found = index.search("Когда отпуск?", mode=mode)
    assert [hit.passage.doc_id for hit in found] == ["ru"]
    assert found.mode == "keyword"
    assert found[0].confidence == index.search("Когда отпуск?", mode="keyword")[0].confidence
    assert "cannot read the question's script" in found.warnings[0]
    (many,) = index.search_many(["Когда отпуск?"], mode=mode)
    assert many.hits == found.hits


def test_a_passage_without_a_vector_is_as_sure_as_its_words_make_it(index):
    index.add([ENGLISH, Document("ru", "Сотрудники Siemens получают отпуск в июле.")])
    hits = {hit.passage.doc_id: hit for hit in index.search("Siemens leave")}
    by_words = {hit.passage.doc_id: hit for hit in index.search("Siemens leave", mode="keyword")}
    assert "vector" not in hits["ru"].sources
    assert hits["ru"].confidence == pytest.approx(by_words["ru"].confidence, abs=0.1)


WORLD = {
    "th": (
        UNREAD[0] + "ยี่สิบห้าวันต่อปี",
        "เครื่องชงกาแฟทำความสะอาดทุกสัปดาห์",
        "วันลาพักร้อนกี่วัน",
        "ใครชนะฟุตบอลโลก",
    ),
    "hi": (
        UNREAD[1],
        "कॉफी मशीन हर सप्ताह साफ होती है",
        "कर्मचारियों को कितनी छुट्टी मिलती है?",
        "विश्व कप किसने जीता?",
    ),
    "ko": (
        "직원은 연간 25일의 휴가를 받습니다",
        "커피 머신은 매주 청소합니다",
        "직원 휴가는 며칠입니까?",
        "월드컵은 누가 우승했나요?",
    ),
    "ar": (
        UNREAD[3],
        "تنظف آلة القهوة كل أسبوع",
        "كم يوم إجازة يحصل عليه الموظفون؟",
        "من فاز بكأس العالم؟",
    ),
    "he": (
        UNREAD[4],
        "מכונת הקפה מנוקה מדי שבוע",
        "כמה ימי חופשה מקבלים העובדים?",
        "מי זכה בגביע העולם?",
    ),
    "ru": (
        UNREAD[5],
        "Кофемашину чистят каждую неделю",
        "Сколько дней отпуска получают сотрудники?",
        "Кто выиграл матч?",
    ),
    "zh": (
        "员工每年有二十五天带薪假期",
        "咖啡机每周清洗一次",
        "员工有多少天假期？",
        "谁赢得了世界杯？",
    ),
    "ja": (
        UNREAD[7],
        "コーヒーマシンは毎週清掃します",
        "有給休暇は何日ありますか？",
        "火山はなぜ噴火するのですか？",
    ),
    "en": (
        "🎉🎉 🎈",
        "🚗🚕",
        "🎉🎉",
        "🏔️🌋",
    ),
}


@pytest.mark.parametrize("language", WORLD)
def test_in_other_scripts_what_is_related_is_found_and_what_is_not_is_refused(tmp_path, language):
    answer, other, related, unrelated = WORLD[language]
    with Index.create(tmp_path / "index", embedder="minilm", language=language) as index:
        index.add([Document("answer", answer), Document("other", other), Document("en", "Staff have to wear shoes.")])
        best = index.search(related)[0]
        assert best.passage.doc_id == "answer"
        assert best.confidence >= ANSWERABLE
        assert not index.search(unrelated).answerable
        assert index.context(unrelated).text == ""
