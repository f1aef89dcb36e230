"""Texts that provoke, through the analysis of documents: nothing may raise, no character may get lost. Run by tests (a
few) and scripts/fuzz_prepare, which also takes the texts of real files.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain, pairwise
from pathlib import Path
from random import Random

from searchkit import Document
from searchkit.documents import FORMATS, read
from searchkit.documents.decoding import decode
from searchkit.documents.reading import read_text
from searchkit.errors import DocumentBug, DocumentError
from searchkit.indexing.cleaning import Cleaned, cleaned
from searchkit.indexing.prepare import Bug, Preparer, Recipe, Text
from searchkit.models.embedders import embedder, estimate_all, portable_counter
from searchkit.text.attribution.verbs import FORMS
from searchkit.text.splitting import Limits
from searchkit.types import Failure, Mark


def _bars(text: str) -> list[str]:
    """Return what stands between bars."""
    return text.split("|")


QUOTES = ['"', "“", "”", "„", "‘", "’", "'", "«", "»", "‹", "›", "``", "''", '"""', '"x"', "“No.”", "‘so,’"]
NAMES = _bars(
    "Tran|Ingrid Solheim|Mr|Dr. Lee|O'Brien|J. R. R. Tolkien|Research Watch|ÅSA|van der Berg|U.S.|Đặng Minh|Lee’s|"
    "Watch|the White House|Reuters|Google Inc.|Sir|Jean-Luc|McX|İpek|A|B.|Node.js|TypeError|'Lee'"
)
OPENERS = _bars(
    "But|And|Yet|Even|While|When|After|Before|If|Although|In|On|At|The|A|An|Now|Then|Still|As|For|Since|Under|With|"
    "Because|Though|Meanwhile|Like|That|This|What|Why|How|Once|Until|Only|Both|Not|Mr|Mrs|Ms|Dr"
)
SOURCES = _bars(
    "he|she|they|it|we|who|its|analysts|an official|the ministry|one expert|a study|officials|the spokeswoman|some|"
    "critics of it|a person familiar with it|the head of the bank|others|the report|economist|minister of x"
)
TURNS = _bars(
    "according to|According to|in the view of|In his view|in their words|by the estimate of|that|who|and|and said|"
    "was quoted by|as saying|quoted as saying|told reporters|, adding that|, said|, who|on Tuesday|last week|in June|"
    "as|pointed out|to|is|was|has|had|will|not|n't|described as|also|repeatedly|earlier|went on to|put it at|"
    "a former|aged 50|the head of|Jan. 5|so|than|but|or|whether|which|of|at|,|:"
)
NUMBERS = [
    "3.14",
    "1,000,000",
    "No. 5",
    "٣",
    "½",
    "1999–2000",
    "10",
    "²",
    "-1",
    "1e9",
    "0x1F",
    "5.",
    "(1)",
    "iv.",
    "½%",
]
ODD = [
    "\ud800", "\udfff", "\ud83d\ude00", "\0", "\u202e", "\u200f", "\u200d", "e\u0301\u0302\u0323", "\u0301",
    "👩‍👩‍👧‍👦", "🇳🇴", "👍🏽",
    "שלום", "مرحبا،", "ไทย ภาษา", "日本語。", "「はい」", "中文", "한국어", "नमस्ते।",
    "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c",
    "\ufeff", "\u00ad", "\u00a0", "\u3000", "İ", "ß", "ŉ", "ﷺ", "々", "ǅ", "ﬁ", "𝒳", "Ⅷ", "\U0010ffff",
    "\ufffd", "\u212a", "ſ",
]  # fmt: skip
BREAKS = ["\n", "\n\n", "\r\n\r\n", "\n \t\n", "\r", "\t", " ", "  ", "\n\n\n\n", "\u00a0\n"]
MARKUP = [
    "# ", "\n## Title\n", "- ", "\n* item", "\n1. ", "> ", "\n```\n", "\n| a | b |\n", "[x](y)", "\n---\n", "\n===\n",
    "**b**",
    "`code`", "<p>", "&amp;", "https://example.org/a_b?c=d", "a@b.example", "#tag", "_x_", "foo_bar.baz()", "e.g.",
    "vs.",
]  # fmt: skip
STOPS = [
    ".",
    ",",
    ";",
    ":",
    "?",
    "!",
    "…",
    "—",
    " – ",
    "-",
    "(",
    ")",
    "[",
    "]",
    "’s",
    "'s",
    ".”",
    ',"',
    '."',
    "?”",
    "...",
    "。",
]
PLAIN = _bars("tea|hot|good|river|rain|prices|rose|the|a|of|simple|years|old|men|pumps|is|are|was|family")
SENTENCES = _bars(
    "{N}, {C}, {C}.|{N} {V} {Q}.|{Q} {V} {N}.|{N} {V} {T} {Q}, {C}.|According to {N}, {C}.|{N}, the {S} of {N}, {V} "
    "{C}.|{S} {V} {T} {C}.|{N}: {Q}|{C}, {V} {N}, {T} {S}.|{N} {N} {V} {T} {N}.|{Q}|{N} {T} {S} {V} that {C}.|"
    "The {S} {V} {Q}.|{S} {T} {V} by {N}, {T} {Q}|In their view, {C}.|{C}.|{N} {C}, {V} {C}|{V} {N}, {C}. {Q}"
)
KINDS = [QUOTES, NAMES, OPENERS, SOURCES, TURNS, sorted(FORMS), NUMBERS, ODD, BREAKS, MARKUP, STOPS, PLAIN]
LIMITS = (Limits(), Limits(), Limits(20, 30), Limits(3, 8, 0), Limits(1, 1))
LONGEST_FILE = 4_000_000  # bytes of a real file that are read


