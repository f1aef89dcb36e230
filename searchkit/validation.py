"""What callers may give: each check returns an argument as the rest takes it, or raises an error that names it."""

from __future__ import annotations

import functools
import math
import numbers
import os
import reprlib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

from searchkit.errors import ArgumentError

Check: TypeAlias = Callable[[str, Any], Any]  # of a name and a value
Item = TypeVar("Item")
Function = TypeVar("Function", bound=Any)

ALL = 2**31 - 1  # more than an index can hold: a larger count means the same, and would not fit everywhere
_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60


def shown(value: object) -> str:
    """Return a value as an error shows it: shortened, and its type alone where it has no text."""
    try:
        return _short.repr(value)
    except Exception:  # noqa: BLE001 - a number of too many digits, or whatever an object does
        return f"this {type(value).__name__}"


def wrong(name: str, wanted: str, value: object) -> ArgumentError:
    """Return the error of an argument that is not what is wanted."""
    return ArgumentError(f"{name} must be {wanted}, not {shown(value)}")


def optional(check: Check) -> Check:
    """Return the check of an argument that may also be None."""
    return functools.partial(or_none, check=check)


def or_none(name: str, value: Any, *, check: Check) -> Any:
    """Return None, or what a check makes of anything else."""
    return None if value is None else check(name, value)


def text(name: str, value: Any) -> str:
    """Return a text; lone surrogates, which no index holds, are replaced as they are in documents."""
    if not isinstance(value, str):
        raise wrong(name, "text", value)
    return whole(value)


def whole(value: str) -> str:
    """Replace lone surrogates, which no file can hold, character by character: offsets stay."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in value)
    return value


def texts(name: str, value: Any) -> tuple[str, ...]:
    """Return several texts; one by itself would be taken for its characters."""
    return _each(name, value, text, "a list of texts")


def text_or_texts(name: str, value: Any) -> tuple[str, ...]:
    """Return one text or several, as several."""
    return (text(name, value),) if isinstance(value, str) else texts(name, value)


def path(name: str, value: Any) -> Path:
    """Return a path, which may be given as text."""
    found = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(found, str) or "\0" in found:
        raise wrong(name, "a path", value)
    return Path(found)


def paths(name: str, value: Any) -> tuple[Path, ...]:
    """Return one path or several, as several."""
    alone = isinstance(value, str | os.PathLike)
    return (path(name, value),) if alone else _each(name, value, path, "a path or a list of paths")


def mapping(name: str, value: Any) -> Mapping[str, Any]:
    """Return a mapping whose keys are text, as JSON's objects are."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise wrong(name, "a mapping from text", value)
    return value


def fields_of(name: str, value: Any, checks: Mapping[str, Check], may_lack: Collection[str] = ()) -> dict[str, Any]:
    """Return what the checks make of a mapping's values by their names, all of which it has; others are passed over.

    may_lack: names that it need not have.
    """
    given = mapping(name, value)
    for missing in sorted(checks.keys() - given.keys() - set(may_lack)):
        raise ArgumentError(f"{name} has no {missing}; give all that to_dict gave")
    return {field: check(f"{name}.{field}", given[field]) for field, check in checks.items() if field in given}


def each_of(name: str, values: Any, check: Callable[[str, Any], Item]) -> tuple[Item, ...]:
    """Return what a check makes of each of the values."""
    return _each(name, values, check, "a list")


def _each(name: str, values: Any, check: Callable[[str, Any], Item], wanted: str) -> tuple[Item, ...]:
    """Return what a check makes of each of the values."""
    return tuple(check(f"{name}[{at}]", value) for at, value in enumerate(_items(name, values, wanted)))


def _items(name: str, values: Any, wanted: str) -> Iterator[Any]:
    if isinstance(values, str | bytes | Mapping):
        raise wrong(name, wanted, values)
    try:
        return iter(values)
    except TypeError:  # arrays without a dimension look as if they could be iterated over
        raise wrong(name, wanted, values) from None


