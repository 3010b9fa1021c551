"""What the engine answers from: the tables and models of one workspace, read once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.data.publishers import ATTRIBUTIONS
from marquee.data.schema import WORLD
from marquee.data.workspace import Workspace
from marquee.errors import ParameterError, WorkspaceError
from marquee.lifecycle.fitting import catalog_interactions, fitted_models
from marquee.lifecycle.runs import has_model, has_run, runs
from marquee.lifecycle.saving import describe, load
from marquee.lifecycle.serving import OF_RUN, Serving, named, serving
from marquee.models.abilities import PredictsRatings
from marquee.models.base import Recommender
from marquee.service.catalog import Catalog
from marquee.service.facts import TitleFacts
from marquee.service.onboarding import TasteGroup, rating_entropy, taste_groups
from marquee.service.records import FICTIONAL, PARTLY_FICTIONAL, Source, TitleCard
from marquee.service.search import TitleSearch
from marquee.service.traits import Traits

MOST_COUNTS = 32
"""Spans of days of which the numbers of ratings are kept."""

STALE = "Titles changed since the model was fitted; run `marquee fit`."


@dataclass(frozen=True, eq=False)
class Library:
    """One snapshot of the data and the models fitted on it; nothing in it changes.

    What takes long to make out of them is made when it is first asked for.

    Positions everywhere are those of the model's catalog. Titles that came after the fit are found
    by name but recommended only after the next one.
    """

    catalog: Catalog
    facts: TitleFacts
    titles: pl.DataFrame
    credits: pl.DataFrame
    availability: pl.DataFrame
    ratings: Interactions
    """The workspace's ratings over the model's catalog, with all its viewers."""
    known_viewers: NDArray[np.int64]
    """Numbers of all viewers of the workspace, ascending, those without a rating included."""
    mean_ratings: NDArray[np.float64]
    """Mean rating of each item, NaN where nobody rated it."""
    model: Recommender
    model_name: str
    model_version: str
    """The data that the model was fitted on and its parameters, in twelve letters."""
    fitted: tuple[str, ...]
    """Names of all models of the workspace, those of its runs included."""
    predictor: PredictsRatings | None
    """A model that predicts ratings, over the same catalog; None where none was fitted."""
    snapshot: str
    notes: tuple[str, ...]

    @classmethod
    def open(cls, workspace: Workspace, model: str | None = None) -> Library:
        """The library of the snapshot in force and of the named model or run, or of what answers.

        Raises
        ------
        WorkspaceError
            If the workspace holds no data, no model, or none of that name.
        SavedModelError
            If the model is damaged.
        """
        asked = serving(workspace) if model is None else _asked(workspace, model)
        recommender = load(asked.folder)
        manifest = describe(asked.folder)
        tables = workspace.tables()
        ratings = catalog_interactions(tables).with_items(recommender.items_)
        columns = ratings.matrix.indices
        counts = np.bincount(columns, minlength=ratings.n_items)
        totals = np.bincount(columns, ratings.matrix.data, ratings.n_items)
        items = recommender.items_
        stale = len(items) != tables.titles.height or bool(
            (items.find(tables.titles["title_id"].to_numpy()) < 0).any()
        )
        return cls(
            catalog=Catalog(tables.titles),
            facts=TitleFacts.of(items, tables.titles, tables.credits, tables.availability, counts),
            titles=tables.titles,
            credits=tables.credits,
            availability=tables.availability,
            ratings=ratings,
            known_viewers=np.union1d(tables.viewers["viewer_id"].to_numpy(), ratings.users.ids),
            mean_ratings=np.divide(
                totals, counts, out=np.full(len(counts), np.nan), where=counts > 0
            ),
            model=recommender,
            model_name=asked.name,
            model_version=manifest.version,
            fitted=_names(workspace, asked),
            predictor=_predictor(asked, recommender),
            snapshot=workspace.snapshot or "",
            notes=(
                *fictional_notes(tables.titles),
                *attributions(tables.titles, tables.availability),
                *[STALE] * stale,
            ),
        )

    def beside(self, workspace: Workspace, model: str) -> Library:
        """The same data with another model or run, fitted over the same titles.

        Raises
        ------
        WorkspaceError
            If there is no such model, or it was fitted over other titles.
        """
        asked = _asked(workspace, model)
        recommender = load(asked.folder)
        if recommender.items_ != self.model.items_:
            raise WorkspaceError(
                f"{model} and {self.model_name} were fitted over other titles; train both on the "
                "tables in force"
            )
        return replace(
            self,
            model=recommender,
            model_name=asked.name,
            model_version=describe(asked.folder).version,
            predictor=_predictor(asked, recommender),
        )

    @property
    def source(self) -> Source:
        """Which model and data answer."""
        return {
            "model": self.model_name,
            "model_version": self.model_version,
            "snapshot": self.snapshot,
        }

    def places(self, title_ids: Iterable[int]) -> NDArray[np.int32]:
        """Positions of the titles of those numbers, -1 where the model has none."""
        if isinstance(title_ids, np.ndarray):  # as it is: a large catalog is many Python objects
            return self.facts.items.find(title_ids)
        # What 64 bits do not hold is the number of no title, and would fit no array.
        numbers = [number if abs(number) < 2**63 else None for number in title_ids]
        found = np.full(len(numbers), -1, np.int32)
        fits = np.array([number is not None for number in numbers], np.bool_)
        found[fits] = self.facts.items.find([number for number in numbers if number is not None])
        return found

    def card_at(self, position: int) -> TitleCard:
        """The card of the title at a position of the catalog."""
        return self.catalog.card(int(self.facts.items.ids[position]))

    @cached_property
    def title_ids(self) -> frozenset[int]:
        """Numbers of all titles, those that came after the fit included."""
        return frozenset(self.titles["title_id"].to_list())

    @cached_property
    def search(self) -> TitleSearch:
        """The index of names and people."""
        places = self.facts.items.find(self.titles["title_id"].to_numpy())
        counts = np.where(places >= 0, self.facts.n_ratings[places], 0)
        return TitleSearch(self.titles, self.credits, counts)

    @cached_property
    def tastes(self) -> tuple[TasteGroup, ...]:
        """The groups of titles that the same people like."""
        return taste_groups(self.ratings, self.facts)

    @cached_property
    def entropy(self) -> NDArray[np.float32]:
        """How much people disagree about each title, in bits, shape (n_items,)."""
        return rating_entropy(self.ratings)

    @cached_property
    def traits(self) -> Traits:
        """What titles may have in common."""
        return Traits.of(self.facts)

    @cached_property
    def newest(self) -> NDArray[np.float32]:
        """Days from 1970 to the release, of one day the most rated first; -inf where unknown."""
        released = self.facts.released
        dated = ~np.isnat(released)
        days = np.full(len(dated), -np.inf, np.float32)
        days[dated] = released[dated].astype("datetime64[D]").astype(np.int64)
        return (days + self.facts.share / 2).astype(np.float32)

    @cached_property
    def _counts(self) -> dict[int | None, NDArray[np.float32]]:
        """Ratings of each item by the number of days that were asked for."""
        return {None: self.facts.n_ratings.astype(np.float32)}

    def rating_counts(self, days: int | None = None) -> NDArray[np.float32]:
        """Ratings of each item, of all time or of so many days up to the newest rating.

        Raises
        ------
        ParameterError
            If days is below 1.
        """
        times = self.ratings.times
        if days is None or times is None or not len(times):
            return self._counts[None]
        if days < 1:
            raise ParameterError(f"days must be at least 1, got {days}")
        found = self._counts.get(days)
        if found is None:
            columns = self.ratings.matrix.indices[times > times.max() - days * 86_400]
            found = np.bincount(columns, minlength=self.ratings.n_items).astype(np.float32)
            # Anybody may ask for any number of days: of the odd ones the oldest gives way.
            if len(self._counts) >= MOST_COUNTS:
                self._counts.pop(next(key for key in list(self._counts) if key is not None), None)
            self._counts[days] = found
        return found

    def rated(self, viewer_id: int) -> dict[int, float]:
        """Item positions and ratings of a viewer of the workspace; empty for anybody else."""
        [row] = self.ratings.users.find([viewer_id])
        if row < 0:
            return {}
        matrix = self.ratings.matrix
        entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
        return dict(
            zip(matrix.indices[entries].tolist(), matrix.data[entries].tolist(), strict=True)
        )


def fictional_notes(titles: pl.DataFrame) -> tuple[str, ...]:
    """What to say where titles of the built-in world are shown; nothing where there are none."""
    fictional = titles["source"] == WORLD
    if not fictional.any():
        return ()
    return (FICTIONAL if fictional.all() else PARTLY_FICTIONAL,)


def attributions(titles: pl.DataFrame, availability: pl.DataFrame) -> tuple[str, ...]:
    """What publishers want said where what they brought is shown."""
    brought = set(titles["sources"].explode().drop_nulls().unique())
    named = [said.data for source, said in ATTRIBUTIONS.items() if source in brought]
    return (*named, *offers_credit(availability))


def offers_credit(availability: pl.DataFrame) -> tuple[str, ...]:
    """Whom to name where those offers are shown."""
    offered = set(availability["source"].unique())
    return tuple(said.offers for source, said in ATTRIBUTIONS.items() if source in offered)


def _asked(workspace: Workspace, model: str) -> Serving:
    """The run of that name, or the model fitted under it."""
    if has_run(workspace, model):
        if not has_model(workspace, model):
            raise WorkspaceError(f"the model of run {model} was removed; train it again")
        return named(workspace, OF_RUN + model)
    fitted = fitted_models(workspace)
    if model not in fitted:
        raise WorkspaceError(
            f"no model {model!r} is fitted; there are {', '.join(fitted) or 'none'}; "
            f"fit one with `marquee fit --model NAME`"
        )
    return named(workspace, model)


def _names(workspace: Workspace, asked: Serving) -> tuple[str, ...]:
    """Lists of a model that answered a moment ago may still be told of."""
    of_runs = {run.model for run in runs(workspace)}
    return tuple(sorted({asked.name, *of_runs, *fitted_models(workspace)}))


def _predictor(asked: Serving, model: Recommender) -> PredictsRatings | None:
    if isinstance(model, PredictsRatings):
        return model
    if asked.predictor is None:
        return None
    predictor = load(asked.predictor)
    fits = isinstance(predictor, PredictsRatings) and predictor.items_ == model.items_
    return predictor if fits and isinstance(predictor, PredictsRatings) else None
