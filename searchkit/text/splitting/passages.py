"""The passages of a document, from where they are in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from searchkit.text.splitting.headers import Headers
from searchkit.text.splitting.places import CountTokens, Limits, Place, places
from searchkit.types import Document, Passage


def split(document: Document, limits: Limits, count_tokens: CountTokens) -> list[Passage]:
    """Return the document's passages in order, `document.text[start:end] == text` for each.

    Every character that is neither space nor in a heading, caption or front mark is in exactly one passage. A
    document with nothing but such marks gives its captions, else its front matter, else its headings: only a text
    of white space alone gives none.
    """
    found = places(document.text, document.marks, limits, count_tokens, document.page_starts)
    return list(passages(document, found))


def passages(document: Document, places: Iterable[Place]) -> Iterator[Passage]:
    """Yield the passages at these places of the document, counting lines as it goes."""
    text, line, counted = document.text, 1, 0
    headers = Headers(text, document.marks)
    for ordinal, (section, start, end) in enumerate(places):
        line += text.count("\n", counted, start)
        end_line = line + text.count("\n", start, end)
        yield Passage(
            id=f"{document.id}#{ordinal}",
            doc_id=document.id,
            ordinal=ordinal,
            text=text[start:end],
            start=start,
            end=end,
            line=line,
            end_line=end_line,
            title=document.title,
            section=section,
            page=_page(document.page_starts, start),
            metadata=document.metadata,
            header=headers.at(start),
        )
        line, counted = end_line, end


def _page(page_starts: Sequence[int], offset: int) -> int | None:
    return max(1, bisect_right(page_starts, offset)) if page_starts else None
