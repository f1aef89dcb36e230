"""The command `searchkit`, also as `python -m searchkit`."""

import atexit
import contextlib
import gc
import os
import sys


def main() -> None:
    """Run the command line."""
    gc.set_threshold(100_000)  # starting up makes objects that stay: looking for garbage among them takes .05 s
    code = 1  # of what nobody expects
    atexit.register(lambda: _leave(code))  # before any other, so that it is called after all others
    from searchkit.cli.application import main as run  # noqa: PLC0415 - after the lines above

    try:
        run()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise


def _leave(code: int) -> None:
    """End the process as it is, once all else is done: to take a model and an index apart takes .1 s."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
