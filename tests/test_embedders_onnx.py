"""Any embedding model in a folder: what its own files say is done, and what cannot be done is said."""

from __future__ import annotations

import json
import pickle
import shutil

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from searchkit import ArgumentError, Document, EmbedderMismatch, Index, SearchkitError
from searchkit.models.embedders import OnnxEmbedder, embedder, portable_counter
from searchkit.models.embedders.local import MINILM
from searchkit.models.embedders.runtime import one_more_output
from tests.onnx_models import MEAN, STATES, save_tensors, states_of, tiny_model, unit, words

TEA = states_of("tea", "coffee")  # [1 0 0], [3 1 0], [0 1 4], [0 2 0]
IDS = {"input_ids": TensorProto.INT64}
TEXTS = ["Who discovered penicillin?", "", "Snow and ice.", "snow " * 400, "Naïve ÄÖ \ud800"]


def close(vector, expected):
    np.testing.assert_allclose(vector, unit(expected), atol=1e-6)


# --- pooling -------------------------------------------------------------------------------------------------

POOLED = [
    ("cls", "pooling_mode_cls_token", [1, 0, 0]),
    ("max", "pooling_mode_max_tokens", [3, 2, 4]),
    ("mean", "pooling_mode_mean_tokens", [1, 1, 1]),
    ("mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", [2, 2, 2]),
    ("weightedmean", "pooling_mode_weightedmean_tokens", [0.7, 1.3, 1.2]),
    ("lasttoken", "pooling_mode_lasttoken", [0, 2, 0]),
]


@pytest.mark.parametrize(("way", "flag", "expected"), POOLED, ids=[way for way, *_ in POOLED])
def test_tokens_become_a_vector_as_the_models_files_say_in_either_spelling(tmp_path, way, flag, expected):
    new = embedder(f"onnx:{tiny_model(tmp_path / 'new', pooling={'pooling_mode': way})}")
    flags = dict.fromkeys((other for _, other, _ in POOLED), False) | {flag: True, "word_embedding_dimension": 3}
    old = embedder(f"onnx:{tiny_model(tmp_path / 'old', pooling=flags)}")
    close(new.embed_query("tea coffee"), expected)
    close(old.embed_passages(["coffee", "tea coffee"])[1], expected)
    assert (new.dim, new.digest) == (3, old.digest)


def test_several_ways_of_pooling_stand_one_after_the_other(tmp_path):
    model = embedder(f"onnx:{tiny_model(tmp_path, pooling={'pooling_mode': ['cls', 'mean_sqrt_len_tokens']})}")
    close(model.embed_query("tea coffee"), [1, 0, 0, 2, 2, 2])
    assert model.dim == 6


def test_a_prompt_is_left_out_of_the_mean_where_the_model_wants_it_so(tmp_path):
    prompts = {"config_sentence_transformers.json": {"prompts": {"query": "ask "}}}
    left_out = {**MEAN, "include_prompt": False}
    close(
        embedder(f"onnx:{tiny_model(tmp_path / 'in', settings=prompts)}").embed_query("tea"),
        states_of("ask", "tea").mean(axis=0),
    )
    without = embedder(f"onnx:{tiny_model(tmp_path / 'out', pooling=left_out, settings=prompts)}")
    close(without.embed_query("tea"), states_of("ask", "tea")[2:].mean(axis=0))
    close(without.embed_passages(["tea"])[0], states_of("tea").mean(axis=0))


def test_a_folder_that_does_not_say_how_to_pool_is_refused_until_its_name_does(tmp_path):
    folder = tiny_model(tmp_path, pooling=None)
    with pytest.raises(SearchkitError, match=r'no file beside .* says how.*\{"pooling": "mean"\}'):
        embedder(f"onnx:{folder}")
    close(embedder(f'onnx:{folder} {{"pooling": "cls"}}').embed_query("tea coffee"), [1, 0, 0])


def test_a_way_of_pooling_that_is_not_known_is_refused(tmp_path):
    with pytest.raises(SearchkitError, match=r"pools by \['median'\]; searchkit knows cls, max"):
        embedder(f"onnx:{tiny_model(tmp_path, pooling={'pooling_mode': 'median'})}")


