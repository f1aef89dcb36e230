"""What kinds of speakers go by another name: an economist is an analyst, a spokesperson an official."""

from __future__ import annotations

# Stems as the English analysis makes them. Who is asked for -> who counts, and how much of a match that is.
_DESKS = (  # an analyst is named by the desk as often as by the trade
    "consult brokerag broker secur forum institut monitor tank research capit risk advisori partner council centr "
    "center polici group laboratori trade think market intellig"
)
_ANALYSTS = "analyst economist strategist expert observ fellow consult forecast follow commentat watcher specialist"
_SCIENTISTS = (
    "scientist research professor physicist biologist chemist geologist hydrologist climatologist meteorologist "
    "epidemiologist virologist astronom seismologist ecologist zoologist geneticist botanist academ scholar"
)
_OFFICIALS = (
    "offici minist spokesperson spokesman spokeswoman ministri govern author ambassador secretari diplomat deputi"
)
_CRITICS = "critic review columnist commentat curat"


def _kin(words: str, weight: float) -> dict[str, float]:
    return dict.fromkeys(words.split(), weight)


KIN: dict[str, dict[str, float]] = {
    "analyst": _kin(_DESKS, 0.7) | _kin(_ANALYSTS, 0.9),
    "expert": _kin(_DESKS, 0.6) | _kin(_SCIENTISTS, 0.8) | _kin(_ANALYSTS, 0.9),
    "observ": _kin(_DESKS, 0.6) | _kin(_ANALYSTS, 0.9),
    "economist": _kin("analyst strategist", 0.6),
    "scientist": _kin(_SCIENTISTS, 0.9),
    "research": _kin(_SCIENTISTS, 0.9),
    "offici": _kin(_OFFICIALS, 0.8),
    "govern": _kin("minist ministri spokesperson spokesman spokeswoman offici", 0.8),
    "author": _kin("offici minist ministri polic govern", 0.6),
    "critic": _kin(_CRITICS, 0.8),
    "review": _kin(_CRITICS, 0.8),
    "commentat": _kin("pundit analyst columnist critic", 0.7),
    "pundit": _kin("commentat columnist analyst", 0.7),
}
