"""Texts into vectors: the built-in model, functions, sentence-transformers, and how each is asked for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.errors import ArgumentError, MissingExtra, SearchkitError
from searchkit.models import student
from searchkit.models.embedders import (
    CallableEmbedder,
    OnnxEmbedder,
    SentenceTransformersEmbedder,
    available,
    embedder,
    estimate_tokens,
    hub,
    recipe,
)
from searchkit.models.embedders.checks import unit_rows
from searchkit.models.embedders.local import MINILM, UnitRows

QUESTION = "Who discovered penicillin?"
ANSWER = "In 1928 Alexander Fleming noticed that a mould killed the bacteria in his dish, and so found an antibiotic."
OTHER = "The central bank raised interest rates by a quarter of a point on Thursday."
OFFICIAL_START = [
    -0.0493, 0.0513, -0.0195, 0.0112, -0.0536, -0.0809, 0.0524, 0.1025, 0.0334, 0.0113, 0.0140, 0.0286,
    -0.0305, 0.1264, -0.1390, -0.0286, -0.0726, 0.0315, 0.0307, -0.0226, -0.0460, 0.1070, 0.0812, -0.0495,
]  # fmt: skip
TEXTS = [OTHER, "Snow.", ANSWER, "", QUESTION, OTHER * 40]


@pytest.fixture(scope="module")
def minilm() -> OnnxEmbedder:
    return OnnxEmbedder()


def word_lengths(texts):
    """Count words of up to three letters, of up to six, and of more, plus one."""
    return [
        [1 + sum(low < len(w) <= high for w in t.split()) for low, high in ((0, 3), (3, 6), (6, 99))] for t in texts
    ]


def rows_of(rows):
    """Return a function that answers the trial call with two dimensions, and every other one with `rows`."""
    return lambda texts: [[1, 0]] if texts == ["dimension"] else rows


# -- the built-in model ---------------------------------------------------------------------------------


def test_vectors_are_float32_rows_of_unit_length(minilm):
    rows = minilm.embed_passages(TEXTS)
    assert rows.shape == (len(TEXTS), minilm.dim) == (6, 384)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(minilm):
    assert minilm.embed_passages([]).shape == (0, 384)


def test_rows_stand_in_the_order_of_the_texts(minilm):
    rows = minilm.embed_passages(TEXTS)
    for text, row in zip(TEXTS, rows, strict=True):
        assert np.array_equal(row, minilm.embed_query(text))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(TEXTS[:5]), max_size=6))
def test_a_text_has_the_same_bits_in_any_company(texts):
    model = _shared()
    alone = {text: model.embed_query(text).tobytes() for text in texts}
    assert [row.tobytes() for row in model.embed_passages(texts)] == [alone[text] for text in texts]


def test_the_number_of_threads_changes_no_bit(minilm):
    assert np.array_equal(OnnxEmbedder(threads=1).embed_passages(TEXTS), minilm.embed_passages(TEXTS))


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=80))
def test_any_text_has_a_vector(text):
    assert np.isfinite(_shared().embed_query(text)).all()


def test_lone_surrogates_and_control_characters_have_a_vector(minilm):
    assert np.isfinite(minilm.embed_passages(["\ud800 half a pair", "nul \0 and \x1b"])).all()
    assert minilm.count_tokens(["\ud800"]) == [1]


def test_a_question_is_nearer_to_its_answer_than_to_another_text(minilm):
    question, answer, other = minilm.embed_passages([QUESTION, ANSWER, OTHER])
    assert question @ answer > question @ other + 0.2


def test_vectors_are_those_of_the_official_model(minilm):
    """First numbers of the float32 model's vector, computed from the official weights; 8 bits cost about .004."""
    official = np.array(OFFICIAL_START, np.float32)
    start = minilm.embed_query(QUESTION)[: len(official)]
    assert start @ official / np.linalg.norm(start) / np.linalg.norm(official) > 0.98


def test_text_beyond_the_limit_does_not_count(minilm):
    words = ["snow"] * 254
    assert np.array_equal(minilm.embed_query(" ".join(words)), minilm.embed_query(" ".join([*words, "rain", "hail"])))
    longer = OnnxEmbedder(max_tokens=512)
    assert not np.array_equal(longer.embed_query(" ".join(words)), longer.embed_query(" ".join([*words, "rain"])))


