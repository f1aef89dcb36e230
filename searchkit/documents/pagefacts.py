"""What a web page states about its article: JSON-LD, meta tags, its language and address."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from searchkit.documents.lines import squeeze
from searchkit.documents.properties import Value, canonical, flatten

if TYPE_CHECKING:
    from lxml.etree import _Element

_ARTICLE_TYPES = ("article", "posting", "report", "webpage", "book", "recipe")
_META = {
    "title": ("og:title", "twitter:title", "dc.title", "citation_title"),
    "date": ("article:published_time", "date", "dc.date", "dc.date.issued", "dcterms.created", "pubdate",
             "publishdate", "publish-date", "parsely-pub-date", "citation_publication_date", "datepublished",
             "sailthru.date", "article.published"),
    "authors": ("author", "article:author", "dc.creator", "citation_author", "parsely-author", "byl"),
    "section": ("article:section", "section", "parsely-section"),
    "standfirst": ("og:description", "description", "twitter:description", "dc.description"),
    "language": ("og:locale", "language", "dc.language"),
    "tags": ("keywords", "news_keywords"),
}  # fmt: skip
_STANDFIRST_CLASSES = frozenset({"standfirst", "deck", "dek", "subtitle", "subhead", "subheading", "subheadline"})
_SITE_SEPARATORS = (" | ", " – ", " — ", " - ", " :: ", " · ", " « ")


def page_facts(page: _Element) -> tuple[str, dict[str, Value]]:
    """Return a page's title and metadata; what JSON-LD says goes before meta tags, a standfirst shown before both."""
    facts: dict[str, Any] = {
        "language": page.get("lang"),
        **_visible_facts(page),
        **_meta_facts(page),
        **_linked_facts(page),
        **_standfirst(page),
    }
    title = squeeze(str(facts.pop("title", "") or ""))
    values = canonical(flatten(facts), ("date", "authors", "language"))
    values["authors"] = [name for name in _as_list(values.get("authors")) if not str(name).startswith("http")]
    return title, {key: value for key, value in values.items() if value not in ("", [], None)}


def _as_list(value: Value | None) -> list[Any]:
    return value if isinstance(value, list) else []


def _visible_facts(page: _Element) -> dict[str, Any]:
    """Return what the page shows: its main heading or window title, the first time, the author's link."""
    headings = [squeeze("".join(map(str, heading.itertext()))) for heading in page.iter("h1")]
    window = next((squeeze("".join(map(str, title.itertext()))) for title in page.iter("title")), "")
    title = headings[0] if len(headings) == 1 or (headings and headings[0] in window) else _without_site(window)
    times = [time.get("datetime") for time in page.iter("time") if time.get("datetime")]
    address = next((link.get("href") for link in page.iter("link") if link.get("rel") == "canonical"), None)
    facts = {"title": title, "date": times[0] if times else None, "source": address, "captions": _captions(page)}
    return {key: value for key, value in facts.items() if value}


def _standfirst(page: _Element) -> dict[str, str]:
    """Return the first element whose class calls it a standfirst."""
    for element in page.iter("p", "h2", "h3", "div"):
        if _STANDFIRST_CLASSES & set((element.get("class") or "").lower().split()):
            return {"standfirst": squeeze("".join(map(str, element.itertext())))}
    return {}


def _captions(page: _Element) -> list[str]:
    texts = (squeeze("".join(map(str, caption.itertext()))) for caption in page.iter("figcaption"))
    return list(dict.fromkeys(text for text in texts if text))


def _without_site(title: str) -> str:
    """Return a window title without the site's name at its end."""
    for separator in _SITE_SEPARATORS:
        head, found, site = title.rpartition(separator)
        if found and len(site) <= len(head):
            return head
    return title


def _meta_facts(page: _Element) -> dict[str, Any]:
    stated: dict[str, list[str]] = {}
    for meta in page.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        content = squeeze(meta.get("content") or "")
        if name and content:
            stated.setdefault(name, []).append(content)
    facts: dict[str, Any] = {}
    for key, names in _META.items():
        if values := next((stated[name] for name in names if name in stated), None):
            facts[key] = values if key == "authors" else values[0]
    return facts


def _linked_facts(page: _Element) -> dict[str, Any]:
    """Return what the first article among the page's JSON-LD states."""
    for script in page.iter("script"):
        if (script.get("type") or "").lower() != "application/ld+json":
            continue
        try:
            data = json.loads("".join(map(str, script.itertext())), strict=False)
        except (ValueError, RecursionError):
            continue
        for item in _items(data, 0):
            if _is_article(item):
                return _article_facts(item)
    return {}


def _items(data: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if isinstance(data, list) and depth < 4:
        for item in data:
            yield from _items(item, depth + 1)
    elif isinstance(data, Mapping):
        yield data
        yield from _items(data.get("@graph", []), depth + 1)


def _is_article(item: Mapping[str, Any]) -> bool:
    kinds = item.get("@type")
    names = [str(kind).lower() for kind in (kinds if isinstance(kinds, list) else [kinds])]
    return (any(name.endswith(_ARTICLE_TYPES) for name in names) and "headline" in item) or "articleBody" in item


def _article_facts(item: Mapping[str, Any]) -> dict[str, Any]:
    section = item.get("articleSection")
    facts = {
        "title": item.get("headline"),
        "date": item.get("datePublished") or item.get("dateCreated"),
        "authors": _names(item.get("author")),
        "section": section[0] if isinstance(section, list) and section else section,
        "standfirst": item.get("description"),
        "language": item.get("inLanguage"),
    }
    return {key: value for key, value in facts.items() if value and isinstance(value, str | list)}


def _names(value: Any) -> list[str]:
    """Return the names in an author as schema.org allows it: text, object or list."""
    if isinstance(value, list):
        return [name for item in value for name in _names(item)]
    if isinstance(value, Mapping):
        return _names(value.get("name"))
    return [squeeze(value)] if isinstance(value, str) and value.strip() else []
