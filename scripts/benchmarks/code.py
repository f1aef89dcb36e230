"""Functions of real source code that stay whole in one passage: cut by blank lines and definitions, and by tree-sitter.

What a function is, tree-sitter says, with the decorators in front of it; functions inside functions do not count, nor
those that are longer than a passage may be. With tree-sitter's cuts, each function, class and whatever stands between
them at the top of a file or of a class is a piece; both kinds of pieces are then divided and joined like any document.
"whole": all of it stands in one passage; "leads": that passage begins with it, or with comments above it.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from searchkit import Document
from searchkit.documents.code import read_code
from searchkit.models.embedders import embedder
from searchkit.text.splitting import Limits, split
from searchkit.types import Mark

LANGUAGES = {".py": "python", ".js": "javascript", ".c": "c"}
FUNCTIONS = {"function_definition", "function_declaration", "method_definition", "generator_function_declaration"}
CLASSES = {"class_definition", "class_declaration", "class_body", "block"}
WRAPPERS = {"decorated_definition", "export_statement"}
HEADER = "| language | files | functions | whole, ours | tree-sitter | leads, ours | tree-sitter | ms | tree-sitter |"
LARGEST = 200_000  # bytes of a file; what is larger is generated
LARGE = 1_200  # characters: a larger class is read method by method

Piece = tuple[int, int]


def inner(node: Any) -> Any:
    """Return the definition inside decorators or an export, or the node itself."""
    if node.type in WRAPPERS:
        return node.child_by_field_name("definition") or node.child_by_field_name("declaration") or node
    return node


def functions(node: Any) -> Iterator[Any]:
    """Yield the outermost functions below a node, with what wraps them."""
    for child in node.children:
        if inner(child).type in FUNCTIONS:
            yield child
        else:
            yield from functions(child)


def pieces(node: Any) -> Iterator[Piece]:
    """Yield what stands at the top of a file, comments with what follows them, large classes by their methods."""
    start = -1
    for child in node.children:
        start = child.start_byte if start < 0 else start
        if child.type == "comment":
            continue
        found = inner(child)
        if found.type in CLASSES and child.end_byte - start > LARGE and (body := found.child_by_field_name("body")):
            yield start, body.start_byte
            yield from pieces(body)
        else:
            yield start, child.end_byte
        start = -1
    if start >= 0:
        yield start, node.end_byte


def by_tree_sitter(text: str, root: Any) -> Document:
    return Document("code", text, marks=tuple(Mark(start, end, "code") for start, end in pieces(root)))


def kept(document: Document, wanted: Sequence[Piece], count_tokens: Callable[..., list[int]]) -> tuple[int, int]:
    """Return how many functions stand whole in a passage, and how many lead it."""
    passages = split(document, Limits(), count_tokens)
    whole = leads = 0
    for start, end in wanted:
        for passage in passages:
            if passage.start <= start and end <= passage.end:
                whole += 1
                above = document.text[passage.start : start].splitlines()
                leads += all(not line.strip() or line.lstrip()[0] in "#/*@" for line in above)
    return whole, leads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=300, help="files of each language")
    given = parser.parse_args()
    count_tokens = embedder("minilm").count_tokens
    files = defaultdict(list)
    for folder in given.folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in LANGUAGES and path.is_file() and path.stat().st_size <= LARGEST:
                files[path.suffix].append(path)
    print(f"{HEADER}\n|{'---|' * HEADER.count(' | ')}---|")
    for suffix, language in LANGUAGES.items():
        compare(language, random.Random(0).sample(files[suffix], min(given.sample, len(files[suffix]))), count_tokens)


def compare(language: str, paths: Sequence[Path], count_tokens: Callable[..., list[int]]) -> None:
    """Print a language's row."""
    import tree_sitter  # noqa: PLC0415 - only here, so that what this file says of itself can be read without

    parser = tree_sitter.Parser(tree_sitter.Language(import_module(f"tree_sitter_{language}").language()))
    ours, theirs, seconds, every, read = [0, 0], [0, 0], [0.0, 0.0], 0, 0
    for path in paths:
        data = path.read_bytes().replace(b"\r\n", b"\n")
        if not data.isascii():  # so that bytes are characters
            continue
        text = data.decode()
        started = time.perf_counter()
        root = parser.parse(data).root_node
        cut = by_tree_sitter(text, root)
        seconds[1] += time.perf_counter() - started
        started = time.perf_counter()
        own = read_code(text, "code")
        seconds[0] += time.perf_counter() - started
        spans = [(node.start_byte, node.end_byte) for node in functions(root)]
        sizes = count_tokens([text[start:end] for start, end in spans])
        wanted = [span for span, size in zip(spans, sizes, strict=True) if size <= Limits().target]
        every, read = every + len(wanted), read + 1
        ours = [a + b for a, b in zip(ours, kept(own, wanted, count_tokens), strict=True)]
        theirs = [a + b for a, b in zip(theirs, kept(cut, wanted, count_tokens), strict=True)]
    shares = " | ".join(f"{100 * count / max(every, 1):.1f} %" for count in (ours[0], theirs[0], ours[1], theirs[1]))
    times = " | ".join(f"{1000 * each / max(read, 1):.1f}" for each in seconds)
    print(f"| {language} | {read} | {every:,} | {shares} | {times} |", flush=True)


if __name__ == "__main__":
    main()