def test_another_limit_is_another_model(minilm):
    assert OnnxEmbedder(max_tokens=128).digest != minilm.digest == OnnxEmbedder().digest


@pytest.mark.parametrize("limit", [0, 2, 513])
def test_a_limit_that_the_model_cannot_read_is_refused(limit):
    with pytest.raises(ValueError, match="from 3 to 512"):
        OnnxEmbedder(max_tokens=limit)


def test_tokens_are_word_pieces_without_the_special_ones(minilm):
    assert minilm.count_tokens(["Snow.", "", "snowman"]) == [2, 0, 2]
    assert minilm.count_tokens(["snow " * 600]) == [600]


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=80) | st.sampled_from(TEXTS))
def test_a_question_read_for_its_pieces_has_the_bits_of_its_vector(text):
    model = _shared()
    read = model.read_question(text)
    assert read.vector.tobytes() == model.embed_query(text).tobytes()
    assert len(read.pieces) == len(read.states)


def test_each_piece_of_a_question_says_where_it_stands(minilm):
    text = "Why did Skagen\u2019s na\u00efve snowmen melt?"
    read = minilm.read_question(text)
    assert [text[start:end] for start, end in read.pieces.tolist()] == [
        "Why", "did", "Ska", "gen", "\u2019", "s", "na\u00efve", "snow", "men", "melt", "?",
    ]  # fmt: skip
    assert read.states.shape == (11, 64)
    np.testing.assert_allclose(np.linalg.norm(read.states, axis=1), 1, atol=1e-5)


def test_a_question_beyond_the_limit_has_the_pieces_that_the_model_reads(minilm):
    read = minilm.read_question("snow " * 300)
    assert read.pieces.tolist() == [[at, at + 4] for at in range(0, 254 * 5, 5)]
    assert len(read.states) == 254
    assert read.vector.tobytes() == minilm.embed_query("snow " * 300).tobytes()


def test_a_text_has_each_of_its_pieces_once_ascending_also_beyond_the_limit(minilm):
    snow, rain, both = minilm.pieces(["snow snow", "rain", "snow " * 300 + "rain rain snow"])
    assert both.tolist() == sorted([*snow.tolist(), *rain.tolist()])
    assert both.dtype == np.uint16
    assert [found.tolist() for found in minilm.pieces(["", "SNOW"])] == [[], snow.tolist()]


def test_pieces_are_read_in_order_as_far_as_the_model_reads():
    short = OnnxEmbedder(max_tokens=5)
    (snow,), (ice,) = short.read_pieces(["snow", "ice"])
    read = short.read_pieces(["snow ice snow ice", ""])
    assert [pieces.tolist() for pieces in read] == [[snow, ice, snow], []]
    assert all(pieces.dtype == np.uint16 for pieces in read)


def test_states_of_pieces_are_unit_rows_that_know_what_is_akin(minilm):
    (snow,), (ice,), (bank,) = minilm.pieces(["snow", "ice", "bank"])
    states = minilm.piece_states(np.array([snow, ice, bank, snow], np.uint16))
    np.testing.assert_allclose(np.linalg.norm(states, axis=1), 1, atol=1e-5)
    assert np.array_equal(states[0], states[3])
    assert states[0] @ states[1] > states[0] @ states[2] + 0.1
    assert minilm.piece_states(np.empty(0, np.uint16)).shape == (0, states.shape[1])


def test_rows_come_to_unit_length_with_the_same_bits_in_any_company():
    table = np.random.default_rng(0).integers(-128, 127, (50, 64)).astype(np.int8)
    rows, whole = UnitRows(table), UnitRows(table)(np.arange(50))
    for at in ([3], [3, 3, 49], [0, 3, 7]):
        assert rows(np.array(at)).tolist() == whole[at].tolist()


@pytest.mark.parametrize("name", ["piece_states.npy", "piece_axes.npy"])
def test_a_damaged_file_of_pieces_is_named_when_it_is_needed(tmp_path, name):
    model = OnnxEmbedder(_copy_with(tmp_path, name, b"not an array"))
    assert model.embed_query("snow").shape == (384,)
    with pytest.raises(SearchkitError, match=rf"{name} is damaged.*Reinstall"):
        model.read_question("snow")