# --- what comes behind it ------------------------------------------------------------------------------------

WEIGHT, BIAS = np.array([[1, 0, 0], [0, 0.5, 0.25]], np.float32), np.array([0, 1], np.float32)
DENSE = {"in_features": 3, "out_features": 2, "activation_function": "torch.nn.modules.linear.Identity"}


@pytest.mark.parametrize("kind", ["F32", "F16", "BF16"])
def test_a_dense_module_maps_the_pooled_vector_whatever_its_floats(tmp_path, kind):
    folder = tiny_model(tmp_path, dense=DENSE)
    stored = {"F32": lambda a: a, "F16": lambda a: a.astype(np.float16), "BF16": lambda a: a.view(np.uint32) >> 16}
    tensors = {"linear.weight": stored[kind](WEIGHT), "linear.bias": stored[kind](BIAS)}
    if kind == "BF16":
        tensors = {name: array.astype(np.uint16) for name, array in tensors.items()}
    save_tensors(folder / "2_Dense" / "model.safetensors", tensors, kind)
    model = embedder(f"onnx:{folder}")
    close(model.embed_query("tea coffee"), [1, 1.75])  # of the mean [1 1 1]
    assert model.dim == 2


def test_a_dense_module_without_a_word_on_it_ends_in_tanh_and_its_bias_may_be_missing(tmp_path):
    folder = tiny_model(tmp_path, dense={"in_features": 3, "out_features": 2, "bias": False})
    save_tensors(folder / "2_Dense" / "model.safetensors", {"linear.weight": WEIGHT})
    close(embedder(f"onnx:{folder}").embed_query("tea coffee"), np.tanh([1, 0.75]))


def test_weights_of_a_dense_module_decide_the_digest(tmp_path):
    folder = tiny_model(tmp_path, dense=DENSE)
    digests = set()
    for weight in (WEIGHT, 2 * WEIGHT):
        save_tensors(folder / "2_Dense" / "model.safetensors", {"linear.weight": weight})
        digests.add(embedder(f"onnx:{folder}").digest)
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"use_residual": True}, "a residual"),
        ({"activation_function": "torch.nn.modules.activation.GELU"}, "GELU"),
        ({"module_input_name": "token_embeddings"}, "token_embeddings"),
    ],
)
def test_a_dense_module_that_does_more_is_refused(tmp_path, stated, said):
    with pytest.raises(SearchkitError, match=f"Dense module of .*{said}.*searchkit runs"):
        embedder(f"onnx:{tiny_model(tmp_path, dense={**DENSE, **stated})}")


def test_pickled_weights_of_a_dense_module_are_refused(tmp_path):
    folder = tiny_model(tmp_path, dense=DENSE)
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"whatever")
    with pytest.raises(SearchkitError, match=r"2_Dense has no model\.safetensors; weights .* are not loaded"):
        embedder(f"onnx:{folder}")


@pytest.mark.parametrize(
    ("content", "said"), [(b"\0" * 8 + b"{}", "no safetensors file"), (b"", "no safetensors file"), (None, "no linear")]
)
def test_a_damaged_file_of_weights_is_named(tmp_path, content, said):
    folder = tiny_model(tmp_path, dense=DENSE)
    path = folder / "2_Dense" / "model.safetensors"
    save_tensors(path, {"another": WEIGHT})
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SearchkitError, match=said):
        embedder(f"onnx:{folder}")


def test_a_dense_module_of_another_size_is_refused(tmp_path):
    folder = tiny_model(tmp_path, dense=DENSE)
    save_tensors(folder / "2_Dense" / "model.safetensors", {"linear.weight": WEIGHT[:, :2]})
    with pytest.raises(SearchkitError, match="vectors of 3 numbers where its Dense module has 2"):
        embedder(f"onnx:{folder}")


def test_a_shorter_vector_is_the_first_numbers_of_the_long_one(tmp_path):
    folder = tiny_model(tmp_path, settings={"config_sentence_transformers.json": {"truncate_dim": 2}})
    model = embedder(f"onnx:{folder}")
    close(model.embed_query("tea"), states_of("tea").sum(axis=0)[:2])
    assert (model.dim, embedder(f'onnx:{folder} {{"dim": 1}}').dim) == (2, 1)
    with pytest.raises(SearchkitError, match="vectors of 3 numbers, fewer than 4"):
        embedder(f'onnx:{folder} {{"dim": 4}}')


