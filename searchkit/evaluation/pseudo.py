"""Questions made from the index itself, for corpora that nobody has judged: the answer is the passage they came from.

Two kinds. known-item: some telling words of a passage, as of somebody who remembers it (Azzopardi, de Rijke & Balog,
SIGIR 2007). paraphrase: its most telling sentence, in order, with words left out. In both a share of the words is
replaced by others that the passage lacks and that mean about the same, for people rarely know how a text puts it:
questions in the text's own words would make every fusion look worse than keywords alone. What means about the same
the index's model says; without a model such words are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from searchkit.errors import EvaluationError
from searchkit.evaluation.questions import Question, Questions
from searchkit.queries.function_words import function_words
from searchkit.text.analysis import Analyzer, fold
from searchkit.text.sentences import sentences
from searchkit.types import Embedder, Passage

if TYPE_CHECKING:
    from searchkit.index import Index

SIZE = 200  # questions
READ = 4_000  # passages that are read at most, to know which words are rare
SHORTEST = 12  # words of subject that a passage must have to be asked about
SENTENCE = 3  # and a sentence
KINDS = ("known-item", "paraphrase")
KNOWN_WORDS = (4, 7)  # of a known-item question, least and most
TELLING = 2  # times as many words of the passage are drawn from, by how often they come and how rare they are
KNOWN_REPLACED = (0.4, 0.9)  # share of its words, least and most
REPLACED = (0.4, 0.9)  # the same of a paraphrase
DROPPED = (0.0, 0.4)  # share of a paraphrase's words that are left out
VOCABULARY = 4_000  # words that may replace others, the most frequent
CLOSEST = 3  # of them, those that one is replaced by
LEAST_COSINE = 0.35  # of words that mean about the same
STEM = 5  # first letters that such words must not share, or else they are forms of one word

NO_CONFIDENCE = (
    "made-up questions are odder than people's, on purpose: they tell settings apart, but what ECE and lost say of "
    "them holds for no others"
)

Random = np.random.Generator


class PseudoWord(NamedTuple):
    """A word as it is written, its index term, and whether it says something of the subject."""

    written: str
    term: str
    telling: bool


class Vocabulary:
    """The words of a sample of passages: how rare each is."""

    def __init__(self, passages: Sequence[Passage], language: str) -> None:
        self._analyzer = Analyzer(language)
        self._idle = function_words(self._analyzer.language)
        self._count = len(passages)
        self._found: Counter[str] = Counter()
        self._spelling: dict[str, str] = {}
        for passage in passages:
            there = {word.term: word.written for word in self.words(passage.text) if word.telling}
            self._found.update(there.keys())
            self._spelling |= there

    def words(self, text: str) -> list[PseudoWord]:
        """Return the words of a text in order."""
        found = [(text[word.start : word.end], word.spans[0][2]) for word in self._analyzer.words(text)]
        return [PseudoWord(written, term, len(term) > 1 and fold(written) not in self._idle) for written, term in found]

    def telling(self, text: str) -> Counter[str]:
        """Return the terms of a text that say something of its subject, with how often they come."""
        return Counter(word.term for word in self.words(text) if word.telling)

    def rarity(self, term: str) -> float:
        """Return ln(1 + passages / passages that hold the term)."""
        return float(np.log1p(self._count / max(1, self._found[term])))

    def frequent(self) -> dict[str, str]:
        """Return the words that may replace others: term -> spelling, the most frequent first."""
        ordered = (term for term, count in self._found.most_common() if count > 1 and term.isalpha())
        return {term: self._spelling[term].lower() for _, term in zip(range(VOCABULARY), ordered, strict=False)}


class Synonyms:
    """Words that mean about the same as another, by the model of the index."""

    def __init__(self, vocabulary: Vocabulary, model: Embedder) -> None:
        frequent = vocabulary.frequent()
        self._model = model
        self._terms, self._written = list(frequent), list(frequent.values())
        self._vectors = model.embed_passages(self._written)
        self._known: dict[str, list[tuple[str, str]]] = {}

    def of(self, word: PseudoWord, lacking: Counter[str]) -> list[str]:
        """Return the closest words that are none of `lacking`, nor another form of the word."""
        if word.term not in self._known:
            closeness = self._vectors @ self._model.embed_query(word.written.lower())
            order = [place for place in np.argsort(-closeness)[: 10 * CLOSEST] if closeness[place] >= LEAST_COSINE]
            self._known[word.term] = [(self._terms[place], self._written[place]) for place in order]
        close = self._known[word.term]
        return [text for term, text in close if term not in lacking and term[:STEM] != word.term[:STEM]][:CLOSEST]


class Maker:
    """Makes questions of passages."""

    def __init__(self, vocabulary: Vocabulary, synonyms: Synonyms | None, random: Random) -> None:
        self._vocabulary = vocabulary
        self._synonyms = synonyms
        self._random = random

    def known_item(self, passage: Passage) -> str:
        """Return some of the words that tell most of the passage."""
        there = self._vocabulary.telling(passage.text)
        words = {word.term: word for word in self._vocabulary.words(passage.text) if word.telling}
        words = {term: word for term, word in words.items() if term.isalpha()} or words  # numbers are rarely known
        count = min(len(words), int(self._random.integers(KNOWN_WORDS[0], KNOWN_WORDS[1] + 1)))
        weight = {term: there[term] * self._vocabulary.rarity(term) for term in words}
        telling = sorted(words, key=lambda term: -weight[term])[: TELLING * count]
        chosen = self._random.permutation(len(telling))[:count]
        return self._replaced([words[telling[place]] for place in chosen], there, KNOWN_REPLACED)

    def paraphrase(self, passage: Passage) -> str:
        """Return the most telling sentence of the passage, put otherwise."""
        there = self._vocabulary.telling(passage.text)
        words = self._vocabulary.words(self._sentence(passage, there))
        dropped = self._places(words, DROPPED)
        return self._replaced([word for place, word in enumerate(words) if place not in dropped], there, REPLACED)

    def _sentence(self, passage: Passage, there: Counter[str]) -> str:
        """Return the sentence with the most of what the passage says more than once, by length."""
        found = [passage.text[start:end] for start, end in sentences(passage.text)]
        terms = {sentence: self._vocabulary.telling(sentence).keys() for sentence in found}
        long = [sentence for sentence in found if len(terms[sentence]) >= SENTENCE] or [passage.text]

        def weight(sentence: str) -> float:
            again = (there[term] * self._vocabulary.rarity(term) for term in terms.get(sentence, ()) if there[term] > 1)
            return float(sum(again) / np.sqrt(max(1, len(terms.get(sentence, ())))))

        return max(long, key=weight)

    def _replaced(self, words: Sequence[PseudoWord], there: Counter[str], share: tuple[float, float]) -> str:
        """Return the words with a share of the telling ones replaced, or left out where nothing fits."""
        places = self._places(words, share)
        return " ".join(
            filter(None, (self._other(w, there) if p in places else w.written for p, w in enumerate(words)))
        )

    def _other(self, word: PseudoWord, there: Counter[str]) -> str:
        close = self._synonyms.of(word, there) if self._synonyms else []
        return close[self._random.integers(len(close))] if close else ""

    def _places(self, words: Sequence[PseudoWord], share: tuple[float, float]) -> set[int]:
        """Return the places of a random share of the telling words, never of all."""
        telling = [place for place, word in enumerate(words) if word.telling]
        count = min(round(len(telling) * self._random.uniform(*share)), len(telling) - 1)
        return set(self._random.permutation(telling)[: max(0, count)].tolist())


def pseudo_questions(index: Index, size: int = SIZE, *, seed: int = 0) -> Questions:
    """Return made-up questions of both kinds in equal parts, each answered by the passage that it was made from.

    The same for the same index, size and seed. Raises EvaluationError for an index with too little text.
    """
    random = np.random.default_rng(seed)
    passages = list(_sampled(index, random))
    vocabulary = Vocabulary(passages, index.settings.language)
    fit = [passage for passage in passages if len(vocabulary.telling(passage.text)) >= SHORTEST]
    if not fit:
        raise EvaluationError(f"{index.path} holds no passage of {SHORTEST} words or more to make a question of.")
    model = index.embedder
    maker = Maker(vocabulary, Synonyms(vocabulary, model) if model else None, random)
    make = (maker.known_item, maker.paraphrase)
    chosen = [fit[place] for place in random.permutation(len(fit))[:size]]
    items = tuple(
        Question(f"self-{number}", make[number % 2](passage), {passage.id: 1}, KINDS[number % 2])
        for number, passage in enumerate(chosen)
    )
    source = f"{len(items)} questions made from {index.path} (seed {seed})"
    return Questions(source, "passage", items, (NO_CONFIDENCE,))


def _sampled(index: Index, random: Random) -> Iterator[Passage]:
    """Yield the passages of documents in random order, READ at most."""
    documents, read = index.documents(), 0
    for place in random.permutation(len(documents)):
        for passage in index.passages(documents[place]):
            if read == READ:
                return
            read += 1
            yield passage
