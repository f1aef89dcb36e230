"""What single arguments and options the commands take: each is declared once, here; groups of them are in `options`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from searchkit.marker import MARKER
from searchkit.search.choices import OPTIONS

if TYPE_CHECKING:
    from searchkit.cluster.address import Place
else:
    Place = Any  # which typer would import: --help and completion do without

DEFAULT_INDEX = Path("indexes/default")
STDIN = Path("-")
EMBEDS = ("progressive", "full")
MODELS = ("minilm", "none", "onnx:", "hf:", "st:", "st-onnx:")
RANKING, PAGE, OUTPUT = "Ranking", "What is shown", "Output"
READING, CREATION = "Reading", "Fixed when the index is created"


def one_of(words: tuple[str, ...]) -> Callable[[str], list[str]]:
    """Return a completion that offers these words."""
    return lambda incomplete: [word for word in words if word.startswith(incomplete)]


def one_of_these(words: tuple[str, ...]) -> Callable[[str], str]:
    """Return a check that a value is one of these words; it raises BadParameter."""

    def checked(value: str) -> str:
        if value not in words:
            raise typer.BadParameter(f"{value!r} is none of {', '.join(words)}")
        return value

    return checked


def search_option(name: str, *declared: str, **more: Any) -> Any:
    """Return an option of the command line for one of a search, as `choices.OPTIONS` describes it."""
    default, meaning, choices = OPTIONS[name]
    shown = more.pop("show_default", None if default is None else f"{default:g}" if default == 0 else str(default))
    complete = one_of(choices) if choices else None
    return typer.Option(
        *declared,
        help=f"{meaning[0].upper()}{meaning[1:]}.",
        autocompletion=complete,
        show_default=shown or False,
        rich_help_panel=more.pop("rich_help_panel", RANKING),
        **more,
    )


def engines(incomplete: str) -> list[str]:
    """Offer the keyword engines."""
    from searchkit.storage.keywords import ENGINES  # noqa: PLC0415 - completion alone needs them here

    return one_of(tuple(ENGINES))(incomplete)


def index_names(incomplete: str) -> list[str]:
    """Offer the indexes below the folder `indexes`."""
    found = sorted(marker.parent.as_posix() for marker in DEFAULT_INDEX.parent.glob(f"*/{MARKER}"))
    return [name for name in found if name.startswith(incomplete)]


def must_exist(paths: list[Path] | None) -> list[Path] | None:
    """Return the paths if each is there or stands for standard input. Raises BadParameter."""
    for path in paths or ():
        if path != STDIN and not os.path.lexists(path):
            raise typer.BadParameter(
                f"{path} does not exist. If an index holds documents of it, this lets them go: searchkit forget {path}"
            )
    return paths


def index_place(given: str | Path) -> Place:
    """Return the folder or address of an index. Raises BadParameter."""
    if not isinstance(given, str) or "://" not in given:
        return Path(given)
    from searchkit.cluster.address import placed  # noqa: PLC0415 - for clusters alone
    from searchkit.errors import ArgumentError  # noqa: PLC0415

    try:
        return placed(given)
    except ArgumentError as error:
        raise typer.BadParameter(str(error), param_hint="--index") from None


IndexPath = Annotated[
    Place,
    typer.Option(
        "--index",
        "-i",
        envvar="SEARCHKIT_INDEX",
        help="Folder of the index, or its address on a cluster: opensearch://HOST:9200/NAME.",
        metavar="PATH",
        parser=index_place,
        autocompletion=index_names,
    ),
]
CopiedIndex = Annotated[
    Place, typer.Argument(metavar="FROM", parser=index_place, help="Folder or address of an index.", show_default=False)
]
NewIndex = Annotated[
    Place, typer.Argument(metavar="TO", parser=index_place, help="Where the new one is to be.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Query = Annotated[
    str, typer.Argument(help="Question or advanced query; after -- if it begins with a dash.", show_default=False)
]
Queries = Annotated[
    str,
    typer.Argument(
        metavar="QUERY",
        help="Question or advanced query; - reads queries from standard input, one a line. "
        "Put -- before one that begins with a dash.",
        show_default=False,
    ),
]
SpeakerName = Annotated[
    str, typer.Argument(metavar="NAME", help="Words of the name, or a kind: analysts, Solheim, 'the ministry'.")
]
About = Annotated[str | None, typer.Option("--about", help="What it is to be about: what fits comes first.")]
OnlyAbout = Annotated[bool, typer.Option("--only-about", help="Leave out statements without any word of --about.")]
Count = Annotated[int, typer.Option("-k", min=1, help="Number of statements.")]
PassageId = Annotated[str, typer.Argument(metavar="PASSAGE", help="Id of a passage: DOCUMENT#NUMBER.")]
ItemId = Annotated[str, typer.Argument(metavar="ID", help="Id of a document or passage.")]
DocumentGlobs = Annotated[list[str], typer.Argument(metavar="ID", help="Ids or globs of documents.")]
DocumentGlob = Annotated[str, typer.Argument(metavar="GLOB", help="Glob that the ids must match.")]
Sources = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="PATH",
        callback=must_exist,
        show_default=False,
        help="Files and folders; - is standard input. Without any: all that were indexed before.",
    ),
]
Roots = Annotated[list[Path], typer.Argument(metavar="ROOT", help="Folders or files that were indexed.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Do nothing, and say what would be done.")]
AllowRemovals = Annotated[
    bool,
    typer.Option(
        "--allow-removals",
        help="Remove what is gone even if it is all or more than half of a source, and what changed filters leave out.",
    ),
]
AsJsonLines = Annotated[bool, typer.Option("--json", help="Print JSON, a line for each commit.")]
BySource = Annotated[
    bool,
    typer.Option("--sources", help="Tell for each source how many documents it gave and what was not read of them."),
]
NewFile = Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="File to write, a zip.")]
ArchiveFile = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="File that export wrote.")
]
Replace = Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")]
MaxTokens = Annotated[int, typer.Option(min=1, help="Budget in tokens of the index's model.")]
Neighbours = Annotated[
    int, typer.Option("--context", min=0, help="Show so many passages before and after.", rich_help_panel=PAGE)
]
AnswerFile = Annotated[
    Path,
    typer.Argument(
        metavar="ANSWER", exists=True, dir_okay=False, allow_dash=True, help="File of the answer; - is standard input."
    ),
]
ContextFile = Annotated[
    Path,
    typer.Option("--context", exists=True, dir_okay=False, metavar="FILE", help="What context --json printed for it."),
]
OnlyText = Annotated[bool, typer.Option("--text", help="Print nothing but the text.")]
NewEmbedder = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        help="Change the model; see: searchkit models.",
        autocompletion=one_of(MODELS),
        show_default="the index's own",
    ),
]
Workers = Annotated[
    str | None,
    typer.Option(
        metavar="RAY",
        help="A Ray cluster that prepares and embeds: ray (all cores of this machine), ray://auto (the one that runs "
        "here), ray://HOST:10001.",
    ),
]
Embed = Annotated[
    str,
    typer.Option(
        "--embed",
        help="progressive: of very many new passages the model reads a sample and the other vectors are predicted, "
        "until searchkit improve replaces them; full: the model reads every passage.",
        autocompletion=one_of(EMBEDS),
        callback=one_of_these(EMBEDS),
    ),
]
Wait = Annotated[
    float | None,
    typer.Option(
        "--wait", min=0, metavar="SECONDS", help="Wait so long for another writer to end.", show_default="not at all"
    ),
]
Seconds = Annotated[float | None, typer.Option("--seconds", min=0, help="Stop after so many seconds.")]
MostPassages = Annotated[int | None, typer.Option("--passages", min=0, help="Stop after so many passages.")]
QuestionsFile = Annotated[
    Path | None,
    typer.Option(
        "--questions", exists=True, dir_okay=False, help="Begin with what these questions reach; a question a line."
    ),
]
StrictReading = Annotated[bool, typer.Option("--strict", help="Exit with 3 if a source could not be read.")]
StdinName = Annotated[
    str,
    typer.Option("--stdin-name", help="Document id of standard input; a suffix such as .html says what it holds."),
]
