"""What a write did, for people: what went in, what was left out and why, what was kept back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from searchkit.cli.render import ids, note, out, warnings

if TYPE_CHECKING:
    from searchkit.cluster.address import Place
    from searchkit.types import SyncReport

SHOWN = 10  # documents that a line lists
SUFFIXES = 5  # of files that were left out for one reason, that a line lists


def report(done: SyncReport, path: Place) -> None:
    """Print what a write did, or would do; what could not be read or was kept back goes to standard error."""
    if done.dry_run:
        for sign, doc_ids in (("+", done.added), ("~", done.changed), ("-", done.removed), ("?", done.withheld)):
            ids([f"{sign} {doc_id}" for doc_id in doc_ids])
    counts = f"{len(done.added)} added, {len(done.changed)} changed, {len(done.removed)} removed, {done.kept} kept"
    further = {"stale": done.stale, "withheld": done.withheld, "failed": done.failed}
    counts += "".join(f", {len(found)} {name}" for name, found in further.items() if found)
    dry = "dry run, nothing was done: " if done.dry_run else ""
    out(f"{path}: {dry}{counts}; {done.passages:,} passages, generation {done.generation}")
    if done.embedded or done.reused or done.predicted:
        predicted = f", {done.predicted:,} predicted; better ones with: searchkit improve" if done.predicted else ""
        out(f"vectors: {done.embedded:,} computed, {done.reused:,} known already{predicted}")
    if done.unread:
        which = "1 passage is" if done.unread == 1 else f"{done.unread:,} passages are"
        note(f"warning: {which} in a script that the model does not know, and found by words alone; see status")
    if done.skipped:
        out(f"left out: {_left_out(done)}")
    if done.omitted:
        have = "1 document has" if len(done.omitted) == 1 else f"{len(done.omitted):,} documents have"
        out(f"{have} parts that were not read: searchkit status --sources")
    failures(done)
    warnings(done.warnings)
    if not done.dry_run:
        _some("kept though gone, until that is allowed", done.withheld)
    _some("kept as last read", done.stale)


_BY_SUFFIX = re.compile(r"(.+?) (\.\S+?)(:.*)?")


def _left_out(done: SyncReport) -> str:
    """Return what was left out: by reason, with how many; what differs in the suffix alone is one reason."""
    alike: dict[str, dict[str, int]] = {}
    for reason, count in sorted(done.skipped.items()):
        by_suffix = _BY_SUFFIX.fullmatch(reason)
        same, suffix = (f"{by_suffix[1]} {{}}{by_suffix[3] or ''}", by_suffix[2]) if by_suffix else (reason, "")
        alike.setdefault(same, {})[suffix] = count
    return ", ".join(
        f"{sum(counts.values())} {same.replace('{}', _first_suffixes(counts))}" for same, counts in alike.items()
    )


def _first_suffixes(counts: Mapping[str, int]) -> str:
    """Return the suffixes of most files: ".log", or "(.log, .py, .js and 4 more)"."""
    often = sorted(counts, key=lambda suffix: (-counts[suffix], suffix))
    if len(often) == 1:
        return often[0]
    more = f" and {len(often) - SUFFIXES} more" if len(often) > SUFFIXES else ""
    return f"({', '.join(often[:SUFFIXES])}{more})"


def _some(what: str, doc_ids: Sequence[str]) -> None:
    """Write the first few of documents that something is true of."""
    if doc_ids:
        more = f" and {len(doc_ids) - SHOWN:,} more (--json lists them)" if len(doc_ids) > SHOWN else ""
        note(f"{what}: {', '.join(doc_ids[:SHOWN])}{more}")


def why_nothing(done: SyncReport) -> str:
    """Return why a write took nothing in, and what to do."""
    if done.failed:
        return f"{len(done.failed)} failed, for the reasons above"
    if done.stale:
        return "no source could be looked at; what the index holds stays"
    if done.skipped:
        return f"all was left out ({_left_out(done)}). A file that is named by itself is read; see also --include"
    return "there is no file that is read; name other files or folders"


def failures(done: SyncReport) -> None:
    """Write each source that could not be read, and why, to standard error."""
    for failure in done.failed:
        named = failure.reason.startswith(failure.source)
        note(f"failed: {failure.reason if named else f'{failure.source}: {failure.reason}'}")
