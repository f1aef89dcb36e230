"""Who said what, by rules: source, reporting verb and claim in English news and reports, without a model."""

from searchkit.attribution.document import Attribution, attributions

__all__ = ["Attribution", "attributions"]
