"""searchkit beside what people use, on the same texts, vectors and questions, in one run, systems in turn.

Each system runs in a process of its own, by its own documented practice (see `systems`). Indexes and what building
them took are kept in --cache and reused; latencies are measured anew. Absolute values depend on the machine's load:
read ratios. DATA holds wiki-250k/corpus.jsonl.xz and squad-dev/queries.jsonl.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from scripts.benchmarks.speed import measure, quality, report
from scripts.benchmarks.speed.corpus import Corpus, completed, embedded, read, recombined, teacher_vectors
from scripts.benchmarks.speed.questions import FILTERS, Asked, questions
from scripts.benchmarks.speed.systems import SYSTEMS

REAL = 250_000  # passages of the corpus; more are made of their sentences
DEFAULT_CACHE = Path.home() / ".cache" / "searchkit-bench"


def corpus_of(options: argparse.Namespace, size: int) -> Corpus:
    """Return the corpus of a size, written if it is not there."""
    folder = options.cache / "speed" / str(size) / "corpus"
    if (folder / "about.json").exists():
        return Corpus(folder)
    path = options.data / "wiki-250k" / "corpus.jsonl.xz"
    own = min(size, REAL)
    vectors, known = teacher_vectors(options.cache / "wiki-250k", own)
    missing = int(own - known.sum())
    if missing == own:
        missing -= embed_some(path, options.cache / "wiki-250k", vectors, known)
    completed(vectors, known)
    about = {"made_vectors": missing + size - own, "teacher_vectors": own - missing}
    texts: Iterator[tuple[str, str]] = read(path)
    if size > own:
        texts, vectors = recombined(list(texts), vectors, size)
    return Corpus.write(folder, texts, vectors, about)


def embed_some(path: Path, cache: Path, vectors: Any, known: Any, count: int = 2_500) -> int:
    """Embed the first passages with the model, into `vectors` and `cache`; return how many."""
    from searchkit.models.embedders import OnnxEmbedder

    texts = [embedded(*each) for each in islice(read(path), min(count, len(vectors)))]
    rows = OnnxEmbedder().embed_passages(texts).astype(np.float16)
    vectors[: len(rows)], known[: len(rows)] = rows, True
    if len(rows) == count:
        cache.mkdir(parents=True, exist_ok=True)
        np.save(cache / "000000.npy", rows)
    return len(rows)


def teacher_rate(corpus: Corpus, count: int = 60) -> tuple[float, float]:
    """Passages that the model reads on all cores, now, in a second of the clock and of the processor."""
    from searchkit.models.embedders import OnnxEmbedder

    model = OnnxEmbedder()
    texts = [record.full for record in islice(corpus.records(), count + 8)]
    model.embed_passages(texts[count:])
    started, worked = time.perf_counter(), time.process_time()
    model.embed_passages(texts[:count])
    return count / (time.perf_counter() - started), count / (time.process_time() - worked)


def bench(options: argparse.Namespace, size: int) -> dict[str, Any]:
    corpus = corpus_of(options, size)
    folder = options.cache / "speed" / str(size)
    real = options.data / "squad-dev" / "queries.jsonl"
    asked = questions(corpus, real if real.exists() else None, options.questions)
    rate, rate_cpu = teacher_rate(corpus)
    result: dict[str, Any] = {
        "rows": size,
        "about": f"{corpus.about['teacher_vectors']:,} vectors by the model, {corpus.about['made_vectors']:,} made",
        "teacher_rate": rate,
        "teacher_rate_cpu": rate_cpu,
        "problems": {},
        "systems": {},
    }
    for name in options.systems:
        if name in options.again:
            (folder / f"{name}.json").unlink(missing_ok=True)
            shutil.rmtree(folder / name, ignore_errors=True)
        print(f"{time.strftime('%H:%M:%S')} {size:,} {name}: building", flush=True)
        try:
            made = measure.built(name, corpus, folder / name, asked[0].text, options.patience)
        except measure.Failed as error:
            result["problems"][name] = f"building failed: {error}"
            print(f"  {name}: {error}", flush=True)
            continue
        result["systems"][name] = {"build": made} | first_answer(name, made, rate, rate_cpu)
    if options.build_only:
        return result
    print(f"{time.strftime('%H:%M:%S')} {size:,} questions", flush=True)
    ask(options, corpus, folder, asked, result)
    kept = options.cache / "speed" / f"{size}.json"
    kept.write_text(json.dumps(result, indent=1))
    print(f"{time.strftime('%H:%M:%S')}   cold", flush=True)
    answering = [name for name, system in result["systems"].items() if "warm" in system]
    for name, seconds in measure.cold(answering, folder, asked[0].text, options.repeats).items():
        result["systems"][name]["cold"] = seconds
    kept.write_text(json.dumps(result, indent=1))
    return result


def first_answer(name: str, made: dict[str, Any], rate: float, rate_cpu: float) -> dict[str, float]:
    """Seconds from nothing to the first answer: who is given vectors would have waited for the model first."""
    embedded = 0 if SYSTEMS[name].embeds else made["rows"]
    return {
        "embedded_first_s": made["first_s"] + embedded / rate,
        "embedded_first_cpu_s": made.get("first_cpu_s", math.nan) + embedded / rate_cpu,
    }


def ask(options: argparse.Namespace, corpus: Corpus, folder: Path, asked: list[Asked], result: dict[str, Any]) -> None:
    """Fill in latencies, recall and memory."""
    from searchkit.models.embedders import OnnxEmbedder

    model, times, queries = OnnxEmbedder(), [], []
    with measure.opened(list(result["systems"]), folder) as (children, errors):
        result["problems"] |= errors
        warm = measure.warm(children, asked, options.budget)
        for each in asked:
            started = time.perf_counter()
            queries.append(model.embed_query(each.text))
            times.append(time.perf_counter() - started)
        for name, child in children.items():
            result["systems"][name]["memory"] = child(do="memory")
    result["embed_ms"] = statistics.median(times) * 1000
    nearest = measure.exact(corpus.vectors(), np.stack(queries))
    fill(result, warm, nearest, corpus, asked)


def fill(
    result: dict[str, Any], warm: dict[str, Any], nearest: list[set[int]], corpus: Corpus, asked: list[Asked]
) -> None:
    from scripts.benchmarks.speed.corpus import SHARES, fields

    counts = [
        np.bincount(column, minlength=share)
        for column, share in zip(fields(len(corpus)).T, SHARES.values(), strict=True)
    ]
    held = dict(zip(SHARES, counts, strict=True))
    for mode, by_system in warm.items():
        field = FILTERS.get(mode.removeprefix("hybrid, "))
        for name, found in by_system.items():
            system = result["systems"][name]
            if found["error"]:
                result["problems"][f"{name}, {mode}"] = found["error"]
            if not found["ms"]:
                continue
            system.setdefault("warm", {})[mode] = measure.percentiles(found)
            if field:
                most = [min(measure.K, int(held[field][int(each.values[field][1:])])) for each in asked]
                full = [len(rows) / best for rows, best in zip(found["rows"], most, strict=False)]
                system["warm"][mode]["filled"] = statistics.mean(full)
            if mode == "vector":
                hits = [
                    len(best.intersection(rows)) / len(best) for rows, best in zip(found["rows"], nearest, strict=False)
                ]
                system["recall"] = statistics.mean(hits)


def where_peers_win(result: dict[str, Any]) -> None:
    """Say of the bars' measures which peer is ahead, and how far."""
    measures = {
        "hybrid p50": lambda s: s["warm"]["hybrid"]["p50"],
        "first answer with embedding, of the processor": lambda s: s["embedded_first_cpu_s"],
        "hybrid p50, of the processor": lambda s: s["warm"]["hybrid"]["cpu_p50"],
        "keyword p50": lambda s: s["warm"]["keyword"]["p50"],
        "memory while searching": lambda s: s["memory"]["peak"],
        "cold hybrid": lambda s: s["cold"]["hybrid"],
        "disk": lambda s: s["build"]["disk_mib"],
    }
    for label, pick in measures.items():
        values = {name: report.value(system, pick) for name, system in result["systems"].items()}
        values = {name: value for name, value in values.items() if not math.isnan(value)}
        if "searchkit" in values:
            ours = values["searchkit"]
            values = {name: value for name, value in values.items() if not name.startswith("searchkit")}
            ahead = ", ".join(
                f"{name} {ours / value:.1f} times"
                for name, value in sorted(values.items(), key=lambda e: e[1])
                if value < ours
            )
            print(f"- {label}: " + (f"better than searchkit: {ahead}" if ahead else "searchkit is best"))
    print()


