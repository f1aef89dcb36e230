"""How much of what is said in annotated paragraphs is taken down, and how much of that was said.

Reads JSON lines: {"set": …, "text": …, "statements": [{"source": …, "claim": …, "doubtful": …}]}; source as written,
claim by its first words. Strict: the source is right but for its article, and the claim begins with these words.
Loose: the source ends with the same word or is part of it, and the claim holds the words. What is doubtful counts
neither way. With -v, prints what was missed and what is wrong.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from searchkit.text.attribution.document import attributions

ARTICLES = ("the ", "a ", "an ")


def plain(text: str) -> str:
    """Return a text in small letters, without its article and with single spaces."""
    found = " ".join(text.split()).lower()
    return next((found[len(article) :] for article in ARTICLES if found.startswith(article)), found)


def strict(found: tuple[str, str], wanted: Mapping[str, Any]) -> bool:
    return plain(found[0]) == plain(wanted["source"]) and plain(found[1]).startswith(plain(wanted["claim"]))


def loose(found: tuple[str, str], wanted: Mapping[str, Any]) -> bool:
    source, due = plain(found[0]), plain(wanted["source"])
    return (source in due or due.split()[-1] in source.split()) and plain(wanted["claim"]) in plain(found[1])


def compared(paragraph: Mapping[str, Any], *, say: bool) -> Counter[str]:
    """Return how many statements of a paragraph are annotated, found, and right in both ways."""
    text = paragraph["text"]
    found = [(one.source, text[one.claim_start : one.claim_end]) for one in attributions([text])[0]]
    counts: Counter[str] = Counter()
    for wanted in sorted(paragraph["statements"], key=lambda one: bool(one.get("doubtful"))):
        exact = next((one for one in found if strict(one, wanted)), None)
        taken = exact or next((one for one in found if loose(one, wanted)), None)
        if taken:
            found.remove(taken)
        if wanted.get("doubtful"):
            continue
        counts.update(annotated=1, strict=exact is not None, loose=taken is not None, found=taken is not None)
        if say and exact is None:
            print("missed" if taken is None else "loose", wanted, taken or "", sep="  ")
    counts["found"] += len(found)
    for one in found if say else ():
        print("wrong", one, sep="  ")
    return counts


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("annotated", type=Path, help="JSON lines of annotated paragraphs")
    parser.add_argument(
        "-v", action="append", default=[], metavar="SET", help="print what is missed and wrong in a set"
    )
    options = parser.parse_args(arguments)
    sets: dict[str, Counter[str]] = {}
    for line in options.annotated.read_text(encoding="utf-8").splitlines():
        paragraph = json.loads(line)
        counts = sets.setdefault(paragraph["set"], Counter(paragraphs=0))
        counts += compared(paragraph, say=paragraph["set"] in options.v)
        counts["paragraphs"] += 1
    print(
        "| paragraphs | annotated | found | precision | recall | precision, loose | recall, loose |\n|---|" + "---|" * 6
    )
    for name, counts in sets.items():
        shares = [counts[way] / counts[of] for way in ("strict", "loose") for of in ("found", "annotated")]
        print(f"| {name}, {counts['paragraphs']} | {counts['annotated']} | {counts['found']} |", end="")
        print("".join(f" {share:.2f} |" for share in shares))


if __name__ == "__main__":
    main()
