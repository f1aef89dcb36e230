"""200 random kills of a writer, a kill at each step of making an index, then 20 readers beside a writer."""

from __future__ import annotations

from tests.crash import main

if __name__ == "__main__":
    main()
