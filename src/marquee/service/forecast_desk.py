"""Forecasts of planned films and of films of the catalog, explained and changed at will."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Any

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import ParameterError
from marquee.features.base import HORIZONS, Horizon
from marquee.features.frame import column
from marquee.forecast.distribution import Forecast
from marquee.forecast.explaining import explain
from marquee.forecast.scales import from_scale
from marquee.forecast.seen import Outside
from marquee.forecast.similar_films import COLUMNS
from marquee.forecast.trained import Trained
from marquee.service.film_features import FilmFeatures
from marquee.service.film_names import FilmNames
from marquee.service.film_plan import FilmPlan
from marquee.service.film_question import FilmQuestion, QuestionMaker
from marquee.service.forecast_parts import factors_of, money_of, named_plan, told_by_group
from marquee.service.forecast_records import (
    BestMonth,
    BudgetCurve,
    FilmExplanation,
    FilmForecast,
    SimilarFilm,
    Spread,
    WhatIf,
    spread,
)
from marquee.service.past_films import PastFilms

TARGETS = ("revenue", "popularity", "audience")
"""What a desk can have models of; everything else follows from revenue."""

N_SIMILAR = 5

N_KEPT = 64
"""Films whose features are kept at hand: who asks about a plan asks about changes of it next."""

GAPS = {
    "budget": "budget_usd",
    "genre": "genres",
    "runtime": "runtime_min",
    "studio": "companies",
    "director": "directors",
    "writer": "writers",
    "producer": "producers",
    "cast": "cast",
}
"""Field of a plan behind each group of inputs, whose gap says something to a model."""


class ForecastDesk:
    """Answers about films from the canonical tables and from models that were fitted before.

    A film is a :class:`FilmPlan` or the number of a title. ``today`` is the caller's: nothing here
    reads a clock. Every answer names the model and the data that it came from.

    Parameters
    ----------
    tables
        The canonical tables.
    models
        Fitted models by target: ``revenue``, and ``popularity`` and ``audience`` if there are any.
    snapshot
        Which data the tables are.
    """

    def __init__(
        self, tables: Tables, models: Mapping[str, Trained], *, snapshot: str = "tables"
    ) -> None:
        unknown = [name for name in models if name not in TARGETS]
        if unknown or "revenue" not in models:
            raise ParameterError(
                f"a desk needs a model of revenue and may have some of {', '.join(TARGETS[1:])}, "
                f"got {', '.join(models) or 'none'}"
            )
        self.tables = tables
        self.models = dict(models)
        self.snapshot = snapshot
        self.questions = QuestionMaker(tables)
        self._features = FilmFeatures(tables, self.questions.people)
        self._films = FilmNames(tables.titles)
        self._past = PastFilms(tables)
        self._kept: dict[tuple[int, date, FilmPlan], pl.DataFrame] = {}
        self._keeping = Lock()

    @property
    def genres(self) -> tuple[str, ...]:
        """Genres of the catalog's films under one name each: what a plan may say."""
        return self._films.genres

    def plan(self, values: Mapping[str, Any]) -> FilmPlan:
        """The plan in a mapping, its genres among those of the catalog; errors as ``film_plan``."""
        return self._films.plan(values)

    def forecast(
        self,
        film: FilmPlan | int,
        *,
        today: date,
        explained: bool = True,
        n_similar: int = N_SIMILAR,
    ) -> FilmForecast:
        """How the film will do, as of the day after its release or of today if that is earlier.

        Raises
        ------
        UnknownIdError
            If there is no title of that number.
        ParameterError
            If a planned film is out already, the title is a show, or a name fits several people.
        """
        question = self.question(film, today)
        return self.answer(question, self.features(question), explained, n_similar)

    def explain(
        self, film: FilmPlan | int, *, today: date, target: str = "revenue"
    ) -> FilmExplanation:
        """What each group of inputs does to the median of that target."""
        question = self.question(film, today)
        return self._explanation(question, self.features(question), self._model(target))

    def similar_films(
        self, film: FilmPlan | int, *, today: date, n: int = N_SIMILAR
    ) -> tuple[SimilarFilm, ...]:
        """The n past films most like it whose box office was known by then, nearest first."""
        question = self.question(film, today)
        return self._past.near(question, self.features(question), n)

    def what_if(self, film: FilmPlan | int, changes: Mapping[str, Any], *, today: date) -> WhatIf:
        """What a change of the plan's fields does to the forecast, all else the same.

        ``changes`` holds new values by field, as ``film_plan`` takes them; None makes one unknown.
        No change gives the ratio 1 with the interval [1, 1].
        """
        from marquee.service.what_if import what_if

        return what_if(self, self.question(film, today), changes)

    def best_month(self, film: FilmPlan | int, *, today: date) -> BestMonth:
        """The film in each month of its year."""
        from marquee.service.what_if import best_month

        return best_month(self, self.question(film, today))

    def budget_curve(self, film: FilmPlan | int, *, today: date, n: int = 9) -> BudgetCurve:
        """The film with n budgets across those of the training films."""
        from marquee.service.what_if import budget_curve

        return budget_curve(self, self.question(film, today), n)

    def warm_up(self, today: date) -> None:
        """Computes what answers share, so that the first one is not slower than the others."""
        self._past.films  # noqa: B018  # computed at first use
        self.forecast(FilmPlan(title="?", genres=self.genres[:1], budget_usd=1e7), today=today)

    # For the modules of this floor

    def question(self, film: FilmPlan | int, today: date) -> FilmQuestion:
        """The question about the film; a plan is refused if it is a released title.

        And so it is by models that know what becomes of a film after release.
        """
        if not isinstance(film, FilmPlan):
            return self.questions.of_title(int(film), today)
        self._films.refuse_released(film, today)
        for target, model in self.models.items():
            if model.horizon == "post_release":
                raise ParameterError(
                    f"the model of {target} was fitted at post_release, with what becomes of a "
                    "film in theaters; no plan has that: run `marquee forecast fit` without "
                    "--horizon post_release, or ask about a title that is out"
                )
        return self.questions.of_plan(film, today)

    def features(
        self, question: FilmQuestion, like: tuple[FilmQuestion, pl.DataFrame] | None = None
    ) -> pl.DataFrame:
        """The columns that any model or the search for similar films looks at, one row.

        ``like`` is a question about the same film with its features, to save time. Those of the
        last questions are kept.
        """
        columns, horizon = self._wanted
        key = (question.title_id, question.as_of, question.plan)
        found = self._kept.get(key)
        if found is None:
            found = self._features(question, columns, horizon, like=like)
            with self._keeping:
                while len(self._kept) >= N_KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = found
        return found

    @cached_property
    def _wanted(self) -> tuple[tuple[str, ...], Horizon]:
        """The columns that models and the search for similar films look at, and their horizon."""
        names = [name for model in self.models.values() for name in model.columns]
        horizon = max((m.horizon for m in self.models.values()), key=HORIZONS.index)
        allowed = [name for name in COLUMNS if _by(name, horizon)]
        return tuple(dict.fromkeys([*names, *allowed])), horizon

    @cached_property
    def _groups(self) -> dict[str, dict[str, str]]:
        """Group of each column, by target."""
        return {
            target: {name: column(name).group for name in model.columns}
            for target, model in self.models.items()
        }

    def answer(
        self, question: FilmQuestion, features: pl.DataFrame, explained: bool, n_similar: int
    ) -> FilmForecast:
        """The forecast of a question whose features are at hand."""
        model = self.models["revenue"]
        revenue = model.forecaster.predict(features)
        budget = question.plan.budget_usd
        money = money_of(revenue, budget)
        outside = self.outside(features)
        return FilmForecast(
            **self.about(question, model),
            revenue_usd=spread(revenue),
            popularity=self._other("popularity", features),
            audience_score=self._other("audience", features),
            similar=self._past.near(question, features, n_similar) if n_similar else (),
            explanation=self._explanation(question, features, model, revenue)
            if explained
            else None,
            warnings=told_by_group(each for each in outside if each.how != "gap"),
            notes=question.notes + self._notes(question, outside),
            **money,
        )

    def outside(self, features: pl.DataFrame) -> tuple[Outside, ...]:
        """The inputs of the model of revenue that lie outside those of its training films."""
        found = self.models["revenue"].seen.outside(features)
        return tuple(each for each in found if each.how != "rare")

    def about(self, question: FilmQuestion, model: Trained) -> dict[str, Any]:
        """What every answer says of its question and its source."""
        return {
            "film": question.plan.title,
            "title_id": question.number,
            "as_of": question.as_of,
            "horizon": model.horizon,
            "model": type(model.forecaster).__name__,
            "model_version": model.version,
            "snapshot": self.snapshot,
        }

    def _model(self, target: str) -> Trained:
        if target not in self.models:
            raise ParameterError(
                f"there is no model of {target!r}; there are {', '.join(self.models)}"
            )
        return self.models[target]

    def _other(self, target: str, features: pl.DataFrame) -> Spread | None:
        model = self.models.get(target)
        return None if model is None else spread(model.forecaster.predict(features))

    def _explanation(
        self,
        question: FilmQuestion,
        features: pl.DataFrame,
        model: Trained,
        forecast: Forecast | None = None,
    ) -> FilmExplanation:
        groups = self._groups[model.target]
        told = explain(model.forecaster, features, model.background, groups, forecast=forecast)
        return FilmExplanation(
            **self.about(question, model),
            target=model.target,
            median=told.median,
            base=float(from_scale(pl.Series([told.base]).to_numpy(), told.scale)[0]),
            base_on_scale=told.base,
            scale=told.scale,
            method=told.method,
            factors=factors_of(told, named_plan(question)),
        )

    def _notes(self, question: FilmQuestion, outside: tuple[Outside, ...]) -> tuple[str, ...]:
        notes: list[str] = []
        model = self.models["revenue"]
        groups = set(self._groups["revenue"].values())
        unseen = {column(each.column).group for each in outside if each.how == "gap"}
        gaps = {
            name: group in unseen
            for group, name in GAPS.items()
            if group in groups and not getattr(question.plan, name)
        }
        learned = [_field(name) for name, is_unseen in gaps.items() if not is_unseen]
        guessed = [_field(name) for name, is_unseen in gaps.items() if is_unseen]
        if learned:
            notes.append(
                f"Not given: {', '.join(learned)}. The model reads a gap as what films with "
                "that gap did in training, and not as nothing."
            )
        if guessed:
            notes.append(
                f"Not given: {', '.join(guessed)}. All films that the model learned from tell "
                "this: the answer is a guess there, maybe further off than its interval says."
            )
        if question.number is not None and (model.title_ids == question.number).any():
            notes.append(
                "The model learned from this film's own box office, so this is no test of it."
            )
        elif question.as_of <= model.until:
            notes.append(
                f"The model learned from films up to {model.until}, so it knows years after this "
                "film's release."
            )
        return tuple(notes)


def _by(name: str, horizon: Horizon) -> bool:
    return HORIZONS.index(column(name).horizon) <= HORIZONS.index(horizon)


def _field(name: str) -> str:
    """A field of a plan as a person calls it."""
    return {"budget_usd": "budget", "runtime_min": "running time"}.get(name, name)
