"""The words of a file's name and of the folders it lies in, where the file is one document."""

from __future__ import annotations

import re
from pathlib import PurePath

from searchkit.normalization import nfc
from searchkit.text.parts import parts
from searchkit.types import Passage

SHORTEST = 3  # letters of a word; shorter ones are initials and numbers of versions
_BETWEEN = re.compile(r"[\W_]+")
_WORD = re.compile(r"([^\W\d_]+)(?:\d+[^\W\d_])?")  # a version, as in zlib1g, is none of it
_NAMESAKE = re.compile(r"~\d+$")


def file_words(passage: Passage) -> list[str]:
    """Return the words of the file that is a passage's document, after those of its folders below the source.

    [] if the document is one of several in a file. What has digits inside is a key and no word; digits around a word
    (report2024) and versions behind it (zlib1g) are left out.
    """
    source = passage.metadata.get("source")
    place = _NAMESAKE.sub("", passage.doc_id.partition("/")[2] or passage.doc_id)
    if not isinstance(source, str) or not nfc(source).endswith(place.rpartition("/")[2]):  # as most records
        return []
    path = PurePath(place)
    if nfc(PurePath(source).name) != path.name:
        return []
    pieces = [piece.strip("0123456789") for part in (*path.parent.parts, path.stem) for piece in _BETWEEN.split(part)]
    named = [found[1] for piece in pieces if (found := _WORD.fullmatch(piece))]
    words = [word for piece in named for word in parts(piece) or [piece]]
    return [word for word in words if len(word) >= SHORTEST or not word.isascii()]
