"""Ways of finding the nearest of many vectors: time, memory, disk and recall against an exact scan.

Each way runs in a process of its own, on one thread and on all, one question at a time. Rows beyond the real ones lie
between a real vector and one of its near neighbours, with noise, so that all have neighbours as real ones do. Indexes
are kept in --cache with what building them took; they are as their libraries recommend, tuned to a recall of about .98.

  scripts/bench vectors --vectors FOLDER_OF_NPY --questions QUESTIONS.npy --rows 250000
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from searchkit.storage.vectors import arm, segments

LIMITS = (10, 200)
FILTERS = (0.5, 0.05, 0.001)
NEIGHBOURS, NOISE = 8, 0.25

Find = Callable[[np.ndarray, int, np.ndarray | None], np.ndarray]  # query, limit, allowed rows -> rows


def prepared(args: argparse.Namespace) -> Path:
    """Return the file of all vectors: (rows, dim) float16, the real ones first."""
    path = args.cache / f"rows-{args.rows}.npy"
    if path.exists():
        return path
    real = np.concatenate([np.load(file) for file in sorted(args.vectors.glob("*.npy"))])[: args.rows]
    real = real.astype(np.float32) / np.linalg.norm(real.astype(np.float32), axis=1, keepdims=True)
    draw = np.random.default_rng(0)
    args.cache.mkdir(parents=True, exist_ok=True)
    made = np.lib.format.open_memmap(path.with_suffix(".part"), "w+", np.float16, (args.rows, real.shape[1]))
    made[: len(real)] = real
    some = draw.choice(len(real), len(real) // 8, replace=False) if len(real) < args.rows else []
    for start in range(len(real), args.rows, 20_000):
        own = draw.integers(0, len(real), min(20_000, args.rows - start))
        cosines = real[own] @ real[some].T
        near = some[np.argpartition(-cosines, NEIGHBOURS, axis=1)[:, draw.integers(1, NEIGHBOURS)]]
        share = draw.uniform(0.2, 0.8, (len(own), 1)).astype(np.float32)
        noise = draw.normal(0, NOISE / np.sqrt(real.shape[1]), (len(own), real.shape[1])).astype(np.float32)
        mixed = share * real[own] + (1 - share) * real[near] + noise
        made[start : start + len(own)] = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    made.flush()
    path.with_suffix(".part").rename(path)
    return path


class Ours:
    """searchkit's own segments; `recall` 1 scans all vectors in float16."""

    def __init__(self, recall: float) -> None:
        self.recall = recall

    def build(self, matrix: np.ndarray, folder: Path) -> None:
        segments.write_segment(folder, "1", [segments.Part(np.arange(len(matrix)), matrix)])

    def load(self, folder: Path, matrix: np.ndarray) -> Find:
        index = arm.Vectors([segments.open_segment(folder, "1", matrix.shape[1])], np.empty(0, np.int64))
        return lambda query, limit, allowed: index.search(query, limit, allowed, self.recall).rows


