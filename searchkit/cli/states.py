"""The state of an index, for people: what it holds, whether it is whole, what was improved; which models there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from searchkit.cli.render import INDENT, out, printable, size

if TYPE_CHECKING:
    from searchkit.cluster.address import Place
    from searchkit.indexing.improve import ImproveReport
    from searchkit.models.embedders import ModelInfo
    from searchkit.storage.inspection import VerifyReport


def improved(done: ImproveReport, path: Place) -> None:
    """Print what an improvement did, and what is left."""
    kept = f" and {done.reached:,} that searches had left" if done.reached else ""
    out(f"{path}: {done.embedded:,} vectors computed{kept}; {done.drafts:,} predicted ones left")


def status(facts: Mapping[str, Any]) -> None:
    """Print the state of an index, a fact a line."""
    shown = dict(facts) | {"bytes": size(facts["bytes"]), "embedder": facts["embedder"] or "none (keyword only)"}
    shown["ranking"] = _ranking(facts["ranking"])
    shown["calibration"] = _calibration(facts["calibration"])
    if facts["drafts"]:
        shown["drafts"] = f"{facts['drafts']:,}, {facts['drafts'] / facts['vectors']:.0%} of the vectors: predicted"
    if facts["unread"]:
        shown["unread"] = f"{facts['unread']:,} passages that the model cannot read: found by words alone"
    sources, accounts = shown.pop("sources"), shown.pop("accounts", ())
    width = max(map(len, shown))
    for name, value in shown.items():
        out(f"{name.replace('_', ' '):{width}}  {value:,}" if isinstance(value, int) else f"{name:{width}}  {value}")
    for number, source in enumerate(sources):
        out(f"{'' if number else 'sources':{width}}  {printable(source)}")
    for account in accounts:
        _account(account)


def _account(account: Mapping[str, Any]) -> None:
    """Print what a source gave: documents counted, and a line for each part that was not read."""
    from searchkit.types import Omission  # noqa: PLC0415 - brings arrays along

    omitted = account["omitted"]
    partly = f", {len(omitted):,} with parts that were not read" if omitted else ", all read in full"
    source = account["source"] or "put in by hand"
    out(f"\n{printable(source)}: {account['documents']:,} documents{partly}")
    for doc_id, omissions in omitted.items():
        for omission in omissions:
            out(printable(f"{INDENT}{doc_id}: {Omission(**omission)}"))


def _ranking(chosen: Mapping[str, Any] | None) -> str:
    """Return how an index fuses by itself: "zscore, keyword 0.3, vector 0.7 (tuned)"."""
    if not chosen:
        return "searchkit's own"
    weights = (f"{arm} {weight:g}" for arm, weight in chosen["weights"].items())
    return f"{', '.join([chosen['fusion'], *weights])} (tuned)"


def _calibration(fitted: Mapping[str, float] | None) -> str:
    """Return how an index's confidences are scaled: "slope 1.3, shift 0.4 (tuned)"."""
    return f"slope {fitted['slope']:g}, shift {fitted['shift']:g} (tuned)" if fitted else "searchkit's own"


def models(known: Sequence[ModelInfo]) -> None:
    """Print a line for each model that can be asked for."""
    for model in known:
        facts = [
            model.name,
            f"{model.dim} dimensions" if model.dim else "",
            f"{model.megabytes:g} MB" if model.megabytes else "",
            model.licence,
            "" if model.installed else "not installed",
        ]
        out(f"{model.spec:15} {', '.join(filter(None, facts))}")


def verified(report: VerifyReport, path: Place) -> None:
    """Print what `verify` looked at and found."""
    looked = f"{report.documents:,} documents, {report.passages:,} passages, {report.files:,} files"
    verdict = "all is well" if report.ok else f"problems: {len(report.problems)}"
    out(f"{path}: generation {report.generation}, {looked}: {verdict}")
    for problem in report.problems:
        out(f"{INDENT}{printable(problem)}")
