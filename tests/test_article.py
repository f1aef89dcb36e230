"""The news article that searchkit was asked for, when it lies beside the checkout: the card's question and others."""

from pathlib import Path

import pytest

from searchkit import Index

ARTICLES = Path(__file__).parent.parent.parent / "shared" / "seeds"

pytestmark = pytest.mark.skipif(not ARTICLES.is_dir(), reason="the article is not part of the project")

QUESTIONS = {  # question -> words that only the right paragraph holds
    "Who is Wang Junsheng?": "research fellow of East Asian studies",
    "What did Cui Heng call a rational choice?": "it is a rational choice",
    "How much trade do Russia and Vietnam do?": "about $5 billion",
    "What did Yury Ushakov say?": "Yury Ushakov",
    "How did the US embassy in Hanoi react to the visit?": "US embassy in Hanoi",
    "What did Lin Jian say about Russia's ties with old friends?": "China welcomes Russia",
    "Which newspaper printed Putin's article?": "Rodong Sinmun",
    "What treaty will Russia and North Korea sign?": "Strategic Partnership Agreement",
    "Why do Moscow and Pyongyang move closer because of NATO?": "Due to NATO's expansion",
    "What weaknesses does Washington expose when it interferes?": "exposes to the world",
    "When was Putin last in North Korea?": "24 years ago",
}


@pytest.fixture(scope="module")
def article(tmp_path_factory):
    with Index.create(tmp_path_factory.mktemp("article") / "index") as index:
        assert index.sync(ARTICLES).failed == ()
        yield index


def test_what_analysts_said_about_vietnam_comes_first(article):
    found = [hit.passage.text for hit in article.search("What did analysts say about Vietnam?", k=4)]
    assert "Vietnam" in found[0]
    assert "experts said" in found[0]
    assert "analysts said" in found[1]  # on those who resent the visit to Vietnam
    assert all("Vietnam" in text for text in found[2:])


def test_what_experts_said_about_vietnam_comes_first_for_who_asks_for_analysts(article):
    first, second, *others = article.who_said("analysts", about="Vietnam")
    assert [(one.source, one.verb, one.match) for one in (first, second)] == [
        ("experts", "say", "kind"),
        ("they", "add", "kind"),
    ]
    assert first.claim.startswith("However, the upcoming visit proves that Washington's rebuke did not affect Vietnam")
    assert all(one.score < second.score / 2 for one in others)
    assert {one.speaker.partition(",")[0] for one in others} >= {"analysts", "Wang Junsheng", "Cui Heng"}


def test_a_search_in_what_analysts_said_holds_the_experts_paragraph(article):
    found = [hit.passage.text for hit in article.search("Vietnam", k=20, said_by="analysts")]
    assert any("experts said" in text for text in found)
    assert not any("Lin Jian" in text or "Ushakov" in text for text in found)


@pytest.mark.parametrize(("question", "words"), QUESTIONS.items())
def test_the_right_paragraph_is_among_the_first_three(article, question, words):
    assert any(words in hit.passage.text for hit in article.search(question, k=3))


def test_the_head_of_the_article_becomes_metadata_and_answers_nothing(article):
    (doc_id,) = article.documents()
    document = article.get(doc_id)
    assert document.title == "Putin starts visits to North Korea, Vietnam amid West’s attention"
    assert document.metadata["section"] == "WORLD / ASIA-PACIFIC"
    assert document.metadata["date"] == "2024-06-18T23:48:00"
    assert document.metadata["standfirst"].startswith("Trip a move by Russia")
    assert document.metadata["captions"] == ["Russia and North Korea Photo: VCG"]
    for passage in article.passages(doc_id):
        assert len(passage.text) > 100
        assert document.text[passage.start : passage.end] == passage.text
        assert not any(head in passage.text for head in ("Published:", "Photo: VCG", "ASIA-PACIFIC", "observer"))
