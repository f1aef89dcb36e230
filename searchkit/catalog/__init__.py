"""The catalog of an index: what exists."""

from searchkit.catalog.catalog import Catalog

__all__ = ["Catalog"]
