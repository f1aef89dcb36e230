"""Answers for people: hits, documents and reports as text that fits the terminal."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from searchkit.search.context import Context
    from searchkit.search.why_not import WhyNot
    from searchkit.types import Document, Hit, Metadata, Passage, Results, Source, Statement

WIDEST = 100  # columns of text: longer lines are hard to read
INDENT = "    "
DUPLICATES = 3  # of a hit, that are named
COLUMNS = (
    "rank", "score", "confidence", "passage_id", "doc_id", "title", "section", "date", "path", "line", "start", "end",
    "text",
)  # fmt: skip
# A line of a record's text is no line of these files, packed or not.
RECORDS = (".jsonl", ".ndjson", ".csv", ".tsv", ".tab", ".mbox", ".json")

# A document must not steer the terminal: each control character is shown as one other, so that offsets stay.
_CONTROLS = {
    code: "\N{REPLACEMENT CHARACTER}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"
}
_CONTROLS[ord("\r")] = " "


# --- lines --------------------------------------------------------------------------------------------------


def out(text: str) -> None:
    """Write a line of the answer to standard output."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """Write a line that is not part of the answer to standard error."""
    sys.stderr.write(f"searchkit: {printable(text)}\n")


def dump(value: Any, *, lines: bool = False) -> None:
    """Write JSON, on one line or for reading."""
    ascii_only = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") != "utf8"
    out(json.dumps(value, ensure_ascii=ascii_only, indent=None if lines else 2))


def either(shape: Any, draw: Callable[[], None], *, json: bool) -> None:
    """Write an answer as JSON, or have it drawn for people."""
    if json:
        dump(shape)
    else:
        draw()


def printable(text: str) -> str:
    """Return the text without control characters, each replaced by one other character."""
    return text.translate(_CONTROLS)


def size(count: int) -> str:
    """Return a number of bytes for reading: "12.3 MB"."""
    value, units = float(count), ["bytes", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        del units[0]
    return f"{value:.1f} {units[0]}" if units[0] != "bytes" else f"{count} bytes"


# --- hits ---------------------------------------------------------------------------------------------------


def console() -> Console:
    """Return what draws on standard output: plain in a pipe and with NO_COLOR."""
    from rich.console import Console  # noqa: PLC0415 - JSON does without it

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to the one place that handles this."""
            raise BrokenPipeError

    return Terminal(
        color_system=None if os.environ.get("NO_COLOR") else "auto", highlight=False, markup=False, emoji=False
    )


def results(found: Results, *, headed: bool = False) -> None:
    """Print a query's hits, under the query itself if there are several."""
    screen = console()
    if headed:
        _say(screen, f"\N{BLACK RIGHT-POINTING TRIANGLE} {found.query}", "bold magenta")
    for hit in found.hits:
        _print_hit(screen, hit)
        screen.print()
    if found.explain is not None:
        _print_explanation(screen, found.explain)


def _print_hit(screen: Console, hit: Hit) -> None:
    passage = hit.passage
    _say(screen, f"{hit.rank:>2}. {passage.title or passage.doc_id}", "bold")
    facts = [day(passage.metadata), passage.section, f"page {passage.page}" if passage.page else ""]
    if any(facts):
        _print_text(screen, " · ".join(filter(None, facts)), style="dim")
    for neighbour in hit.before:
        _print_text(screen, neighbour.text, style="dim")
    _print_text(screen, passage.header, style="dim")
    _print_text(screen, passage.text, hit.highlights)
    for neighbour in hit.after:
        _print_text(screen, neighbour.text, style="dim")
    _print_place(screen, passage)
    sure = [f"confidence {hit.confidence:.0%}", f"score {hit.score:.3f}"]
    _print_text(screen, " · ".join([*sure, *ranks(hit.sources)]), style="dim")
    if hit.duplicates:
        more = f" and {len(hit.duplicates) - DUPLICATES:,} more" if len(hit.duplicates) > DUPLICATES else ""
        _print_text(screen, f"also, nearly the same: {', '.join(hit.duplicates[:DUPLICATES])}{more}", style="dim")


