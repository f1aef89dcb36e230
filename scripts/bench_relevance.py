"""nDCG@10 and recall@100 of every arm and fusion on judged collections in BEIR's layout.

Each collection is indexed once, with the defaults of `searchkit index`, into a cache outside the project;
a record is a document, and a document's score is that of its best passage.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import time
from collections.abc import Iterable
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import R, nDCG

from searchkit import Index, embedders
from searchkit.derive import embedded_text

MEASURES = [nDCG @ 10, R @ 100]
SETTINGS = {
    "keyword": {"mode": "keyword"},
    "vector": {"mode": "vector"},
    "hybrid rrf": {"fusion": "rrf"},
    "hybrid zscore": {"fusion": "zscore"},
    "hybrid minmax": {"fusion": "minmax"},
    "hybrid": {},
}


def load(folder: Path, split: str, sample: int) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    """Return the judged queries and their qrels; a seeded sample where there are more than `sample`."""
    with (folder / "qrels" / f"{split}.tsv").open(encoding="utf-8") as file:
        judgments = list(csv.reader(file, delimiter="\t"))[1:]
    qrels: dict[str, dict[str, int]] = {}
    for query_id, document_id, grade in judgments:
        qrels.setdefault(query_id, {})[document_id] = int(grade)
    name = "queries_all.jsonl" if (folder / "queries_all.jsonl").exists() else "queries.jsonl"
    texts = {record["_id"]: record["text"] for record in map(json.loads, (folder / name).open(encoding="utf-8"))}
    chosen = sorted(query_id for query_id in qrels if any(qrels[query_id].values()))
    if len(chosen) > sample:
        chosen = sorted(random.Random(0).sample(chosen, sample))
    return {q: texts[q] for q in chosen}, {q: qrels[q] for q in chosen}


def index_of(folder: Path, cache: Path, *, name: str, embedder: str, max_tokens: int, language: str) -> Index:
    """Return the collection's index, built or brought up to date."""
    path = cache / f"{name}-{embedder}-{max_tokens}"
    if (path / "index.json").exists():
        index = Index.open(path)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        limits = {"target_tokens": min(200, max_tokens), "max_tokens": max_tokens}
        index = Index.create(path, embedder=embedder, language=language, **limits)
    started = time.perf_counter()
    report = index.sync(folder / "corpus.jsonl")
    if report.added or report.changed:
        rate = report.passages / (time.perf_counter() - started)
        print(f"  {name}: {len(report.added)} documents, {report.passages} passages, {rate:.0f} a second", flush=True)
    return index


def run(
    index: Index, queries: dict[str, str], settings: dict[str, object]
) -> tuple[dict[str, dict[str, float]], float]:
    """Return each query's documents with scores, and the median latency in milliseconds."""
    results, latencies = {}, []
    for query_id, text in queries.items():
        found = index.search(text, k=100, per_document=1, **settings)
        results[query_id] = {hit.passage.doc_id: 1 / hit.rank for hit in found if hit.passage.doc_id != query_id}
        latencies.append(found.elapsed_ms)
    return results, float(np.median(latencies))


def full_precision(index: Index, queries: dict[str, str], embedder: str) -> dict[str, dict[str, float]]:
    """Return the vector arm's documents as they were without rounding to float16: everything embedded anew."""
    model = embedders.embedder(embedder)
    passages = [passage for doc_id in index.documents() for passage in index.passages(doc_id)]
    matrix = model.embed_passages([embedded_text(passage) for passage in passages])
    results = {}
    for query_id, text in queries.items():
        scores: dict[str, float] = {}
        for passage, score in zip(passages, (matrix @ model.embed_query(text)).tolist(), strict=True):
            scores[passage.doc_id] = max(score, scores.get(passage.doc_id, -1.0))
        results[query_id] = dict(sorted(scores.items(), key=lambda item: -item[1])[:100])
    return results


def table_row(name: str, label: str, qrels: dict[str, dict[str, int]], scores: object, latency: float) -> None:
    means = ir_measures.calc_aggregate(MEASURES, qrels, scores)
    cells = " | ".join(f"{means[measure]:.4f}" for measure in MEASURES)
    print(f"| {name} | {label} | {cells} | {latency:.1f} |", flush=True)


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder that holds the collections")
    parser.add_argument("collections", nargs="*", default=["scifact", "nfcorpus"])
    parser.add_argument("--split", default="test")
    parser.add_argument("--sample", type=int, default=1000, help="queries at most")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "searchkit-bench")
    parser.add_argument("--embedder", default="minilm")
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--language", default="en")
    parser.add_argument("--float32", action="store_true", help="also the vector arm without rounding to float16")
    options = parser.parse_args(arguments)
    print("| collection | setting | nDCG@10 | R@100 | p50 ms |\n|---|---|---|---|---|")
    for name in options.collections:
        folder = options.data / name
        queries, qrels = load(folder, options.split, options.sample)
        with index_of(
            folder, options.cache, name=name.replace("/", "-"), embedder=options.embedder,
            max_tokens=options.max_tokens, language=options.language,
        ) as index:  # fmt: skip
            for label, settings in SETTINGS.items():
                if options.embedder == "none" and label != "keyword":
                    continue
                scores, latency = run(index, queries, settings)
                table_row(f"{name} ({options.split}, {len(queries)})", label, qrels, scores, latency)
            if options.float32:
                scores = full_precision(index, queries, options.embedder)
                table_row(f"{name} ({options.split}, {len(queries)})", "vector, float32", qrels, scores, float("nan"))


if __name__ == "__main__":
    main()
