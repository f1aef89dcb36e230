"""The command `searchkit`, also as `python -m searchkit`."""

import gc


def main() -> None:
    """Run the command line."""
    gc.set_threshold(100_000)  # starting up makes objects that stay: looking for garbage among them takes .05 s
    from searchkit.cli.commands import main as run  # noqa: PLC0415 - after the line above

    run()


if __name__ == "__main__":
    main()
