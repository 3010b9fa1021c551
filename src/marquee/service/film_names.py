"""What the names of a catalog's films allow a plan to say, at the price of the titles alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from marquee.data.titles import normalize
from marquee.errors import ParameterError
from marquee.features.genres import genre_names
from marquee.service.film_plan import FilmPlan, film_plan


class FilmNames:
    """The films among the titles, (n, …) as the canonical table: their names and genres."""

    def __init__(self, titles: pl.DataFrame) -> None:
        self._films = titles.filter(pl.col("kind") == "film")

    @cached_property
    def genres(self) -> tuple[str, ...]:
        """Genres of the catalog's films under one name each: what a plan may say."""
        return tuple(
            self._films.select(genre_names().explode().drop_nulls().unique().sort())["genres"]
        )

    def plan(self, values: Mapping[str, Any]) -> FilmPlan:
        """The plan in a mapping, its genres among those of the catalog; errors as ``film_plan``."""
        return film_plan(values, self.genres)

    def refuse_released(self, plan: FilmPlan, today: date) -> None:
        """Raises ``ParameterError`` if a film of that name and about that year is out already."""
        for title_id, year, released in self._named.get(normalize(plan.title), ()):
            planned = plan.opens_in
            if released is None or released >= today:
                continue
            if planned is None or year is None or abs(planned - year) <= 1:
                raise ParameterError(
                    f"{plan.title!r} is title {title_id}, already released on {released}; ask "
                    f"about '#{title_id}' itself to see what would have been said before it "
                    "opened, or give the plan another title or year"
                )

    @cached_property
    def _named(self) -> dict[str, list[tuple[int, int | None, date | None]]]:
        """Films of each name: number, year and day of release."""
        found: dict[str, list[tuple[int, int | None, date | None]]] = {}
        rows = self._films.select("title_id", "name", "year", "release_date").iter_rows()
        for number, name, year, day in rows:
            found.setdefault(normalize(name), []).append((number, year, day))
        return found
