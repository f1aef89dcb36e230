"""Documents into passages: paragraphs with their exact place, none longer than the embedder reads."""

from searchkit.text.splitting.places import SECTION_JOINER, CountTokens, Limits, Place, passages, places, split

__all__ = ["SECTION_JOINER", "CountTokens", "Limits", "Place", "passages", "places", "split"]
