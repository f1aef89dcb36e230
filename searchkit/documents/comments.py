"""Comments as lines of a document's text."""

from __future__ import annotations


def comment_line(words: str, author: str = "", place: str = "") -> str:
    """Return what stands for a comment: what it is on, who made it, what it says; "" for one that says nothing."""
    on, by = f" on {place}" if place else "", f" ({author})" if author else ""
    return f"Comment{on}{by}: {words}" if words else ""
