"""Whether figures of experiments keep their promises where the truth is known.

Viewers of the built-in world are shown lists of what was popular at all times or lately, and take
titles as their true taste has it. Prints how often intervals hold the true effect, whoever looks
whenever, how often an effect is found where there is none, and how many viewers it takes to find
one.

Run as ``python benchmarks/online.py [--experiments 1000]``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from scipy import stats

from marquee.evaluation.forecasting.markdown import table
from marquee.evaluation.online.effects import effect_terms
from marquee.evaluation.online.off_policy import Estimate, doubly_robust, ips, snips
from marquee.evaluation.online.sequential import log_capital, scaled
from online_world import Audience, Floats, audience, interleaved, logged, split

ALPHA = 0.05
DAYS = 28
SHARES = (0.5, 0.5)


def ever_out(terms: Floats, most: float, mean: float) -> int | None:
    """After how many viewers the mean was ruled out for the first time; None for never."""
    [at] = scaled([mean], -most, most)
    over = log_capital(scaled(terms, -most, most), np.array([at]), ALPHA)[:, 0] >= np.log(1 / ALPHA)
    return int(over.argmax()) + 1 if over.any() else None


def peeked(values: Floats, arms: np.ndarray) -> bool:
    """Whether a t-test on some day found a difference."""
    for day in np.linspace(0, len(values), DAYS + 1).astype(int)[1:]:
        one, other = values[:day][arms[:day] == 1], values[:day][arms[:day] == 0]
        tells = len(one) > 1 and len(other) > 1 and (one.var() + other.var()) > 0
        if tells and stats.ttest_ind(one, other, equal_var=False).pvalue <= ALPHA:
            return True
    return False


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--experiments", type=int, default=1000)
    parser.add_argument("--viewers", type=int, default=2000)
    asked = parser.parse_args()
    people = audience()
    print(f"True effect {people.effect:.4f}; takers by arm", end=" ")
    print(" and ".join(f"{value.mean():.3f}" for value in people.values), end="\n\n")
    print(table(["", "experiments", "viewers each", "share"], _split(people, asked)), end="\n\n")
    print(table(["to find the effect", "found", "median viewers"], _speed(people, asked)))
    print()
    head = ["estimate", "truth", "mean of estimates", "95 % interval holds", "mean width"]
    print(table(head, _off_policy(people, asked)))


def _split(people: Audience, asked: argparse.Namespace) -> list[list[object]]:
    n, size = asked.experiments, asked.viewers
    holds, errors, naive, drafts = [], [], [], []
    for number in range(n):
        rng = np.random.default_rng(number)
        terms, most = effect_terms(*split(people, size, f"e{number}", rng), SHARES)
        holds.append(ever_out(terms, most, people.effect) is None)
        values, arms = split(people, size, f"a{number}", rng, same=True)
        terms, most = effect_terms(values, arms, SHARES)
        errors.append(ever_out(terms, most, 0.0) is not None)
        naive.append(peeked(values, arms))
        drafts.append(
            ever_out(interleaved(people, size // 4, rng, same=True), 1.0, 0.0) is not None
        )
    rows: tuple[tuple[str, int, list[bool]], ...] = (
        ("the 95 % interval holds the true effect after every viewer", size, holds),
        ("no effect: found one after some viewer, at 5 %", size, errors),
        (f"no effect: a t-test at 5 % on each of {DAYS} days found one", size, naive),
        ("one list under two names, interleaved: found a preference", size // 4, drafts),
    )
    return [[what, n, viewers, float(np.mean(found))] for what, viewers, found in rows]


def _speed(people: Audience, asked: argparse.Namespace) -> list[list[object]]:
    found: dict[str, list[int | None]] = {"split in two arms": [], "interleaved": []}
    for number in range(max(asked.experiments // 10, 1)):
        rng = np.random.default_rng(10_000 + number)
        terms, most = effect_terms(*split(people, 10 * asked.viewers, f"s{number}", rng), SHARES)
        found["split in two arms"].append(ever_out(terms, most, 0.0))
        drafted = interleaved(people, 10 * asked.viewers, rng)
        found["interleaved"].append(ever_out(drafted, 1.0, 0.0))
    rows: list[list[object]] = []
    for name, when in found.items():
        done = [each for each in when if each is not None]
        half = sorted(each if each is not None else 10**9 for each in when)[len(when) // 2]
        rows.append([name, len(done) / len(when), half if half < 10**9 else None])
    return rows


def _off_policy(people: Audience, asked: argparse.Namespace) -> list[list[object]]:
    ways: dict[str, Callable[..., Estimate]] = {
        "inverse propensities (IPS)": ips,
        "self-normalized (SNIPS)": snips,
        "doubly robust": doubly_robust,
    }
    found: dict[str, list[Estimate]] = {name: [] for name in ways}
    for number in range(asked.experiments):
        log = logged(people, asked.viewers // 4, np.random.default_rng(20_000 + number))
        for name, way in ways.items():
            more = (log.predicted, log.expected) if way is doubly_robust else ()
            found[name].append(way(log.rewards, log.logged, log.target, *more, log.viewers))
    truth = people.target_value
    return [
        [
            name,
            truth,
            float(np.mean([each.value for each in made])),
            float(np.mean([each.low <= truth <= each.high for each in made])),
            float(np.mean([each.high - each.low for each in made])),
        ]
        for name, made in found.items()
    ]


if __name__ == "__main__":
    main()
