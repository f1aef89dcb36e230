"""JSON schemas of what is taken and given, made from the checks and types that the library itself goes by."""

from __future__ import annotations

import functools
import operator
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from searchkit import validation
from searchkit.queries.conversation import ROLES
from searchkit.search.choices import ARMS, MOST_WEIGHT, OPTIONS
from searchkit.search.request import CHECKS
from searchkit.server.faults import Fault, Refusal
from searchkit.server.limits import RequestLimits
from searchkit.validation import Check

Schema: TypeAlias = dict[str, Any]

WHOLE = "the body"  # as errors call it

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
LOOSE: Schema = {"type": "object"}
WEIGHT: Schema = {"type": "number", "minimum": 0, "maximum": MOST_WEIGHT}

_BY_CHECK: Mapping[Any, Schema] = {
    validation.text: TEXT,
    validation.flag: FLAG,
    validation.day: {"type": "string", "format": "date"},
    validation.count: COUNT,
    validation.whole_number: COUNT,
    validation.number: {"type": "number", "minimum": 0},
    validation.share: {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    validation.one_of: TEXT,
    validation.some_of: {"type": "array", "items": TEXT},
}
_BOUNDS = {"least": "minimum", "most": "maximum"}
TURN: Schema = {
    "type": "object", "properties": {"role": TEXT | {"enum": [*ROLES]}, "content": TEXT | {"maxLength": 2**16}},
    "required": ["role", "content"],
}  # fmt: skip
CONVERSATION: Schema = {"type": "array", "items": TURN, "maxItems": 1_000}
FOR_PYTHON = ("rewrite",)  # options that are functions
# what a check of the library takes from Python, and a server from strangers: no folder, no model's name
_NARROWED: Mapping[str, Schema] = {
    "where": {"anyOf": [TEXT, LOOSE, {"type": "null"}]},
    "since": {"anyOf": [TEXT, {"type": "null"}]},
    "until": {"anyOf": [TEXT, {"type": "null"}]},
    "weights": {"type": "object", "properties": dict.fromkeys(ARMS, WEIGHT), "additionalProperties": False},
    "history": CONVERSATION,
    "reranker": {"anyOf": [{"const": "late"}, {"type": "null"}]},
}  # fmt: skip


def nullable(schema: Schema) -> Schema:
    """Return a schema that also takes null."""
    return {"anyOf": [schema, {"type": "null"}]}


def array(items: Schema, **more: Any) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items, **more}


def record(properties: Mapping[str, Schema], required: Sequence[str] = (), *, closed: bool = True) -> Schema:
    """Return the schema of an object; closed: that has no other properties."""
    shape: Schema = {"type": "object", "properties": dict(properties)}
    if required:
        shape["required"] = list(required)
    return shape | ({"additionalProperties": False} if closed else {})


def options(limits: RequestLimits, *names: str) -> dict[str, Schema]:
    """Return the schema of each option of a search, or of those named, as `choices.OPTIONS` describes it."""
    return {name: _option(name, limits) for name in names or OPTIONS if name not in FOR_PYTHON}


def _option(name: str, limits: RequestLimits) -> Schema:
    default, meaning, choices = OPTIONS[name]
    taken = dict(_NARROWED.get(name) or of_check(CHECKS[name]))
    most = getattr(limits, name, None)
    if most is not None:
        taken["maximum"] = most
    if choices and taken.get("type") == "array":
        taken["items"] = TEXT | {"enum": list(choices)}
    elif choices and name not in _NARROWED:
        taken["enum"] = list(choices)
    told = {"default": list(default) if isinstance(default, tuple) else default} if default is not None else {}
    return {**taken, "description": meaning, **told}


def of_check(check: Check) -> Schema:
    """Return the schema of what a check of the library takes."""
    if not isinstance(check, functools.partial):
        return dict(_BY_CHECK[check])
    if check.func is validation.or_none:
        return nullable(of_check(check.keywords["check"]))
    bounds = {_BOUNDS[name]: value for name, value in check.keywords.items() if name in _BOUNDS}
    return {**_BY_CHECK[check.func], **bounds}


