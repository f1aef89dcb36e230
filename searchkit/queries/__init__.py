"""Questions and queries in Whoosh's language, read into the tree that both keyword engines take."""

from searchkit.queries.parsing import Parsed, parse

__all__ = ["Parsed", "parse"]
