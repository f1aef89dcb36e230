"""The words of a file's name, where the file is one document."""

from __future__ import annotations

import re
from pathlib import PurePath

from searchkit.normalization import nfc
from searchkit.text.parts import parts
from searchkit.types import Passage

SHORTEST = 3  # letters of a word; shorter ones are initials and numbers of versions
_BETWEEN = re.compile(r"[\W_]+")
_NAMESAKE = re.compile(r"~\d+$")


def file_words(passage: Passage) -> list[str]:
    """Return the words of the file that is a passage's document, [] if the document is one of several in a file.

    What has digits inside is a key and no word; digits around a word (report2024) are left out.
    """
    source = passage.metadata.get("source")
    name = _NAMESAKE.sub("", passage.doc_id.rsplit("/", 1)[-1])
    if not isinstance(source, str) or not nfc(source).endswith(name) or nfc(PurePath(source).name) != name:
        return []
    pieces = [piece.strip("0123456789") for piece in _BETWEEN.split(PurePath(name).stem)]
    words = [word for piece in pieces if piece.isalpha() for word in parts(piece) or [piece]]
    return [word for word in words if len(word) >= SHORTEST or not word.isascii()]
