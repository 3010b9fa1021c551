"""Films whose outcome is known, with what was known before they opened, and who was left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.data.tables import Tables
from marquee.errors import ParameterError
from marquee.features.asking import at_release, settled
from marquee.features.base import USUAL, Horizon
from marquee.features.frame import feature_frame
from marquee.forecast.targets import success_class

Target = Literal["revenue", "return", "profit", "success", "popularity", "audience"]
TARGETS: tuple[Target, ...] = get_args(Target)
"""What can be forecast.

revenue: worldwide box office in US dollars. return: revenue / budget. profit: revenue - budget in
US dollars. success: class of the return, a whole number. popularity: TMDB popularity at the time of
the snapshot. audience: mean audience score, 0 to 10.
"""

OF_MONEY: tuple[Target, ...] = ("revenue", "return", "profit", "success")
"""Targets that follow from revenue and budget; one distribution of revenue answers all of them."""

CLEAN_USD = 100_000.0
"""Least budget and revenue that is taken as such: below lie unit errors, such as a budget of 27."""

MIN_VOTES = 50
"""Votes that an audience score must stand on to be an outcome."""

_MEASURE = {"popularity": "popularity", "audience": "vote_average"}


@dataclass(frozen=True, eq=False, kw_only=True)
class Labeled:
    """Films with a known outcome and their features; rows of all fields are aligned.

    A film may have several rows; splits keep them together.
    """

    target: Target
    horizon: Horizon
    features: pl.DataFrame
    """``title_id``, ``as_of`` and the feature columns, (n, …)."""
    outcome: NDArray[np.float64]
    """Shape (n,), in the unit of the target; whole numbers for ``success``."""
    budget_usd: NDArray[np.float64]
    """Shape (n,), NaN where unknown."""
    revenue_usd: NDArray[np.float64]
    """Shape (n,), NaN where unknown; never an input."""
    released: NDArray[np.datetime64]
    """Days of release, shape (n,)."""
    steps: tuple[tuple[str, int], ...] = ()
    """What was asked of a film, and how many films were left after each demand."""

    def __post_init__(self) -> None:
        n = self.features.height
        for name in ("outcome", "budget_usd", "revenue_usd", "released"):
            if getattr(self, name).shape != (n,):
                raise ParameterError(f"{name} must have shape ({n},) as the features have {n} rows")

    def __len__(self) -> int:
        return self.features.height

    @property
    def title_ids(self) -> NDArray[np.int64]:
        """Titles of the rows, shape (n,)."""
        return self.features["title_id"].to_numpy()

    @property
    def years(self) -> NDArray[np.int64]:
        """Years of release, shape (n,)."""
        return self.released.astype("datetime64[Y]").astype(np.int64) + 1970

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the feature columns."""
        return tuple(name for name in self.features.columns if name not in ("title_id", "as_of"))

    def take(self, rows: ArrayLike) -> Labeled:
        """The same of those rows."""
        at = np.asarray(rows)
        return dataclasses.replace(
            self,
            features=self.features[at],
            outcome=self.outcome[at],
            budget_usd=self.budget_usd[at],
            revenue_usd=self.revenue_usd[at],
            released=self.released[at],
        )


def labeled(
    tables: Tables,
    target: Target,
    *,
    horizon: Horizon = USUAL,
    clean_usd: float = CLEAN_USD,
    min_votes: int = MIN_VOTES,
    themes: Iterable[str] | None = None,
    columns: Iterable[str] | None = None,
) -> Labeled:
    """The films whose outcome is known, by day of release, with the features of the horizon.

    A film with an unknown budget or revenue has no outcome in money: it is left out, never a
    disaster. Each demand and the number of films left is in ``steps``. ``themes`` and ``columns``
    choose among the features as in ``feature_frame``.

    Raises
    ------
    ParameterError
        If the target is unknown or no film is left.
    HorizonError
        As ``feature_frame``.
    """
    films, steps = known_outcomes(tables, target, clean_usd=clean_usd, min_votes=min_votes)
    asked = at_release(tables, films["title_id"].to_list())
    return Labeled(
        target=target,
        horizon=horizon,
        features=feature_frame(tables, asked, horizon, themes=themes, columns=columns),
        outcome=films["outcome"].to_numpy(),
        budget_usd=_or_nan(films["budget_usd"]),
        revenue_usd=_or_nan(films["revenue_usd"]),
        released=films["release_date"].to_numpy().astype("datetime64[D]"),
        steps=steps,
    )