def whole_number(name: str, value: Any, *, least: int = 0, most: int | None = None) -> int:
    """Return a whole number, of Python or numpy, within bounds."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise wrong(name, "a whole number", value)
    return int(_within(name, value, least, most))


def count(name: str, value: Any, *, least: int = 0) -> int:
    """Return a count of what an index holds, or of tokens."""
    return min(whole_number(name, value, least=least), ALL)


def number(name: str, value: Any, *, least: float = 0, most: float | None = None) -> float:
    """Return a finite number, of Python or numpy, within bounds."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise wrong(name, "a number", value)
    try:
        finite = math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        finite = False
    if not finite:
        raise wrong(name, "a finite number", value)
    return float(_within(name, value, least, most))


def _within(name: str, value: Any, least: float, most: float | None) -> Any:
    if least <= value and (most is None or value <= most):
        return value
    if most is not None:
        raise ArgumentError(f"{name} must lie between {least} and {most}, unlike {shown(value)}")
    if least:
        raise ArgumentError(f"{name} must be at least {least}, not {shown(value)}")
    raise ArgumentError(f"{name} must not be negative, as {shown(value)} is")


def share(name: str, value: Any) -> float:
    """Return a number above 0 and up to 1."""
    found = number(name, value, least=-math.inf)
    if not 0 < found <= 1:
        raise ArgumentError(f"{name} must lie above 0 and up to 1, unlike {shown(value)}")
    return found


def flag(name: str, value: Any) -> bool:
    """Return a truth value, of Python or numpy: "no" would count as true, which nobody means."""
    if not isinstance(value, bool) and type(value).__name__ not in ("bool", "bool_"):  # numpy's own
        raise wrong(name, "True or False", value)
    return bool(value)


def one_of(name: str, value: Any, *, choices: Collection[str]) -> str:
    """Return one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise wrong(name, f"one of {', '.join(choices)}", value)
    return value


def some_of(name: str, value: Any, *, choices: Collection[str]) -> tuple[str, ...]:
    """Return some of the choices, or none."""
    wanted = f"some of {', '.join(choices)}"
    found = tuple(_items(name, value, wanted))
    if not all(isinstance(each, str) and each in choices for each in found):
        raise wrong(name, wanted, value)
    return found


def day(name: str, value: Any) -> date:
    """Return a day: a date, a time on it, or either as ISO 8601 text."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, date):
        raise wrong(name, "a date such as 2024-06-18", value)
    return found.date() if isinstance(found, datetime) else found


def function(name: str, value: Any) -> Any:
    """Return what can be called."""
    if not callable(value):
        raise wrong(name, "a function", value)
    return value


def settle(instance: object, checks: Mapping[str, Check], error: type[ArgumentError] = ArgumentError) -> None:
    """Replace the fields of a frozen dataclass by what their checks return, but for defaults. Raises `error`."""
    fields = cast(Any, instance).__dataclass_fields__
    try:
        for name, check in checks.items():
            value = getattr(instance, name)
            if value is not fields[name].default:
                object.__setattr__(instance, name, check(name, value))
    except ArgumentError as found:
        raise error(str(found)) from None


def checked(
    checks: Mapping[str, Check], error: type[ArgumentError] = ArgumentError, options: Collection[str] = ()
) -> Callable[[Function], Function]:
    """Return a decorator: of each call, the arguments for which there are checks go through these. Raises `error`.

    options: what a function takes by names that are not among its parameters; what goes by another name is an error.
    """

    def decorate(function: Function) -> Function:
        code = function.__code__  # what inspect.signature makes of it takes a while, for each method at each start
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        known = {*names, *options}

        def passed(name: str, value: Any) -> Any:
            return checks[name](name, value) if name in checks else value

        @functools.wraps(function)
        def call(*given: Any, **named: Any) -> Any:
            try:
                for name in named.keys() - known if options else ():
                    raise ArgumentError(f"{name} is no option; there are {', '.join(sorted(options))}")
                positional = [*map(passed, names, given), *given[len(names) :]]
                keywords = {name: passed(name, value) for name, value in named.items()}
            except ArgumentError as found:
                raise error(str(found)) from None
            return function(*positional, **keywords)

        return call  # type: ignore[return-value]

    return decorate