def test_word_pieces_change_no_digest_so_that_older_indexes_open(tmp_path, minilm):
    assert OnnxEmbedder(_copy_with(tmp_path, "piece_axes.npy", b"others")).digest == minilm.digest


def test_what_a_student_starts_from_knows_what_words_mean(minilm):
    prior = student.prior(minilm)
    texts = ["snow and ice on the mountain", "a glacier in the alps", "the bank raised interest rates"]
    vectors = minilm.embed_passages(texts)
    guesses = np.stack([_bag(prior, pieces) for pieces in minilm.pieces(texts)])
    cosines = student.unit(guesses) @ vectors.T
    assert np.argmax(cosines, axis=1).tolist() == [0, 1, 2]
    assert cosines[0, 1] > cosines[0, 2] + 0.1


def _bag(prior, pieces):
    weights = prior.weights[pieces]
    return weights @ prior.table[pieces] / np.linalg.norm(weights) + prior.centre


@pytest.mark.parametrize("name", ["student_table.npy", "student_rows.npy", "student_centre.npy"])
def test_a_damaged_file_of_the_student_is_named_when_it_is_needed(tmp_path, name):
    model = OnnxEmbedder(_copy_with(tmp_path, name, b"not an array"))
    with pytest.raises(SearchkitError, match=rf"{name} is damaged.*Reinstall"):
        student.prior(model)


def test_a_model_that_brings_no_student_has_no_prior(tmp_path):
    assert student.prior(OnnxEmbedder(_copy_with(tmp_path, "student.json", None))) is None


def test_a_damaged_file_is_named_before_it_is_loaded(tmp_path):
    folder = _copy_with(tmp_path, "model.onnx", b"not the model")
    with pytest.raises(SearchkitError, match=r"model\.onnx is damaged.*Reinstall"):
        OnnxEmbedder(folder)


def test_a_missing_file_is_named(tmp_path):
    folder = _copy_with(tmp_path, "tokenizer.json", None)
    with pytest.raises(SearchkitError, match=r"tokenizer\.json: No such file"):
        OnnxEmbedder(folder)


@pytest.mark.parametrize("content", [None, b"{"])
def test_a_folder_without_a_readable_manifest_is_no_model(tmp_path, content):
    folder = _copy_with(tmp_path, "manifest.json", content)
    with pytest.raises(SearchkitError, match="is no model folder"):
        OnnxEmbedder(folder)


def test_embedding_loads_no_torch():
    code = (
        "import sys; from searchkit.models.embedders import embedder; embedder('minilm').embed_query('snow');"
        "print([m for m in ('torch', 'transformers', 'sentence_transformers', 'huggingface_hub') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_importing_embedders_loads_no_runtime():
    heavy = ("onnxruntime", "tokenizers", "torch")
    code = f"import sys, searchkit.models.embedders; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


# -- functions ------------------------------------------------------------------------------------------


def test_a_functions_rows_are_brought_to_unit_length():
    model = CallableEmbedder(lambda texts: [[3, 4]] * len(texts), name="constant")
    np.testing.assert_allclose(model.embed_passages(["a", "b"]), [[0.6, 0.8], [0.6, 0.8]])
    np.testing.assert_allclose(model.embed_query("a"), [0.6, 0.8])
    assert (model.dim, model.embed_passages([]).shape) == (2, (0, 2))


def test_questions_may_have_a_function_of_their_own():
    model = CallableEmbedder(rows_of([[1, 0]]), name="two", query=rows_of([[0, 1]]))
    assert model.embed_query("a").tolist() == [0, 1]


def test_a_given_dimension_spares_the_trial_call():
    calls = []
    model = CallableEmbedder(lambda texts: calls.append(texts) or [[1, 0]], name="two", dim=2)
    assert (calls, model.dim) == ([], 2)


def test_an_embedding_function_needs_a_name():
    with pytest.raises(ValueError, match="needs a name"):
        CallableEmbedder(word_lengths, name="")


def test_name_and_dimension_decide_a_functions_digest():
    digests = {CallableEmbedder(word_lengths, name=name, dim=dim).digest for name in "ab" for dim in (3, 4)}
    assert len(digests) == 4


@pytest.mark.parametrize("rows", [[1, 0], [[1, 0], [0, 1]], [[1, 0, 0]], [[[1, 0]]]])
def test_rows_of_a_wrong_shape_are_refused(rows):
    with pytest.raises(ValueError, match=r"must return an array of shape \(1, 2\)"):
        CallableEmbedder(rows_of(rows), name="two").embed_passages(["a"])


@pytest.mark.parametrize(("row", "kind"), [([0, 0], "zeros"), ([np.nan, 1], "NaN"), ([np.inf, 1], "infinity")])
def test_a_row_without_direction_is_refused_with_its_text(row, kind):
    with pytest.raises(SearchkitError, match=f"two returned a vector .*{kind}.* for the text 'the second'"):
        unit_rows([[1, 0], row], ["the first", "the second"], "two")


def test_a_function_estimates_tokens():
    assert CallableEmbedder(word_lengths, name="lengths").count_tokens(["Snow falls.", ""]) == [3, 0]


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("Snow falls.", 3), ("unbelievably", 2), ("雪が降る", 4), ("2026", 2), (" \n ", 0)]
)
def test_tokens_are_estimated_from_words_digits_and_signs(text, tokens):
    assert estimate_tokens(text) == tokens