# --- prompts, lengths, case ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "query", "passage"),
    [
        ({"prompts": {"query": "ask ", "document": "read "}}, ["ask", "tea"], ["read", "tea"]),
        ({"prompts": {"query": "ask ", "passage": "read "}}, ["ask", "tea"], ["read", "tea"]),
        ({"prompts": {"retrieval": "read "}, "default_prompt_name": "retrieval"}, ["read", "tea"], ["read", "tea"]),
        ({"prompts": {"query": "ask "}, "default_prompt_name": None}, ["ask", "tea"], ["tea"]),
        ({}, ["tea"], ["tea"]),
    ],
)
def test_prompts_stand_before_texts_as_the_models_files_say(tmp_path, stated, query, passage):
    model = embedder(f"onnx:{tiny_model(tmp_path, settings={'config_sentence_transformers.json': stated})}")
    close(model.embed_query("tea"), states_of(*query).mean(axis=0))
    close(model.embed_passages(["tea"])[0], states_of(*passage).mean(axis=0))
    assert model.count_tokens(["tea"]) == [1]


def test_prompts_in_the_name_come_first_and_the_recorded_name_finds_the_same_model(tmp_path):
    folder = tiny_model(tmp_path, settings={"config_sentence_transformers.json": {"prompts": {"query": "read "}}})
    model = embedder(f'onnx:{folder} {{"query_prompt": "ask "}}')
    close(model.embed_query("tea"), states_of("ask", "tea").mean(axis=0))
    again = embedder(model.name)
    assert model.name == f'onnx:{folder} {{"query_prompt": "ask "}}'
    assert again.digest == model.digest != embedder(f"onnx:{folder}").digest


def test_a_folder_with_the_name_of_a_family_gets_its_prompts(tmp_path):
    model = embedder(f"onnx:{tiny_model(tmp_path / 'multilingual-e5-small')}")
    close(model.embed_query("tea"), STATES[[1, 0, 0, 3, 2]].mean(axis=0))  # "query", ":" are unknown words


@pytest.mark.parametrize(
    "settings",
    [
        {"sentence_bert_config.json": {"max_seq_length": 4}, "config.json": {"max_position_embeddings": 9}},
        {"tokenizer_config.json": {"model_max_length": 4}, "config.json": {"max_position_embeddings": 9}},
        {"tokenizer_config.json": {"model_max_length": 10**30}, "config.json": {"max_position_embeddings": 4}},
        {"config.json": {"max_position_embeddings": 6, "model_type": "xlm-roberta", "pad_token_id": 1}},
    ],
)
def test_the_end_of_a_long_text_is_cut_off_before_its_last_special_token(tmp_path, settings):
    model = embedder(f"onnx:{tiny_model(tmp_path, settings=settings)}")
    close(model.embed_query("tea coffee ask read"), TEA.mean(axis=0))
    assert model.count_tokens(["tea coffee ask read"]) == [4]
    close(embedder(f'{model.name} {{"max_tokens": 3}}').embed_query("tea coffee"), states_of("tea").mean(axis=0))


def test_texts_are_brought_to_lower_case_where_the_model_wants_it_so(tmp_path):
    plain = embedder(f"onnx:{tiny_model(tmp_path / 'plain')}")
    lower = embedder(
        f"onnx:{tiny_model(tmp_path / 'lower', settings={'sentence_bert_config.json': {'do_lower_case': True}})}"
    )
    close(plain.embed_query("Tea"), states_of("Tea").mean(axis=0))
    close(lower.embed_query("Tea"), states_of("tea").mean(axis=0))


def test_the_tokenizers_configuration_decides_on_case_before_its_file(tmp_path):
    folder = minilm_folder(tmp_path / "cased", {"tokenizer_config.json": {"do_lower_case": False}})
    cased, uncased = embedder(f"onnx:{folder}"), embedder(f"onnx:{minilm_folder(tmp_path / 'uncased')}")
    assert not np.allclose(cased.embed_query("SNOW"), cased.embed_query("snow"), atol=0.01)
    assert np.array_equal(uncased.embed_query("SNOW"), uncased.embed_query("snow"))
    assert cased.digest != uncased.digest


