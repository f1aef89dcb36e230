"""The words of a file's name and of the folders it lies in, where the file is one document."""

from __future__ import annotations

import re
from pathlib import PurePath

from searchkit.text.parts import parts
from searchkit.types import Passage

SHORTEST = 3  # letters of a word; shorter ones are initials and numbers of versions
_BETWEEN = re.compile(r"[\W_]+")


def file_words(passage: Passage) -> list[str]:
    """Return the words of the folders and the file that is a passage's document, [] if it is one of several in a file.

    What has digits inside is a key and no word; digits around a word (report2024) are left out.
    """
    place = PurePath(passage.place)
    pieces = [piece.strip("0123456789") for piece in _BETWEEN.split(str(place.with_suffix("")))] if place.name else []
    words = [word for piece in pieces if piece.isalpha() for word in parts(piece) or [piece]]
    return [word for word in words if len(word) >= SHORTEST or not word.isascii()]
