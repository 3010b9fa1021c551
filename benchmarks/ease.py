"""EASE in float32 and in place beside the usual code, ``np.linalg.inv`` in float64.

The data are MovieLens 1M where ``MARQUEE_DATA`` is set, else synthetic interactions of its size.
Times are CPU time of this process, least of the repeats; both sides run in turn. The first of our
fits, which may compile, is not timed. Lists are compared in order, position by position.

Run as ``python benchmarks/ease.py [--repeats N] [--json]``. With ``--items 20000`` both sides fit
once on synthetic interactions over so many items, and the memory that our fit added is printed; the
usual code takes about 13 GB there, and both take minutes. ``--choose`` prints instead how the
defaults of EASE and of the blend ``ease-content`` were chosen: NDCG@10 on a validation tenth of
the training part of ``random:0.1``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.sources import read_source
from marquee.data.tables import Tables
from marquee.data.world.build import build_world
from marquee.evaluation.experiment import evaluate
from marquee.evaluation.splits import random_split
from marquee.features.text import title_texts
from marquee.models import ease_content_blend
from marquee.models.base import Recommender
from marquee.models.content import Content
from marquee.models.ease import EASE, ease_weights
from marquee.models.likes import gram
from marquee.models.ranking import top_k

USERS, ITEMS, LIKES = 6_040, 3_706, 1_000_209
COMPARED = 1_000
"""Users whose lists are compared."""
L2 = 200.0

T = TypeVar("T")


def main() -> None:
    """Measures and prints a table, or JSON."""
    options = _options()
    if options.choose:
        _choose(options.data)
        return
    if options.items:
        _print(_large(options.items), options.json)
        return
    train, origin = _interactions()
    EASE(l2=L2).fit(train)
    ones = train.matrix.copy()
    ones.data = np.ones_like(ones.data)
    counts = gram(ones)
    ours, theirs, ours_inverse, theirs_inverse = [], [], [], []
    for _ in range(options.repeats):
        seconds, model = _timed(lambda: EASE(l2=L2).fit(train))
        ours.append(seconds)
        seconds, weights = _timed(lambda: usual_ease(ones))
        theirs.append(seconds)
        copy = counts.copy()
        ours_inverse.append(_timed(lambda: ease_weights(copy, L2))[0])  # noqa: B023  # called at once
        theirs_inverse.append(_timed(lambda: usual_weights(_whole(counts)))[0])
    profiles = train.take(np.arange(min(COMPARED, train.n_users)))
    dense = _binary(profiles) @ weights
    expected = top_k(dense.astype(np.float32), 10, exclude=profiles.matrix).items
    lists = model.recommend(profiles, k=10).items
    errors = np.abs(model.score(profiles) - dense)
    report = {
        "data": origin,
        "items": train.n_items,
        "interactions": len(train),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, NumPy {np.__version__}",
        "fit_cpu_s": min(ours),
        "usual_fit_cpu_s": min(theirs),
        "fit_ratio": min(theirs) / min(ours),
        "inverse_cpu_s": min(ours_inverse),
        "usual_inverse_cpu_s": min(theirs_inverse),
        "inverse_ratio": min(theirs_inverse) / min(ours_inverse),
        "identical_top_10": float((lists == expected).all(axis=1).mean()),
        "lists_compared": len(lists),
        "greatest_error_of_a_score": float(errors.max()),
    }
    _print(report, options.json)


def _print(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        json.dump(report, sys.stdout, indent=2)
        print()
        return
    for name, value in report.items():
        print(f"{name:<28} {f'{value:.4g}' if isinstance(value, float) else value}")


def _large(n_items: int) -> dict[str, Any]:
    """One fit of each side over synthetic interactions of so many items."""
    rng = np.random.default_rng(0)
    chance = 1 / np.arange(20, n_items + 20)
    users = (30_000 * rng.beta(0.7, 2.0, 2_000_000)).astype(np.int64)
    items = rng.choice(n_items, 2_000_000, p=chance / chance.sum())
    train = Interactions.from_arrays(users, items, item_index=IdIndex(np.arange(n_items)))
    EASE(l2=L2).fit(train.take(np.arange(50)))  # whatever is compiled, is compiled now
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours, model = _timed(lambda: EASE(l2=L2).fit(train))
    added = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    profiles = train.take(np.arange(COMPARED))
    lists = model.recommend(profiles, k=10).items
    del model
    ones = train.matrix.copy()
    ones.data = np.ones_like(ones.data)
    theirs, weights = _timed(lambda: usual_ease(ones))
    dense = (_binary(profiles) @ weights).astype(np.float32)
    expected = top_k(dense, 10, exclude=profiles.matrix).items
    return {
        "data": f"synthetic, {len(train)} interactions",
        "items": n_items,
        "items_liked": int(np.count_nonzero(np.bincount(train.matrix.indices))),
        "fit_cpu_s": ours,
        "usual_fit_cpu_s": theirs,
        "fit_ratio": theirs / ours,
        "memory_added_gb": added / 1e6,
        "identical_top_10": float((lists == expected).all(axis=1).mean()),
        "identical_places": float((lists == expected).mean()),
        "lists_compared": len(lists),
    }


def usual_ease(ones: Any) -> NDArray[np.float64]:
    """The weights as EASE is usually written."""
    return usual_weights((ones.T @ ones).toarray().astype(np.float64))


def usual_weights(gram_matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same from the Gram matrix."""
    gram_matrix[np.diag_indices_from(gram_matrix)] += L2
    inverse = np.linalg.inv(gram_matrix)
    weights: NDArray[np.float64] = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def _whole(lower: NDArray[np.float32]) -> NDArray[np.float64]:
    """The symmetric matrix with that lower triangle."""
    below: NDArray[np.float64] = np.tril(lower, -1).astype(np.float64)
    return below + below.T + np.diag(np.diag(lower)).astype(np.float64)