def test_the_estimate_is_close_on_prose(minilm):
    for text in (ANSWER, OTHER):
        assert minilm.count_tokens([text])[0] == pytest.approx(estimate_tokens(text), rel=0.25)


# -- asking by name -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["minilm", "all-MiniLM-L6-v2-int8"])
def test_the_built_in_model_is_found_by_its_short_and_its_recorded_name(name, minilm):
    assert embedder(name).digest == minilm.digest


@pytest.mark.parametrize("wanted", ["none", None])
def test_no_model_can_be_asked_for(wanted):
    assert embedder(wanted) is None


def test_an_embedder_passes_through(minilm):
    assert embedder(minilm) is minilm


def test_a_named_function_is_wrapped_under_its_name():
    model = embedder(word_lengths)
    assert (model.name, model.dim) == (f"{__name__}.word_lengths", 3)


def test_a_function_without_a_name_must_be_given_one():
    with pytest.raises(ValueError, match="CallableEmbedder"):
        embedder(lambda texts: [[1.0]] * len(texts))


@pytest.mark.parametrize("name", ["minillm", "", "onnx:", "hf:", "st:", "st-onnx:", "tests.word_lengths"])
def test_an_unknown_name_lists_what_there_is(name):
    with pytest.raises(ValueError, match=r"unknown embedder .* there are: minilm, onnx:FOLDER.*embedder="):
        embedder(name)


def test_something_else_is_no_embedder():
    with pytest.raises(ArgumentError, match="got int"):
        embedder(7)


def test_available_models_state_name_size_and_licence():
    first, *others = available()
    assert first[:5] == ("minilm", "all-MiniLM-L6-v2-int8", 384, True, "Apache-2.0")
    assert first.megabytes == pytest.approx(24, abs=1)
    assert [info.spec for info in others] == ["onnx:FOLDER", "hf:OWNER/NAME", "st:MODEL", "st-onnx:MODEL", "none"]


# -- sentence-transformers ------------------------------------------------------------------------------


def test_a_missing_package_is_named_with_its_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra, match=r"pip install 'searchkit\[sentence-transformers\]'"):
        embedder("st:some/model")


def test_an_unknown_backend_is_refused():
    with pytest.raises(ValueError, match="torch, onnx"):
        SentenceTransformersEmbedder("some/model", backend="openvino")


def test_a_revision_follows_an_at_sign_unless_a_folder_has_that_name(tmp_path):
    folder = tmp_path / "model@home"
    folder.mkdir()
    assert hub.split_revision("some/model@abc") == ("some/model", "abc")
    assert hub.split_revision("some/model") == ("some/model", None)
    assert hub.split_revision(str(folder)) == (str(folder), None)


@pytest.mark.parametrize(
    ("model", "prompts"),
    [
        ("intfloat/e5-small-v2", ("query: ", "passage: ")),
        ("intfloat/multilingual-e5-small", ("query: ", "passage: ")),
        ("BAAI/bge-small-en-v1.5", ("Represent this sentence for searching relevant passages: ", "")),
        ("intfloat/multilingual-e5-large-instruct", ("", "")),
        ("sentence-transformers/all-MiniLM-L6-v2", ("", "")),
    ],
)
def test_families_that_need_prompts_get_them(model, prompts):
    assert recipe.prompts_of(model, None, None, {"query": None, "document": None}) == prompts


