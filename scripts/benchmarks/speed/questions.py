"""What is asked of every system: real questions, and words that stand together in a paragraph."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import NamedTuple

from scripts.benchmarks.speed.corpus import SHARES, Corpus, fields, values_of

WORDS = 5


class Asked(NamedTuple):
    """A question, and for each field the value that it filters by."""

    text: str
    values: dict[str, str]


def questions(corpus: Corpus, real: Path | None, count: int, seed: int = 0) -> list[Asked]:
    """Return `count` questions: half of a queries.jsonl, if one is given, the others five words of a paragraph."""
    chance = random.Random(seed)
    texts = []
    if real is not None:
        with real.open(encoding="utf-8") as lines:
            texts = chance.sample([json.loads(line)["text"] for line in lines], count // 2)
    wanted = set(chance.sample(range(len(corpus)), min(len(corpus), count * 2)))
    paragraphs = [record.text for record in corpus.records() if record.row in wanted]
    chance.shuffle(paragraphs)
    for paragraph in paragraphs:
        words = sorted(set(re.findall(r"[a-z]{4,}", paragraph.lower())))
        if len(words) >= WORDS and len(texts) < count:
            texts.append(" ".join(chance.sample(words, WORDS)))
    chance.shuffle(texts)
    table = fields(len(corpus))  # values that some row has
    return [Asked(text, values_of(table[chance.randrange(len(table))])) for text in texts]


FILTERS = {f"{100 / share:g} %": name for name, share in SHARES.items()}