# --- graphs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [TensorProto.INT64, TensorProto.INT32])
def test_a_graph_gets_what_it_asks_for_in_its_own_whole_numbers(tmp_path, kind):
    names = ("input_ids", "token_type_ids", "attention_mask", "position_ids")
    model = embedder(f"onnx:{tiny_model(tmp_path, inputs=dict.fromkeys(names, kind))}")
    close(model.embed_query("tea coffee"), (TEA + np.arange(4)[:, None]).mean(axis=0))
    close(embedder(f"onnx:{tiny_model(tmp_path, inputs=IDS)}").embed_query("tea coffee"), TEA.mean(axis=0))


@pytest.mark.parametrize("more", [{"task_id": TensorProto.INT64}, {"attention_mask": TensorProto.FLOAT}])
def test_a_graph_that_takes_something_else_is_refused(tmp_path, more):
    with pytest.raises(SearchkitError, match=rf"model\.onnx takes input_ids tensor\(int64\), {next(iter(more))} "):
        embedder(f"onnx:{tiny_model(tmp_path, inputs={**IDS, **more})}")


@pytest.mark.parametrize("output", ["sentence_embedding", "token_embeddings,sentence_embedding"])
def test_a_vector_that_the_graph_makes_itself_is_taken_as_it_is(tmp_path, output):
    model = embedder(f"onnx:{tiny_model(tmp_path, output=output, pooling=None)}")
    close(model.embed_query("tea"), states_of("tea").sum(axis=0))


def test_a_graph_that_makes_vectors_is_not_asked_for_them_when_the_name_says_how_to_pool(tmp_path):
    both = tiny_model(tmp_path / "both", output="token_embeddings,sentence_embedding", pooling=None)
    close(embedder(f'onnx:{both} {{"pooling": "cls"}}').embed_query("tea"), [1, 0, 0])
    ready = tiny_model(tmp_path / "ready", output="sentence_embedding", pooling=None)
    with pytest.raises(SearchkitError, match=r"of shape \(1, 3\); wanted are states of tokens"):
        embedder(f'onnx:{ready} {{"pooling": "cls"}}')


def test_a_ready_vector_of_another_length_than_the_dense_modules_is_refused(tmp_path):
    folder = tiny_model(tmp_path, output="sentence_embedding", dense=DENSE)
    save_tensors(folder / "2_Dense" / "model.safetensors", {"linear.weight": WEIGHT})
    with pytest.raises(SearchkitError, match="vectors of 3 numbers where its Dense module has 2"):
        embedder(f"onnx:{folder}")


def test_the_only_output_is_taken_whatever_its_name_unless_it_is_for_another_task(tmp_path):
    close(embedder(f"onnx:{tiny_model(tmp_path, output='out')}").embed_query("tea coffee"), TEA.mean(axis=0))
    for output in ("logits", "one,two"):
        with pytest.raises(SearchkitError, match=rf"gives {output.replace(',', ', ')}; an embedding model gives"):
            embedder(f"onnx:{tiny_model(tmp_path, output=output)}")


def test_weights_beside_the_graph_are_found_and_decide_the_digest_also_behind_links(tmp_path):
    folder = tiny_model(tmp_path / "model")
    path = folder / "onnx" / "model.onnx"
    digest = embedder(f"onnx:{folder}").digest
    onnx.save_model(onnx.load(path), path, save_as_external_data=True, location="model.onnx_data", size_threshold=90)
    apart = embedder(f"onnx:{folder}")
    close(apart.embed_query("tea coffee"), TEA.mean(axis=0))
    assert apart.digest != digest
    linked = tmp_path / "snapshot"  # as the hub's cache has it
    shutil.copytree(folder, linked, ignore=shutil.ignore_patterns("*.onnx*"))
    (tmp_path / "blobs").mkdir()
    for name in ("model.onnx", "model.onnx_data"):
        shutil.copy(folder / "onnx" / name, tmp_path / "blobs" / name[-4:])
        (linked / "onnx" / name).symlink_to(tmp_path / "blobs" / name[-4:])
    assert embedder(f"onnx:{linked}").digest == apart.digest


