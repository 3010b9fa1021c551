"""The accuracy of every model beside published figures, on the rows that those are of.

Run as ``python benchmarks/accuracy.py [--only PATTERN] [--quick] [--json] [--out FOLDER]`` with
``MARQUEE_DATA`` set. What is measured is kept in the folder, split by split, and not measured again
until the data, the parameters or the code of the model change; an interrupt loses one split at
most. ``--quick`` measures the first split of each row of MovieLens 100K alone, which compares with
no published mean. The table is printed and written as ``accuracy.md``, its figures as
``accuracy.json``.
"""

from __future__ import annotations

import argparse
import dataclasses
import fnmatch
import functools
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from accuracy_rows import ROWS, Row
from accuracy_store import Store, code_hash, frame_hash, key_of
from marquee.data.moments import moments_of
from marquee.errors import MarqueeError
from marquee.evaluation.experiment import evaluate
from marquee.evaluation.metrics import mean_over_users
from marquee.evaluation.report import Report
from marquee.evaluation.splits import Split, parse_split
from marquee.features.side_information import titles_frame, viewers_frame
from marquee.lifecycle.fitting import catalog_interactions
from marquee.models import ALGORITHMS, RECIPES
from marquee.models.base import Recommender
from marquee.service.datasets import OpenedData, open_data

RESAMPLES = 2_000


class Measured(NamedTuple):
    """A row as it came out."""

    row: Row
    value: float
    """Mean over the splits."""
    spread: float
    """Standard deviation over splits, or the standard error over users of a single one."""
    n_splits: int
    splits: list[dict[str, Any]]
    keys: list[str]
    difference: tuple[float, float, float] | None = None
    """Mean difference from the row that it is held against, and the ends of its 95 % interval."""


def main() -> int:
    """Measures what was asked for; 1 if a row could not be measured."""
    options = _options()
    folder: Path = options.out
    store = Store(folder / "results")
    rows = [row for row in ROWS if fnmatch.fnmatch(row.name, f"*{options.only}*")]
    if options.quick:
        rows = [row for row in rows if row.data == "ml-100k"]
    if not rows:
        print(f"no row's name holds {options.only!r}", file=sys.stderr)
        return 1
    measured: list[Measured] = []
    failures = 0
    for row in rows:
        try:
            measured.append(measure(row, store, first_only=options.quick))
        except MarqueeError as error:
            failures += 1
            print(f"{row.name}: {error}", file=sys.stderr)
            continue
        print(f"{row.name}: {measured[-1].value:.4f}", file=sys.stderr, flush=True)
        _write(folder, with_differences(measured, store), quick=options.quick)
    measured = with_differences(measured, store)
    shown = json.dumps(document(measured), indent=1) if options.json else table(measured)
    print(shown)
    return min(failures, 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="measure rows with this pattern in their name")
    parser.add_argument("--quick", action="store_true", help="one split of each small row")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--out", type=Path, default=Path(".marquee/accuracy"))
    return parser.parse_args()


def measure(row: Row, store: Store, *, first_only: bool = False) -> Measured:
    """The row's figure, from what is kept or measured now."""
    opened, splits = opened_data(row.data), splits_of(row.data, row.split, row.seeds)
    side = side_hash(row.data)
    keys, found = [], []
    for split in splits[:1] if first_only else splits:
        key = key_of(
            split=split.fingerprint,
            told=side,
            model=row.model,
            params=repr(sorted(make(row).params().items())),
            clock=row.clock,
            measure=row.measure,
            code=code_hash(make(row)),
        )
        result = store.find(key)
        if result is None:
            report = _evaluated(row, split, opened)
            result = report.to_dict()["splits"][0] | {"clock": report.clock}
            if row.measure not in result["metrics"]:
                raise MarqueeError(f"{row.model} has no {row.measure} on {split.name}")
            one = report.splits[0]
            store.keep(key, result, one.users, one.by_user[row.measure])
        keys.append(key)
        found.append(result)
    values = [result["metrics"][row.measure] for result in found]
    if len(values) > 1:
        spread = float(np.std(values, ddof=1))
    else:
        spread = found[0]["se"].get(row.measure) or float("nan")
    return Measured(row, float(np.mean(values)), spread, len(values), found, keys)


def make(row: Row) -> Recommender:
    """The row's unfitted model."""
    model = RECIPES[row.model]() if row.model in RECIPES else ALGORITHMS[row.model]()
    return dataclasses.replace(model, **row.params)


def _evaluated(row: Row, split: Split, opened: OpenedData) -> Report:
    return evaluate(
        lambda: make(row),
        [split],
        k=row.length,
        clock=row.clock,
        lists="@" in row.measure,
        titles=titles_frame(opened.tables),
        viewers=viewers_frame(opened.tables),
        timer=time.process_time,
    )


