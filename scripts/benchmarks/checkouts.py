"""This checkout beside another, in turn, in processes of their own: answers, import, cold commands, warm questions.

OTHER is a checkout that reads the same index. Answers are the same if every passage, score, confidence, source and
highlight of the first ten hits is, to the last bit, in each mode. Of cold commands the least processor time of all
rounds counts, of warm questions the median of each round's ratio: read ratios, absolute values depend on the load.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent.parent.parent
WARM = """
import itertools, json, statistics, sys, time
from searchkit import Index
with open(sys.argv[2]) as lines:
    questions = [json.loads(line) for line in itertools.islice(lines, int(sys.argv[3]))]
questions = [question.get("text") or question["question"] for question in questions]
with Index.open(sys.argv[1]) as index:
    for question in questions[:20]:
        index.search(question)
    wall, spent = [], []
    for question in questions:
        started, used = time.perf_counter(), time.process_time()
        index.search(question)
        wall.append(time.perf_counter() - started)
        spent.append(time.process_time() - used)
print(json.dumps([1e3 * statistics.median(wall), 1e3 * statistics.median(spent)]))
"""

ANSWERS = """
import datetime, hashlib, itertools, json, sys
from searchkit import Index
today = datetime.date(2026, 1, 1)
with open(sys.argv[2]) as lines:
    questions = [json.loads(line) for line in itertools.islice(lines, int(sys.argv[3]))]
found = []
with Index.open(sys.argv[1]) as index:
    for question, mode in itertools.product(questions, ("hybrid", "keyword", "vector")):
        text = question.get("text") or question["question"]
        results = index.search(text, mode=mode, today=today).to_dict()
        results.pop("elapsed_ms")
        found.append(hashlib.sha256(json.dumps(results, sort_keys=True).encode()).hexdigest())
print(json.dumps(found))
"""


def run(checkout: Path, *command: str) -> tuple[str, float]:
    """Run Python in a checkout; return what it printed and the processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what people run is compiled
    done = subprocess.run(
        [sys.executable, *command], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):  # 1: nothing found
        raise SystemExit(f"{checkout}: {done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cold(checkouts: list[Path], rounds: int, *command: str) -> list[float]:
    """Return the least processor seconds that a command took in each checkout."""
    spent: list[list[float]] = [[] for _ in checkouts]
    for number in range(rounds + 1):  # the first one compiles
        for at in (range(len(checkouts)), reversed(range(len(checkouts))))[number % 2]:
            spent[at].append(run(checkouts[at], *command)[1])
    return [min(times[1:]) for times in spent]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("questions", type=Path, help="JSON lines with a field text, or question")
    parser.add_argument("--count", type=int, default=200, help="questions")
    parser.add_argument("--rounds", type=int, default=6)
    given = parser.parse_args()
    checkouts = [given.other.resolve(), HERE]
    index = str(given.index.resolve())
    questions = str(given.questions.resolve())
    answers = [json.loads(run(each, "-c", ANSWERS, index, questions, str(given.count))[0]) for each in checkouts]
    same = sum(before == after for before, after in zip(*answers, strict=True))
    print(f"answers that are the same: {same} of {len(answers[0])}", flush=True)
    search = ("-m", "searchkit", "search", "tariffs on coffee", "-i", index, "-k", "3")
    print(f"{time.strftime('%Y-%m-%d')}: other | here | ratio", flush=True)
    commands = {"import": ("-c", "import searchkit"), "keyword": (*search, "--mode", "keyword"), "hybrid": search}
    for name, command in commands.items():
        before, after = cold(checkouts, 2 * given.rounds, *command)
        print(f"cold {name}, s: {before:.3f} | {after:.3f} | {after / before:.3f}", flush=True)
    warm = ("-c", WARM, index, questions, str(given.count))
    pairs = []
    for number in range(given.rounds):
        order = checkouts if number % 2 else checkouts[::-1]
        found = {checkout: json.loads(run(checkout, *warm)[0]) for checkout in order}
        pairs.append([*found[checkouts[0]], *found[checkouts[1]]])
    for name, at in (("p50", 0), ("processor time", 1)):
        before, after = (statistics.median(pair[at + offset] for pair in pairs) for offset in (0, 2))
        ratio = statistics.median(pair[at + 2] / pair[at] for pair in pairs)
        print(f"warm hybrid {name}, ms: {before:.2f} | {after:.2f} | {ratio:.3f}", flush=True)


if __name__ == "__main__":
    main()
