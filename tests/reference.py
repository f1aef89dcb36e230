"""Makes docs/ and README's table of stages from what the code says of itself; tests hold that they are up to date."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer.main

import searchkit
from searchkit.cli.commands import app
from searchkit.search.choices import OPTIONS, STAGES, Option

ROOT = Path(__file__).parent.parent
WIDTH = 100  # of a signature on one line
GROUPS = {
    "Sources": ("Document", "Mark", "ReadOptions", "SyncOptions", "Address"),
    "Answers": (
        "Results",
        "Hit",
        "Passage",
        "Source",
        "Context",
        "Citation",
        "AnswerReport",
        "CheckedSentence",
        "Finding",
        "Statement",
        "WhyNot",
    ),
    "Reports": ("SyncReport", "Failure", "Omission", "ImproveReport", "VerifyReport", "Settings"),
    "Measuring": ("Question", "Questions", "Evaluation", "Scores", "Comparison", "Verdict", "Tuned"),
    "What you can bring": ("Embedder", "Reranker", "Progress"),
}
WRITTEN = "<!-- Written by scripts/reference; edit the docstrings instead. -->"


# --- Python ------------------------------------------------------------------------------------------------------


def python_page() -> str:
    """Return docs/python.md."""
    public = {name: getattr(searchkit, name) for name in searchkit.__all__}
    functions = [name for name, value in public.items() if inspect.isfunction(value)]
    errors = [value for value in public.values() if isinstance(value, type) and issubclass(value, Exception)]
    parts = [
        "# Python",
        WRITTEN,
        "Everything here is imported from `searchkit`: `from searchkit import Index`. What else there is may change.",
        "[Index](#index) · [options of a search](#options-of-a-search) · [functions](#functions) · "
        + " · ".join(f"[{group.lower()}](#{anchor(group)})" for group in GROUPS)
        + " · [errors](#errors)",
        *index_section(),
        *options_section(),
        "## Functions",
        *(part for name in functions for part in function(name, public[name])),
    ]
    for group, names in GROUPS.items():
        parts += [f"## {group}", *(part for name in names for part in value(public[name]))]
    return page([*parts, "## Errors", "\n".join(error_tree(errors, searchkit.SearchkitError))])


def index_section() -> Iterator[str]:
    """Yield `Index`: what it is, then its methods and properties in the order of the source."""
    yield "## Index"
    yield doc(searchkit.Index)
    yield (
        "As a context manager it closes itself. `embedder` is a model's name, an [Embedder](#embedder), a function "
        "from texts to vectors, or None."
    )
    members = {name: member for kind in reversed(searchkit.Index.__mro__[:-1]) for name, member in vars(kind).items()}
    for name, member in members.items():
        if isinstance(member, property):
            yield f"### Index.{name}"
            yield code(f"{name}: {inspect.signature(member.fget).return_annotation}")  # type: ignore[arg-type]
            yield doc(member)
        elif not name.startswith("_"):
            yield from function(f"Index.{name}", getattr(searchkit.Index, name))


def options_section() -> Iterator[str]:
    """Yield the options of a search and its stages."""
    yield "## Options of a search"
    yield (
        "What `search`, `search_many`, `why_not` and `context` take by keyword; `SearchOptions` is their type, for "
        "functions that hand them on with `**options: Unpack[SearchOptions]`. Whatever makes no sense raises "
        "`QueryError`, which names the option."
    )
    yield table(("option", "unless given", "what it is"), (row_of(name, each) for name, each in OPTIONS.items()))
    yield "`stages` are, in the order in which they run:"
    yield stages_table()


def stages_table() -> str:
    rows = ((f"`{name}`", entry.summary, entry.example) for name, entry in STAGES.items())
    return table(("stage", "what it does", "for example"), rows)


def row_of(name: str, option: Option) -> tuple[str, str, str]:
    shown = "all" if name == "stages" else f"`{literal(option.default)}`"
    return f"`{name}`", shown, option.meaning


def function(name: str, called: Callable[..., Any]) -> Iterator[str]:
    """Yield a function's heading, signature and documentation; options of a search are not listed again."""
    signature = inspect.signature(called)
    given = [each for each in signature.parameters.values() if each.name != "self"]
    takes_options = "mode" in signature.parameters
    if takes_options:
        given = [each for each in given if each.name == "k" or each.name not in OPTIONS]
    shown = [parameter(each) for each in given]
    at = next((at for at, each in enumerate(given) if each.kind is each.KEYWORD_ONLY), None)
    if at is not None:
        shown.insert(at, "*")
    text = doc(called)
    if takes_options:
        shown.append("**options")
        text = re.sub(r"\n\nk: how many.*", "", text, flags=re.DOTALL) + "\n\nSee the [options](#options-of-a-search)."
    yield f"### {name}"
    whole = f"{name}({', '.join(shown)}) -> {signature.return_annotation}"
    yield code(whole if len(whole) <= WIDTH else folded(name, shown, signature.return_annotation))
    yield text