def main() -> None:
    parser = argparse.ArgumentParser("scripts/bench speed", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with wiki-250k and squad-dev")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 250_000])
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--again", nargs="*", choices=SYSTEMS, default=[], help="build these anew")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--budget", type=float, default=30, help="seconds of answers a system and mode may take")
    parser.add_argument("--patience", type=float, default=3_600, help="seconds a system may build")
    parser.add_argument("--repeats", type=int, default=3, help="cold starts of each")
    parser.add_argument("--build-only", action="store_true")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--judged", nargs="*", default=[], help="collections in DATA to measure nDCG@10 on, as scifact")
    parser.add_argument("--pictures", type=Path, help="a folder for growth curves of all sizes measured so far")
    options = parser.parse_args()
    os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}  # for the processes of the systems
    for size in options.sizes:
        result = bench(options, size)
        if not options.build_only:
            report.show(result)
            where_peers_win(result)
    if options.judged:
        judged = [quality.judged(options.data / name, options.cache, options.systems, 500) for name in options.judged]
        (options.cache / "speed" / "judged.json").write_text(json.dumps(judged, indent=1))
        quality.show(judged, options.systems)
    if options.pictures:
        kept = (options.cache / "speed").glob("[0-9]*.json")
        report.pictures([json.loads(path.read_text()) for path in kept], options.pictures)


if __name__ == "__main__":
    main()
