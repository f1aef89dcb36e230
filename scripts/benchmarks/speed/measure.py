"""Systems in processes of their own: built one after the other, then asked in turn."""

from __future__ import annotations

import contextlib
import json
import select
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from scripts.benchmarks.speed.corpus import Corpus, Vectors
from scripts.benchmarks.speed.questions import FILTERS, Asked
from scripts.benchmarks.speed.systems import SYSTEMS

K = 10
WARM_UP = 5
PATIENT = 15  # seconds of a cold start after which one is enough
FEWEST = 10  # questions that even a slow system is asked
MODES = ("keyword", "vector", "hybrid")
ROOT = Path(__file__).parents[3]  # of the checkout, from which modules are run


class Failed(Exception):
    """A system did not do what was asked, and why."""


class Child:
    """A system in a process of its own."""

    def __init__(self, name: str, home: Path) -> None:
        self.name = name
        self.most_memory = 0.0  # MiB, of it and the processes that it starts, while orders took seconds
        self._log = (home.parent / f"{name}.log").open("w")
        command = [sys.executable, "-m", "scripts.benchmarks.speed.child", name, str(home)]
        self._process: Any = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, cwd=ROOT
        )

    def __call__(self, timeout: float = 600, **order: Any) -> dict[str, Any]:
        """Send an order and return its answer. Raises Failed."""
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            until = time.monotonic() + timeout
            while not select.select([self._process.stdout], [], [], 1.0)[0]:
                self.most_memory = max(self.most_memory, family_memory(self._process.pid))
                if time.monotonic() > until:
                    self.close()
                    raise Failed(f"no answer within {timeout:.0f} s")
            line = self._process.stdout.readline()
        except (BrokenPipeError, ValueError) as error:
            raise Failed("its process is gone") from error
        if not line:
            raise Failed(f"its process ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()


def family_memory(pid: int) -> float:
    """MiB that a process and all that it started hold, what they share counted once."""
    kilobytes = 0
    with contextlib.suppress(OSError):  # one that ends meanwhile
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            kilobytes += int(line.split()[1]) if line.startswith("Pss:") else 0
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            kilobytes += int(family_memory(int(child)) * 1024)
    return kilobytes / 1024


def can(name: str, mode: str) -> bool:
    return name != "chroma" or mode == "vector"


def best_mode(name: str) -> str:
    return "hybrid" if can(name, "hybrid") else "vector"


def versions(name: str) -> str:
    found = []
    for package in SYSTEMS[name].packages:
        with contextlib.suppress(PackageNotFoundError):
            found.append(f"{package} {version(package)}")
    return ", ".join(found)


def built(name: str, corpus: Corpus, home: Path, question: str, timeout: float) -> dict[str, Any]:
    """Return what building the system's index took, from an earlier run if there is one."""
    kept = home.parent / f"{name}.json"
    if kept.exists() and home.exists():
        return json.loads(kept.read_text())
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    child = Child(name, home)
    try:
        order = {"do": "build", "corpus": str(corpus.folder), "question": question, "mode": best_mode(name)}
        made = child(timeout, **order)
    finally:
        child.close()
    made["peak"] = max(made["peak"], round(child.most_memory, 1))
    made |= {"rows": len(corpus), "versions": versions(name), "disk_mib": size_of(home) / 2**20}
    kept.write_text(json.dumps(made))
    return made


def size_of(folder: Path) -> int:
    """Bytes that files take on disk, hard links once."""
    files = {(stat.st_dev, stat.st_ino): stat.st_blocks * 512 for stat in map(Path.stat, folder.rglob("*"))}
    return sum(files.values())


@contextlib.contextmanager
def opened(names: list[str], folder: Path) -> Iterator[tuple[dict[str, Child], dict[str, str]]]:
    """Yield systems that opened their index, and the errors of those that did not."""
    children, errors = {}, {}
    try:
        for name in names:
            child = children[name] = Child(name, folder / name)
            try:
                child(do="open")
            except Failed as error:
                errors[name] = str(error)
                children.pop(name).close()
        yield children, errors
    finally:
        for child in children.values():
            child.close()


def in_turn(
    children: dict[str, Child], questions: list[Asked], mode: str, field: str | None, budget: float
) -> dict[str, dict[str, Any]]:
    """Ask every system every question, in turn; a system that has used its seconds is asked no more.

    Returns by system the milliseconds and the rows of each answer, in the order of the questions.
    """
    names = [name for name in children if can(name, mode)]
    results: dict[str, dict[str, Any]] = {name: {"ms": [], "cpu_ms": [], "rows": [], "error": None} for name in names}
    for number, asked in enumerate([*questions[:WARM_UP], *questions]):
        turn = number % max(len(names), 1)
        for name in names[turn:] + names[:turn]:
            mine = results[name]
            spent = sum(mine["ms"]) / 1000
            if mine["error"] or (len(mine["ms"]) >= FEWEST and spent > budget) or spent > 3 * budget:
                continue
            where = [field, asked.values[field]] if field else None
            try:
                answer = children[name](do="ask", mode=mode, question=asked.text, where=where, k=K)
            except Failed as error:
                mine["error"] = str(error)
                continue
            if number >= WARM_UP:
                for key in ("ms", "cpu_ms", "rows"):
                    mine[key].append(answer[key])
    return results


def percentiles(found: dict[str, Any]) -> dict[str, float]:
    points = np.percentile(found["ms"], [50, 95, 99])
    named = dict(zip(("p50", "p95", "p99"), points.round(3).tolist(), strict=True))
    return {**named, "cpu_p50": statistics.median(found["cpu_ms"]), "asked": len(found["ms"])}


def exact(vectors: Vectors, queries: Vectors, k: int = K) -> list[set[int]]:
    """The true k nearest rows of each query, by float32 products."""
    best: list[list[tuple[float, int]]] = [[] for _ in queries]
    for start in range(0, len(vectors), 20_000):
        scores = queries @ vectors[start : start + 20_000].astype(np.float32).T
        top = np.argpartition(-scores, min(k, scores.shape[1] - 1), axis=1)[:, :k]
        for each, rows in enumerate(top):
            best[each] += [(float(scores[each, row]), start + int(row)) for row in rows]
    return [{row for _, row in sorted(each, reverse=True)[:k]} for each in best]


def warm(children: dict[str, Child], questions: list[Asked], budget: float) -> dict[str, Any]:
    """Latencies of every mode and filter, and rows of the answers."""
    kinds = {mode: (mode, None) for mode in MODES} | {
        f"hybrid, {share}": ("hybrid", FILTERS[share]) for share in FILTERS
    }
    measured = {}
    for label, (mode, field) in kinds.items():
        print(f"{time.strftime('%H:%M:%S')}   {label}", flush=True)
        measured[label] = in_turn(children, questions, mode, field, budget)
    return measured


def cold(names: list[str], folder: Path, question: str, repeats: int) -> dict[str, dict[str, float]]:
    """Seconds of a fresh process that opens the index and answers one question, in turn, medians."""
    times: dict[tuple[str, str], list[float]] = {}
    for _ in range(repeats + 1):
        for name in names:
            for mode in ("hybrid", "keyword"):
                if can(name, mode) and max(times.get((name, mode), [0])) < PATIENT:
                    times.setdefault((name, mode), []).append(_fresh(name, folder / name, mode, question))
    found: dict[str, dict[str, float]] = {}
    for (name, mode), values in times.items():
        found.setdefault(name, {})[mode] = statistics.median(values[1:] or values)  # the first reads from disk
    return found


def _fresh(name: str, home: Path, mode: str, question: str) -> float:
    command, answered = [sys.executable, "-m", "scripts.benchmarks.speed.cold", name, str(home), mode, question], {0}
    if name.startswith("searchkit"):
        answered |= {1}  # with passages, none of which clearly answers
        command = [sys.executable, "-m", "searchkit", "search", question, "-i", str(home / "index"), "--mode", mode]
    started = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return 300.0
    return time.perf_counter() - started if done.returncode in answered else float("nan")
