"""What `check` names in statements by people, and which near duplicates are told apart.

The statements are the questions of judged collections in BEIR's layout, told as facts: each cites a document that was
judged to answer it, and then another one, which was not. A figure or name of it is also replaced by one of another
question. Whatever `check` names of the first is a false alarm, or what the document says in other words.
Near duplicates are all pairs of documents whose signatures are as close as `collapse` asks for.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from searchkit.search.checking import check
from searchkit.search.context import Citation, digest_of
from searchkit.search.differences import Stated, says_no_more
from searchkit.search.facts import Token, tokens
from searchkit.text.analysis import Analyzer
from searchkit.text.minhash import THRESHOLD, bands, signatures, similarity
from searchkit.types import Passage


class Judged(NamedTuple):
    """A statement, a document that bears it out, and one that does not."""

    statement: str
    right: Passage
    wrong: Passage


def lines(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def corpus(folder: Path) -> dict[str, Passage]:
    """Return the documents of a collection, each as one passage."""
    found = {}
    for each in lines(folder / "corpus.jsonl"):
        text, doc_id = each["text"], str(each["_id"])
        found[doc_id] = Passage(f"{doc_id}#0", doc_id, 0, text, 0, len(text), 1, 1, each.get("title") or "")
    return found


def judged(folder: Path, split: str, documents: dict[str, Passage], draw: random.Random, size: int) -> list[Judged]:
    """Return a sample of the questions, as statements."""
    questions = {str(each["_id"]): each["text"] for each in lines(folder / "queries.jsonl")}
    answers = defaultdict(set)
    for line in (folder / "qrels" / f"{split}.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, doc_id, grade = line.split("\t")
        if float(grade) > 0 and doc_id in documents:
            answers[question].add(doc_id)
    every = sorted(documents)
    asked = sorted(answers.keys() & questions.keys())
    chosen = draw.sample(asked, min(size, len(asked)))
    made = []
    for question in chosen:
        other = next(each for each in iter(lambda: draw.choice(every), None) if each not in answers[question])
        statement = questions[question].strip().rstrip("?. ")
        made.append(Judged(statement, documents[min(answers[question])], documents[other]))
    return made


def is_named(statement: str, passage: Passage) -> bool:
    """Tell whether check finds something in a statement that cites a passage."""
    citation = Citation("[1]", 1, 1.0, passage, digest_of(passage))
    return bool(check(f"It is said: {statement} [1].", "", [citation]).unsupported)


def changed(statement: str, kind: str, others: Sequence[str]) -> str | None:
    """Return the statement with its last figure or name replaced by one of another, None if it has none."""
    own = [token for token in tokens(statement) if is_of(token, kind)]
    if not own:
        return None
    last = own[-1]
    other = next((each for each in others if each.lower() not in statement.lower()), None)
    return None if other is None else statement[: last.start] + other + statement[last.end :]


def is_of(token: Token, kind: str) -> bool:
    return token.kind == kind and not token.opens and not token.loose


def share(flags: Sequence[bool]) -> str:
    return f"{sum(flags) / len(flags):.1%} of {len(flags)}" if flags else "–"


def statements_table(name: str, sample: Sequence[Judged], draw: random.Random) -> str:
    """Return a row: how many statements have something that check names, by what they cite and what was changed."""
    row = [
        share([is_named(each.statement, each.right) for each in sample]),
        share([is_named(each.statement, each.wrong) for each in sample]),
    ]
    for kind in ("number", "name"):
        texts = {each.statement[t.start : t.end] for each in sample for t in tokens(each.statement) if is_of(t, kind)}
        flags = []
        for each in sample:
            others = draw.sample(sorted(texts), len(texts))
            if not is_named(each.statement, each.right) and (other := changed(each.statement, kind, others)):
                flags.append(is_named(other, each.right))
        row.append(share(flags))
    return f"| {name} | {' | '.join(row)} |"


def duplicates_table(name: str, documents: Sequence[Passage]) -> str:
    """Return a row: near pairs, those of the same text, those that are told apart, and what a comparison takes."""
    analyzer = Analyzer("en")
    rows = signatures([analyzer.terms(each.text) for each in documents])
    together = defaultdict(set)
    for at, keys in enumerate(bands(rows).tolist()):
        for band, key in enumerate(keys):
            together[band, key].add(at)
    pairs = {pair for group in together.values() if len(group) > 1 for pair in combinations(sorted(group), 2)}
    near = [(a, b) for a, b in sorted(pairs) if similarity(rows[a], rows[b]) >= THRESHOLD]
    same = sum(documents[a].text == documents[b].text for a, b in near)
    started = time.process_time()
    apart = sum(not says_no_more(Stated(documents[b].text), Stated(documents[a].text)) for a, b in near)
    each = (time.process_time() - started) / max(1, len(near)) * 1000
    return f"| {name} | {len(documents):,} | {len(near)} | {same} | {apart} | {each:.2f} ms |"


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder that holds the collections")
    parser.add_argument("collections", nargs="+", metavar="NAME[:SPLIT]", help="test is the split unless given")
    parser.add_argument("--sample", type=int, default=300, help="statements of each collection")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    named, near = [], []
    for collection in options.collections:
        name, _, split = collection.partition(":")
        documents, draw = corpus(options.data / name), random.Random(options.seed)
        sample = judged(options.data / name, split or "test", documents, draw, options.sample)
        named.append(statements_table(name, sample, draw))
        near.append(duplicates_table(name, list(documents.values())))
    print("| statements | named, right document | named, other document | figure changed | name changed |")
    print("|---|---|---|---|---|", *named, sep="\n")
    print("\n| near duplicates | documents | pairs | of one text | told apart | a pair |")
    print("|---|---|---|---|---|---|", *near, sep="\n")


if __name__ == "__main__":
    main()
