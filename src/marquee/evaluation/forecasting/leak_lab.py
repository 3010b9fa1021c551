"""Honest and inflated figures side by side: what four common mistakes buy, and why.

Every experiment is run twice with the same plain estimator, once as it should be and once with the
mistake, so that the difference is what the mistake brings. Models of the lab are no forecasts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.tables import Tables
from marquee.errors import HorizonError, ParameterError
from marquee.evaluation.forecasting import leaky
from marquee.evaluation.forecasting.leak_models import (
    N_FOLDS,
    Classes,
    Matrix,
    forest,
    logistic,
    most_common,
    nearest_row,
    of_classes,
    of_revenue,
    over_folds,
)
from marquee.evaluation.forecasting.leak_report import LeakCase, LeakLabReport, Pair
from marquee.features.asking import at_release
from marquee.features.frame import feature_frame
from marquee.forecast.targets import success_class

N_TREES_OF_MANY_ROWS = 30
FOREST = "random forest"

BANNED = ("revenue_usd", "vote_count", "vote_average", "popularity")
"""Columns that the lab asks of the honest features before the release, to be refused."""

OnStep = Callable[[int, int, str], None]


def leak_lab(
    tables: Tables,
    seed: int = 0,
    *,
    on_step: OnStep | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> LeakLabReport:
    """What four mistakes buy on these tables.

    1. ``self-inclusive power``: track records that count the film itself, asked about later films.
    2. ``multiplied rows``: rows multiplied by joins, divided by chance.
    3. ``zeros kept``: unknown money taken for zero.
    4. ``post-release columns``: votes and popularity as inputs.

    Where films are divided by time, the first four fifths of the years with films are learned from.

    Raises
    ------
    ParameterError
        If fewer than 200 films have known money.
    """
    films = leaky.basic_films(tables)
    if films.height < 200:
        raise ParameterError(f"the leak lab needs 200 films with known money, got {films.height}")
    last_year = int(np.quantile(films["year"].to_numpy(), 0.8, method="lower"))
    tell = on_step or (lambda _done, _total, _text: None)
    lab = _Lab(tables, films, last_year, seed)
    experiments: list[tuple[str, Callable[[_Lab], LeakCase]]] = [
        ("self-inclusive power", _power),
        ("multiplied rows", _multiplied),
        ("zeros kept", _zeros),
        ("post-release columns", _afterwards),
    ]
    start = clock()
    cases = []
    for done, (name, experiment) in enumerate(experiments):
        tell(done, len(experiments), name)
        cases.append(experiment(lab))
    tell(len(experiments), len(experiments), "done")
    return LeakLabReport(
        cases=tuple(cases),
        refused=refusals(tables),
        n_films=films.height,
        last_year=last_year,
        seed=seed,
        seconds=clock() - start,
    )


def refusals(tables: Tables) -> dict[str, str | None]:
    """What the features answer when asked for each of :data:`BANNED` before the release."""
    asked = at_release(tables).head(1)
    said: dict[str, str | None] = {}
    for name in BANNED:
        try:
            feature_frame(tables, asked, "pre_release", columns=[name])
        except HorizonError as error:
            said[name] = str(error)
        else:
            said[name] = None
    return said


@dataclass(frozen=True, eq=False)
class _Lab:
    """What all experiments share."""

    tables: Tables
    films: pl.DataFrame
    last_year: int
    seed: int

    @cached_property
    def actual(self) -> Classes:
        """True classes of the films."""
        return success_class(
            self.films["revenue_usd"].to_numpy(), self.films["budget_usd"].to_numpy()
        )

    @cached_property
    def before(self) -> Matrix:
        """The plain columns and power over earlier films: what is honest."""
        return self.with_power("earlier")

    def with_power(self, counted: leaky.Counted) -> Matrix:
        """The plain columns and power over those films."""
        powers = leaky.power(self.tables, self.films, counted)
        return leaky.matrix(self.films.select(leaky.COLUMNS), powers)

    @cached_property
    def honest(self) -> dict[str, float]:
        """Figures of a forest on what is honest."""
        return self.figures(self.before)

    def figures(self, inputs: Matrix) -> dict[str, float]:
        """Figures of classes and of revenue, by time."""
        early = _early(self.films, self.last_year)
        told = of_classes(forest(self.seed), inputs, self.actual, early)
        return told | of_revenue(inputs, self.films, early, self.seed)


def _power(lab: _Lab) -> LeakCase:
    others, every = (lab.figures(lab.with_power(counted)) for counted in ("others", "all"))
    return LeakCase(
        name="self-inclusive power",
        honest="star and director power over films out for half a year when the film opened",
        inflated="star and director power over all films of a person, the film itself among them",
        why=(
            "The film's own box office is a term of its stars' power, so the answer travels with "
            "the row and a division by time does not cure it; the second pair counts all other "
            "films, later ones too, and shows what is left without that term."
        ),
        headline="quadratic_kappa",
        pairs=(
            Pair(model=FOREST, honest=lab.honest, inflated=every),
            Pair(
                model=f"{FOREST}, the film itself left out",
                honest=lab.honest,
                inflated=others,
            ),
        ),
    )


def _multiplied(lab: _Lab) -> LeakCase:
    films, seed = lab.films, lab.seed
    with_power = films.hstack(leaky.power(lab.tables, films, "earlier"))
    rows = leaky.multiplied(lab.tables, with_power)
    inputs = leaky.matrix(rows.select(*leaky.COLUMNS, *leaky.POWERS))
    actual = success_class(rows["revenue_usd"].to_numpy(), rows["budget_usd"].to_numpy())
    rng = np.random.default_rng(seed)
    by_row = rng.permutation(rows.height) % N_FOLDS
    _, film = np.unique(rows["title_id"].to_numpy(), return_inverse=True)
    by_film = (rng.permutation(film.max() + 1) % N_FOLDS)[film]
    pairs = [
        Pair(
            model=name,
            honest=over_folds(make, inputs, actual, by_film),
            inflated=over_folds(make, inputs, actual, by_row),
        )
        for name, make in (
            (FOREST, lambda: forest(seed, N_TREES_OF_MANY_ROWS, min_leaf=1)),
            ("nearest row", nearest_row),
            ("logistic regression", logistic),
        )
    ]
    return LeakCase(
        name="multiplied rows",
        honest=f"{rows.height:,} rows of {films.height:,} films, all rows of a film in one fold",
        inflated=f"the same {rows.height:,} rows, folds drawn by row",
        why=(
            "A join with genres and stars makes many rows of one film, and a division by chance "
            "puts some of them on either side, so a model that can memorize looks the film up "
            "and one that cannot has little to gain."
        ),
        headline="accuracy",
        pairs=tuple(pairs),
    )


def _zeros(lab: _Lab) -> LeakCase:
    films, every = lab.films, leaky.films_with_zeros(lab.tables)
    with_zeros = leaky.classes_with_zeros(
        every["revenue_usd"].to_numpy(), every["budget_usd"].to_numpy()
    )
    powers = leaky.power(lab.tables, every, "earlier")
    inputs = leaky.matrix(every.select(leaky.COLUMNS), powers)
    early, early_of_all = _early(films, lab.last_year), _early(every, lab.last_year)
    inflated = of_classes(forest(lab.seed), inputs, with_zeros, early_of_all)
    pairs = (
        Pair(
            model=FOREST,
            honest={name: lab.honest[name] for name in inflated},
            inflated=inflated,
        ),
        Pair(
            model="majority",
            honest=of_classes(most_common(), lab.before, lab.actual, early),
            inflated=of_classes(most_common(), inputs, with_zeros, early_of_all),
        ),
    )
    disasters = float(np.mean(with_zeros == 0))
    return LeakCase(
        name="zeros kept",
        honest=f"{films.height:,} films whose budget and revenue are known",
        inflated=f"{every.height:,} films, {100 * disasters:.0f} % of them a disaster",
        why=(
            "Catalogs write 0 for unknown money, which makes every film that nobody looked up a "
            "disaster, so that accuracy mostly tells who is missing; compare the majority, and "
            "macro-F1, which every class enters alike."
        ),
        headline="accuracy",
        pairs=pairs,
    )


def _afterwards(lab: _Lab) -> LeakCase:
    votes = leaky.afterwards(lab.tables, lab.films)
    inflated = lab.figures(np.hstack([lab.before, leaky.matrix(votes)]))
    return LeakCase(
        name="post-release columns",
        honest="columns known before the release",
        inflated=f"the same with {', '.join(leaky.AFTERWARDS)}",
        why=(
            "The number of votes counts those who went to see the film, so it is the box office in "
            "other units, and nobody has it on the day of the forecast."
        ),
        headline="r2_log",
        pairs=(Pair(model=FOREST, honest=lab.honest, inflated=inflated),),
    )


def _early(films: pl.DataFrame, last_year: int) -> NDArray[np.bool_]:
    return films["year"].to_numpy() <= last_year
