"""Models from the hub: what is fetched, what is found again without a network, what is said when there is none."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from searchkit import ArgumentError, Document, Index, MissingExtra, SearchkitError
from searchkit.models.embedders import embedder
from tests.onnx_models import save_tensors, states_of, tiny_model, unit

COMMIT, LATER = "a" * 40, "b" * 40
NAME = "tests/tiny"


class Hub:
    """A model hub of one model, on this machine. asked: the paths that were asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.commit = folder, COMMIT
        self.asked: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self._answer(body=False)

            def do_GET(self) -> None:
                self._answer(body=True)

            def log_message(self, *_: object) -> None:
                pass

            def _answer(self, *, body: bool) -> None:
                path = self.path.partition("?")[0]
                hub.asked.append(path)
                status, data, headers = hub.answer(path)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if body:
                    self.wfile.write(data)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        known = {"X-Repo-Commit": self.commit}
        if path.startswith(f"/api/models/{NAME}"):
            files = [{"rfilename": each.relative_to(self.folder).as_posix()} for each in self.folder.rglob("*.*")]
            return 200, json.dumps({"id": NAME, "sha": self.commit, "siblings": files}).encode(), known
        if not path.startswith(f"/{NAME}/resolve/"):
            return 404, b"", {"X-Error-Code": "RepoNotFound"}
        file = self.folder / path.split("/", 5)[5]
        if not file.is_file():
            return 404, b"", {**known, "X-Error-Code": "EntryNotFound"}
        data = file.read_bytes()
        return 200, data, {**known, "ETag": f'"{hashlib.sha256(data).hexdigest()}"'}

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def hub(tmp_path, monkeypatch) -> Iterator[Hub]:
    prompts = {"config_sentence_transformers.json": {"prompts": {"query": "ask "}}}
    dense = {"in_features": 3, "out_features": 2, "activation_function": "torch.nn.modules.linear.Identity"}
    folder = tiny_model(tmp_path / "origin", settings=prompts, dense=dense)
    save_tensors(folder / "2_Dense" / "model.safetensors", {"linear.weight": np.eye(2, 3, dtype=np.float32)})
    for other in ("README.md", "model.safetensors", "onnx/model_quantized.onnx", "onnx/model.onnx_data", "vocab.txt"):
        (folder / other).write_bytes(b"whatever")
    served = Hub(folder)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", served.address)
    template = served.address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_PROGRESS_BARS", True)
    yield served
    served.close()