def known_outcomes(
    tables: Tables,
    target: Target,
    *,
    clean_usd: float = CLEAN_USD,
    min_votes: int = MIN_VOTES,
) -> tuple[pl.DataFrame, tuple[tuple[str, int], ...]]:
    """Films with a known outcome, by day of release and number, and how many each demand left.

    Columns title_id, release_date, budget_usd, revenue_usd (null where unknown), outcome.

    Raises
    ------
    ParameterError
        If the target is unknown or no film is left.
    """
    if target not in TARGETS:
        raise ParameterError(f"there is no target {target!r}; there are {', '.join(TARGETS)}")
    films = tables.titles.filter(pl.col("kind") == "film").select(
        "title_id", "release_date", "known_on", "budget_usd"
    )
    steps = [("films", films.height)]
    films = films.drop_nulls(["release_date", "known_on"]).drop("known_on")
    steps.append(("with a known day of release", films.height))
    films = _with(films, tables, "revenue_usd", "revenue_usd")
    if target in OF_MONEY:
        films = films.drop_nulls(["budget_usd", "revenue_usd"])
        steps.append(("with a known budget and revenue", films.height))
        both = pl.min_horizontal("budget_usd", "revenue_usd")
        films = films.filter((both >= clean_usd) & (both > 0))
        steps.append((f"with at least ${clean_usd:,.0f} of both", films.height))
    else:
        films = _with(films, tables, _MEASURE[target], "outcome").drop_nulls("outcome")
        steps.append((f"with a known {_MEASURE[target]}", films.height))
    if target == "audience":
        films = _with(films, tables, "vote_count", "votes")
        films = films.filter(pl.col("votes").fill_null(0) >= min_votes).drop("votes")
        steps.append((f"with at least {min_votes} votes", films.height))
    if films.is_empty():
        left = "; ".join(f"{n} {words}" for words, n in steps)
        raise ParameterError(f"no film has a known outcome for target {target}: {left}")
    films = films.sort("release_date", "title_id")
    if target in OF_MONEY:
        revenue, budget = films["revenue_usd"].to_numpy(), films["budget_usd"].to_numpy()
        outcome = outcome_of_money(target, revenue, budget)
        films = films.with_columns(pl.Series("outcome", outcome))
    columns = ("title_id", "release_date", "budget_usd", "revenue_usd", "outcome")
    return films.select(columns), tuple(steps)


def outcome_of_money(
    target: Target, revenue_usd: NDArray[np.float64], budget_usd: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The outcome that follows from a known revenue and budget, shape (n,)."""
    match target:
        case "revenue":
            return revenue_usd
        case "return":
            return revenue_usd / budget_usd
        case "profit":
            return revenue_usd - budget_usd
        case "success":
            return success_class(revenue_usd, budget_usd).astype(np.float64)
    raise ParameterError(f"target {target} does not follow from money")


def _with(films: pl.DataFrame, tables: Tables, measure: str, name: str) -> pl.DataFrame:
    """The films in their order with the settled value of the measure; null where unknown."""
    values = settled(tables, measure).select("title_id", pl.col("value").alias(name))
    return films.join(values, on="title_id", how="left", maintain_order="left", validate="1:1")


def _or_nan(money: pl.Series) -> NDArray[np.float64]:
    return money.cast(pl.Float64).fill_null(float("nan")).to_numpy()
