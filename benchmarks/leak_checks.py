"""What the leak checks add to an evaluation: CPU seconds of the whole and of the checks in it.

``MARQUEE_DATA=FOLDER python benchmarks/leak_checks.py``, MovieLens 100K and 1M, one thread. The
first line loads machine code and is not printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from accuracy import opened_data, splits_of
from marquee.evaluation import experiment
from marquee.evaluation.experiment import evaluate
from marquee.evaluation.leaks.leak import verdict
from marquee.features.side_information import titles_frame, viewers_frame
from marquee.models import ALGORITHMS

CASES = (
    ("ml-100k", "random:0.1", "svd"),
    ("ml-100k", "random:0.1", "svd"),
    ("ml-100k", "time:0.9", "ease"),
    ("ml-1m", "random:0.1", "svd"),
    ("ml-1m", "random:0.1", "ease"),
    ("ml-1m", "last-one", "ease"),
)
CHECKS = ("split_leaks", "side_information_leaks", "model_leaks")


def main() -> None:
    """Prints a line for each case."""
    spent: list[float] = []
    for name in CHECKS:
        setattr(experiment, name, _timed(getattr(experiment, name), spent))
    for place, (data, word, model) in enumerate(CASES):
        tables = opened_data(data).tables
        titles, viewers = titles_frame(tables), viewers_frame(tables)
        splits = splits_of(data, word, (0,))
        spent.clear()
        start = time.process_time()
        report = evaluate(ALGORITHMS[model], splits, titles=titles, viewers=viewers, tables=tables)
        whole = time.process_time() - start
        if place:
            checks = sum(spent)
            print(
                f"{data}, {word}, {model}: whole {whole:.2f} s, checks {checks:.2f} s, which is "
                f"{checks / (whole - checks):.0%} of the rest; {verdict(report.leaks)}",
                flush=True,
            )


def _timed(check: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def timed(*args: Any, **options: Any) -> Any:
        start = time.process_time()
        try:
            return check(*args, **options)
        finally:
            spent.append(time.process_time() - start)

    return timed


if __name__ == "__main__":
    main()