def go_offline(monkeypatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def test_a_model_is_fetched_and_its_name_tells_the_commit(hub):
    model = embedder(f"hf:{NAME}")
    np.testing.assert_allclose(model.embed_query("tea"), unit(states_of("ask", "tea").mean(axis=0)[:2]), atol=1e-6)
    assert model.name == f"hf:{NAME}@{COMMIT}"


def test_only_files_that_are_needed_are_fetched_and_weights_last(hub, tmp_path):
    embedder(f"hf:{NAME}")
    snapshot = tmp_path / "cache" / "models--tests--tiny" / "snapshots" / COMMIT
    assert sorted(path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*.*")) == [
        "1_Pooling/config.json",
        "2_Dense/config.json",
        "2_Dense/model.safetensors",
        "config_sentence_transformers.json",
        "modules.json",
        "onnx/model.onnx",
        "onnx/model.onnx_data",
        "tokenizer.json",
    ]
    fetched = list(dict.fromkeys(path.rpartition(f"{COMMIT}/")[2] for path in hub.asked if COMMIT in path))
    assert fetched[-2:] == ["onnx/model.onnx_data", "onnx/model.onnx"]


def test_a_copy_in_a_folder_is_the_same_model(hub):
    assert embedder(f"hf:{NAME}").digest == embedder(f"onnx:{hub.folder}").digest


def test_what_was_fetched_is_found_again_without_a_network(hub, monkeypatch):
    digest = embedder(f"hf:{NAME}").digest
    hub.asked.clear()
    go_offline(monkeypatch)
    for name in (f"hf:{NAME}", f"hf:{NAME}@main", f"hf:{NAME}@{COMMIT}"):
        model = embedder(name)
        assert (model.digest, model.name) == (digest, f"hf:{NAME}@{COMMIT}")
    assert hub.asked == []


def test_an_index_keeps_to_its_commit_when_the_model_goes_on(hub, tmp_path, monkeypatch):
    with Index.create(tmp_path / "index", embedder=f"hf:{NAME}") as index:
        index.add([Document("a", "tea"), Document("b", "coffee")])
    hub.commit = LATER
    (hub.folder / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}')
    assert embedder(f"hf:{NAME}@{LATER}").name == f"hf:{NAME}@{LATER}"
    go_offline(monkeypatch)
    with Index.open(tmp_path / "index") as index:
        assert index.settings.embedder == f"hf:{NAME}@{COMMIT}"
        assert index.search("tea", mode="vector")[0].passage.doc_id == "a"


def test_other_weights_are_fetched_when_the_name_says_so(hub, tmp_path):
    (hub.folder / "onnx" / "model_quantized.onnx").write_bytes((hub.folder / "onnx" / "model.onnx").read_bytes())
    model = embedder(f'hf:{NAME}@main {{"file": "onnx/model_quantized.onnx"}}')
    assert model.name == f'hf:{NAME}@{COMMIT} {{"file": "onnx/model_quantized.onnx"}}'
    assert not list((tmp_path / "cache").rglob("model.onnx"))


def test_a_fetch_that_was_cut_off_is_completed(hub, tmp_path):
    digest = embedder(f"hf:{NAME}").digest
    snapshot = tmp_path / "cache" / "models--tests--tiny" / "snapshots" / COMMIT
    for file in ("config_sentence_transformers.json", "onnx/model.onnx"):
        (snapshot / file).unlink()
        assert embedder(f"hf:{NAME}").digest == digest


def test_what_another_program_left_in_the_cache_does_not_pass_for_the_whole_model(hub, monkeypatch):
    import huggingface_hub  # noqa: PLC0415 - what tokenizers brings

    for file in ("tokenizer.json", "onnx/model.onnx"):
        huggingface_hub.hf_hub_download(NAME, file)
    go_offline(monkeypatch)
    with pytest.raises(SearchkitError, match="is not whole in the cache"):
        embedder(f"hf:{NAME}")


def test_without_a_network_nothing_is_asked_and_the_error_says_what_to_do(hub, monkeypatch):
    go_offline(monkeypatch)
    with pytest.raises(SearchkitError, match=r"'tests/tiny' is not whole in the cache .*give its folder: onnx:/path"):
        embedder(f"hf:{NAME}")
    assert hub.asked == []


def test_a_hub_that_fails_is_asked_once(hub, monkeypatch):
    monkeypatch.setattr(hub, "answer", lambda _: (503, b"", {}))
    with pytest.raises(SearchkitError, match=r"is not whole in the cache .*give its folder"):
        embedder(f"hf:{NAME}")
    assert hub.asked == [f"/api/models/{NAME}"]


def test_a_model_that_the_hub_has_not_is_an_error(hub):
    with pytest.raises(SearchkitError, match=r"'tests/other' is not whole in the cache"):
        embedder("hf:tests/other")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("tokenizer.json", r"has no tokenizer\.json"),
        ("onnx/model.onnx", r"has no onnx/model\.onnx .*: onnx/model_O4\.onnx"),
    ],
)
def test_what_a_model_lacks_is_named(hub, file, said):
    (hub.folder / "onnx" / "model_quantized.onnx").rename(hub.folder / "onnx" / "model_O4.onnx")
    (hub.folder / file).unlink()
    with pytest.raises(SearchkitError, match=said):
        embedder(f"hf:{NAME}")


@pytest.mark.parametrize("name", ["a/b/c", "../a", "a b", "@main"])
def test_what_no_model_can_be_called_is_refused(name):
    with pytest.raises(ArgumentError, match="is no model of the hub"):
        embedder(f"hf:{name}")


def test_a_module_outside_the_models_folder_is_not_fetched(hub):
    modules = [{"path": "../../other", "type": "sentence_transformers.models.Pooling"}]
    (hub.folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(SearchkitError, match="is not whole in the cache"):
        embedder(f"hf:{NAME}")


def test_a_missing_package_is_named_with_its_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtra, match=r"pip install 'searchkit\[hub\]'"):
        embedder(f"hf:{NAME}")
