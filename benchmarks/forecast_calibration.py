"""Whether correcting the chance of twice the budget helps: on films up to 2011 alone.

The default forecaster of revenue is fitted on the films before 2003, 2006 and 2009 and asked about
the three years that follow. A correction is learned from the chances told of earlier such years and
tried on the next ones; shares of outcomes come from all films before. Beside them stands what exact
chances would reach: the outcomes are drawn by the chances told, so that only luck is left.

Run as ``python benchmarks/forecast_calibration.py --data tmdb-5000``, a name under
``MARQUEE_DATA``; about two minutes of one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from forecast import films_of, tables_of
from forecast_choices import LAST_YEAR, blocks_of
from marquee.evaluation.forecasting.markdown import table
from marquee.evaluation.forecasting.probabilities import brier, expected_calibration_error
from marquee.forecast.defaults import default_forecaster
from marquee.forecast.targets import probability_of_multiple

Floats = NDArray[np.float64]
MULTIPLE = 2.0
SMALLEST = 0.005
"""Least chance whose odds are taken."""
N_DRAWS = 300


def main() -> None:
    """Prints calibration and Brier score of each correction, by the years asked about."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="name under MARQUEE_DATA, or a path")
    films = films_of(tables_of(parser.parse_args().data), "revenue")
    films = films.take(np.flatnonzero(films.years <= LAST_YEAR))
    doubled = (films.revenue_usd >= MULTIPLE * films.budget_usd).astype(np.float64)
    told, came, before, names = [], [], [], []
    for block in blocks_of(films, 3):
        model = default_forecaster("revenue")
        model.fit(films.features[block.train], films.outcome[block.train])
        forecast = model.predict(films.features[block.test])
        told.append(probability_of_multiple(forecast, films.budget_usd[block.test], MULTIPLE))
        came.append(doubled[block.test])
        before.append(float(doubled[block.train].mean()))
        names.append(block.name)
    rows = []
    for name, correct in CORRECTIONS.items():
        asked = [
            correct(np.concatenate(told[:at]), np.concatenate(came[:at]), before[at], told[at])
            for at in range(1, len(told))
        ]
        rows.append([name, *_figures(asked, came[1:])])
    rng = np.random.default_rng(0)
    drawn = [
        _figures(told[1:], [(rng.random(part.size) < part).astype(float) for part in told[1:]])
        for _ in range(N_DRAWS)
    ]
    rows.append(["exact chances, mean over draws", *np.mean(drawn, axis=0)])
    head = ["correction", *(f"ECE {name}" for name in names[1:]), "mean", "Brier"]
    print(table(head, rows))


def _figures(told: list[Floats], came: list[Floats]) -> list[float]:
    """ECE of each block, their mean, and the Brier score of all films."""
    errors = [
        expected_calibration_error(chance, happened > 0)
        for chance, happened in zip(told, came, strict=True)
    ]
    return [
        *errors,
        float(np.mean(errors)),
        brier(np.concatenate(told), np.concatenate(came) > 0),
    ]


def _odds(chance: Floats) -> Floats:
    return np.asarray(logit(np.clip(chance, SMALLEST, 1 - SMALLEST)))


def _platt(known: Floats, came: Floats, _base: float, asked: Floats) -> Floats:
    """Platt scaling: a logistic regression on the log odds (Platt 1999)."""
    fitted = LogisticRegression(C=1e6).fit(_odds(known)[:, None], came)
    return np.asarray(expit(_odds(asked) * fitted.coef_[0, 0] + fitted.intercept_[0]))


def _isotonic(known: Floats, came: Floats, _base: float, asked: Floats) -> Floats:
    """Isotonic regression (Zadrozny and Elkan 2002), kept off 0 and 1."""
    fitted = IsotonicRegression(y_min=0.02, y_max=0.98, out_of_bounds="clip").fit(known, came)
    return np.asarray(fitted.predict(asked))


def _shrunken(share: float) -> Callable[[Floats, Floats, float, Floats], Floats]:
    """Chances drawn so far toward the share of earlier films."""
    return lambda _known, _came, base, asked: base + share * (asked - base)


CORRECTIONS: dict[str, Callable[[Floats, Floats, float, Floats], Floats]] = {
    "none, in use": lambda _known, _came, _base, asked: asked,
    "Platt scaling": _platt,
    "isotonic": _isotonic,
    "shrunken by a tenth": _shrunken(0.9),
    "shrunken by a fifth": _shrunken(0.8),
    "shrunken by three tenths": _shrunken(0.7),
}


if __name__ == "__main__":
    main()
