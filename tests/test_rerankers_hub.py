"""Cross-encoders by sentence-transformers, for real: scripts/test_sentence_transformers makes the environment."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from searchkit import MissingExtra, SearchkitError
from searchkit.models.rerankers import reranker

QUESTION, PASSAGES = "Who discovered penicillin?", ["Alexander Fleming did.", "Snow.", "", "Rates rose. " * 400]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny cross-encoder with weights of chance, and the tokenizer of the official model."""
    official = os.environ.get("SEARCHKIT_TEST_MODEL")
    if not official:
        pytest.skip("SEARCHKIT_TEST_MODEL names no folder with the official all-MiniLM-L6-v2")
    import torch  # noqa: PLC0415 - in the extra alone
    import transformers  # noqa: PLC0415

    torch.manual_seed(0)
    config = transformers.BertConfig(
        num_labels=1, hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    path = tmp_path_factory.mktemp("models") / "cross"
    transformers.BertForSequenceClassification(config).save_pretrained(path)
    transformers.AutoTokenizer.from_pretrained(official).save_pretrained(path)
    return path


@pytest.mark.filterwarnings("ignore")
def test_scores_are_those_of_sentence_transformers(folder):
    from sentence_transformers import CrossEncoder  # noqa: PLC0415 - in the extra alone

    judge = reranker(f"st-ce:{folder}")
    expected = CrossEncoder(str(folder)).predict([(QUESTION, passage) for passage in PASSAGES])
    scores = judge.score(QUESTION, PASSAGES)
    assert judge.name == f"st-ce:{folder}"
    assert scores == pytest.approx(expected, abs=1e-5)
    assert len(np.unique(scores)) == len(PASSAGES)
    assert judge.score(QUESTION, []).shape == (0,)


@pytest.mark.filterwarnings("ignore")
def test_a_pickle_is_not_loaded(folder, tmp_path):
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"whatever")
    with pytest.raises(SearchkitError, match=r"has no \*\.safetensors file"):
        reranker(f"st-ce:{tmp_path}")


@pytest.mark.filterwarnings("ignore")
def test_what_is_no_cross_encoder_is_refused_with_its_folder(folder, tmp_path):
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    with pytest.raises(SearchkitError, match=r"cannot load .* as a cross-encoder"):
        reranker(f"st-ce:{tmp_path}")


def test_without_the_extra_the_way_to_install_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra, match=r"pip install 'searchkit\[sentence-transformers\]'"):
        reranker("st-ce:some/model")