def test_given_prompts_come_before_the_models_own_and_those_before_the_familys():
    own = {"query": "ask: ", "document": "read: "}
    assert recipe.prompts_of("intfloat/e5-small-v2", None, None, own) == ("ask: ", "read: ")
    assert recipe.prompts_of("intfloat/e5-small-v2", "", "mine: ", own) == ("", "mine: ")


def test_weights_that_only_unpickling_could_read_are_refused(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(SearchkitError, match=r"no \*\.safetensors file"):
        hub.refuse_code(tmp_path, "torch")


def test_a_module_with_pickled_weights_is_refused(tmp_path):
    _model_with(tmp_path, "sentence_transformers.models.Dense")
    (tmp_path / "2_Dense" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(SearchkitError, match="is a pickle"):
        hub.refuse_code(tmp_path, "torch")


def test_a_model_with_code_of_its_own_is_refused(tmp_path):
    _model_with(tmp_path, "custom_module.Transformer")
    with pytest.raises(SearchkitError, match=r"needs code of its own \(custom_module\.Transformer\)"):
        hub.refuse_code(tmp_path, "torch")


@pytest.mark.filterwarnings("ignore")
def test_a_model_that_cannot_be_had_fails_at_once_and_says_what_to_do(monkeypatch, tmp_path):
    pytest.importorskip("sentence_transformers", reason="needs searchkit[sentence-transformers]", exc_type=ImportError)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(SearchkitError, match=r"neither a folder nor in the cache.*give its folder"):
        embedder("st:searchkit-tests/no-such-model")


@pytest.fixture(scope="module")
def official() -> SentenceTransformersEmbedder:
    pytest.importorskip("sentence_transformers", reason="needs searchkit[sentence-transformers]", exc_type=ImportError)
    folder = os.environ.get("SEARCHKIT_TEST_MODEL")
    if not folder:
        pytest.skip("SEARCHKIT_TEST_MODEL names no folder with the official all-MiniLM-L6-v2")
    return SentenceTransformersEmbedder(folder)


@pytest.mark.filterwarnings("ignore")
def test_the_built_in_model_agrees_with_sentence_transformers(official, minilm):
    cosines = (official.embed_passages(TEXTS) * minilm.embed_passages(TEXTS)).sum(axis=1)
    assert cosines.mean() > 0.99
    assert official.count_tokens(TEXTS) == minilm.count_tokens(TEXTS)
    assert official.embed_passages([]).shape == (0, 384)


@pytest.mark.filterwarnings("ignore")
def test_a_model_is_found_again_by_the_name_it_records(official):
    again = embedder(official.name)
    assert (again.name, again.digest) == (official.name, official.digest)
    np.testing.assert_allclose(again.embed_query(QUESTION), official.embed_query(QUESTION), atol=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_prompts_change_vectors_and_digest(official):
    folder = official.name.removeprefix("st:")
    prompted = SentenceTransformersEmbedder(folder, query_prompt="query: ")
    assert prompted.digest != official.digest
    assert not np.allclose(prompted.embed_query(QUESTION), official.embed_query(QUESTION), atol=1e-3)


# -- helpers --------------------------------------------------------------------------------------------

SHARED: list[OnnxEmbedder] = []


def _shared() -> OnnxEmbedder:
    """Return one model for property tests, which take no fixtures of module scope."""
    if not SHARED:
        SHARED.append(OnnxEmbedder())
    return SHARED[0]


def _copy_with(folder: Path, name: str, content: bytes | None) -> Path:
    """Copy the model's folder with one file replaced, or left out."""
    for file in MINILM.iterdir():
        if file.name != name:
            shutil.copy(file, folder / file.name)
        elif content is not None:
            (folder / name).write_bytes(content)
    return folder


def _model_with(folder: Path, module: str) -> None:
    (folder / "model.safetensors").write_bytes(b"")
    (folder / "2_Dense").mkdir()
    (folder / "modules.json").write_text(f'[{{"path": "2_Dense", "type": "{module}"}}]')
