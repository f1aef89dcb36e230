"""A peer's command line, as its users would write it.

python -m scripts.benchmarks.speed.cold SYSTEM HOME MODE QUESTION
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.benchmarks.speed.child import embed
from scripts.benchmarks.speed.systems import load


def main() -> None:
    name, home, mode, question = sys.argv[1:]
    system = load(name, Path(home), embed)
    system.open()
    for hit in getattr(system, mode)(question, 10, None):
        print(hit.row, hit.text[:80])


if __name__ == "__main__":
    main()
