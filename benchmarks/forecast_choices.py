"""How the settings of the default forecasters were chosen: on films up to 2011 alone.

Each setting is fitted on the films before 2003, 2006 and 2009 and asked about the three years that
follow; later films never enter. The error of the settings that are used is given, and of each
other one the difference, on the same films, with a bootstrap interval: most lie within the noise.

Run as ``python benchmarks/forecast_choices.py --data tmdb-5000 [--target popularity]``, a name
under ``MARQUEE_DATA``; about half a minute of one core per setting.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np

from marquee.data.sources import read_source
from marquee.evaluation.forecasting.compare import compare
from marquee.evaluation.forecasting.frames import Labeled, Target, labeled
from marquee.evaluation.forecasting.markdown import table
from marquee.evaluation.forecasting.splits import FilmSplit
from marquee.forecast.defaults import default_forecaster

LAST_YEAR = 2011
BLOCKS = ((2003, 2005), (2006, 2008), (2009, 2011))

OTHERS: dict[str, dict[str, Any]] = {
    "squared loss": {"loss": "squared"},
    "trees alone": {"shares": (0.7, 0.3, 0.0)},
    "boosted trees alone": {"shares": (1.0, 0.0, 0.0)},
    "forest alone": {"shares": (0.0, 1.0, 0.0)},
    "ridge alone": {"shares": (0.0, 0.0, 1.0)},
    "no recency": {"half_life_years": None},
    "half-life 6 years": {"half_life_years": 6.0},
    "budget not held to rise": {"rising": ()},
    "deeper trees": {"depth": 6},
    "three parts": {"n_parts": 3},
    "one scale for all": {"telling": ()},
    "with snapshot columns": {"without": ()},
}
"""Settings that differ from those in use."""

SHOWN: dict[Target, tuple[str, ...]] = {
    "revenue": (
        *("log_rmse", "r2_log", "within_2", "pinball_log", "coverage_80", "width_80"),
        *("coverage_90", "auc_2x", "brier_2x", "ece_2x"),
    ),
    "popularity": ("log_rmse", "r2_log", "spearman", "pinball_log", "coverage_80"),
    "audience": ("rmse", "r2", "spearman", "pinball", "coverage_80"),
}


def main() -> None:
    """Prints the figures of each setting and its difference to those in use."""
    options = _options()
    path = Path(os.environ.get("MARQUEE_DATA", "."), options.data)
    films = labeled(read_source(path)[1].tables, options.target)
    films = films.take(np.flatnonzero(films.years <= LAST_YEAR))
    used = default_forecaster(options.target)
    turned = {"after_ridge": not used.params()["after_ridge"]}
    others = OTHERS | {"trees after the line or not": turned}
    models = {"in use": used}
    models |= {name: dataclasses.replace(used, **settings) for name, settings in others.items()}
    report = compare(films, _blocks(films), models, against="in use")
    names = SHOWN[options.target]
    first = names[0]
    rows = []
    for result in report.results:
        gap = result.differences.get(first)
        apart = (gap.value, gap.low, gap.high) if gap else (None, None, None)
        rows.append([result.key, *(result.metrics.get(name) for name in names), *apart])
    print(table(["settings", *names, f"{first} apart", "from", "to"], rows))


def _blocks(films: Labeled) -> list[FilmSplit]:
    """Three years at a time, each learned from all years before it."""
    return [
        FilmSplit(
            name=f"{first}-{last}",
            kind="rolling",
            train=np.flatnonzero(films.years < first),
            test=np.flatnonzero((films.years >= first) & (films.years <= last)),
            fingerprint=f"{first}-{last} of {len(films)} films",
        )
        for first, last in BLOCKS
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="name under MARQUEE_DATA, or a path")
    parser.add_argument("--target", default="revenue", choices=tuple(SHOWN))
    return parser.parse_args()


if __name__ == "__main__":
    main()
