"""Search as a tool of a language model: its description in the form that OpenAI's and most other interfaces take."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from searchkit.errors import SearchkitError
from searchkit.reader import IndexReader

MOST = 50  # passages that a model may ask for

_DESCRIPTION = (
    "Search {about} and get passages with their sources. Use it before answering from memory. Ask in plain words; "
    "rephrase once if nothing fits. If `answerable` is false, the answer is not there: say so. Scores do not compare "
    "between questions; confidences do."
)


def search_tool(about: str = "the indexed documents", name: str = "search") -> dict[str, Any]:
    """Return the description of a function that a model may call. about: what the index holds, in a few words."""
    properties = {
        "query": {"type": "string", "description": "a question, or words to find"},
        "k": {"type": "integer", "minimum": 1, "maximum": MOST, "description": "how many passages, 5 unless given"},
        "where": {"type": "string", "description": "a filter on metadata, as in: date >= 2024-06 and section = World"},
    }
    parameters = {"type": "object", "properties": properties, "required": ["query"], "additionalProperties": False}
    described = {"name": name, "description": _DESCRIPTION.format(about=about), "parameters": parameters}
    return {"type": "function", "function": described}


def run_search_tool(index: IndexReader, arguments: str | Mapping[str, Any]) -> str:
    """Return, as JSON, what a model's call of the tool finds. A call that makes no sense gets an error to read."""
    try:
        given = json.loads(arguments) if isinstance(arguments, str) else dict(arguments)
        if not isinstance(given, dict) or not given.keys() <= {"query", "k", "where"} or "query" not in given:
            return _said({"error": "give query, and k and where if need be"})
        given = {"k": 5, **{key: value for key, value in given.items() if value is not None}}
        if isinstance(given["k"], int):
            given["k"] = min(given["k"], MOST)
        results = index.search(**given)
    except (SearchkitError, json.JSONDecodeError) as error:
        return _said({"error": str(error)})
    kept = ("passage_id", "title", "section", "page", "line", "date", "confidence", "text")
    rows = [{key: row[key] for key in kept if row.get(key) not in (None, "")} for row in results.rows()]
    return _said({"answerable": results.answerable, "results": rows})


def _said(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