def statements(found: Sequence[Statement]) -> None:
    """Print what somebody said: who, the claim, its place."""
    screen = console()
    for each in found:
        _say(screen, each.speaker, "bold")
        _print_text(screen, each.claim)
        matched = f"score {each.score:.2f}" + ", of the same kind" * (each.match == "kind")
        _print_place(screen, each.passage, f"by {each.verb!r}", day(each.passage.metadata), matched)
        screen.print()


def _print_place(screen: Console, passage: Passage, *facts: str) -> None:
    """Print where a passage stands and its id, on one line if both fit: neither is broken, to be copied whole.

    Where the id begins with the path, it is not said twice.
    """
    where, own = place(passage), passage.id
    if where.removesuffix(f":{passage.line}") == passage.doc_id:
        own = f"#{passage.ordinal}"
    about = "  ".join(filter(None, facts))
    line = INDENT + "  ".join(filter(None, [where, own, about]))
    for part in [line] if len(line) <= screen.width else [INDENT + each for each in (where, own, about) if each]:
        _say(screen, part, "cyan")


def _print_text(screen: Console, content: str, highlights: Iterable[tuple[int, int]] = (), *, style: str = "") -> None:
    """Print text wrapped and indented, with its highlights, if there is any."""
    from rich.text import Text  # noqa: PLC0415

    if not content:
        return

    text = Text(printable(content), style=style)
    for start, end in highlights:
        text.stylize("bold yellow", start, end)
    for line in _wrapped(screen, text, len(INDENT)):
        screen.print(Text(INDENT) + line, soft_wrap=True)


def _wrapped(screen: Console, text: Text, indent: int) -> list[Text]:
    lines = text.wrap(screen, max(20, min(screen.width, WIDEST) - indent))
    for line in lines:
        line.rstrip()
    return list(lines)


def _say(screen: Console, text: str, style: str = "") -> None:
    from rich.text import Text  # noqa: PLC0415

    screen.print(Text(printable(text).replace("\n", " "), style=style), soft_wrap=True)


def _print_explanation(screen: Console, explain: Mapping[str, Any]) -> None:
    """Print what each arm saw."""
    _say(screen, f"{explain['mode']}: {explain['allowed']:,} of {explain['passages']:,} passages allowed", "bold")
    for arm, count in explain["candidates"].items():
        weight = f", weight {explain['weights'].get(arm, 1.0):g}" if explain["fusion"] else ""
        _say(screen, f"{INDENT}{arm}: {count:,} candidates{weight}")
    if explain["fusion"]:
        _say(screen, f"{INDENT}fusion: {explain['fusion']}")
    for stage, did in explain.get("stages", {}).items():
        weight, (what, count) = did["weight"], next(pair for pair in did.items() if pair[0] != "weight")
        _say(screen, f"{INDENT}{stage}: weight {weight:g}, {count:,} {what}")
    if explain.get("reranker"):
        _say(screen, f"{INDENT}reranker: {explain['reranker']}, {explain['reranked']} passages")
    if explain.get("conversation"):
        _say(screen, f"{INDENT}read with earlier turns, for it {explain['conversation']['why']}")
    for part in explain["parts"]:
        nearest = ", ".join(map(str, part["hits"])) if len(explain["parts"]) > 1 else ""
        _say(screen, f"{INDENT}embedded: {part['text']}" + (f" (nearest to hits {nearest})" if nearest else ""))
    for term in explain["terms"]:
        _say(screen, f"{INDENT}term {term['term']!r}: in {term['passages']:,} passages, idf {term['idf']:.3f}")


def ranks(sources: Mapping[str, Source]) -> list[str]:
    """Return each arm's rank and score: "keyword 1 (12.3)"."""
    return [f"{arm} {source.rank} ({source.score:.3g})" for arm, source in sources.items()]


def place(passage: Passage) -> str:
    """Return where a passage stands, as editors and terminals understand it: path:line."""
    path = _below_here(str(passage.metadata.get("source") or passage.doc_id))
    return path if path.lower().removesuffix(".gz").endswith(RECORDS) else f"{path}:{passage.line}"


