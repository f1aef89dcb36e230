"""Groups of options that several commands take together, each as a dataclass."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer

from searchkit.cli.arguments import (
    CREATION,
    MODELS,
    OUTPUT,
    PAGE,
    RANKING,
    READING,
    AllowRemovals,
    DryRun,
    Embed,
    Neighbours,
    StrictReading,
    Wait,
    Workers,
    engines,
    one_of,
    search_option,
)
from searchkit.search.choices import ARMS, OPTIONS, STAGES

if TYPE_CHECKING:
    from searchkit.indexing.roots import SyncOptions

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingOptions:
    """How passages are ranked: options of `Index.search` that any question takes."""

    mode: Annotated[str | None, search_option("mode")] = None
    where: Annotated[
        str | None,
        typer.Option(
            help="Filter, applied before ranking: 'section = \"WORLD\" and date >= 2024-06-01'.",
            rich_help_panel=RANKING,
        ),
    ] = None
    since: Annotated[str | None, search_option("since", metavar="DATE")] = None
    until: Annotated[str | None, search_option("until", metavar="DATE")] = None
    fusion: Annotated[str | None, search_option("fusion")] = None
    weight: Annotated[
        list[str],
        typer.Option(
            metavar="ARM=NUMBER",
            help="Weight of an arm in hybrid: keyword=1.5. May be repeated.",
            autocompletion=one_of(tuple(f"{arm}=" for arm in ARMS)),
            rich_help_panel=RANKING,
        ),
    ] = field(default_factory=list)
    per_document: Annotated[int | None, search_option("per_document")] = None
    diversity: Annotated[float | None, search_option("diversity")] = None
    reranker: Annotated[str | None, search_option("reranker")] = None
    rerank_depth: Annotated[int | None, search_option("rerank_depth")] = None
    rerank_weight: Annotated[float | None, search_option("rerank_weight")] = None
    upgrade: Annotated[int | None, search_option("upgrade", min=0)] = None
    upgrade_seconds: Annotated[float | None, search_option("upgrade_seconds", min=0)] = None
    recall: Annotated[float | None, search_option("recall")] = None
    strict: Annotated[bool, search_option("strict", "--strict")] = False
    min_confidence: Annotated[float | None, search_option("min_confidence")] = None
    recency: Annotated[float | None, search_option("recency")] = None
    history: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="The turns before the question, oldest first: a JSON list or JSON lines of "
            '{"role": "user", "content": "…"}.',
            rich_help_panel=RANKING,
        ),
    ] = None
    today: Annotated[str | None, search_option("today", metavar="DATE")] = None
    without: Annotated[
        list[str],
        typer.Option(
            metavar="STAGE",
            help=f"Leave out a stage of the ranking: {', '.join(STAGES)}. May be repeated.",
            autocompletion=one_of(tuple(STAGES)),
            rich_help_panel=RANKING,
        ),
    ] = field(default_factory=list)
    said_by: Annotated[str | None, search_option("said_by", metavar="NAME")] = None

    def options(self) -> dict[str, Any]:
        """Return the options that were given, as `Index.search` takes them. Raises BadParameter."""
        given = {each.name: getattr(self, each.name) for each in fields(self) if each.name in OPTIONS}
        given["stages"] = _stages(self.without)
        given["weights"] = dict(map(_weight, self.weight)) or None
        if self.history is not None:
            from searchkit.cli import history  # noqa: PLC0415 - for conversations alone

            given["history"] = history.read(self.history)
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which hits are shown."""

    k: Annotated[int, typer.Option("-k", help="Number of hits.", rich_help_panel=PAGE)] = 10
    offset: Annotated[int, search_option("offset", rich_help_panel=PAGE)] = 0
    collapse: Annotated[
        bool,
        typer.Option("--collapse/--no-collapse", help="Show near duplicates as one hit.", rich_help_panel=PAGE),
    ] = True

    def options(self) -> dict[str, Any]:
        """Return all but k, as `Index.search` takes them."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "k"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FullPage(Page):
    """Which hits are shown, and what with them."""

    context: Neighbours = 0
    explain: Annotated[bool, typer.Option("--explain", help="Say what each arm saw.", rich_help_panel=PAGE)] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """In which form hits are printed; for reading unless one is chosen."""

    json: Annotated[bool, typer.Option("--json", help="One JSON object.", rich_help_panel=OUTPUT)] = False
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="A JSON line for each hit, or for each query read.", rich_help_panel=OUTPUT)
    ] = False
    csv: Annotated[bool, typer.Option("--csv", help="A table with a header.", rich_help_panel=OUTPUT)] = False

    def form(self) -> str:
        """Return the name of the form. Raises BadParameter if two are chosen."""
        chosen = [name for name in ("json", "jsonl", "csv") if getattr(self, name)]
        if len(chosen) > 1:
            raise typer.BadParameter(f"choose one of --{' and --'.join(chosen)}")
        return chosen[0] if chosen else "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How sources are found and read."""

    include: Annotated[
        list[str], typer.Option(metavar="GLOB", help="Read only these. May be repeated.", rich_help_panel=READING)
    ] = field(default_factory=list)
    exclude: Annotated[
        list[str],
        typer.Option(
            metavar="GLOB", help="Leave these out, now and later. May be repeated; '' forgets.", rich_help_panel=READING
        ),
    ] = field(default_factory=list)
    max_bytes: Annotated[
        int | None,
        typer.Option(min=1, help="Largest file, or record.", show_default="64 MiB", rich_help_panel=READING),
    ] = None
    id_field: Annotated[
        str | None, typer.Option(help="Field of a record (JSONL, CSV) that is its id.", rich_help_panel=READING)
    ] = None
    title_field: Annotated[str | None, typer.Option(help="… its title.", rich_help_panel=READING)] = None
    text_field: Annotated[str | None, typer.Option(help="… its text.", rich_help_panel=READING)] = None
    metadata_field: Annotated[
        list[str],
        typer.Option(
            help="Field to keep as metadata. May be repeated.", show_default="all others", rich_help_panel=READING
        ),
    ] = field(default_factory=list)

    def given(self) -> SyncOptions | None:
        """Return them as `Index.sync` takes them, None without any: then those of the last time hold."""
        return self.options() if self != Reading() else None

    def options(self) -> SyncOptions:
        """Return them as `Index.sync` takes them; an empty glob counts as none."""
        from searchkit.documents import ReadOptions  # noqa: PLC0415 - not before it is known to be needed
        from searchkit.indexing.roots import SyncOptions  # noqa: PLC0415

        names = ("max_bytes", "id_field", "title_field", "text_field")
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        read = ReadOptions(**given, metadata_fields=tuple(self.metadata_field) or None)
        return SyncOptions(tuple(filter(None, self.include)), tuple(filter(None, self.exclude)), read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How documents are put in."""

    strict: StrictReading = False
    embed: Embed = "progressive"
    wait: Wait = None
    workers: Workers = None

    def options(self) -> dict[str, Any]:
        """Return them as `Index.sync` and `Index.add` take them."""
        return {"strict": self.strict, "embed": self.embed, "timeout": self.wait, "workers": self.workers}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """How careful a sync is."""

    dry_run: DryRun = False
    allow_removals: AllowRemovals = False

    def options(self) -> dict[str, bool]:
        """Return them as `Index.sync` takes them."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """What is fixed when an index is created."""

    embedder: Annotated[
        str | None,
        typer.Option(
            help="minilm, none, onnx:FOLDER, hf:OWNER/NAME, st:MODEL …; see: searchkit models.",
            autocompletion=one_of(MODELS),
            show_default="minilm",
            rich_help_panel=CREATION,
        ),
    ] = None
    engine: Annotated[
        str | None,
        typer.Option(
            help="Keyword engine: tantivy, whoosh …",
            autocompletion=engines,
            show_default="tantivy",
            rich_help_panel=CREATION,
        ),
    ] = None
    language: Annotated[
        str | None,
        typer.Option(help="Language of stemming, ISO 639-1.", show_default="en", rich_help_panel=CREATION),
    ] = None
    target_tokens: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Length that a passage aims at.",
            show_default="200, or the maximum if less",
            rich_help_panel=CREATION,
        ),
    ] = None
    max_tokens: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Length that a passage never passes.",
            show_default="256, or what the model reads if less",
            rich_help_panel=CREATION,
        ),
    ] = None

    def given(self) -> dict[str, Any]:
        """Return what was given, as `Index.create` takes it."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}


def _stages(without: list[str]) -> tuple[str, ...] | None:
    """Return the stages that are left, None if all are. Raises BadParameter."""
    for stage in without:
        if stage not in STAGES:
            raise typer.BadParameter(f"{stage!r} is no stage; there are {', '.join(STAGES)}", param_hint="--without")
    return tuple(stage for stage in STAGES if stage not in without) if without else None


def _weight(text: str) -> tuple[str, float]:
    """Split "keyword=1.5". Raises BadParameter."""
    arm, _, number = text.partition("=")
    try:
        return arm.strip(), float(number)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not like keyword=1.5", param_hint="--weight") from None


def flat(command: Callable[..., Result]) -> Callable[..., Result]:
    """Let a command take dataclasses of options: typer sees one parameter for each of their fields."""
    hints = get_type_hints(command, include_extras=True)
    groups = {name: kind for name, kind in hints.items() if is_dataclass(kind) and isinstance(kind, type)}
    plain = inspect.signature(command).parameters.values()
    parameters = [p.replace(annotation=hints[p.name]) for p in plain if p.name not in groups]
    parameters += [parameter for kind in groups.values() for parameter in _parameters(kind)]

    @wraps(command)
    def call(**given: Any) -> Result:
        built = {name: kind(**{f.name: given.pop(f.name) for f in fields(kind)}) for name, kind in groups.items()}
        return command(**given, **built)

    call.__annotations__ = {p.name: p.annotation for p in parameters}
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return call


def _parameters(kind: Any) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    for each in fields(kind):
        yield inspect.Parameter(
            each.name, inspect.Parameter.KEYWORD_ONLY, default=_default(each), annotation=hints[each.name]
        )


def _default(each: Field[Any]) -> Any:
    return each.default if each.default_factory is MISSING else each.default_factory()