class Faiss:
    """A factory string of faiss. probes: lists searched, or HNSW's breadth; candidates: rescored in float16."""

    def __init__(self, factory: str, probes: int, candidates: int) -> None:
        self.factory, self.probes, self.candidates = factory, probes, candidates

    def build(self, matrix: np.ndarray, folder: Path) -> None:
        import faiss  # noqa: PLC0415 - a way may be absent

        lists = int(4 * np.sqrt(len(matrix)))
        index = faiss.index_factory(matrix.shape[1], self.factory.format(lists=lists), faiss.METRIC_INNER_PRODUCT)
        if not index.is_trained:
            index.train(matrix[:: max(1, len(matrix) // (40 * lists))].astype(np.float32))
        for start in range(0, len(matrix), 50_000):
            index.add(matrix[start : start + 50_000].astype(np.float32))
        faiss.write_index(index, str(folder / "faiss"))

    def load(self, folder: Path, matrix: np.ndarray) -> Find:
        import faiss  # noqa: PLC0415 - a way may be absent

        index = faiss.read_index(str(folder / "faiss"), 0 if "HNSW" in self.factory else faiss.IO_FLAG_MMAP_IFC)

        def find(query: np.ndarray, limit: int, allowed: np.ndarray | None) -> np.ndarray:
            selector = None if allowed is None else faiss.IDSelectorBitmap(bitmap(allowed, len(matrix)))
            if "HNSW" in self.factory:
                wanted = faiss.SearchParametersHNSW(sel=selector, efSearch=max(self.probes, 2 * limit))
            else:
                wanted = faiss.SearchParametersIVF(sel=selector, nprobe=self.probes)
            rows = index.search(query[None], max(self.candidates, 2 * limit), params=wanted)[1][0]
            return rescored(matrix, rows[rows >= 0], query)[:limit]

        return find


class Usearch:
    """A graph of usearch over vectors in eight bits; its Python interface takes no filter."""

    def build(self, matrix: np.ndarray, folder: Path) -> None:
        from usearch.index import Index  # noqa: PLC0415 - as above

        index = Index(ndim=matrix.shape[1], metric="cos", dtype="i8", connectivity=16, expansion_add=128)
        index.add(np.arange(len(matrix)), matrix.astype(np.float32))
        index.save(str(folder / "usearch"))

    def load(self, folder: Path, matrix: np.ndarray) -> Find:
        from usearch.index import Index  # noqa: PLC0415 - as above

        index = Index.restore(str(folder / "usearch"), view=True)
        index.expansion_search = 400

        def find(query: np.ndarray, limit: int, allowed: np.ndarray | None) -> np.ndarray:
            if allowed is not None:
                raise NotImplementedError
            return rescored(matrix, index.search(query, max(2 * limit, 50)).keys.astype(np.int64), query)[:limit]

        return find


WAYS: dict[str, Any] = {
    "searchkit": Ours(arm.RECALL),
    "exact float16": Ours(1.0),
    "faiss IVF SQ8": Faiss("IVF{lists},SQ8", 192, 30),
    "faiss IVF RaBitQ": Faiss("IVF{lists},RaBitQ", 192, 400),
    "faiss HNSW SQ8": Faiss("HNSW32,SQ8", 512, 30),
    "usearch HNSW i8": Usearch(),
}


def bitmap(rows: np.ndarray, count: int) -> np.ndarray:
    mask = np.zeros(count, np.bool_)
    mask[rows] = True
    return np.packbits(mask, bitorder="little")


def rescored(matrix: np.ndarray, rows: np.ndarray, query: np.ndarray) -> np.ndarray:
    rows = np.sort(rows)
    return rows[np.argsort(-(matrix[rows].astype(np.float32) @ query), kind="stable")]


def run(
    name: str, path: Path, folder: Path, questions: np.ndarray, exact: dict[Any, Any], threads: int, out: Any
) -> None:
    """Build what is not built, measure, and put what was found."""
    try:
        out.put(measured(name, path, folder, questions, exact, threads))
    except (ModuleNotFoundError, RuntimeError) as error:
        out.put({"skipped": str(error).splitlines()[0]})


def measured(
    name: str, path: Path, folder: Path, questions: np.ndarray, exact: dict[Any, Any], threads: int
) -> dict[str, Any]:
    way, matrix, about = WAYS[name], np.load(path, mmap_mode="r"), folder / "about.json"
    if not about.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        started = time.perf_counter()
        way.build(matrix, folder)
        about.write_text(json.dumps({"build s": round(time.perf_counter() - started, 1)}))
    if threads == 0:
        return {}
    before = memory()
    find = way.load(folder, matrix)
    found = json.loads(about.read_text()) | {"disk MB": sum(file.stat().st_size for file in folder.iterdir()) / 1e6}
    for limit in LIMITS:
        found[f"ms @{limit}"], rows = timed(find, questions, limit, None)
        found[f"recall @{limit}"] = recall(rows, exact[None], limit)
    found["memory MB"] = memory() - before
    for share in FILTERS:
        try:
            found[f"ms {share:.1%}"], rows = timed(find, questions[:50], 10, allowed(len(matrix), share))
            found[f"recall {share:.1%}"] = recall(rows, exact[share], 10)
        except NotImplementedError:
            continue
    return found


def timed(find: Find, questions: np.ndarray, limit: int, rows: np.ndarray | None) -> tuple[float, list[np.ndarray]]:
    """Return the median of milliseconds for a question, and what was found."""
    find(questions[0], limit, rows)
    took, found = [], []
    for query in questions:
        started = time.perf_counter()
        found.append(find(query, limit, rows))
        took.append(time.perf_counter() - started)
    return statistics.median(took) * 1000, found


def recall(found: list[np.ndarray], right: list[np.ndarray], limit: int) -> float:
    return float(np.mean([np.isin(own[:limit], rows).mean() for own, rows in zip(right, found, strict=False)]))


def allowed(count: int, share: float) -> np.ndarray:
    return np.flatnonzero(np.random.default_rng(7).random(count) < share)


def memory() -> float:
    """Return the resident memory of this process in MB, what it maps of files included (Linux alone)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def nearest(path: Path, questions: np.ndarray) -> dict[Any, list[np.ndarray]]:
    """Return the rows nearest to each question, by each filter and without one."""
    matrix = np.load(path, mmap_mode="r")
    cosines = np.concatenate(
        [questions @ matrix[at : at + 20_000].astype(np.float32).T for at in range(0, len(matrix), 20_000)], axis=1
    )
    found = {None: [np.argsort(-row)[: max(LIMITS)] for row in cosines]}
    for share in FILTERS:
        rows = allowed(len(matrix), share)
        found[share] = [rows[np.argsort(-row[rows])[:10]] for row in cosines[:50]]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=Path, required=True, help="folder of .npy files, (n, dim) unit rows")
    parser.add_argument("--questions", type=Path, required=True, help=".npy file of (m, dim) unit rows")
    parser.add_argument("--rows", type=int, default=250_000)
    parser.add_argument(
        "--ways", nargs="*", default=list(WAYS), choices=list(WAYS), metavar="WAY", help=", ".join(WAYS)
    )
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/searchkit-bench/vectors")
    args = parser.parse_args()
    path = prepared(args)
    questions = np.load(args.questions).astype(np.float32)
    questions = questions[:: max(1, len(questions) // 100)][:100]
    exact = nearest(path, questions)
    context = multiprocessing.get_context("spawn")
    print(f"{args.rows} rows, {len(questions)} questions, ms: median; memory: resident, with what is mapped")
    for name in args.ways:
        for threads in (0, 1, os.cpu_count() or 1):  # 0: build, in a process whose memory is not measured
            os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(threads or os.cpu_count())
            out = context.Queue()
            folder = args.cache / str(args.rows) / name.replace(" ", "-")
            process = context.Process(target=run, args=(name, path, folder, questions, exact, threads, out))
            process.start()
            found = out.get()
            process.join()
            if "skipped" in found:
                print(f"{name}: skipped, {found['skipped']}", flush=True)
                break
            if threads:
                figures = "  ".join(f"{key} {value:.3g}" for key, value in found.items())
                print(f"{name}, {threads} threads:  {figures}", flush=True)


if __name__ == "__main__":
    main()