def made(chance: Random) -> Document:
    """Return a document of pieces or of sentences about a few people, with marks now and then."""
    text = _pieces(chance) if chance.random() < 0.6 else _sentences(chance)
    return Document("made", text, marks=_marks(text, chance) if chance.random() < 0.3 else ())


def _sentences(chance: Random) -> str:
    """Return sentences that report, in which the same names come again and again."""
    names = chance.sample([*NAMES, *OPENERS], 3)
    slots: dict[str, Callable[[], str]] = {
        "{N}": lambda: chance.choice(names),
        "{V}": lambda: chance.choice(KINDS[5]),
        "{S}": lambda: chance.choice(SOURCES),
        "{T}": lambda: chance.choice(TURNS),
        "{C}": lambda: " ".join(chance.choice(PLAIN) for _ in range(chance.randint(1, 4))),
        "{Q}": lambda: (
            f"{chance.choice(QUOTES[:8])}{chance.choice(PLAIN)}{chance.choice(STOPS[:7])}{chance.choice(QUOTES[:8])}"
        ),
    }
    text = chance.choice((" ", " ", "\n\n", "\n")).join(chance.choice(SENTENCES) for _ in range(chance.randint(1, 8)))
    return re.sub(r"\{[A-Z]\}", lambda slot: slots[slot[0]](), text)


def _pieces(chance: Random) -> str:
    """Return pieces of some kinds in any order."""
    kinds = chance.sample(KINDS, chance.randint(1, len(KINDS)))
    weights = [chance.choice((1, 1, 3, 10)) for _ in kinds]
    parts = []
    for _ in range(round(2 ** chance.uniform(0, 8))):
        kind = chance.choices(kinds, weights)[0]
        piece = chance.choice(kind)
        if chance.random() < 0.004:
            piece *= round(2 ** chance.uniform(1, 12))
        parts += [piece, "" if kind in (QUOTES, BREAKS) and chance.random() < 0.5 else " " * (chance.random() < 0.9)]
    return "".join(parts).replace(" ,", ",").replace(" .", ".")


def _marks(text: str, chance: Random) -> tuple[Mark, ...]:
    """Return marks in order that do not overlap."""
    places = sorted(chance.randint(0, len(text)) for _ in range(2 * chance.randint(0, 5)))
    kinds = ("heading", "caption", "front", "list", "table", "code")
    return tuple(
        Mark(start, end, chance.choice(kinds), chance.randint(0, 6))
        for start, end in zip(places[::2], places[1::2], strict=True)
    )


@cache
def recipe(limits: Limits, *, by_model: bool) -> Recipe:
    """Return a recipe of these limits, with the tokens of the model that travels or with estimated ones."""
    counter = portable_counter(embedder("minilm")) if by_model else None
    return Recipe("en", limits, counter or estimate_all)


@cache
def preparer(chosen: Recipe) -> Preparer:
    return Preparer(chosen)


