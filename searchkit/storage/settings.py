"""What is fixed when an index is created, because it decides bytes on disk; and what was fitted to judgments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from searchkit.errors import ArgumentError, IndexCorrupt, UnsupportedFormat
from searchkit.text.analysis import Analyzer
from searchkit.types import Embedder

FITTED = {"ranking": {"fusion", "weights"}, "calibration": {"slope", "shift"}}  # optional settings, what each holds


@dataclass(frozen=True, slots=True)
class Settings:
    """What is fixed when an index is created, because it decides bytes on disk; and what was fitted to judgments.

    ranking: fusion and weights of searches that choose neither, None for searchkit's own. calibration: slope and
    shift of the confidences' logits (see `confidence.scaled`), None to take them as they are.
    """

    engine: str = "tantivy"
    language: str = "en"
    analyzer: str = ""  # language and revision of the rules that made the index terms
    target_tokens: int = 200
    max_tokens: int = 256
    embedder: str | None = None  # name and digest of the model; None: keyword only
    embedder_digest: str | None = None
    dim: int = 0
    ranking: Mapping[str, Any] | None = None
    calibration: Mapping[str, float] | None = None

    def with_model(self, model: Embedder | None) -> Settings:
        """Return these settings for another model; what was fitted to judgments held for the one before."""
        name, digest, dim = (model.name, model.digest, int(model.dim)) if model else (None, None, 0)
        return replace(self, embedder=name, embedder_digest=digest, dim=dim, ranking=None, calibration=None)

    def changed_to(self, model: Embedder | None) -> Settings:
        """Return these settings for another model of passages that are there already.

        Raises ArgumentError for a model that reads too little of them.
        """
        read = getattr(model, "max_tokens", None)
        if model is not None and read is not None and read < self.target_tokens:
            raise ArgumentError(
                f"{model.name} reads {read} tokens of a passage, and the passages here aim at {self.target_tokens}: "
                "it would not know their ends. Index the documents anew with that model instead, into another index"
            )
        return self.with_model(model)

    @property
    def model(self) -> tuple[str | None, str | None]:
        """Name and digest of the model."""
        return self.embedder, self.embedder_digest

    def analysis(self, path: object) -> Analyzer:
        """Return the rules by which the texts of the index at `path` became terms. Raises UnsupportedFormat."""
        analyzer = Analyzer(self.language)
        if self.analyzer != analyzer.name:
            raise UnsupportedFormat(
                f"{path} was analysed by the rules {self.analyzer}; this searchkit has {analyzer.name}. "
                "Run: searchkit rebuild"
            )
        return analyzer

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values, without what was not fitted: versions that do not know it can read the rest."""
        return {name: value for name, value in asdict(self).items() if name not in FITTED or value is not None}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Settings:
        """Return the settings that `to_dict` gave. Raises IndexCorrupt."""
        try:
            settings = cls(**found)
            for name, keys in FITTED.items():
                value = getattr(settings, name)
                if value is not None and value.keys() != keys:
                    raise TypeError(f"{name} is {value}")
            return settings
        except (TypeError, AttributeError) as error:
            raise IndexCorrupt(f"the settings in the catalog are damaged: {error}") from error