def folded(name: str, shown: Iterable[str], returned: str) -> str:
    lines = "".join(f"    {each},\n" for each in shown)
    return f"{name}(\n{lines}) -> {returned}"


def parameter(each: inspect.Parameter) -> str:
    default = "" if each.default is each.empty else f" = {literal(each.default)}"
    return f"{each.name}: {each.annotation}{default}"


def literal(given: object) -> str:
    return repr(given).replace("'", '"')


def value(kind: type) -> Iterator[str]:
    """Yield a class by its fields as they stand in the source, and what else it has."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    lines = textwrap.dedent(inspect.getsource(kind)).splitlines()
    fields = [line for node in body.body if isinstance(node, ast.AnnAssign) for line in own_lines(node, lines)]
    yield f"### {kind.__name__}"
    yield doc(kind)
    if fields:
        yield code("\n".join(textwrap.dedent(line) for line in fields))
    members = [member(node) for node in body.body if isinstance(node, ast.FunctionDef)]
    if told := "\n".join(filter(None, members)):
        yield told


def own_lines(node: ast.stmt, lines: list[str]) -> list[str]:
    return lines[node.lineno - 1 : node.end_lineno]


def member(node: ast.FunctionDef) -> str:
    """Return a line for a method or property, "" for what is not for callers."""
    if node.name.startswith("_") and node.name != "__call__":
        return ""
    returned = ast.unparse(node.returns) if node.returns else "None"
    if any(ast.unparse(each).endswith("property") for each in node.decorator_list):
        shown = f"{node.name}: {returned}"
    else:
        given = re.sub(r"^(self|cls)(, )?", "", ast.unparse(node.args))
        shown = f"{node.name}({re.sub('=', ' = ', given)}) -> {returned}"
    return f"- `{shown}`: {' '.join((ast.get_docstring(node) or '').split())}"


def error_tree(errors: list[type[Exception]], root: type[Exception], depth: int = 0) -> Iterator[str]:
    """Yield a line for each error, those derived from it indented below."""
    yield f"{'  ' * depth}- `{root.__name__}`: {' '.join((inspect.getdoc(root) or '').split())}"
    for each in errors:
        if each.__bases__[0] is root:
            yield from error_tree(errors, each, depth + 1)


# --- commands ----------------------------------------------------------------------------------------------------


def commands_page() -> str:
    """Return docs/commands.md."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    panels = {name: panels_of(command) for name, command in commands.items()}
    uses = Counter((panel, rows) for each in panels.values() for panel, rows in each.items() if panel)
    shared = {panel: rows for (panel, rows), times in uses.items() if times > 1}
    parts = [
        "# Commands",
        WRITTEN,
        " · ".join(f"[{name}](#{anchor('searchkit ' + name)})" for name in commands),
        "All but `models`, and `compare` of files alone, work on the index that `--index` or `-i` names, else the "
        "environment variable `SEARCHKIT_INDEX`, else `indexes/default`. `--help` says what a command takes, "
        "`searchkit --version` which version this is; `searchkit --install-completion` teaches your shell the names. "
        "Results go to standard output, all else to standard error.",
        exit_codes(),
    ]
    for name, command in commands.items():
        parts += command_section(name, command, panels[name], shared)
    for panel, rows in shared.items():
        parts += [f"## {panel} options", options_table(rows)]
    return page(parts)


