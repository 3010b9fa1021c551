"""What is sent to the API; a field that nothing knows is refused, for it would be lost."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from marquee.app.api.asking import MAX_ID, FilterChoice, Moment, TasteChoice
from marquee.app.api.cursors import LONGEST
from marquee.data.feedback import Event, Settings

MOST_EVENTS = 500
"""Events in one batch."""
MOST_CANDIDATES = 500
MOST_RATINGS = 2_000

Id = Annotated[int, Field(ge=0, le=MAX_ID)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Token = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]
"""An id that a client makes: a UUID, say."""
Names = Annotated[list[Name], Field(max_length=200)]
At = Annotated[Moment, Field(description="With its time zone; now where it is left out.")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewEvent(_Body):
    """Something that a viewer said or did, about a title, a list, or a pick of a list."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"event_id": "3f1c", "viewer_id": 42, "verb": "rate", "title_id": 7, "value": 4.5}
            ]
        }
    )

    event_id: Token = Field(description="Made by the client, the same at every attempt to send.")
    viewer_id: Id
    verb: Literal[
        "rate",
        "unrate",
        "seen",
        "unseen",
        "watch",
        "watchlist",
        "unwatchlist",
        "hide",
        "unhide",
        "thumbs_up",
        "thumbs_down",
        "good_pick",
        "bad_pick",
        "comment",
    ]
    title_id: Id | None = None
    answer_id: Token | None = Field(default=None, description="The list in question.")
    value: Annotated[float, Field(ge=0, le=5)] | None = Field(
        default=None,
        description="Stars of `rate` (0.5 to 5 in half steps), share of `watch` (0 to 1).",
    )
    reason: Literal["genre", "actor", "seen elsewhere", "other"] | None = Field(
        default=None, description="Why a title is hidden."
    )
    text: Annotated[str, Field(min_length=1, max_length=2_000)] | None = None
    at: At | None = None

    def record(self, now: datetime) -> Event:
        """The event as the feedback database takes it."""
        return Event(**self.model_dump(exclude={"at"}), at=self.at or now)


class NewEvents(_Body):
    """A batch: all of it is written, or nothing."""

    events: Annotated[list[NewEvent], Field(min_length=1, max_length=MOST_EVENTS)]


class NewViewer(_Body):
    """The choices of a new viewer."""

    name: Annotated[str, Field(max_length=200)] = ""
    taste_groups: Names = []
    services: Names = []
    region: Name | None = None
    controls: dict[str, Any] = Field(
        default={}, description="Anything that a face wants to remember."
    )
    request_id: Token | None = Field(
        default=None,
        description="Made by the client: the same request again gives the same viewer.",
    )

    def record(self) -> Settings:
        """The settings as the feedback database takes them."""
        return settings_record(self.model_dump(exclude={"request_id"}))


class NewChoices(_Body):
    """Choices to change; what is left out stays."""

    name: Annotated[str, Field(max_length=200)] = ""
    taste_groups: Names = []
    services: Names = []
    region: Name | None = None
    controls: dict[str, Any] = {}

    def over(self, before: Settings) -> Settings:
        """The settings with what was sent in place of what was there."""
        return settings_record(vars(before) | self.model_dump(exclude_unset=True))


def settings_record(choices: dict[str, Any]) -> Settings:
    """Settings from plain values."""
    listed = {name: tuple(choices[name]) for name in ("taste_groups", "services")}
    return Settings(**(choices | listed))


class NewList(_Body):
    """A list that a viewer was shown."""

    answer_id: Token
    title_ids: Annotated[list[Id], Field(min_length=1, max_length=1_000)] = Field(
        description="In the order in which they were shown."
    )
    model: Name = Field(description="`model` of the answer.")
    snapshot: Name = Field(description="`snapshot` of the answer.")
    arms: Annotated[list[Name | None], Field(max_length=1_000)] | None = Field(
        default=None, description="`arm` of each pick, in the same order; needed in experiments."
    )
    at: At | None = None


class Stars(_Body):
    """What somebody gives a title."""

    title_id: Id
    stars: Annotated[float, Field(ge=0.5, le=5)]


class Visitor(_Body):
    """An anonymous profile, and what is wanted; nothing of it is kept."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ratings": [{"title_id": 7, "stars": 4.5}], "n": 5}]}
    )

    ratings: Annotated[list[Stars], Field(max_length=MOST_RATINGS)] = []
    likes: Annotated[list[Name], Field(max_length=100)] = Field(
        default=[], description="Titles that are liked, by name and year or as `#` and number."
    )
    filters: FilterChoice = FilterChoice()
    taste: TasteChoice = TasteChoice()
    n: Annotated[int, Field(ge=1, le=100)] = Field(default=10, description="Titles on a page.")
    reasons: Annotated[int, Field(ge=0, le=10)] = Field(
        default=2, description="Reasons for each pick."
    )
    cursor: Annotated[str, Field(max_length=LONGEST)] | None = Field(
        default=None, description="`next` of the page before, with the same question."
    )


class Candidates(_Body):
    """Titles to put in order."""

    title_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_CANDIDATES)]
    viewer_id: Id | None = Field(
        default=None, description="For whom; left out: for nobody in particular."
    )
    reasons: Annotated[int, Field(ge=0, le=10)] = 0