def of_type(hint: Any) -> Schema:
    """Return the schema of values of a type; a dataclass is referred to by its name, see `component`."""
    origin, inside = get_origin(hint), get_args(hint)
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if origin in (Union, types.UnionType):
        return {"anyOf": [of_type(each) for each in inside]}
    if origin is Literal:
        return {"enum": list(inside)}
    if origin is not None and issubclass(origin, Mapping):
        held = inside[1]
        return LOOSE | (
            {"additionalProperties": of_type(held)} if isinstance(held, type) and is_dataclass(held) else {}
        )
    if origin is not None and issubclass(origin, Sequence):
        fixed = origin is tuple and inside[-1] is not Ellipsis
        return {"type": "array", "prefixItems": [*map(of_type, inside)]} if fixed else array(of_type(inside[0]))
    return reference(hint.__name__)


def reference(name: str) -> Schema:
    """Return what refers to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def component(kind: type, **more: Schema) -> Schema:
    """Return the schema of a dataclass as its `to_dict` gives it; more: what the server adds to it."""
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} is no dataclass")
    hints = get_type_hints(kind)
    shape = {each.name: of_type(hints[each.name]) for each in fields(kind)}
    wanted = [each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING]
    return record(shape | more, [*wanted, *more], closed=False)


_PLAIN: Mapping[Any, Schema] = {
    str: TEXT,
    bool: FLAG,
    int: {"type": "integer"},
    float: {"type": "number"},
    types.NoneType: {"type": "null"},
    Any: {},
}


# --- whether a value fits -----------------------------------------------------------------------------------------

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
    "null": (types.NoneType,),
}
_SIGNS: Mapping[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "minimum": ("at least", operator.ge),
    "maximum": ("at most", operator.le),
    "exclusiveMinimum": ("above", operator.gt),
}


def require(name: str, value: Any, schema: Schema) -> None:
    """Check a value of a request by a schema of those that are made here. Raises Refusal, which names what is wrong."""
    if "anyOf" in schema:
        _require_any(name, value, schema["anyOf"])
        return
    if "const" in schema or "enum" in schema:
        known = schema.get("enum", [schema.get("const")])
        if value not in known or isinstance(value, bool):
            raise _wrong(name, f"one of {', '.join(map(str, known))}")
    kind = schema.get("type")
    if kind is not None and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        raise _wrong(name, f"{'an' if kind[0] in 'aeio' else 'a'} {kind}")
    _require_bounds(name, value, schema)
    if kind == "array":
        _require_items(name, value, schema)
    if kind == "object" and "properties" in schema:
        _require_properties(name, value, schema)


def _require_bounds(name: str, value: Any, schema: Schema) -> None:
    for key, (said, holds) in _SIGNS.items():
        if key in schema and not holds(value, schema[key]):
            raise _wrong(name, f"{said} {schema[key]}")
    if "maxLength" in schema and len(value.encode("utf-8", "replace")) > schema["maxLength"]:
        raise _wrong(name, f"at most {schema['maxLength']:,} bytes long")


def _require_any(name: str, value: Any, choices: Sequence[Schema]) -> None:
    """Check that a value fits one of several schemas; if none, tell of the first that has its type."""
    errors = []
    for choice in choices:
        try:
            require(name, value, choice)
        except Refusal as error:
            errors.append(error)
        else:
            return
    raise errors[0]


def _require_items(name: str, value: list[Any], schema: Schema) -> None:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        raise _wrong(name, f"a list of {schema.get('minItems', 0)} to {schema.get('maxItems')} items")
    for at, each in enumerate(value):
        require(f"{name}[{at}]", each, schema["items"])


def _require_properties(name: str, value: dict[str, Any], schema: Schema) -> None:
    """Check the properties of an object; those of the body itself go by their own names."""
    prefix = "" if name == WHOLE else f"{name}."
    for missing in (each for each in schema.get("required", ()) if each not in value):
        raise Refusal(Fault(422, "missing_parameter", f"{prefix}{missing} is missing", "", f"{prefix}{missing}"))
    for key, each in value.items():
        if key in schema["properties"]:
            require(f"{prefix}{key}", each, schema["properties"][key])
        elif schema.get("additionalProperties") is False:
            known = ", ".join(schema["properties"]) or "none"
            raise Refusal(Fault(422, "unknown_parameter", f"{name} has a property that is not known here",
                                f"there are: {known}", f"{prefix}{key}"[:100]))  # fmt: skip


def _wrong(name: str, wanted: str) -> Refusal:
    return Refusal(Fault(422, "invalid_argument", f"{name} must be {wanted}", "", None if name == WHOLE else name))
