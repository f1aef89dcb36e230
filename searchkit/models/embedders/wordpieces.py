"""Word pieces of texts, by a tokenizer that is asked once for each word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from searchkit.models.embedders.checks import valid_text
from searchkit.remembered import Remembered

CACHE_SIZE = 100_000  # written words remembered, about 20 MB
UNKNOWN = "<unk>"  # the piece for what is in no vocabulary, in those that do not tell its name
PROBE = "a"  # a text that any tokenizer has pieces of
_LOCAL = ("BertNormalizer", "BertPreTokenizer", "WordPiece")
_JOINS = re.compile(r"[\x0b\x0c\x1c-\x1f\x85]")  # white space to Python; BERT removes it and joins what it parted
# What BERT's way changes in nothing but case, and cuts into words of letters and digits and words of one mark. "[" is
# left out, with which the tokens begin that are found in the middle of words too ([SEP], [MASK]).
_INK = r"!-Z\\-~‘’“”–—…"
_PLAIN = re.compile(rf"[{_INK} \t\n\r]+")
_PART = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9\s]")
_ODD_OR_PART = re.compile(rf"(?<!\S)[{_INK}]*+\S++|{_PART.pattern}")  # a written word that is not plain stays whole
_WRITTEN = re.compile(r"\S+")


class WordPieces:
    """A tokenizer that remembers words: ten times as fast on prose, with the same result.

    In BERT's way of tokenizing nothing reaches over white space, and of plain words with punctuation, which are many,
    nothing over that. Of other ways that isn't known, so there the tokenizer itself is asked for every text.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._model = tokenizer.model
        parts = (tokenizer.normalizer, tokenizer.pre_tokenizer, self._model)
        self._is_local = tuple(type(part).__name__ for part in parts) == _LOCAL
        added = tokenizer.get_added_tokens_decoder().values()
        self._takes_parts = self._is_local and all(token.content.startswith("[") for token in added)
        self._lowers = self._is_local and tokenizer.normalizer.lowercase
        self._known = Remembered(self._of_word, CACHE_SIZE)
        self._begin, self._end = _around(tokenizer)
        self._unknown = tokenizer.token_to_id(getattr(self._model, "unk_token", None) or UNKNOWN)

    def encode(self, text: str) -> list[int]:
        """Return the ids of the text's pieces, with the special ones at both ends."""
        words = self._words(text)
        if words is None:
            ids: list[int] = self._tokenizer.encode(text).ids
            return ids
        return [*self._begin, *chain.from_iterable(words), *self._end]

    def cut(self, ids: list[int], most: int) -> list[int]:
        """Return the first ids of a text, with the special ones that end it, `most` in all; no more than there are."""
        return ids if len(ids) <= most else [*ids[: most - len(self._end)], *self._end]

    def before(self, ids: list[int]) -> int:
        """Return how many ids of a text come before what follows it in a longer one: all but those that end it."""
        return len(ids) - len(self._end)

    def unknown(self, text: str) -> float:
        """Return which share of a text's pieces stands for what is in no vocabulary."""
        ids = self.encode(text)
        own = len(ids) - len(self._begin) - len(self._end)
        return ids.count(self._unknown) / own if own else 0.0

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return how many pieces each text has, the special ones left out."""
        return [self._count(valid_text(text)) for text in texts]

    def _count(self, text: str) -> int:
        words = self._words(text)
        return len(self._alone(text)) if words is None else sum(map(len, words))

    def _words(self, text: str) -> Iterator[tuple[int, ...]] | None:
        """Return the pieces of each word of a text; None where they may depend on others."""
        if self._takes_parts and _PLAIN.fullmatch(text):
            words = _PART.findall(text.lower() if self._lowers else text)
        elif self._is_local and not _JOINS.search(text):
            words = (_ODD_OR_PART if self._takes_parts else _WRITTEN).findall(text)
        else:
            return None
        return map(self._known.__getitem__, words)

    def _of_word(self, word: str) -> tuple[int, ...]:
        if not (self._takes_parts and _PLAIN.fullmatch(word)):
            return self._alone(word)
        lowered = word.lower() if self._lowers else word
        whole = self._tokenizer.token_to_id(lowered)
        return (whole,) if whole is not None else tuple(token.id for token in self._model.tokenize(lowered))

    def _alone(self, text: str) -> tuple[int, ...]:
        """Return what the tokenizer itself makes of a text, the special pieces left out."""
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)


def _around(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Return the ids that a tokenizer puts before and behind those of any text."""
    if tokenizer.post_processor is None:
        return [], []
    ids, alone = tokenizer.encode(PROBE).ids, tokenizer.encode(PROBE, add_special_tokens=False).ids
    begin = next(at for at in range(len(ids)) if ids[at : at + len(alone)] == alone)
    return ids[:begin], ids[begin + len(alone) :]