def test_full_precision_comes_before_quantised_weights_unless_the_name_says_which(tmp_path):
    folder = tiny_model(tmp_path, file="onnx/model_quantized.onnx", inputs=IDS)
    quantised = embedder(f"onnx:{folder}")
    tiny_model(tmp_path, file="model.onnx")
    plain = embedder(f"onnx:{folder}")
    chosen = embedder(f'onnx:{folder} {{"file": "onnx/model_quantized.onnx"}}')
    assert quantised.digest == chosen.digest != plain.digest


def test_a_text_of_mostly_unknown_pieces_is_not_read(tmp_path):
    model = embedder(f"onnx:{tiny_model(tmp_path)}")
    assert model.reads(["tea", "tea ask snow", "tea snow", "", "\ud800"]).tolist() == [True, True, False, True, False]
    minilm = embedder(f"onnx:{minilm_folder(tmp_path / 'm')}")
    assert minilm.reads(["Snow.", "\U00012000 \U00012001"]).tolist() == [True, False]


def test_tokens_are_counted_the_same_by_what_goes_to_other_processes(tmp_path):
    model = embedder(f"onnx:{minilm_folder(tmp_path, {'tokenizer_config.json': {'do_lower_case': False}})}")
    counter = pickle.loads(pickle.dumps(portable_counter(model)))  # noqa: S301 - our own
    assert counter([*TEXTS, "SNOWMEN"]) == model.count_tokens([*TEXTS, "SNOWMEN"])


# --- what cannot work ----------------------------------------------------------------------------------------


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(SearchkitError, match=r"is no folder; an ONNX model is a folder with tokenizer\.json"):
        embedder(f"onnx:{tmp_path / 'nowhere'}")
    with pytest.raises(SearchkitError, match=r"has no onnx/model\.onnx and no model\.onnx .*; it has no ONNX file"):
        embedder(f"onnx:{tmp_path}")
    folder = tiny_model(tmp_path / "m", file="onnx/model_O4.onnx")
    with pytest.raises(SearchkitError, match=r"it has onnx/model_O4\.onnx: say which"):
        embedder(f"onnx:{folder}")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(SearchkitError, match=r"tokenizer\.json: No such file.*A folder with an ONNX model holds it"):
        embedder(f'onnx:{folder} {{"file": "onnx/model_O4.onnx"}}')


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("onnx/model.onnx", "is no model that ONNX Runtime can load"),
        ("tokenizer.json", "is no tokenizer"),
        ("modules.json", "cannot be read"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, file, said):
    folder = tiny_model(tmp_path)
    (folder / file).write_bytes(b"[damaged")
    with pytest.raises(SearchkitError, match=rf"{file}.*{said}"):
        embedder(f"onnx:{folder}")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"modules.json": {"0": "Transformer"}}, "must list modules with type and path"),
        ({"config_sentence_transformers.json": {"prompts": ["ask "]}}, "in a way that searchkit cannot read"),
        ({"config.json": ["bert"]}, "in a way that searchkit cannot read"),
    ],
)
def test_files_that_hold_something_else_are_refused(tmp_path, settings, said):
    with pytest.raises(SearchkitError, match=said):
        embedder(f"onnx:{tiny_model(tmp_path, pooling=None, settings=settings)}")


@pytest.mark.parametrize(
    ("kind", "said"),
    [("custom.Transformer", "needs code of its own"), ("sentence_transformers.models.LSTM", "a module LSTM")],
)
def test_steps_that_searchkit_does_not_run_are_refused(tmp_path, kind, said):
    with pytest.raises(SearchkitError, match=said):
        embedder(f"onnx:{tiny_model(tmp_path, pooling=None, settings={'modules.json': [{'path': '', 'type': kind}]})}")


