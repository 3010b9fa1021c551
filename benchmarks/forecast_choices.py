"""How the settings of the default forecasters were chosen: on films up to 2011 alone.

Each setting is fitted on the films before 2003, 2006 and 2009 and asked about the three years that
follow, or with ``--ahead 6`` before 2000 and 2006 and asked about six; later films never enter. The
error of the settings that are used is given, and of each other one the difference, on the same
films, with a bootstrap interval: most lie within the noise.

Run as ``python benchmarks/forecast_choices.py --data tmdb-5000 [--target popularity]``, a name
under ``MARQUEE_DATA``; about a quarter of a minute of one core per setting. ``--only NAME`` takes
some of them; with ``--columns`` what the forecaster looks at differs instead, or too. To be quick,
the spread is tried in two parts.
"""

from __future__ import annotations

import argparse
import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast import films_of, tables_of
from marquee.data.tables import Tables
from marquee.evaluation.forecasting.compare import Model, compare
from marquee.evaluation.forecasting.frames import Labeled, Target
from marquee.evaluation.forecasting.markdown import table
from marquee.evaluation.forecasting.splits import FilmSplit
from marquee.features.frame import columns_at, feature_frame
from marquee.forecast.base import ASKED
from marquee.forecast.defaults import NAMED, default_forecaster
from marquee.forecast.distribution import Forecast
from marquee.forecast.forward_blend import ForwardBlend

LAST_YEAR = 2011
BLOCKS = {
    3: ((2003, 2005), (2006, 2008), (2009, 2011)),
    6: ((2000, 2005), (2006, 2011)),
}
"""Years asked about, by how many at a time; the later films are asked about six at a time too."""
N_PARTS = 2

OTHERS: dict[str, dict[str, Any]] = {
    "settings before": {
        "n_trees": 250,
        "learning_rate": 0.04,
        "columns": 0.25,
        "shares": (0.5, 0.25, 0.25),
        "after_ridge": "none",
        "forest_trees": 150,
        "forest_columns": 0.3,
        "min_leaf": 3,
    },
    "small steps": {
        "n_trees": 300,
        "learning_rate": 0.02,
        "columns": 0.12,
        "forest_trees": 100,
        "forest_columns": 0.15,
        "min_leaf": 5,
        "ridge_l2": 100.0,
    },
    "more steps": {"n_trees": 500},
    "half the columns": {"columns": 0.06, "n_trees": 350},
    "half the films": {"rows": 0.4, "n_trees": 350},
    "squared loss": {"loss": "squared"},
    "boosted trees alone": {"shares": (1.0, 0.0, 0.0)},
    "forest alone": {"shares": (0.0, 1.0, 0.0)},
    "ridge alone": {"shares": (0.0, 0.0, 1.0)},
    "a third each": {"shares": (1 / 3, 1 / 3, 1 / 3)},
    "all by themselves": {"after_ridge": "none"},
    "all trees after the line": {"after_ridge": "both"},
    "no recency": {"half_life_years": None},
    "half-life 6 years": {"half_life_years": 6.0},
    "budget not held to rise": {"rising": ()},
    "deeper trees": {"depth": 6},
    "five parts": {"n_parts": 5},
    "one scale for all": {"telling": ()},
    "no records of the outcome": {"records": ()},
    "records of the outcome": {"records": NAMED},
    "records shrunken more": {"records": NAMED, "records_prior": 8.0},
}
"""Settings that differ from those in use; some are in use for one target, and another's for it."""

SHOWN: dict[Target, tuple[str, ...]] = {
    "revenue": (
        *("log_rmse", "r2_log", "within_2", "pinball_log", "coverage_80", "width_80"),
        *("coverage_90", "auc_2x", "brier_2x", "ece_2x"),
    ),
    "popularity": ("log_rmse", "r2_log", "spearman", "pinball_log", "coverage_80"),
    "audience": ("rmse", "r2", "spearman", "pinball", "coverage_80"),
}


@dataclass(kw_only=True, eq=False)
class Without(ForwardBlend):
    """The default forecaster that does not look at some columns."""

    without: tuple[str, ...] = ()

    def _fit(self, features: pl.DataFrame, outcome: NDArray[np.float64]) -> None:
        super()._fit(features.drop(self.without), outcome)

    def _predict(self, features: pl.DataFrame) -> Forecast:
        return super()._predict(features.drop(self.without))


def main() -> None:
    """Prints the figures of each setting and its difference to those in use."""
    options = _options()
    tables = tables_of(options.data)
    films = films_of(tables, options.target)
    films = films.take(np.flatnonzero(films.years <= LAST_YEAR))
    used = default_forecaster(options.target).params() | {"n_parts": N_PARTS}
    columns: dict[str, tuple[str, ...]] = {}
    if options.columns:
        films, columns = _more_columns(tables, films, options.merge)
    extra = {name for names in columns.values() for name in names}
    hidden = {name: tuple(sorted(extra - set(names))) for name, names in columns.items()}
    models: dict[str, Model] = {"in use": Without(**used, without=tuple(sorted(extra)))}
    models |= {name: Without(**used, without=without) for name, without in hidden.items()}
    for name in options.only if options.only or options.columns else OTHERS:
        models[name] = Without(**used | OTHERS[name], without=tuple(sorted(extra)))
    report = compare(films, blocks_of(films, options.ahead), models, against="in use")
    names = SHOWN[options.target]
    first = names[0]
    rows = []
    for result in report.results:
        gap = result.differences.get(first)
        apart = (gap.value, gap.low, gap.high) if gap else (None, None, None)
        rows.append([result.key, *(result.metrics.get(name) for name in names), *apart])
    print(table(["settings", *names, f"{first} apart", "from", "to"], rows))


def _more_columns(
    tables: Tables, films: Labeled, merged: list[str]
) -> tuple[Labeled, dict[str, tuple[str, ...]]]:
    """The films with every column before the release, and those not in use by what they are."""
    declared = columns_at("pre_release")
    every = [each.name for each in declared]
    wide = feature_frame(tables, films.features.select(ASKED), "pre_release", columns=every)
    others = {
        "with rivals": tuple(name for name in every if name.startswith("crowding")),
        "with undated columns": tuple(each.name for each in declared if each.undated),
    }
    if merged:
        more = films_of(tables, films.target, merged).features
        told = more.select("title_id", certificate_merged="certificate")
        wide = wide.join(told, on="title_id", how="left", maintain_order="left", validate="1:1")
        others[f"with certificates of {', '.join(merged)}"] = ("certificate_merged",)
    return dataclasses.replace(films, features=wide), others


def blocks_of(films: Labeled, ahead: int) -> list[FilmSplit]:
    """So many years at a time, each learned from all years before it."""
    return [
        FilmSplit(
            name=f"{first}-{last}",
            kind="rolling",
            train=np.flatnonzero(films.years < first),
            test=np.flatnonzero((films.years >= first) & (films.years <= last)),
            fingerprint=f"{first}-{last} of {len(films)} films",
        )
        for first, last in BLOCKS[ahead]
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="name under MARQUEE_DATA, or a path")
    parser.add_argument("--target", default="revenue", choices=tuple(SHOWN))
    parser.add_argument("--only", action="append", choices=tuple(OTHERS), default=[])
    parser.add_argument("--ahead", type=int, default=3, choices=tuple(BLOCKS), help="years asked")
    parser.add_argument("--columns", action="store_true", help="other columns; no other settings")
    parser.add_argument("--merge", action="append", default=[], help="with --columns: a source")
    return parser.parse_args()


if __name__ == "__main__":
    main()
