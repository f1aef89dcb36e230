"""Documents into passages: paragraphs with their exact place, none longer than the embedder reads."""

from searchkit.text.splitting.passages import passages, split
from searchkit.text.splitting.places import SECTION_JOINER, CountTokens, Limits, Place, places

__all__ = ["SECTION_JOINER", "CountTokens", "Limits", "Place", "passages", "places", "split"]
