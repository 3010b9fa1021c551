"""Neural rankers: what came next (SASRec), and viewers of whom nothing was learned (Mult-VAE).

* ``python benchmarks/sequences.py [--data ml-1m] [--param NAME=VALUE ...] [--keep FILE]``: SASRec
  on the last title of every viewer, the full catalog ranked. After each epoch the CPU seconds spent
  and the NDCG@10 of the titles held back are printed, and with ``--keep`` the weights are written
  to the file (.npz), so that one can stop and measure what there is with ``--read FILE``.
* ``--choose``: what the defaults of Mult-VAE were chosen from, NDCG@100 on the 500 validation
  viewers of ``strong-validation``; the test viewers are those of ``benchmarks/rankers.py --only
  mult-vae``.

``MARQUEE_DATA`` names the folder of the data sets. The data's own tie-breaking orders what has the
same second in the split; the model shuffles that.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accuracy import splits_of
from marquee.data.interactions import Interactions
from marquee.evaluation.metrics import hit_rate, mean_over_users, ndcg
from marquee.evaluation.splits import Split
from marquee.models.attention import Weights
from marquee.models.mult_vae import MultVAE
from marquee.models.sasrec import SASRec

GRID: tuple[dict[str, Any], ...] = (
    {},
    {"hidden": 200, "dropout": 0.7, "patience": 10},
    {"kl_cap": 0.4, "anneal_epochs": 20},
    {"dropout": 0.7},
)
"""Hyperparameters of Mult-VAE that were tried, the rest at the defaults."""


@dataclass(kw_only=True, eq=False)
class Watched(SASRec):
    """SASRec that tells and keeps how far it is after each epoch."""

    keep: str = ""
    _start: float = field(init=False, repr=False, default_factory=time.process_time)

    def _quality(
        self, weights: Weights, profiles: Interactions, titles: NDArray[np.int32]
    ) -> float:
        reached = super()._quality(weights, profiles, titles)
        seconds = time.process_time() - self._start
        print(f"{seconds:8.1f} CPU s  held back NDCG@10 {reached:.4f}", flush=True)
        if self.keep:
            np.savez(self.keep, **weights)  # type: ignore[arg-type]  # names are of the weights
        return reached


def main() -> None:
    """Prints one of the two tables."""
    options = _options()
    if options.choose:
        _choose(options.data)
        return
    (split,) = splits_of(options.data, "last-one", (0,))
    params: dict[str, Any] = {
        name: _number(value) for name, _, value in (p.partition("=") for p in options.param)
    }
    model = Watched(keep=str(options.keep or ""), **params)
    start = time.process_time()
    if options.read:
        model.items_ = split.train.items
        model.weights_ = dict(np.load(options.read))
        model.popularity_ = np.zeros(split.train.n_items, np.float32)
    else:
        model.fit(split.train)
    seconds = time.process_time() - start
    print(f"fit {seconds:.1f} CPU s  {_measured(model, split)}")


def _measured(model: SASRec, split: Split) -> str:
    start = time.process_time()
    lists = model.recommend(split.history, 10)
    seconds = time.process_time() - start
    gains = ndcg(lists, split.test.matrix)
    hits = mean_over_users(hit_rate(lists, split.test.matrix))
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    return (
        f"NDCG@10 {mean_over_users(gains):.4f} ± {error:.4f}  HR@10 {hits:.4f}  "
        f"{len(gains)} viewers ranked in {seconds:.1f} CPU s"
    )


def _choose(data: str) -> None:
    (split,) = splits_of(data, "strong-validation:500", (0,))
    for params in GRID:
        start = time.process_time()
        model = MultVAE(**params).fit(split.train)
        seconds = time.process_time() - start
        lists = model.recommend(split.history, 100)
        reached = mean_over_users(ndcg(lists, split.test.matrix))
        print(f"{reached:.4f}  {seconds:6.1f} s  mult-vae {params}", flush=True)


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default="ml-1m", help="ml-1m or ml-100k")
    parser.add_argument("--param", action="append", default=[], help="NAME=VALUE of SASRec")
    parser.add_argument("--keep", type=Path, help="file for the weights after each epoch")
    parser.add_argument("--read", type=Path, help="measure the weights of this file")
    parser.add_argument("--choose", action="store_true", help="print how Mult-VAE was chosen")
    return parser.parse_args()


if __name__ == "__main__":
    main()
