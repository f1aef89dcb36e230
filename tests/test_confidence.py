"""How likely a passage answers: what speaks for it and against it, and what follows from that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.benchmarks.confidence.questions import marked, swapped
from searchkit import Document, Index, QueryError
from searchkit.models.embedders.background import background
from searchkit.search.confidence import FAR, MODELS, SHORT, Evidence, confidence, rivals
from searchkit.search.evidence import evidence as evidence_of
from searchkit.search.inquiry import Inquiry
from searchkit.search.ranked import first_stretch
from searchkit.search.request import SearchRequest
from searchkit.text.analysis import Analyzer
from searchkit.types import ANSWERABLE, CITED, Hit, Passage, Results
from tests.worlds import WordHashEmbedder, WordPieceEmbedder

SHARES = st.floats(0, 1)
SIGNS = {"coverage": 1, "held": 1, "rarity": 1, "unmet": -1, "length": -1, "cosine": 1, "pieces": 1}
FULL, NO_PIECES, KEYWORDS = range(3)  # the models, by what is known


def evidence(known: int = FULL, **values: float) -> Evidence:
    """Return evidence on one passage of rank 1: nothing, but for these values."""
    names = ("rank", "coverage", "held", "rarity", "unmet", "length")
    given = {name: np.array([values.get(name, float(name == "rank"))]) for name in names}
    cosine = None if known == KEYWORDS else np.array([values.get("cosine", 0.0)])
    pieces = np.array([values.get("pieces", 0.0)]) if known == FULL else None
    return Evidence(**given, cosine=cosine, pieces=pieces, rivals=values.get("rivals", FAR))


@pytest.mark.parametrize("known", [FULL, NO_PIECES, KEYWORDS])
def test_the_model_is_chosen_by_what_is_known(known):
    """Of no evidence at all, at rank 1, remain the constant, the shortest of texts and neighbours that are far."""
    model = MODELS[known]
    logit = model[""] + model["length"] * np.log(SHORT) + model.get("rivals", 0) * FAR
    assert confidence(evidence(known)) == pytest.approx(1 / (1 + np.exp(-logit)))


def test_pieces_without_a_cosine_are_not_known():
    alone = replace(evidence(FULL, pieces=0.9), cosine=None)
    assert confidence(alone) == confidence(evidence(KEYWORDS))


def test_a_passage_without_a_vector_is_judged_by_its_words_beside_one_that_has_one():
    """NaN is what is not known of a passage."""
    one = evidence(FULL, coverage=0.5, rarity=0.4, cosine=0.6, pieces=0.7)
    both = {
        name: np.repeat(getattr(one, name), 2) for name in ("rank", "coverage", "held", "rarity", "unmet", "length")
    }
    mixed = Evidence(**both, cosine=np.array([0.6, np.nan]), pieces=np.array([0.7, np.nan]), rivals=FAR)
    by_words = confidence(evidence(KEYWORDS, coverage=0.5, rarity=0.4))
    assert confidence(mixed).tolist() == [*confidence(one).tolist(), *by_words.tolist()]


def test_a_probability_is_the_logistic_function_of_the_weighted_sum():
    model = MODELS[FULL]
    logit = model["cosine"] * 0.5 + model["coverage"] * 0.8 + model["pieces"] * 0.7 + model["unmet"] * 0.25
    logit += model["held"] * np.log(3) + model["length"] * np.log(100) + model["rivals"] * 0.4
    logit += model["rank"] * np.log(3) + model[""]
    found = confidence(
        evidence(cosine=0.5, coverage=0.8, pieces=0.7, unmet=0.25, held=2, length=80, rivals=0.4, rank=3)
    )
    assert found == pytest.approx(1 / (1 + np.exp(-logit)))


EVIDENCE = st.builds(
    evidence,
    st.sampled_from([FULL, NO_PIECES, KEYWORDS]),
    coverage=SHARES, rarity=SHARES, unmet=SHARES, held=st.integers(0, 300), length=st.integers(0, 10_000),
    cosine=st.floats(-1, 1), pieces=st.floats(-1, 1), rivals=st.floats(FAR, 1), rank=st.integers(1, 10_000),
)  # fmt: skip


@given(EVIDENCE)
def test_every_confidence_is_a_probability(found):
    (sure,) = confidence(found)
    assert 0 <= sure <= 1


@given(EVIDENCE, st.sampled_from(sorted(SIGNS)), st.floats(0, 1))
def test_what_speaks_for_a_passage_raises_and_what_speaks_against_it_lowers(found, name, more):
    before = getattr(found, name)
    if before is not None:
        change = confidence(replace(found, **{name: before + more})) - confidence(found)
        assert SIGNS[name] * change >= -1e-12


@pytest.mark.parametrize("model", MODELS)
def test_signs_are_those_that_the_words_say(model):
    assert all(np.sign(weight) == SIGNS[name] for name, weight in model.items() if name in SIGNS)
    assert model["rank"] < 0
    assert model.get("rivals", -1) < 0


@given(EVIDENCE)
def test_the_same_evidence_is_worth_less_further_down(found):
    lower = replace(found, rank=found.rank + 1)
    assert confidence(lower) <= confidence(found)


def test_rivals_are_the_mean_of_the_further_neighbours():
    cosines = np.linspace(0.9, 0.31, 60)  # a hundredth apart
    assert rivals(cosines) == pytest.approx(cosines[10:30].mean())


def test_copies_are_one_rival_and_what_is_far_or_missing_counts_alike():
    cosines = np.linspace(0.9, 0.31, 60)
    assert rivals(np.repeat(cosines, 3)) == rivals(cosines)
    few = np.array([0.9, 0.6])
    assert rivals(few) == rivals(np.append(few, np.linspace(0.2, -0.1, 50))) == FAR


# --- what speaks for passages of an index ----------------------------------------------------------------------


@pytest.fixture
def made(tmp_path):
    """Make an index of documents."""
    opened: list[Index] = []

    def make(*documents: Document | str, embedder=None) -> Index:
        opened.append(Index.create(tmp_path / str(len(opened)), embedder=embedder or WordPieceEmbedder()))
        opened[-1].add(d if isinstance(d, Document) else Document(str(at), d) for at, d in enumerate(documents))
        return opened[-1]

    yield make
    for index in opened:
        index.close()


def speaks_for(index: Index, question: str, **options) -> Evidence:
    """Return the evidence for the first passage of each document, in the order of their ids."""
    with index._reading() as view:
        model = None if options.get("mode") == "keyword" else index.embedder
        stretch = first_stretch(Inquiry(view, model, Analyzer("en"), SearchRequest(question, **options)))
        rows = [view.passages.row_of(f"{doc_id}#0") for doc_id in index.documents()]
        passages = view.passages.get(rows)
        return evidence_of(stretch, [(row, passages[row]) for row in rows])


@pytest.mark.parametrize(
    ("question", "unmet"),
    [
        ("Was coffee dear in Hanoi?", [0, 1]),
        ("Was coffee dear in Hanoi and in Skagen?", [0.5, 0.5]),
        ("Was coffee dear in Hanoi and rare in Skagen and sold in Lima?", [4 / 9, 4 / 9]),  # 2 of 3 lack, * 2 / 3
        ("Was coffee dear?", [0, 0]),
    ],
)
def test_unmet_is_the_share_of_names_that_a_passage_lacks(made, question, unmet):
    index = made("Coffee was dear in Hanoi.", "Coffee was dear in Skagen.")
    assert speaks_for(index, question).unmet == pytest.approx(unmet)


def test_a_name_in_the_title_is_met(made):
    index = made(Document("0", "Coffee was dear.", "Hanoi"), Document("1", "Coffee was dear.", "Skagen"))
    assert speaks_for(index, "Was coffee dear in Hanoi?").unmet == pytest.approx([0, 1])


def test_a_time_is_met_by_the_documents_date(made):
    dates = ("2024-06-15", "2020-01-01", None)
    index = made(
        *(Document(str(at), "Tea rose.", metadata={"date": day} if day else {}) for at, day in enumerate(dates))
    )
    assert speaks_for(index, "Did tea rise in June 2024?").unmet == pytest.approx([0, 1, 1])


def test_names_and_times_count_alike(made):
    index = made(Document("0", "Tea rose in Hanoi.", metadata={"date": "2020-01-01"}), "Tea rose.")
    assert speaks_for(index, "Did tea rise in Hanoi in June 2024?").unmet == pytest.approx([0.5, 1])


def test_coverage_is_the_share_of_telling_terms_that_a_passage_holds(made):
    index = made("Coffee and tea.", "Tea alone, and so on.")
    found = speaks_for(index, "Is there coffee and tea?")
    assert found.coverage.tolist() == [1, 0.5]
    assert found.held.tolist() == [2, 1]
    assert found.rarity == pytest.approx([1, np.log(1.2) / (np.log(2) + np.log(1.2))])  # coffee is in 1 of 2


def test_evidence_holds_what_each_arm_says_and_the_length(made):
    index = made("Coffee.", "Tea and milk.")
    found = speaks_for(index, "coffee")
    least = background(index.embedder)
    assert found.cosine == pytest.approx([1, -least / (1 - least)], abs=1e-3)
    assert found.pieces == pytest.approx([1, 0])
    assert found.length.tolist() == [7, 13]
    assert found.rivals == FAR


def test_pieces_of_function_words_say_nothing_of_an_answer(made):
    index = made("Is there any?", "Coffee.")
    assert speaks_for(index, "Is there coffee?").pieces == pytest.approx([0, 1])


def test_ranks_count_from_the_page(made):
    index = made("Coffee.", "Tea.")
    assert speaks_for(index, "coffee", offset=10).rank.tolist() == [11, 12]


def test_a_model_without_pieces_and_keywords_alone_know_less(made):
    assert speaks_for(made("Coffee.", embedder=WordHashEmbedder()), "coffee").pieces is None
    index = made("Coffee.")
    alone = speaks_for(index, "coffee", mode="keyword")
    assert (alone.cosine, alone.pieces) == (None, None)


@pytest.mark.parametrize("mode", ["hybrid", "vector", "keyword"])
def test_the_passage_that_answers_is_far_surer_than_one_beside_it(made, mode):
    index = made("Coffee was dear in Hanoi.", "The river was high in Skagen.", "Voters were few in Hanoi.")
    best, *others = index.search("Was coffee dear in Hanoi?", mode=mode)
    assert best.passage.doc_id == "0"
    assert best.confidence >= ANSWERABLE
    assert all(hit.confidence < best.confidence / 2 for hit in others)


def test_two_versions_of_one_text_are_no_reason_to_trust_neither(made):
    index = made("Coffee was dear in Hanoi.", "Coffee was dear in Hanoi!")
    assert index.search("Was coffee dear in Hanoi?").answerable


# --- what follows from it --------------------------------------------------------------------------------------


def results(*confidences: float) -> Results:
    passage = Passage("d#0", "d", 0, "Text.", 0, 5, 1, 1)
    hits = tuple(Hit(at, 1.0, passage, {}, confidence=sure) for at, sure in enumerate(confidences, 1))
    return Results("q", hits, "hybrid", 1, 0.1)


def test_results_are_answerable_if_any_hit_is_likely_enough():
    assert results(0.01, ANSWERABLE).answerable
    assert not results(ANSWERABLE - 0.001, 0.01).answerable
    assert not results().answerable
    assert results(0.5).to_dict()["answerable"] is True
    assert results(0.5).to_dict()["hits"][0]["confidence"] == 0.5


QUESTION = "What did analysts say about Vietnam?"
NO_ANSWER = "Did xylophone makers of Skagen strike in 1911?"


def test_min_confidence_leaves_out_what_is_less_likely(news):
    everything = news.search(QUESTION)
    least = sorted(hit.confidence for hit in everything)[2]
    kept = news.search(QUESTION, min_confidence=least)
    assert kept.hits == tuple(hit for hit in everything if hit.confidence >= least)
    assert len(kept) == 3
    assert news.search(QUESTION, min_confidence=1.0).hits == ()


@pytest.mark.parametrize("wrong", [-0.1, 1.1])
def test_a_min_confidence_that_is_no_probability_is_a_query_error(news, wrong):
    with pytest.raises(QueryError, match="min_confidence must lie between 0 and 1"):
        news.search(QUESTION, min_confidence=wrong)


@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
@pytest.mark.parametrize("question", ["the", "who is it?", "-coffee", "NOT coffee"])
def test_what_asks_for_nothing_has_no_answer(news, mode, question):
    assert {hit.confidence for hit in news.search(question, mode=mode)} <= {0.0}
    assert not news.search(question, mode=mode).answerable
    assert news.context(question, mode=mode).text == ""


@pytest.mark.parametrize("question", ["date:2024", "title:coffee", '"coffee prices"'])
def test_a_date_a_field_and_a_phrase_ask_for_something(news, question):
    assert news.search(question).answerable


def test_a_filter_that_nothing_fits_leaves_no_answer(news):
    found = news.search(QUESTION, where="date < 1900")
    assert (found.hits, found.answerable) == ((), False)
    assert news.context(QUESTION, where="date < 1900").citations == ()


@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
def test_a_question_that_the_index_cannot_answer_is_not_answerable(news, mode):
    assert news.search(QUESTION, mode=mode).answerable
    assert not news.search(NO_ANSWER, mode=mode).answerable


def test_a_context_is_empty_where_nothing_answers_and_says_how_sure_the_best_was(news):
    best = news.search(NO_ANSWER, 30, collapse=True)[0].confidence
    made = news.context(NO_ANSWER)
    assert (made.text, made.citations, made.tokens) == ("", (), 0)
    assert made.confidence == made.to_dict()["confidence"] == best < CITED


def test_a_context_holds_what_its_reader_may_make_something_of(news):
    sure = {hit.passage.id for hit in news.search(QUESTION, 30) if hit.confidence >= CITED}
    cited = {citation.passage.id for citation in news.context(QUESTION).citations}
    assert cited == sure
    assert "hanoi#0" in cited
    assert len(cited) < len(news.search(QUESTION))


def test_with_a_min_confidence_of_your_own_that_alone_decides_what_a_context_holds(news):
    assert len(news.context(NO_ANSWER, min_confidence=0).citations) == len(news.search(NO_ANSWER)) > 0
    assert news.context(QUESTION, min_confidence=1.0).citations == ()


# --- how the coefficients are made -----------------------------------------------------------------------------


@pytest.fixture
def fit():
    pytest.importorskip("scipy")
    from scripts.benchmarks.confidence import fitting  # noqa: PLC0415 - needs scipy

    return fitting


def examples(fit, name: str = "some", family: str = "some"):
    """Return a collection whose answers are right from a cosine of .5 on, whatever the noise."""
    return fit.Asked(
        name,
        family,
        [
            {
                "features": {"cosine": cosine, "noise": noise, "rank": 0.0}, "right": cosine > 0.5,
                "kind": "own" if cosine > 0.5 else "foreign", "question": (cosine, noise), "first": True,
            }
            for cosine in (0.1, 0.4, 0.6, 0.9)
            for noise in (0.0, 1.0)
        ],
    )  # fmt: skip


def test_fitting_finds_a_feature_that_tells_right_from_wrong_and_ignores_one_that_does_not(fit):
    model = fit.fitted([examples(fit)], ["cosine", "noise"])
    assert model["cosine"] > 5
    assert abs(model["noise"]) < 0.05
    assert model["cosine"] * 0.5 + model[""] == pytest.approx(0, abs=0.1)  # as likely as not in the middle


def test_examples_count_by_rank_and_those_less_that_may_have_an_answer(fit):
    own = {"features": {"rank": np.log(4)}, "kind": "own"}
    assert fit.weight(own) == pytest.approx(1 / 16)
    for kind, share in fit.WEIGHTS.items():
        assert fit.weight(own | {"kind": kind}) == pytest.approx(share / 16)


def test_a_collection_is_measured_by_what_it_did_not_help_to_fit(fit, capsys):
    """Where right and wrong are the other way round, what others teach is wrong of it, and only there."""
    odd = examples(fit, "odd", "odd")
    turned = [each | {"right": not each["right"]} for each in odd.examples]
    fit.report([examples(fit), examples(fit, "kin"), odd._replace(examples=turned)], ["cosine"])
    lines = [line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:5]]
    errors = {line[0][2:]: float(line[1]) for line in lines}
    assert errors["odd"] > 0.5
    assert errors["some"] == errors["kin"]


def test_names_and_numbers_of_a_question_are_found_to_be_swapped():
    assert list(marked("Did Tobias Renner leave Hanoi in 1911?")) == [
        ("Tobias Renner", False), ("Hanoi", False), ("1911", True),
    ]  # fmt: skip


def test_a_swapped_question_has_a_name_of_another_in_place_of_its_own():
    import random  # noqa: PLC0415 - of this test alone

    from searchkit import Question  # noqa: PLC0415

    asked = [Question("a", "Who left Hanoi?"), Question("b", "Who left Skagen?"), Question("c", "Why is tea dear?")]
    found = {question.id: question.text for question in swapped(asked, random.Random(0))}
    assert found == {"swapped/a": "Who left Skagen?", "swapped/b": "Who left Hanoi?"}


FREQUENT = """# Questions about the lamp

## Can I use it outdoors?
Yes, it is sealed against rain and dust.

## Which batteries fit?
Two AAA cells. Rechargeable ones work too.

## How do I return an item?
Fill in the form in the box and hand it to any post office within thirty days.
"""


def test_a_question_that_is_the_heading_of_its_answer_is_answered(tmp_path):
    (tmp_path / "faq.md").write_text(FREQUENT)
    with Index.create(tmp_path / "i", embedder="minilm") as index:
        index.sync(tmp_path / "faq.md")
        for asked, answer in (("How do I return an item?", "Fill in"), ("Which batteries fit?", "Two AAA")):
            for mode in ("hybrid", "keyword"):
                found = index.search(asked, mode=mode)
                assert found[0].passage.text.startswith(answer)
                assert found.answerable
            assert index.search(asked)[0].confidence > 0.9
        assert not index.search("Who won the election in Peru?").answerable