def exit_codes() -> str:
    codes = re.findall(r"(\d+) ([^,.]+)", re.sub(r"\n", " ", str(app.info.epilog)))
    return table(("exit code", "means"), codes)


Rows = tuple[tuple[str, str, str], ...]


def panels_of(command: Any) -> Mapping[str, Rows]:
    """Return the options of a command by the panel of its help in which they stand."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for each in command.params:
        if each.name != "index" or "--index" not in each.opts:
            panel = getattr(each, "rich_help_panel", None) or ""
            found.setdefault(panel, []).append((declared(each), default_of(each), escaped(each.help or "")))
    return {panel: tuple(rows) for panel, rows in found.items()}


def declared(each: Any) -> str:
    """Return an option or argument as it is typed."""
    if each.param_type_name == "argument":
        return f"`{argument(each)}`"
    names = ", ".join((*each.opts, *each.secondary_opts))
    return f"`{names}`" if each.is_flag else f"`{names} {kind(each)}`"


def argument(each: Any) -> str:
    name = each.metavar or each.name.upper()
    name += "…" if each.nargs == -1 else ""
    return name if each.required else f"[{name}]"


def kind(each: Any) -> str:
    """Return what an option's value is."""
    if each.metavar:
        return str(each.metavar)
    words = {"int": "NUMBER", "flo": "NUMBER", "pat": "PATH", "fil": "FILE"}
    return words.get(each.type.name[:3], "TEXT")


def default_of(each: Any) -> str:
    """Return what holds unless it is given; a switch that can only be turned on is off."""
    is_switch = getattr(each, "is_flag", False)
    if isinstance(each.show_default, str):
        return "" if is_switch else plain(each.show_default)
    if not each.show_default or each.default in (None, [], ()) or (is_switch and not each.secondary_opts):
        return ""
    return plain(each.opts[0] if is_switch else str(each.default))


def plain(given: str) -> str:
    """Return a default; what is no word to type is an explanation."""
    return given if " " in given else f"`{given}`"


def command_section(name: str, command: Any, panels: Mapping[str, Rows], shared: Mapping[str, Rows]) -> Iterator[str]:
    yield f"## searchkit {name}"
    arguments = [argument(each) for each in command.params if each.param_type_name == "argument"]
    yield code(" ".join(["searchkit", name, "[OPTIONS]", *arguments]), "")
    yield inspect.cleandoc(command.help)
    for panel, rows in panels.items():
        if shared.get(panel) == rows:
            yield f"{panel}: see [its options](#{anchor(panel + ' options')})."
        else:
            yield from (f"{panel}:", options_table(rows)) if panel else (options_table(rows),)
    lines = [line.replace("\\[", "[") for line in str(command.epilog).split("\n\n")[1:-1]]
    yield code("\n".join(lines), "")


def options_table(rows: Rows) -> str:
    return table(("option", "unless given", "what it is"), rows)


# --- Markdown ----------------------------------------------------------------------------------------------------


def page(parts: Iterable[str]) -> str:
    return "\n\n".join(filter(None, parts)) + "\n"


def doc(thing: object) -> str:
    """Return a docstring, its paragraphs as they are."""
    return inspect.getdoc(thing) or ""


def code(text: str, language: str = "python") -> str:
    return f"```{language}\n{text}\n```"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [f"| {' | '.join(each)} |".replace("|  |", "| |") for each in (names, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(names), *lines[1:]])


def escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def anchor(heading: str) -> str:
    """Return the address of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def readme() -> str:
    """Return README.md with the stages that there are."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.sub(r"^\| stage \|.*?(?=\n\n)", lambda _: stages_table(), text, flags=re.MULTILINE | re.DOTALL)


PAGES = {
    ROOT / "docs" / "python.md": python_page,
    ROOT / "docs" / "commands.md": commands_page,
    ROOT / "README.md": readme,
}

if __name__ == "__main__":
    for path, made in PAGES.items():
        path.write_text(made(), encoding="utf-8")
