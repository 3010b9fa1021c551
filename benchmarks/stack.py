"""RMSE of the stacked hybrid and of each member on the publisher's folds of MovieLens 100K.

``python benchmarks/stack.py --clock none|past|full [--folds u1,u2] [--short] [--cache DIR]``

With ``--data ml-1m``: on tenths of MovieLens 1M, dealt at random from a fixed seed, of which
``--folds 0,1,2`` names the ones to test on. Real times exist for half of its viewers, so that its
clock is the order within each viewer's history. The blender learns from one inner tenth instead of
five fifths; members are those of :func:`large_hybrid`. The rows of each fold and what was predicted
for them are kept under ``--cache``; ``benchmarks/stack_peer.py`` has myFM learn from the same.

Per fold the members are fitted on five inner parts of the training ratings and once on all of
them; the blender sees only what they predicted for ratings held out from them. This is what
``Hybrid.fit`` does, taken apart so that the predictions of each member are kept under ``--cache``
and a run that was stopped goes on where it was. ``--short`` blends fewer members. ``--inner``
learns the blend on four inner parts and prints the errors on the fifth: choices are made by it,
without looking at a test.

Models are given the pairs of the test without their ratings. CPU seconds are the process's.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.moments import PLACE_SECONDS, moments_of
from marquee.data.sources import SOURCES, Files, read_source
from marquee.data.tables import Tables
from marquee.features.side_information import titles_frame, viewers_frame
from marquee.models import stacked_hybrid
from marquee.models.base import Recommender
from marquee.models.bayesian_fm import BayesianFM
from marquee.models.ease_ratings import EASERatings
from marquee.models.hybrid import Asked, Hybrid, predicted
from marquee.models.item_knn import ItemKNN
from marquee.models.neural_ratings import NeuralRatings
from marquee.models.nmf import NMF
from marquee.models.offsets import Scale, on_scale
from marquee.models.side_codes import Traits
from marquee.models.stacking import inner_folds
from marquee.models.svd import SVD

SHORT = {"none": (0, 1, 2, 3), "past": (0, 1, 2, 3), "full": (0, 3, 6, 7, 8)}
"""Places of the members of the short recipe."""
TENTHS = 10
FOLDS = {"ml-100k": "u1,u2,u3,u4,u5", "ml-1m": "0,1,2"}


def large_hybrid() -> Hybrid:
    """The members for a million ratings, which cost too much at the length that fewer take.

    Sessions of the order within a history are what lies between ratings that are held out, one or
    two in a row, since its places stand ``PLACE_SECONDS`` apart.
    """
    still: dict[str, Any] = {"session_gaps": (), "calendar": ()}
    passes: dict[str, Any] = {"burn_in": 15, "samples": 20, "thinning": 5}
    fewer: dict[str, Any] = {"burn_in": 15, "samples": 15, "thinning": 3}
    gaps = (PLACE_SECONDS, 2 * PLACE_SECONDS)
    return dataclasses.replace(
        stacked_hybrid(),
        folds=TENTHS,
        members=(
            BayesianFM(task="probit", factors=24, seed=1, **passes, **still),
            NeuralRatings(packs=48, n_networks=1, epochs=4),
            EASERatings(l2=800.0),
            ItemKNN(),
            SVD(),
            NMF(),
        ),
        timed_members=(BayesianFM(factors=12, seed=3, session_gaps=gaps, calendar=(), **fewer),),
    )


class Part(NamedTuple):
    """What is learned from and what is asked."""

    name: str
    train: Interactions
    asked: Asked
    ratings: NDArray[np.float64]


def main() -> None:
    """Prints a line per fold and the means."""
    options = _options()
    tables = read_source(options.root / options.data)[1].tables
    titles, viewers = titles_frame(tables), viewers_frame(tables)
    large = options.data == "ml-1m"
    rows = []
    for fold in options.folds.split(","):
        hybrid = large_hybrid() if large else stacked_hybrid()
        hybrid = dataclasses.replace(hybrid, clock=options.clock, rounds=options.rounds)
        hybrid.use_titles(titles).use_viewers(viewers)
        hybrid.viewers_, hybrid.traits_ = Traits.of(viewers)
        if large:
            train, test = _kept_tenth(tables, int(fold), options.cache)
        else:
            train, test = _fold(options.root, fold)
        rows.append(_measured(hybrid, train, test, fold, options))
        print(f"{fold}  " + "  ".join(f"{k} {v[0]:.4f}/{v[1]:.4f}" for k, v in rows[-1].items()))
    if len(rows) > 1:
        means = {name: np.mean([row[name] for row in rows], axis=0) for name in rows[0]}
        print("mean  " + "  ".join(f"{k} {v[0]:.4f}/{v[1]:.4f}" for k, v in means.items()))


def _measured(
    hybrid: Hybrid,
    train: Interactions,
    test: Interactions,
    fold: str,
    options: argparse.Namespace,
) -> dict[str, tuple[float, float]]:
    """RMSE and MAE of each member, of ridge regression alone and of the whole, on the test."""
    members = hybrid.asked_members()
    if options.short:
        members = tuple(members[place] for place in SHORT[options.clock])
    name = fold if options.data == "ml-100k" else f"{options.data}-{fold}"
    n_parts = hybrid.folds if options.data == "ml-100k" else 1
    parts = list(_parts(train, test, name, hybrid, n_parts))
    said = {}
    for part in parts:
        columns = [_cached(hybrid, member, part, options.cache) for member in members]
        said[part.name] = np.stack(columns, axis=1).astype(np.float64)
    start = time.process_time()
    features = {
        p.name: hybrid.features(hybrid.statistics(p.train), p.train, _timed(p.asked, hybrid))
        for p in parts
    }
    inner, last = parts[:-1], parts[-1]
    if options.inner:
        inner, last = parts[1:-1], parts[0]
    hybrid.learn(
        np.vstack([said[part.name] for part in inner]),
        np.vstack([features[part.name] for part in inner]),
        np.concatenate([part.ratings for part in inner]),
    )
    scale = np.array(Scale.of(train))
    blend = on_scale(hybrid.blend(said[last.name], features[last.name]), scale)
    linear = on_scale(hybrid.weights_[0] + said[last.name] @ hybrid.weights_[1:], scale)
    seconds = time.process_time() - start
    print(f"{fold}: blender {seconds:.0f} CPU s, weights {np.round(hybrid.weights_, 3).tolist()}")
    if not options.inner:
        np.save(options.cache / f"{name}-{options.clock}-hybrid.npy", blend)
    found = {"hybrid": _errors(blend, last.ratings), "ridge": _errors(linear, last.ratings)}
    for place, member in enumerate(members):
        name = f"{place} {type(member).__name__}"
        found[name] = _errors(said[last.name][:, place], last.ratings)
    return found


def _parts(
    train: Interactions, test: Interactions, fold: str, hybrid: Hybrid, n_parts: int
) -> Iterator[Part]:
    """The first of the inner parts, and last the whole."""
    labels = inner_folds(train, hybrid.folds, hybrid.seed)
    for inner in range(n_parts):
        rest, held = train.where(labels != inner), train.where(labels == inner)
        yield Part(f"{fold}-{inner}", rest, _asked(held), held.matrix.data.astype(np.float64))
    yield Part(f"{fold}-test", train, _asked(test), test.matrix.data.astype(np.float64))


def _asked(held: Interactions) -> Asked:
    return Asked(held.rows, np.array(held.matrix.indices), held.times)


def _timed(asked: Asked, hybrid: Hybrid) -> Asked:
    return asked if hybrid.clock != "none" else asked._replace(times=None)


def _cached(hybrid: Hybrid, member: Recommender, part: Part, cache: Path) -> NDArray[np.float32]:
    """What the member predicts, from the cache where it has been asked before."""
    copy = hybrid.copy_of(member)
    timed = getattr(copy, "session_gaps", ()) or getattr(copy, "time_scales", ())
    clock = hybrid.clock if timed and hybrid.clock == "full" else "none"
    params = copy.params()
    if "clock" in params:
        # Where a member has no use for times its answer is that of no clock.
        copy = type(copy)(**{**params, "clock": clock})
    key = hashlib.sha256(repr(copy).encode()).hexdigest()[:12]
    file = cache / f"{part.name}-{type(copy).__name__}-{key}.npy"
    if not file.exists():
        start = time.process_time()
        copy = hybrid.told(copy).fit(part.train)
        asked = part.asked if clock == "full" else part.asked._replace(times=None)
        said = predicted(copy, part.train, asked)
        cache.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".part.npy")
        np.save(partial, said)
        partial.replace(file)
        error = _errors(said, part.ratings)[0]
        print(f"{file.stem}: {error:.4f}, {time.process_time() - start:.1f} CPU s", flush=True)
    return np.asarray(np.load(file))


def _errors(predictions: NDArray[np.floating], ratings: NDArray[np.float64]) -> tuple[float, float]:
    off = predictions.astype(np.float64) - ratings
    return float(np.sqrt((off**2).mean())), float(np.abs(off).mean())


def _fold(root: Path, fold: str) -> tuple[Interactions, Interactions]:
    source = SOURCES["ml-100k"]
    assert source.read_fold is not None
    train, test = source.read_fold(Files(root / "ml-100k"), fold)
    indexes = {
        "user_index": IdIndex.of(np.r_[train["viewer_id"], test["viewer_id"]]),
        "item_index": IdIndex.of(np.r_[train["title_id"], test["title_id"]]),
    }
    return Interactions.from_ratings(train, **indexes), Interactions.from_ratings(test, **indexes)


def tenth(tables: Tables, which: int) -> tuple[Interactions, Interactions]:
    """All ratings of MovieLens 1M but a tenth, and the tenth."""
    ratings, moments = tables.ratings, moments_of(tables.ratings)
    assert moments is not None
    held = _held(len(ratings), which)
    viewers, titles, stars = (
        ratings[name].to_numpy() for name in ("viewer_id", "title_id", "rating")
    )
    users, items = IdIndex.of(viewers), IdIndex.of(titles)
    train, test = (
        Interactions.from_arrays(
            viewers[part],
            titles[part],
            stars[part],
            moments.times[part],
            user_index=users,
            item_index=items,
        )
        for part in (~held, held)
    )
    return train, test


def _held(n: int, which: int) -> NDArray[np.bool_]:
    """Which of the ratings are in that tenth."""
    return np.asarray(np.random.default_rng(0).permutation(n) % TENTHS == which)


def _kept_tenth(tables: Tables, which: int, cache: Path) -> tuple[Interactions, Interactions]:
    """As :func:`tenth`; the rows of both parts are kept for other programs."""
    train, test = tenth(tables, which)
    kept: dict[str, Any] = {"rows": np.flatnonzero(_held(len(tables.ratings), which))}
    for name, side in (("train", train), ("test", test)):
        kept |= {f"{name}_users": side.rows, f"{name}_items": side.matrix.indices}
        kept |= {f"{name}_ratings": side.matrix.data, f"{name}_places": side.times}
    cache.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(cache / f"ml-1m-{which}.npz", **kept)
    return train, test


def _options() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clock", choices=("none", "past", "full"), default="none")
    parser.add_argument("--data", choices=tuple(FOLDS), default="ml-100k")
    parser.add_argument("--folds", help="default: " + "; ".join(FOLDS.values()))
    parser.add_argument("--short", action="store_true", help="blend fewer members")
    parser.add_argument("--inner", action="store_true", help="measure on the first inner part")
    parser.add_argument("--rounds", type=int, default=stacked_hybrid().rounds, help="trees")
    parser.add_argument("--cache", type=Path, default=Path(".stack-cache"))
    options = parser.parse_args()
    root = os.environ.get("MARQUEE_DATA")
    if not root:
        raise SystemExit("MARQUEE_DATA is not set; it names the folder of the real data sets")
    options.root = Path(root)
    options.folds = options.folds or FOLDS[options.data]
    return options


if __name__ == "__main__":
    main()
