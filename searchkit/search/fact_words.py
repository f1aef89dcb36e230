"""Words by which statements turn: numbers, what scales them, what is counted, negations, opposites."""

from __future__ import annotations

from functools import cache

from searchkit.queries.function_words import function_words as words_of


def _words(text: str) -> list[str]:
    return text.split()


_UNITS = _words(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety")
SPELLED = {
    "zero": 0,
    **{word: at for at, word in enumerate(_UNITS, 1)},
    **{word: 10 * at for at, word in enumerate(_TENS, 2)},
}
ORDINALS = _words(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)
SCALES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
SHORT_SCALES = {"k": 1_000, "m": 10**6, "mn": 10**6, "bn": 10**9, "tn": 10**12}
SIGNS = {
    sign: key
    for key, signs in {
        "%": "percent pct percentage prozent", "$": "dollar dollars usd", "€": "euro euros eur",
        "£": "pound pounds gbp", "¥": "yen", "°": "degree degrees",
    }.items()
    for sign in signs.split()
}  # fmt: skip
NEGATIONS = frozenset(
    _words(
        "no not never none nor neither nobody nothing nowhere without unless except excluding hardly barely "
        "nicht kein keine keinen keiner keinem nie niemals ohne ne pas jamais aucun aucune sans nunca sin "
        "ningun ninguna mai senza nessun nessuna niet geen nooit zonder nao sem nenhum nenhuma inte ingen "
        "inga aldrig ikke ingen aldri не нет ни никогда без"
    )
)
OPPOSITES = frozenset(
    _words(
        "all some only both always sometimes must may might should shall optional mandatory required allowed "
        "permitted forbidden prohibited banned increase increased increases decrease decreased decreases rise "
        "rose rises fall fell falls risen fallen grew grow shrank shrink higher lower high low more less "
        "fewer most least above below before after until earlier later minimum maximum gain gained loss lost "
        "profit win won lose buy sell bought sold true false open opened closed close enabled disabled enable "
        "disable include includes excludes exclude included excluded accept accepted reject rejected refuse "
        "refused agree agreed deny denied confirm confirmed yes left right north south east west northern "
        "southern eastern western inside outside male female old new hot cold positive negative safe "
        "dangerous active inactive half double twice once daily weekly monthly yearly"
    )
)
SUFFIXES = frozenset({"s", "re", "ve", "ll", "d", "m"})  # contracted with the word before
_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "sv", "no", "da")


@cache
def function_words() -> frozenset[str]:
    """Return the function words of ten languages, folded: a capital makes no name of them."""
    return frozenset().union(*map(words_of, _LANGUAGES))
