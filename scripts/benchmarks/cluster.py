"""The same questions of an index in a folder, of its copy on a cluster, and of the cluster's own hybrid search.

Each index is copied to the cluster once (`searchkit copy`). Rankings of the ten best are compared hit by hit; nDCG@10
is of documents, by their best passage. Its own hybrid search is a `hybrid` query of OpenSearch's neural-search plugin,
words and k-NN, whose scores the normalization-processor maps to [0, 1] and averages, as it does by default; for it the
question is analysed and read by the model as for searchkit. Questions are asked of all three in turn, so that a
machine that others use too is fair.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from searchkit import Index, Results
from searchkit.cluster import home
from searchkit.cluster.address import parsed
from searchkit.cluster.queries import translated
from searchkit.cluster.view import ClusterView
from searchkit.errors import IndexNotFound
from searchkit.evaluation import Question, read_questions
from searchkit.evaluation.measures import measure
from searchkit.evaluation.runs import Answer
from searchkit.models.embedders.checks import question_vector
from searchkit.queries import parse
from searchkit.text.analysis import Analyzer

DEPTH = 50  # passages that are asked for, so that ten documents are among them
FOUND = 200  # by k-NN for the cluster's own hybrid search, as many as searchkit's arms find
PIPELINE = "searchkit-bench"  # the name of its way to join scores
SHOWN = ["doc", "ordinal", "stored.text", "stored.title"]


class Asked(NamedTuple):
    """What a way of asking found: ids of passages, best first, confidences, and seconds."""

    ids: list[str]
    confidences: list[float]
    seconds: float


def copied(folder: Index, place: str) -> Index:
    """Return the copy on the cluster, made if there is none."""
    try:
        return Index.open(parsed(place))
    except IndexNotFound:
        started = time.perf_counter()
        made = folder.copy(parsed(place))
        print(f"copied in {time.perf_counter() - started:.0f} s", flush=True)
        return made


def asked(search: Callable[[str], Results], question: str) -> Asked:
    """Return what searchkit answers."""
    started = time.perf_counter()
    found = search(question)
    seconds = time.perf_counter() - started
    return Asked([hit.passage.id for hit in found], [hit.confidence for hit in found], seconds)


def prepare(index: Index) -> None:
    """Have the cluster know how its own hybrid search joins scores."""
    with index._reading() as view:
        steps = [{"normalization-processor": {}}]
        view.moment.client.request("PUT", f"_search/pipeline/{PIPELINE}", {"phase_results_processors": steps})


def own_hybrid(view: ClusterView, index: Index, analyzer: Analyzer, question: str) -> Asked:
    """Return what the cluster's own hybrid search finds."""
    started = time.perf_counter()
    vector = question_vector(index.embedder, question).astype(float).tolist()
    words = {"bool": {"must": [translated(parse(question, analyzer).tree)], "filter": [view.moment.passages()]}}
    nearest = {"knn": {"vector": {"vector": vector, "k": FOUND}}}
    body = {"query": {"hybrid": {"queries": [words, nearest]}}, "size": DEPTH, "_source": SHOWN}
    client, name = view.moment.client, view.moment.card.name
    found = client.checked(client.request("POST", f"{name}/_search", body, parameters={"search_pipeline": PIPELINE}))
    ids = [f"{hit['_source']['doc']}#{hit['_source']['ordinal']}" for hit in found["hits"]["hits"]]
    return Asked(ids, [], time.perf_counter() - started)


def documents(found: Asked) -> Answer:
    """Return the documents of passages, each at its first."""
    ids = list(dict.fromkeys(each.rpartition("#")[0] for each in found.ids))
    return Answer(tuple(ids), tuple(float(-at) for at in range(len(ids))))


def ndcg(questions: Sequence[Question], found: Sequence[Asked]) -> float:
    """Return the mean nDCG@10."""
    run = {question.id: documents(each) for question, each in zip(questions, found, strict=True)}
    return float(measure(questions, run, ["nDCG@10"]).mean())


def compared(name: str, ways: dict[str, list[Asked]], questions: Sequence[Question]) -> None:
    """Print a line for each way, and how the cluster's rankings agree with the folder's."""
    judged = any(question.grades for question in questions)
    for way, found in ways.items():
        milliseconds = np.array([each.seconds for each in found]) * 1000
        p50, p95 = np.percentile(milliseconds, [50, 95])
        measured = f"{ndcg(questions, found):.4f}" if judged else "–"
        print(f"| {name} | {way} | {measured} | {p50:.0f} | {p95:.0f} |", flush=True)
    pairs = list(zip(ways["folder"], ways["cluster"], strict=True))
    overlap = np.mean([len({*a.ids[:10]} & {*b.ids[:10]}) / max(1, len(a.ids[:10])) for a, b in pairs])
    same, first = (np.mean([a.ids[:end] == b.ids[:end] for a, b in pairs]) for end in (10, 1))
    off = [
        abs(x - y)
        for a, b in pairs
        for (one, x), (other, y) in zip(
            zip(a.ids[:10], a.confidences, strict=False), zip(b.ids[:10], b.confidences, strict=False), strict=False
        )
        if one == other
    ]
    print(
        f"  {name}: {len(pairs)} questions, same ten in order {same:.1%}, same first {first:.1%}, "
        f"overlap@10 {overlap:.4f}, confidences off by {np.median(off):.5f} (median), {max(off):.4f} (most)",
        flush=True,
    )


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder that holds the collections")
    parser.add_argument("collections", nargs="+", help="NAME, or NAME=INDEX for an index elsewhere than in the cache")
    parser.add_argument("--cluster", default="127.0.0.1:9201,127.0.0.1:9202,127.0.0.1:9203", help="its nodes")
    parser.add_argument("--shards", type=int, default=3)
    parser.add_argument("--sample", type=int, default=300, help="questions at most")
    parser.add_argument("--split", default="test")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "searchkit-bench", help="of indexes")
    parser.add_argument("--questions", help="the collection whose questions are asked, if not each one's own")
    parser.add_argument("--keep", action="store_true", help="leave the copies on the cluster")
    options = parser.parse_args(arguments)
    print("| collection | asked | nDCG@10 | p50 ms | p95 ms |\n|---|---|---|---|---|", flush=True)
    for each in options.collections:
        name, _, path = each.partition("=")
        place = f"opensearch://{options.cluster}/bench-{name}?shards={options.shards}"
        folder_path = Path(path) if path else options.cache / f"{name}-minilm-256"
        with Index.open(folder_path) as folder, copied(folder, place) as cluster:
            asked_of = options.data / (options.questions or name)
            questions = read_questions(asked_of, split=options.split, sample=options.sample).items
            compared(name, gathered(folder, cluster, questions), questions)
        if not options.keep:
            home.drop(home.client(parsed(place)))


def gathered(folder: Index, cluster: Index, questions: Sequence[Question]) -> dict[str, list[Asked]]:
    """Return what each way finds, question by question."""
    analyzer = Analyzer(cluster.settings.language)
    ways: dict[str, list[Asked]] = {"folder": [], "cluster": [], "cluster's own hybrid": []}
    prepare(cluster)
    for index in (folder, cluster):
        index.search(questions[0].text, DEPTH)  # the model is read, connections are made
    for question in questions:
        ways["folder"].append(asked(lambda text: folder.search(text, DEPTH), question.text))
        ways["cluster"].append(asked(lambda text: cluster.search(text, DEPTH), question.text))
        with cluster._reading() as view:
            ways["cluster's own hybrid"].append(own_hybrid(view, cluster, analyzer, question.text))
    return ways


if __name__ == "__main__":
    main()
