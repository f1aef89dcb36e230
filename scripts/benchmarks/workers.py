"""What Ray workers bring: seconds to index documents, embedded in full, without Ray and with one, two … workers.

    scripts/bench workers corpus.jsonl[.xz] --texts 1000 --workers 1 2

Each measurement is a process of its own, on a cluster that was started before; a first call warms the workers, which
load their model once. Every index is compared with the one made without Ray: its vectors must be the same bits.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.benchmarks.checkouts import HERE
from scripts.benchmarks.engine import read
from searchkit import Document, Index

ALONE = 0  # workers


def measure(corpus: Path, texts: int, workers: int) -> tuple[float, str]:
    """Return the seconds that it takes to index so many texts, and a digest of the vectors."""
    records = list(read(corpus, texts + 64 * max(workers, 1)))
    documents = [Document(str(number), record["text"]) for number, record in enumerate(records)]
    how = "ray" if workers else None
    if workers:
        import ray  # noqa: PLC0415 - whoever measures alone does without

        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        ray.init("local", num_cpus=workers, include_dashboard=False, log_to_driver=False, configure_logging=False)
    with tempfile.TemporaryDirectory() as home:
        with Index.create(Path(home, "warm")) as index:
            index.add(documents[texts:], embed="full", workers=how)
        with Index.create(Path(home, "index")) as index:
            started = time.perf_counter()
            index.add(documents[:texts], embed="full", workers=how)
            seconds = time.perf_counter() - started
            files = sorted((index.path / "vectors").glob("*.npy"))
            digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    return seconds, digest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="JSON lines with a field text, .xz or not")
    parser.add_argument("--texts", type=int, default=1_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one is not None:
        print(json.dumps(measure(given.corpus, given.texts, given.one)))
        return
    best = dict.fromkeys((ALONE, *given.workers), float("inf"))
    digests = set()
    for _ in range(given.rounds):
        for workers in best:
            arguments = [str(given.corpus), "--texts", str(given.texts), "--one", str(workers)]
            done = subprocess.run(
                [sys.executable, "-m", "scripts.benchmarks.workers", *arguments],
                cwd=HERE, env={**os.environ, "PYTHONPATH": str(HERE)}, stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
            seconds, digest = json.loads(done.stdout.splitlines()[-1])
            best[workers] = min(best[workers], seconds)
            digests.add(digest)
    print(f"{time.strftime('%Y-%m-%d')}, {given.texts} texts, best of {given.rounds}: workers | seconds | texts/s")
    for workers, seconds in best.items():
        print(f"{workers or 'without Ray'} | {seconds:.1f} | {given.texts / seconds:.1f}")
    print("the vectors are the same bits" if len(digests) == 1 else f"{len(digests)} DIFFERENT sets of vectors")


if __name__ == "__main__":
    main()
