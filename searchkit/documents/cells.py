"""Rows of cells to lines of text, the header row marked."""

from __future__ import annotations

from collections.abc import Sequence

from searchkit.documents.blocks import Blocks
from searchkit.documents.lines import squeeze
from searchkit.types import Mark

CELL_JOINER = " | "


def add_rows(blocks: Blocks, rows: Sequence[Sequence[str]], *, has_header: bool) -> None:
    """Append rows as lines "cell | cell". A header row bears a table mark of level 1, those below it one of level 0."""
    filled = [row for row in ([squeeze(cell) for cell in row] for row in rows) if any(row)]
    lines = [CELL_JOINER.join(row).rstrip(" |") for row in filled]
    if not lines:
        return
    blocks.add("\n".join(lines))
    start = blocks.length - len(blocks.parts[-1])
    if has_header and len(lines) > 1:
        head = start + len(blocks.parts[-1].partition("\n")[0])
        blocks.marks += [Mark(start, head, "table", 1), Mark(head + 1, blocks.length, "table", 0)]
    else:
        blocks.marks.append(Mark(start, blocks.length, "table", 0))
