"""How far `searchkit evaluate --self`, which needs no judgments, agrees with judges.

On judged collections, the order of the settings by made-up questions stands beside their order by real ones:
Kendall's tau over all pairs of settings, and over the pairs that the real questions tell apart (p < .05).
Uses the indexes that scripts/bench relevance built.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np

from searchkit import Evaluation, Index, evaluate, pseudo_questions, read_questions
from searchkit.evaluation.settings import KNOWN, SETTINGS

MEASURES = ("nDCG@10",)
LEVEL = 0.05


def agreement(real: Evaluation, made_up: Evaluation) -> tuple[float, int, int, int]:
    """Return tau over all pairs that differ, and of the pairs that are significant in real how many agree, of how many,
    and how many are contradicted significantly."""
    signs, agreed, told_apart, contradicted = [], 0, 0, 0
    for one, other in combinations(real.outcomes, 2):
        truth, guess = real.mean(one) - real.mean(other), made_up.mean(one) - made_up.mean(other)
        if truth == 0 and guess == 0:
            continue  # the default, where it is one of the others
        signs.append(np.sign(truth) * np.sign(guess))
        if real.p_value(one, other) < LEVEL:
            told_apart += 1
            agreed += signs[-1] > 0
            contradicted += signs[-1] < 0 and made_up.p_value(one, other) < LEVEL
    return float(np.mean(signs)), agreed, told_apart, contradicted


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder that holds the collections")
    parser.add_argument("collections", nargs="+", metavar="NAME[:SPLIT]", help="test is the split unless given")
    parser.add_argument("--sample", type=int, default=150, help="questions of each kind, real and made up")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--setting", action="append", default=[], choices=list(KNOWN), help="may be repeated")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "searchkit-bench")
    options = parser.parse_args(arguments)
    names = options.setting or list(SETTINGS)
    print(f"| collection | questions | {' | '.join(names)} | tau | agreed of told apart | contradicted |")
    print("|---|---|" + "---|" * (len(names) + 3))
    totals = []
    for each in options.collections:
        name, _, split = each.partition(":")
        with Index.open(options.cache / f"{name}-minilm-256") as index:
            questions = read_questions(options.data / name, split=split or "test", sample=options.sample)
            real = evaluate(index, questions, names=names, measures=MEASURES)
            invented = pseudo_questions(index, options.sample, seed=options.seed)
            made_up = evaluate(index, invented, names=names, measures=MEASURES)
        tau, agreed, told_apart, contradicted = agreement(real, made_up)
        totals.append((tau, agreed, told_apart, contradicted))
        for label, found in (("judged", real), ("made up", made_up)):
            means = " | ".join(f"{found.mean(setting):.4f}" for setting in names)
            verdict = f"{tau:+.2f} | {agreed} of {told_apart} | {contradicted}" if label == "made up" else " | | "
            print(f"| {each} | {label}, {len(found.answerable)} | {means} | {verdict} |", flush=True)
    tau, agreed, told_apart, contradicted = np.array(totals).T
    print(
        f"\nall: tau {tau.mean():+.2f}; {agreed.sum():.0f} of {told_apart.sum():.0f} pairs that real questions tell "
        f"apart agree, {contradicted.sum():.0f} are contradicted significantly"
    )


if __name__ == "__main__":
    main()