@functools.cache
def opened_data(data: str) -> OpenedData:
    """The data set of that name under ``MARQUEE_DATA``."""
    root = os.environ.get("MARQUEE_DATA")
    return open_data(data, Path(".marquee"), Path(root) if root else None)


@functools.cache
def splits_of(data: str, word: str, seeds: tuple[int, ...]) -> list[Split]:
    """The splits of that word, drawn with each of the seeds."""
    opened = opened_data(data)
    ratings = opened.tables.ratings
    moments = moments_of(ratings)
    interactions = catalog_interactions(opened.tables, orders=True)
    return [
        split
        for seed in seeds
        for split in parse_split(
            word,
            interactions,
            seed=seed,
            fold_names=opened.fold_names,
            read_fold=opened.read_fold,
            ratings=ratings,
            real_times=moments is None or moments.are_real,
        )
    ]


@functools.cache
def side_hash(data: str) -> str:
    """Hash of what models are told of titles and viewers."""
    tables = opened_data(data).tables
    frames: tuple[pl.DataFrame, ...] = (titles_frame(tables), viewers_frame(tables))
    return frame_hash(*frames)


def with_differences(measured: list[Measured], store: Store) -> list[Measured]:
    """The rows with their differences from those that they are held against, where both are."""
    by_name = {one.row.name: one for one in measured}
    return [
        one._replace(difference=_difference(one, by_name[one.row.against], store))
        if one.row.against in by_name and one.n_splits == 1
        else one
        for one in measured
    ]


def _difference(one: Measured, other: Measured, store: Store) -> tuple[float, float, float]:
    """Mean difference over users and its 95 % interval by a paired bootstrap of 2,000 draws."""
    users, values = store.by_user(one.keys[0])
    others, theirs = store.by_user(other.keys[0])
    if not np.array_equal(users, others):
        raise MarqueeError(f"{one.row.name} and {other.row.name} are not of the same users")
    gaps = values - theirs
    gaps = gaps[~np.isnan(gaps)]
    rng = np.random.default_rng(0)
    means = [float(rng.choice(gaps, len(gaps)).mean()) for _ in range(RESAMPLES)]
    low, high = np.quantile(means, (0.025, 0.975))
    return mean_over_users(gaps), float(low), float(high)


def _reached(one: Measured) -> str:
    target = one.row.target
    if target is None:
        return ""
    value = round(one.value, 4)  # published figures have no more digits
    reached = value <= target if one.row.lower_is_better else value >= target
    return "yes" if reached else "no"


def table(measured: list[Measured]) -> str:
    """The rows as Markdown."""
    head = (
        *("data", "split", "clock", "model", "measure", "ours", "±", "target", "reached"),
        *("namesake", "best known", "difference (95 %)", "fit, CPU s"),
    )
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for one in measured:
        row = one.row
        gap = (
            "" if one.difference is None else "{:+.4f} ({:+.4f} to {:+.4f})".format(*one.difference)
        )
        cells = (
            *(row.data, _split_words(one), one.splits[0]["clock"], row.model, row.measure),
            *(f"{one.value:.4f}", "" if np.isnan(one.spread) else f"{one.spread:.4f}"),
            *("" if row.target is None else f"{row.target:g}", _reached(one), row.peer, row.best),
            *(gap, f"{np.mean([split['fit_seconds'] for split in one.splits]):.2f}"),
        )
        lines.append("| " + " | ".join(cells) + " |")
    notes = (
        "± is the standard deviation over the splits, or the standard error over users of a single "
        "one. A difference is from `ease` or `recent-popularity` on the same users, "
        "paired, by a bootstrap of 2,000 draws."
    )
    return "\n".join([*lines, "", notes])


def _split_words(one: Measured) -> str:
    names = [split["name"] for split in one.splits]
    if len(names) == 1:
        return str(names[0])
    return f"{one.row.split}, mean of {len(names)}"


def document(measured: list[Measured]) -> list[dict[str, Any]]:
    """The rows as JSON knows them."""
    return [
        {
            **dataclasses.asdict(one.row),
            "value": one.value,
            "spread": None if np.isnan(one.spread) else one.spread,
            "reached": _reached(one) or None,
            "difference": one.difference,
            "splits": one.splits,
        }
        for one in measured
    ]


def _write(folder: Path, measured: list[Measured], *, quick: bool) -> None:
    name = "accuracy-quick" if quick else "accuracy"
    (folder / f"{name}.md").write_text(table(measured) + "\n", encoding="utf-8")
    (folder / f"{name}.json").write_text(json.dumps(document(measured), indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