def test_a_text_that_the_graph_cannot_read_is_an_error_with_its_length(tmp_path):
    folder = tiny_model(tmp_path)
    more = words()
    more.add_tokens(["beyond"])  # a word for which the model has no state
    more.save(str(folder / "tokenizer.json"))
    with pytest.raises(SearchkitError, match=r"model\.onnx cannot read a text of 3 tokens"):
        embedder(f"onnx:{folder}").embed_query("beyond")


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("{", "is no JSON object"),
        ('{"prompt": "ask "}', "says prompt of the model; what can be said is file, query_prompt"),
        ('{"pooling": "median"}', "pooling must be one of cls, max"),
        ('{"dim": 0}', "dim must be at least 1"),
        ('{"max_tokens": "many"}', "max_tokens must be a whole number"),
    ],
)
def test_what_a_name_says_wrong_is_refused(said, error):
    with pytest.raises(ArgumentError, match=error):
        embedder(f"onnx:models/any {said}")


# --- the model that travels, and indexes ---------------------------------------------------------------------


def minilm_folder(folder, settings=None, model=None):
    """Lay the model that travels out as its authors do."""
    (folder / "onnx").mkdir(parents=True)
    (folder / "onnx" / "model.onnx").write_bytes(model or (MINILM / "model.onnx").read_bytes())
    shutil.copy(MINILM / "tokenizer.json", folder)
    for name, content in ({"sentence_bert_config.json": {"max_seq_length": 256}} | (settings or {})).items():
        (folder / name).write_text(json.dumps(content))
    return folder


def test_the_model_that_travels_gives_the_same_vectors_from_such_a_folder(tmp_path):
    ours = OnnxEmbedder()
    model = embedder(f"onnx:{minilm_folder(tmp_path / 'm')}")
    np.testing.assert_allclose(model.embed_passages(TEXTS), ours.embed_passages(TEXTS), atol=1e-5)
    assert model.count_tokens(TEXTS) == ours.count_tokens(TEXTS)
    assert model.embed_passages([]).shape == (0, 384)


def test_a_text_has_the_same_bits_in_any_company(tmp_path):
    folder = tiny_model(tmp_path, pooling={"pooling_mode": ["mean", "max", "weightedmean"]})
    model = embedder(f"onnx:{folder}")
    texts = ["tea", "coffee ask", "", "read tea coffee tea"]
    assert [row.tobytes() for row in model.embed_passages(texts)] == [model.embed_query(t).tobytes() for t in texts]


def test_its_token_states_pooled_by_mean_are_its_vectors(tmp_path):
    states = json.loads((MINILM / "manifest.json").read_text())["token_states"]
    graph = onnx.load_model_from_string((MINILM / "model.onnx").read_bytes() + one_more_output(states))
    del graph.graph.output[0]
    model = embedder(f'onnx:{minilm_folder(tmp_path / "m", model=graph.SerializeToString())} {{"pooling": "mean"}}')
    np.testing.assert_allclose(model.embed_passages(TEXTS), OnnxEmbedder().embed_passages(TEXTS), atol=1e-5)


def test_an_index_finds_its_model_again_and_another_one_is_told_apart(tmp_path):
    folder = tiny_model(tmp_path / "model")
    with Index.create(tmp_path / "index", embedder=f"onnx:{folder}") as index:
        index.add([Document("a", "tea tea"), Document("b", "coffee coffee")])
        assert index.settings.embedder == f"onnx:{folder}"
    with Index.open(tmp_path / "index") as index:
        assert index.search("coffee", mode="vector")[0].passage.doc_id == "b"
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}')
    with Index.open(tmp_path / "index") as index, pytest.raises(EmbedderMismatch, match="was built with onnx:"):
        index.search("coffee")


def test_a_folder_that_was_moved_is_recorded_anew_by_rebuild_which_keeps_the_vectors(tmp_path):
    folder = tiny_model(tmp_path / "model")
    with Index.create(tmp_path / "index", embedder=f"onnx:{folder}") as index:
        index.add([Document("a", "tea tea")])
    folder.rename(tmp_path / "moved")
    with (
        Index.open(tmp_path / "index") as index,
        pytest.raises(EmbedderMismatch, match=r"is no folder.*rebuild --embedder"),
    ):
        index.search("tea")
    with Index.open(tmp_path / "index") as index:
        index.rebuild(embedder=f"onnx:{tmp_path / 'moved'}")
    with Index.open(tmp_path / "index") as index:
        assert index.settings.embedder == f"onnx:{tmp_path / 'moved'}"
        assert index.search("tea", mode="vector")[0].passage.doc_id == "a"
