"""The catalog of an index: what exists."""

from searchkit.storage.catalog.catalog import Catalog

__all__ = ["Catalog"]