def _below_here(path: str) -> str:
    """Return a path relative to the working directory if it lies below it."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return path


def day(metadata: Metadata) -> str:
    """Return the day of publication, empty if unknown."""
    return str(metadata.get("date") or "")[:10]


# --- tables -------------------------------------------------------------------------------------------------


def csv_header(*, queries: bool) -> None:
    """Write the names of the columns."""
    _csv_row(("query", *COLUMNS) if queries else COLUMNS)


def csv_rows(found: Results, *, queries: bool) -> None:
    """Write a row for each hit, with its query in front if there are several."""
    for hit in found.hits:
        _csv_row((found.query, *_cells(hit)) if queries else _cells(hit))


def _cells(hit: Hit) -> Sequence[object]:
    passage = hit.passage
    path = passage.metadata.get("source") or ""
    return (
        hit.rank, hit.score, hit.confidence, passage.id, passage.doc_id, passage.title, passage.section,
        passage.metadata.get("date") or "", path, passage.line, passage.start, passage.end, passage.text,
    )  # fmt: skip


def _csv_row(cells: Sequence[object]) -> None:
    csv.writer(sys.stdout, lineterminator="\n").writerow(cells)


# --- documents ----------------------------------------------------------------------------------------------


def passage(item: Passage, before: Sequence[Passage], after: Sequence[Passage]) -> None:
    """Print a passage with its place and neighbours."""
    screen = console()
    _say(screen, item.title or item.doc_id, "bold")
    facts = [item.id, day(item.metadata), item.section, f"page {item.page}" if item.page else ""]
    _say(screen, " · ".join(filter(None, facts)), "dim")
    _say(screen, f"{place(item)}  characters {item.start} to {item.end}", "cyan")
    for part, style in [*((p, "dim") for p in before), (item, ""), *((p, "dim") for p in after)]:
        screen.print()
        _print_text(screen, part.header, style="dim")
        _print_text(screen, part.text, style=style)


def document(item: Document, parts: Sequence[Passage]) -> None:
    """Print a document's title and metadata, and the beginning of each passage."""
    screen = console()
    _say(screen, item.title or item.id, "bold")
    for name, value in {"id": item.id, **item.metadata}.items():
        if name != "captions":
            _say(screen, f"{name}: {', '.join(map(str, value)) if isinstance(value, list | tuple) else value}", "dim")
    for omission in item.omitted:
        _say(screen, f"not read: {omission}", "yellow")
    for part in parts:
        screen.print()
        _say(screen, f"{part.id}  {place(part)}" + (f"  {part.section}" if part.section else ""), "cyan")
        _print_text(screen, part.text)


def passage_dict(item: Passage, before: Sequence[Passage], after: Sequence[Passage]) -> dict[str, Any]:
    """Return a passage and its neighbours as JSON-ready values."""
    around = {"before": [part.to_dict() for part in before], "after": [part.to_dict() for part in after]}
    return {"passage": item.to_dict(), **around}


def document_dict(item: Document, parts: Sequence[Passage]) -> dict[str, Any]:
    """Return a document and its passages as JSON-ready values."""
    shape: dict[str, Any] = {"id": item.id, "title": item.title, "metadata": dict(item.metadata), "text": item.text}
    shape |= {"omitted": [asdict(omission) for omission in item.omitted]} if item.omitted else {}
    return {"document": shape, "passages": [part.to_dict() for part in parts]}


def ids(found: Sequence[str]) -> None:
    """Print ids, one a line."""
    for each in found:
        out(printable(each).replace("\n", " "))


def warnings(given: Iterable[str]) -> None:
    """Print what was understood otherwise than written."""
    for warning in given:
        note(f"warning: {warning}")


def context(made: Context) -> None:
    """Print what to paste into a prompt."""
    warnings(made.warnings)
    if made.citations:
        out(made.text)
    else:
        note(f"nothing found that answers this (confidence {made.confidence:.0%} at best)")


def why_not(answer: WhyNot) -> None:
    """Print what became of a passage, why, and what would bring it in."""
    screen = console()
    _say(screen, f"{answer.passage_id}: {answer.verdict.replace('_', ' ')}", "bold")
    for reason in answer.reasons:
        _say(screen, f"{INDENT}{reason}")
    for name, terms in (("holds", answer.matched), ("lacks", answer.missing)):
        if terms:
            _say(screen, f"{INDENT}it {name}: {', '.join(terms)}", "dim")
    for advice in answer.advice:
        _say(screen, f"{INDENT}try: {advice}", "green")