def _binary(profiles: Interactions) -> Any:
    matrix = profiles.matrix.astype(np.float64)
    matrix.data = np.ones_like(matrix.data)
    return matrix


def _interactions() -> tuple[Interactions, str]:
    root = os.environ.get("MARQUEE_DATA")
    if root:
        ratings = read_source(Path(root) / "ml-1m", "ml-1m")[1].tables.ratings
        return Interactions.from_ratings(ratings), "MovieLens 1M"
    rng = np.random.default_rng(0)
    chance = 1 / np.arange(20, ITEMS + 20)
    users = (USERS * rng.beta(0.7, 2.0, LIKES)).astype(np.int64)
    items = rng.choice(ITEMS, LIKES, p=chance / chance.sum())
    return Interactions.from_arrays(users, items), "synthetic, of the size of MovieLens 1M"


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds of this process while the work was done, and its result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def _choose(data: str) -> None:
    """Prints NDCG@10 on validation data for a grid of hyperparameters."""
    tables = _tables(data)
    texts = title_texts(tables)
    everything = Interactions.from_ratings(
        tables.ratings, item_index=IdIndex(tables.titles["title_id"].to_numpy())
    )
    train = random_split(everything, 0.1, seed=0).train
    validation = random_split(train, 0.1, seed=1)
    print(f"{data}, validation part of {len(validation.test)} ratings")
    for name, make in _candidates():
        report = evaluate(make, [validation], k=10, titles=texts)
        print(f"{report.splits[0].metrics['ndcg@10']:.4f}  {name}", flush=True)


def _candidates() -> Iterator[tuple[str, Callable[[], Recommender]]]:
    for liked_from in (0.0, 3.0):
        for l2 in (100.0, 300.0, 500.0, 800.0, 1200.0):
            model = EASE(l2=l2, liked_from=liked_from)
            yield repr(model), lambda model=model: model  # type: ignore[misc]  # bound early
    for taste in (0.0, 0.5, 1.0, 2.0):
        yield f"Content(taste={taste})", lambda taste=taste: Content(taste=taste)  # type: ignore[misc]
    for prior in (0.0, 2.0, 5.0, 10.0):
        yield f"Content(prior={prior})", lambda prior=prior: Content(prior=prior)  # type: ignore[misc]
    for content in (0.0, 0.1, 0.2, 0.3):
        for popularity in (0.0, 0.05, 0.1, 0.2):
            name = f"ease_content_blend(content={content}, popularity={popularity})"
            yield (
                name,
                lambda c=content, p=popularity: ease_content_blend(content=c, popularity=p),  # type: ignore[misc]
            )


def _tables(data: str) -> Tables:
    if data == "world":
        return build_world()
    root = os.environ.get("MARQUEE_DATA")
    if not root:
        raise SystemExit("MARQUEE_DATA is not set; it names the folder of the real data sets")
    return read_source(Path(root) / data)[1].tables


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--items", type=int, default=0, help="synthetic data of so many items")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--choose", action="store_true", help="print how defaults were chosen")
    parser.add_argument("--data", default="world", help="for --choose: world, ml-100k or ml-1m")
    return parser.parse_args()


if __name__ == "__main__":
    main()
