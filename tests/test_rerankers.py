"""Rerankers: how they are called, what they may return, and what becomes of their scores in a search."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from searchkit import QueryError, SearchkitError
from searchkit.models.embedders import OnnxEmbedder
from searchkit.models.embedders.local import MINILM
from searchkit.models.embedders.runtime import session
from searchkit.models.rerankers import CallableReranker, LateReranker, OnnxReranker, reranker
from searchkit.models.rerankers.late import maxsim
from searchkit.search.reranking import blend

QUESTION = "Who discovered penicillin?"
ANSWER = "In 1928 Alexander Fleming noticed that a mould killed the bacteria in his dish, and so found an antibiotic."
OTHER = "The central bank raised interest rates by a quarter of a point on Thursday."
ANALYSTS = "What did analysts say about Vietnam?"  # hanoi#0, coffee#0, manila#0 and two others, by both arms


def lengths(query, passages):
    return [len(passage) for passage in passages]


def wish(word):
    """Return a reranker that wants passages with this word first, and is otherwise indifferent."""
    return lambda _, passages: [float(word in passage) for passage in passages]


def ids(results):
    return [hit.passage.id for hit in results]


@pytest.fixture(scope="module")
def minilm():
    return OnnxEmbedder()


# --- in a search ---------------------------------------------------------------------------------------------


def test_a_reranker_decides_the_order_of_the_first_passages(news):
    assert ids(news.search(ANALYSTS))[0] == "hanoi#0"
    assert ids(news.search(ANALYSTS, reranker=wish("robusta"), rerank_weight=1))[0] == "coffee#1"


def test_the_reranker_sees_question_title_and_text(news):
    seen = []

    def spy(query, passages):
        seen.append((query, passages[0]))
        return [0.0] * len(passages)

    news.search(ANALYSTS, reranker=spy)
    assert seen == [(ANALYSTS, "Hanoi visit\nAnalysts said Vietnam balances the great powers.")]


def test_passages_beyond_the_depth_stay_behind_in_their_order(news):
    before = ids(news.search(ANALYSTS))
    reversing = CallableReranker(lambda _, passages: list(range(len(passages))))
    after = ids(news.search(ANALYSTS, reranker=reversing, rerank_depth=3, rerank_weight=1))
    assert after == [before[2], before[1], before[0], *before[3:]]


def test_pages_fit_together_and_scores_never_rise(news):
    options = {"reranker": lengths, "rerank_depth": 2}
    whole = news.search(ANALYSTS, **options)
    assert ids(news.search(ANALYSTS, 2, offset=2, **options)) == ids(whole)[2:4]
    scores = [hit.score for hit in whole]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
def test_without_weight_a_reranker_changes_nothing(news, mode):
    plain = news.search(ANALYSTS, mode=mode)
    assert ids(news.search(ANALYSTS, mode=mode, reranker=lengths, rerank_weight=0)) == ids(plain)


def test_hits_and_the_explanation_say_what_the_reranker_did(news):
    found = news.search(ANALYSTS, reranker=wish("robusta"), rerank_weight=1, rerank_depth=6, explain=True)
    assert found[0].sources["reranker"].rank == 1
    assert found[0].sources["reranker"].score == 1
    assert (found.explain["reranker"], found.explain["reranked"]) == ("wish.<locals>.<lambda>", 5)
    assert news.search(ANALYSTS, explain=True).explain["reranker"] is None


def test_why_not_follows_the_reranked_order(news):
    answer = news.why_not("coffee#1", ANALYSTS, reranker=wish("robusta"), rerank_weight=1)
    assert (answer.verdict, answer.rank) == ("found", 1)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"rerank_depth": 0}, "rerank_depth"),
        ({"rerank_depth": 201}, "rerank_depth"),
        ({"rerank_weight": 1.5}, "rerank_weight"),
        ({"reranker": "cohere"}, "unknown reranker 'cohere'; there are: late"),
        ({"reranker": "onnx:"}, "unknown reranker"),
        ({"reranker": 7}, "reranker must be a name"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(news, option, message):
    with pytest.raises(QueryError, match=message):
        news.search(ANALYSTS, **option)


def test_none_is_no_reranker():
    assert reranker(None) is None
    assert reranker("none") is None


def test_a_query_without_words_is_not_reranked(news):
    assert len(news.search("date:2024", reranker=lambda *_: 1 / 0)) == 4


# --- scores --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scores", [[1.0], [[1.0], [2.0]], 3.0])
def test_scores_of_a_wrong_shape_are_refused(scores):
    with pytest.raises(ValueError, match="must return 2 scores; it returned shape"):
        CallableReranker(lambda *_: scores, name="mine").score("q", ["a", "b"])


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_scores_that_are_no_numbers_are_refused_with_the_passage(wrong):
    with pytest.raises(SearchkitError, match=r"mine returned (nan|inf) for 'bad one'"):
        CallableReranker(lambda *_: [1, wrong], name="mine").score("q", ["a", "bad one"])


def test_no_passages_have_no_scores(minilm):
    for judge in (CallableReranker(lengths), LateReranker(minilm)):
        assert judge.score("q", []).shape == (0,)


def test_blend_mixes_by_weight_within_the_range_of_before():
    before, reranked = np.array([0.9, 0.7, 0.5], np.float32), np.array([-3, 5, 1], np.float32)
    # both mapped to 0..1: before 1, .5, 0; reranked 0, 1, .5; in equal parts .5, .75, .25 of the way from .5 to .9
    assert blend(before, reranked, 0.5) == pytest.approx([0.7, 0.8, 0.6])
    assert blend(before, reranked, 0) == pytest.approx(before)
    assert blend(np.full(2, 0.4, np.float32), reranked[:2], 1) == pytest.approx([0.4, 0.4])


# --- late interaction ----------------------------------------------------------------------------------------


def test_token_states_average_to_the_vector(minilm):
    states = minilm.embed_tokens(ANSWER)
    assert states.shape == (minilm.count_tokens([ANSWER])[0] + 2, 384)
    mean = states.mean(axis=0)
    assert mean / np.linalg.norm(mean) == pytest.approx(minilm.embed_query(ANSWER), abs=1e-5)


def test_showing_token_states_changes_neither_a_bit_of_the_vectors_nor_the_digest(minilm):
    data = (MINILM / "model.onnx").read_bytes()
    plain = session(data)
    tokens = Tokenizer.from_file(str(MINILM / "tokenizer.json")).encode(ANSWER).ids
    vector = plain.run(None, {"input_ids": np.array([[token for token in tokens if token]], np.int64)})[0][0]
    assert np.array_equal(vector, minilm.embed_query(ANSWER))
    parts = [hashlib.sha256(data).hexdigest(), hashlib.sha256((MINILM / "tokenizer.json").read_bytes()).hexdigest()]
    assert minilm.digest == hashlib.sha256("\n".join([*parts, "256"]).encode()).hexdigest()


def test_a_model_that_does_not_name_its_token_states_says_so(tmp_path):
    for name in ("model.onnx", "tokenizer.json"):
        (tmp_path / name).symlink_to(MINILM / name)
    manifest = json.loads((MINILM / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "token_states": None}))
    model = OnnxEmbedder(tmp_path)
    assert model.embed_query(QUESTION).shape == (384,)
    with pytest.raises(SearchkitError, match="does not say which output"):
        model.embed_tokens(QUESTION)


def test_late_interaction_prefers_the_answer_and_finds_itself_perfectly(minilm):
    scores = LateReranker(minilm).score(QUESTION, [OTHER, ANSWER, QUESTION])
    assert np.argsort(scores).tolist() == [0, 1, 2]
    assert scores[2] == pytest.approx(1, abs=1e-5)


def test_scores_do_not_depend_on_threads(minilm):
    passages = [OTHER, ANSWER, "", "Snow."]
    one, three = (LateReranker(minilm, threads=threads).score(QUESTION, passages) for threads in (1, 3))
    assert np.array_equal(one, three)


def test_maxsim_takes_the_best_match_of_each_token_weighted_by_its_length():
    question = np.array([[3.0, 0.0], [0.0, 1.0]])
    passage = np.array([[0.0, 5.0], [1.0, 1.0]])
    # the first finds cosine .707 at best and weighs 3, the second finds 1 and weighs 1
    assert maxsim(question, passage) == pytest.approx((3 * np.sqrt(0.5) + 1) / 4)


def test_late_by_name_uses_the_model_of_the_index_where_it_can(minilm):
    judge = reranker("late", minilm)
    assert judge.name == "late"
    assert judge._embedder is minilm
    assert reranker("late") is reranker("late")  # loaded once


# --- a cross-encoder in a folder -----------------------------------------------------------------------------


def cross_encoder(folder, outputs=1, input_name="input_ids"):
    """Write a model whose logit is the sum of the ids of the passage's words: tea 1, coffee 5."""
    words = Tokenizer(models.WordLevel({"[UNK]": 0, "tea": 1, "coffee": 5, "[SEP]": 9}, unk_token="[UNK]"))  # noqa: S106 - no secret
    words.normalizer = normalizers.Lowercase()
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(
        single="$A [SEP]", pair="$A [SEP] $B:1", special_tokens=[("[SEP]", 9)]
    )
    folder.mkdir(exist_ok=True)
    words.save(str(folder / "tokenizer.json"))
    names = (input_name, "token_type_ids")
    nodes = [
        helper.make_node("Mul", names, ["passage"]),
        helper.make_node("ReduceSum", ["passage"], ["sum"], keepdims=1),
        helper.make_node("Cast", ["sum"], ["logit"], to=TensorProto.FLOAT),
        helper.make_node("Neg", ["logit"], ["no"]),
        helper.make_node("Concat", ["no", *["logit"] * (outputs - 1)] if outputs > 1 else ["logit"], ["out"], axis=1),
    ]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "tokens"]) for name in names]
    result = [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", outputs])]
    graph = helper.make_graph(nodes, "sum", inputs, result)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    onnx.checker.check_model(model)
    return folder


def test_a_cross_encoder_from_a_folder_scores_pairs(tmp_path):
    judge = OnnxReranker(cross_encoder(tmp_path / "m"))
    assert judge.score("coffee", ["tea tea", "coffee tea", ""]).tolist() == [2, 6, 0]
    assert judge.score("coffee", []).tolist() == []


def test_of_two_logits_the_last_against_the_first_counts(tmp_path):
    judge = OnnxReranker(cross_encoder(tmp_path / "m", outputs=2))
    assert judge.score("coffee", ["tea", "coffee"]).tolist() == [2, 10]


def test_the_end_of_a_long_passage_is_cut_off(tmp_path):
    judge = OnnxReranker(cross_encoder(tmp_path / "m"), max_tokens=4)
    assert judge.score("coffee", ["tea tea coffee coffee"]).tolist() == [2]


def test_a_question_longer_than_the_model_reads_is_an_error_with_its_name(tmp_path):
    judge = OnnxReranker(cross_encoder(tmp_path / "m"), max_tokens=4)
    with pytest.raises(SearchkitError, match=r"onnx:.*cannot read the question"):
        judge.score("tea " * 9, ["coffee"])


def test_a_folder_by_name_ranks_a_search(news, tmp_path):
    name = f"onnx:{cross_encoder(tmp_path / 'm')}"
    assert (
        ids(news.search("coffee", reranker=name, rerank_weight=1))[0] == "coffee#0"
    )  # holds it twice, in title and text


def test_what_is_no_cross_encoder_is_refused_with_its_name(tmp_path):
    with pytest.raises(SearchkitError, match=r"model\.onnx: No such file.*A reranker's folder holds"):
        OnnxReranker(tmp_path)
    folder = cross_encoder(tmp_path / "m", input_name="pixels")
    with pytest.raises(SearchkitError, match=r"takes pixels .*a model of texts takes"):
        OnnxReranker(folder)
    with pytest.raises(SearchkitError, match="returns 3 numbers a passage"):
        OnnxReranker(cross_encoder(tmp_path / "m", outputs=3)).score("tea", ["tea"])
    (folder / "model.onnx").write_bytes(b"no model")
    with pytest.raises(SearchkitError, match="holds no cross-encoder"):
        OnnxReranker(folder)
