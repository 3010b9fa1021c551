"""What may be asked of a list: filters and taste, in a query or in a body, in equal words."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from marquee.service.filters import EVERYTHING, MOST_VALUES, Filters
from marquee.service.taste import NEUTRAL, Taste

MAX_ID = 2**53 - 1
"""Numbers above it are not exact in JavaScript."""
LONGEST_LIST = 500
"""Titles after which a list ends: whoever pages further wants the catalog, not picks."""

Word = Annotated[str, Field(max_length=200)]
Words = Annotated[list[Word], Field(max_length=MOST_VALUES)]
Year = Annotated[int, Field(ge=0, le=9999)]
Minutes = Annotated[int, Field(ge=0, le=99_999)]
OwnSet = Literal["rated", "seen", "hidden", "watchlist"]
Record = TypeVar("Record", Filters, Taste)


def _written_out(value: object) -> object:
    """The value, if it is no number: seconds since 1970 are as easily milliseconds."""
    if isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        raise ValueError("a moment is written as 2026-01-31T12:00:00Z")
    if not isinstance(value, str | datetime | None):
        raise ValueError(f"a moment is written as 2026-01-31T12:00:00Z, got {value!r:.40}")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]
"""A moment with its time zone."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FilterChoice(_Asked):
    """What a title must be to appear; everything asked for must hold.

    A title of which the asked fact is unknown does not qualify.
    """

    kind: Literal["film", "show"] | None = Field(default=None, description="Films or shows only.")
    genres: Words = Field(
        default=[], description="At least one of these genres.", examples=[["Drama"]]
    )
    genres_all: Words = Field(default=[], description="Every one of these genres.")
    genres_none: Words = Field(default=[], description="Not one of these genres.")
    decade: Annotated[str, Field(pattern=r"^\d{3}0s?$")] | None = Field(
        default=None, description="Ten years from this one on.", examples=["1990s"]
    )
    year_from: Year | None = Field(default=None, description="First year that qualifies.")
    year_to: Year | None = Field(default=None, description="Last year that qualifies.")
    runtime_min: Minutes | None = Field(
        default=None,
        description="Least running time in minutes. Films and shows do not compare: a bound asks "
        "for films, unless `kind` is `show`, where it is that of an episode.",
    )
    runtime_max: Minutes | None = Field(
        default=None,
        description="Longest running time in minutes; asks for films as `runtime_min` does.",
    )
    languages: Words = Field(default=[], description="At least one of these languages.")
    countries: Words = Field(default=[], description="Made in at least one of these countries.")
    certificates: Words = Field(default=[], description="One of these age certificates.")
    services: Words = Field(default=[], description="Carried by at least one of these services.")
    region: Word | None = Field(
        default=None, description="Where the services are asked about; alone: on any service there."
    )
    only: Annotated[list[OwnSet], Field(max_length=4)] = Field(
        default=[], description="The viewer's own sets of which the title must be in one."
    )
    exclude: Annotated[list[OwnSet | Literal["none"]], Field(max_length=5)] = Field(
        default=[],
        description="The viewer's own sets of which it must be in none: by default rated, seen "
        "and hidden; `none` leaves nothing out, whatever else is named beside it.",
    )

    def record(self) -> Filters:
        """The filters as the engine takes them.

        Raises
        ------
        ParameterError
            If a value is none that could be asked for.
        """
        given = self.model_dump(exclude_defaults=True)
        if not given:
            return EVERYTHING
        return Filters.from_query(
            {
                name: value if isinstance(value, list) else str(value)
                for name, value in given.items()
            }
        )


class TasteChoice(_Asked):
    """How a list should lean beside the model's own order, and what may fill it."""

    adventurous: float = Field(default=0, ge=0, le=1, description="0 familiar to 1 adventurous.")
    obscure: float = Field(default=0, ge=-1, le=1, description="-1 popular to 1 obscure.")
    newer: float = Field(default=0, ge=-1, le=1, description="-1 older to 1 newer.")
    per_director: Annotated[int, Field(ge=0, le=100)] = Field(
        default=2, description="Most titles of one director; 0 for no cap."
    )
    per_collection: Annotated[int, Field(ge=0, le=100)] = Field(
        default=2, description="Most titles of one collection (franchise); 0 for no cap."
    )
    per_genre: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.6,
        description="Most of the list that may carry one genre, as a share, counted over the first "
        "ten picks and then over all so far; 1 for no cap. Genres that are asked for have none.",
    )

    def record(self) -> Taste:
        """The taste as the engine takes it."""
        given = self.model_dump(exclude_defaults=True)
        if not given:
            return NEUTRAL
        uncapped = {"per_director": 0, "per_collection": 0, "per_genre": 1}
        given |= {name: None for name, none in uncapped.items() if given.get(name) == none}
        return Taste(**given)


def from_query(
    choice: type[FilterChoice] | type[TasteChoice],
) -> Callable[..., Coroutine[Any, Any, Any]]:
    """A dependency that reads the choice from the parameters of a query."""

    async def read(**given: Any) -> Any:
        return choice(**given).record()

    # A model as one parameter is not told apart into its fields where there are others beside it.
    read.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # functions may have one
        [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=info.get_default(call_default_factory=True),
                annotation=Annotated[
                    info.annotation, *info.metadata, Query(description=info.description)
                ],
            )
            for name, info in choice.model_fields.items()
        ]
    )
    return read


query_filters = from_query(FilterChoice)
query_taste = from_query(TasteChoice)