def check(document: Document, chosen: Recipe) -> None:
    """Prepare a document; raise AssertionError for whatever is not as it must be."""
    item = cleaned(document)
    assert isinstance(item, Cleaned), item
    text, marks = item.document.text, item.document.marks
    (result,) = preparer(chosen)([Text(text, marks)])
    assert not isinstance(result, Bug), result.reason
    places = result.places
    assert len(places) == len(result.bodies) == len(result.heard) == len(result.signatures)
    assert all(0 <= place.start < place.end <= len(text) for place in places), "a place outside the text"
    assert all(before.end <= after.start for before, after in pairwise(places)), "passages out of order"
    passages = [text[place.start : place.end] for place in places]
    assert all(passage == passage.strip() for passage in passages), "space around a passage"
    tokens = chosen.count_tokens(passages)
    long = [len(passage) for passage, size in zip(passages, tokens, strict=True) if size > chosen.limits.maximum]
    assert all(length == 1 for length in long), f"passages over the maximum: {long} characters"
    assert not _lost(text, marks, [(place.start, place.end) for place in places]), "text in no passage"
    assert bool(places) == bool(text.strip()), "a text without passages"
    for passage, heard in zip(passages, result.heard, strict=True):
        for one in heard:
            assert 0 <= one.source_start <= one.source_end <= len(passage), one
            assert 0 <= one.claim_start < one.claim_end <= len(passage), one
            assert one.source == passage[one.source_start : one.source_end], one
            assert one.resolved.strip(" ,.;:"), one


def _lost(text: str, marks: tuple[Mark, ...], spans: list[tuple[int, int]]) -> str:
    """Return what is neither in a passage nor in a heading, a caption or front matter."""
    apart = [(mark.start, mark.end) for mark in marks if mark.kind in ("heading", "caption", "front")]
    rest, done = [], 0
    for start, end in sorted(spans + apart):
        rest.append(text[done:start])
        done = max(done, end)
    return "".join([*rest, text[done:]]).strip()


def check_made(seed: int) -> None:
    """Check the text of a seed."""
    check(*_of_seed(seed))


def _of_seed(seed: int) -> tuple[Document, Recipe]:
    chance = Random(seed)
    document = made(chance)
    return document, recipe(chance.choice(LIMITS), by_model=chance.random() < 0.5)


def shrunk(document: Document, fails: Callable[[Document], bool]) -> Document:
    """Return the shortest part of a failing document that is found by cutting pieces out, and still fails."""
    size = max(1, len(document.text) // 2)
    while size:
        at = 0
        while at < len(document.text):
            shorter = Document(document.id, document.text[:at] + document.text[at + size :])
            document, at = (shorter, at) if fails(shorter) else (document, at + size)
        size //= 2
    return document


def real(folder: Path) -> Iterator[tuple[str, Document]]:
    """Yield the documents of all files below a folder, as their format is read or else as plain text; also of .gz."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        try:
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
                data = file.read(LONGEST_FILE)
        except (OSError, EOFError):
            continue
        name = Path(path.name.removesuffix(".gz"))
        for item in _documents(data, name.suffix.lower(), str(path)):
            if isinstance(item, Document):
                yield str(path), item


def _documents(data: bytes, suffix: str, name: str) -> Iterator[Document | Failure]:
    try:
        if suffix not in FORMATS:
            yield read_text(decode(data, name), name)
            return
        with tempfile.TemporaryDirectory() as home:
            copy = Path(home, f"copy{suffix}")
            copy.write_bytes(data)
            yield from read(copy, name)
    except DocumentBug as error:
        print(f"{name}: {error}", flush=True)
        raise
    except DocumentError as error:
        yield Failure(name, str(error))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="folders of real files")
    parser.add_argument("--count", type=int, default=100_000, help="of generated texts")
    parser.add_argument("--seed", type=int, default=0, help="of the first; each text has its own")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.count)
    jobs = chain(
        ((f"seed {seed}", *_of_seed(seed)) for seed in seeds),
        ((*found, recipe(Limits(), by_model=True)) for folder in options.folders for found in real(folder)),
    )
    count, failures, slowest = 0, 0, (0.0, "none")
    for name, document, chosen in jobs:
        started = time.perf_counter()
        failures += not _passes(name, document, chosen)
        slowest = max(slowest, (time.perf_counter() - started, name))
        count += 1
    print(f"{count} texts, {failures} failures; the slowest took {slowest[0]:.2f} s: {slowest[1]}")
    sys.exit(failures > 0)


def _passes(name: str, document: Document, chosen: Recipe) -> bool:
    """Check one text; say what is wrong with it, and show the least of it that is."""
    try:
        check(document, chosen)
    except AssertionError as error:
        print(f"{name}: {error}\n  {shrunk(document, lambda part: _fails(part, chosen)).text[:2000]!r}", flush=True)
        return False
    return True


def _fails(document: Document, chosen: Recipe) -> bool:
    try:
        check(document, chosen)
    except AssertionError:
        return True
    return False


if __name__ == "__main__":
    main()
