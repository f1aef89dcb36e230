"""One system in a process of its own, which is told what to do by lines of JSON.

python -m scripts.benchmarks.speed.child SYSTEM HOME takes:
{"do": "build", "corpus": FOLDER, "question": …, "mode": …}, {"do": "open"}, {"do": "ask", "mode": …, "question": …,
"where": …, "k": …}, {"do": "memory"}. Each is answered by one line of JSON; an error is an answer.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

from scripts.benchmarks.speed.corpus import Corpus, Vectors
from scripts.benchmarks.speed.systems import System, load

MIB = 1024  # kB


@cache
def model() -> Any:
    from searchkit.models.embedders import OnnxEmbedder

    return OnnxEmbedder()


def embed(text: str) -> Vectors:
    """Return a question's vector, by the same model and code for every system: (384,) float32."""
    return model().embed_query(text)


def memory() -> dict[str, float]:
    """Return this process's memory in MiB: most that was resident, resident now, and what of that is no file's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmHWM", "VmRSS", "RssAnon"))}
    named = {"peak": "VmHWM", "resident": "VmRSS", "anonymous": "RssAnon"}
    return {name: round(int(sizes[key]) / MIB, 1) for name, key in named.items()}


def ask(system: System, order: dict[str, Any]) -> dict[str, Any]:
    where = tuple(order["where"]) if order.get("where") else None
    started, worked = time.perf_counter(), time.process_time()
    found = getattr(system, order["mode"])(order["question"], order.get("k", 10), where)
    elapsed, worked = time.perf_counter() - started, time.process_time() - worked
    if not all(each.text for each in found):
        raise ValueError("a hit without its text")
    return {"ms": elapsed * 1000, "cpu_ms": worked * 1000, "rows": [each.row for each in found]}


def processor() -> float:
    """Seconds of the processor that this process and those that it started and saw end have taken."""
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + others.ru_utime + others.ru_stime


def build(system: System, order: dict[str, Any]) -> dict[str, Any]:
    """Index everything, then answer one question; times from nothing, packages not imported yet.

    Other processes make the clock's time grow, but hardly the processor's, which counts all threads.
    """
    corpus = Corpus(Path(order["corpus"]))
    started = time.perf_counter()
    system.build(corpus)
    built, worked = time.perf_counter(), processor()
    ask(system, order)
    return {
        "build_s": built - started,
        "build_cpu_s": worked,
        "first_s": time.perf_counter() - started,
        "first_cpu_s": processor(),
        **memory(),
    }


def obey(system: System, order: dict[str, Any]) -> dict[str, Any]:
    if order["do"] == "build":
        return build(system, order)
    if order["do"] == "open":
        started = time.perf_counter()
        system.open()
        return {"open_s": time.perf_counter() - started}
    if order["do"] == "ask":
        return ask(system, order)
    return memory()


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not come between
    system = load(sys.argv[1], Path(sys.argv[2]), embed)
    for line in sys.stdin:
        try:
            answer = obey(system, json.loads(line))
        except Exception as error:  # noqa: BLE001 - whatever a peer does, the run goes on and tells
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
