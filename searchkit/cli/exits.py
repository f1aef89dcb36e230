"""How commands end: the one place that turns what went wrong into a line on standard error and an exit code."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Iterator
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from searchkit.cli.render import note
from searchkit.errors import ArgumentError, BackendUnavailable, SearchkitError
from searchkit.storage import refusals

DONE, NOTHING, USAGE, ERROR, WORSE, UNAVAILABLE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 4, 5, 130, 141
EXIT_CODES = (
    "Exit codes: 0 found or done, 1 nothing found, 2 wrong usage or query, 3 error, "
    "4 gate tripped or answer not borne out, 5 cluster unavailable, 130 interrupted."
)


def examples(*lines: str) -> str:
    """Return an epilog with a line for each example."""
    return "\n\n".join(["[bold]Examples[/]", *(line.replace("[", r"\[") for line in lines), EXIT_CODES])


class Commands(TyperGroup):
    """A group of commands that never end in a traceback for what a user can cause."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        _tolerate_any_text()
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except (typer.Exit, typer.Abort):
            raise
        except BrokenPipeError:
            _silence()
            raise typer.Exit(BROKEN_PIPE) from None
        except BaseException as error:  # noqa: BLE001 - what is not known here is a bug, and is said to be one
            end(*_told(error))


def end(message: str, code: int) -> NoReturn:
    """End the command with a line on standard error and an exit code."""
    note(message)
    raise typer.Exit(code) from None


def _told(error: BaseException) -> tuple[str, int]:
    """Return what to say of an error, and the exit code. Raises what typer itself handles."""
    match refusals.refusal(error) or error:
        case KeyboardInterrupt():
            return "interrupted. The index holds everything up to its last commit.", INTERRUPTED
        case ArgumentError():
            return str(error), USAGE
        case BackendUnavailable():
            return str(error), UNAVAILABLE
        case SearchkitError() | OSError():
            return str(error), ERROR
        case Exception() if not hasattr(error, "format_message"):  # those are wrong usage
            # Python's own exit code would be 1, which says that nothing was found.
            return f"this is a bug, please report it.\n{''.join(traceback.format_exception(error))}", ERROR
    raise error


def _tolerate_any_text() -> None:
    """Let no character that the terminal or the pipe cannot carry end a command."""
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


@contextlib.contextmanager
def streams() -> Iterator[None]:
    """Have standard streams to write to, and end quietly where what is written before any command runs cannot be."""
    _open_streams()
    try:
        yield
    except BrokenPipeError:
        _silence()
        sys.exit(BROKEN_PIPE)
    except OSError as error:
        _silence()
        note(str(error))
        sys.exit(ERROR)


def _open_streams() -> None:
    """Give standard streams that whoever started us closed a place: whatever is opened next would take their numbers.

    Nobody reads a closed output, as with a pipe whose reader has gone.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - for as long as we run
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stdout = sys.stdout or _Unread()


class _Unread(io.TextIOBase):
    """Standard output that nobody reads."""

    def writable(self) -> bool:
        """Say that it looks like any other."""
        return True

    def write(self, _: str) -> int:
        """Refuse, as a pipe without a reader does."""
        raise BrokenPipeError

    def fileno(self) -> int:
        """Return where Python would have put it."""
        return 1


def _silence() -> None:
    """Point standard output, whose reader has gone, at nothing, so that Python's last flush does not complain."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
