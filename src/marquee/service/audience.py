"""Who would want a title that nobody has seen, told to a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.tables import Tables
from marquee.errors import ParameterError
from marquee.forecast.audience import AUDIENCES, Audience, AudienceModel
from marquee.forecast.audience_segments import segment_rows
from marquee.forecast.audience_size import COVERAGE
from marquee.service.film_question import FilmQuestion

TOP = 0.1
"""Share of viewers that is the top decile."""
MEANINGS = {"liked": "would give it at least 4 stars", "seen": "would watch and rate it"}
"""What it is to be in the audience, in words."""
CAVEATS = (
    "Counts viewers of this data alone; they stand for others only as far as they are alike.",
    "Learned from what these viewers rated in the past, over as long a time as the data cover; it "
    "tells who would come if the title were found and marketed as titles like it were.",
    "Says whom the title suits among all viewers of the data, also those who have stopped coming; "
    "who is still there is not forecast.",
    "A rating is not a ticket: who watched and never rated is not counted.",
)
"""What holds for every such forecast."""
ITS_OWN = "Viewers have rated this title already; their histories are read without it."
NO_PLOT = "The title has no plot, so it is compared by what else is known."


@dataclass(frozen=True)
class Segment:
    """What is forecast of viewers who share a taste or a fact; intervals hold 8 of 10."""

    kind: str
    """taste, age, gender, occupation or country."""
    name: str
    n_viewers: int
    expected: float
    """How many of them are in the audience."""
    low: float
    high: float
    lift: float
    """How many times the share of all viewers comes from among them."""
    lift_low: float
    lift_high: float


@dataclass(frozen=True, kw_only=True)
class AudienceForecast:
    """The audience of one title; the numbers of each kind of segment sum to ``expected``."""

    title_id: int | None
    """None for a planned film."""
    title: str
    audience: str
    """liked or seen."""
    meaning: str
    """The same in words."""
    expected: float
    low: float
    """``low`` to ``high`` holds the number for 8 titles of 10."""
    high: float
    interval: float
    """The share that it promises to hold, 0.8."""
    n_viewers: int
    """All viewers of the data."""
    top_tenth: float
    """Share of the audience that is expected among the tenth of viewers ranked first."""
    lift_over_activity: float
    """That over the share expected among the tenth who rate the most."""
    tastes: tuple[Segment, ...]
    """Groups of viewers by what they watch and like, named by their genres."""
    segments: tuple[Segment, ...]
    """Groups by age band, gender, occupation and country, where known."""
    viewer_ids: tuple[int, ...]
    """Those who would want it most, most of all first; none unless asked for."""
    n_titles_learned: int
    caveats: tuple[str, ...]


def forecast_audience(
    model: AudienceModel,
    about: FilmQuestion | Tables,
    title_id: int | None = None,
    *,
    audience: str = "liked",
    n_viewers: int = 0,
) -> AudienceForecast:
    """The audience of a planned film, or of a title of the tables by its number.

    Of the tables only the title's own row and credits are read. ``n_viewers`` asks for the ids of
    so many viewers; they are people, so none are given by default.

    Raises
    ------
    ParameterError
        If there is no such meaning of audience, or no number for tables.
    UnknownIdError, NotFittedError
        If the tables lack the title, or the model is not fitted.
    """
    if audience not in AUDIENCES:
        raise ParameterError(f"there is no audience {audience!r}; there are {', '.join(AUDIENCES)}")
    if n_viewers < 0:
        raise ParameterError(f"n_viewers must be at least 0, got {n_viewers}")
    if isinstance(about, FilmQuestion):
        tables = Tables(titles=about.title, credits=about.credits)
        number, title_id = about.number, about.title_id
    elif title_id is None:
        raise ParameterError("which title of the tables is meant? give its title_id")
    else:
        tables, number = about, title_id
    found = model.forecast(tables, [title_id])[audience]
    learned, kinds = model.learned_[audience], model.segments()
    rows = segment_rows(
        kinds, found.chance[0], float(found.log_share[0]), learned.size, learned.segments
    )
    own = tables.titles.row(by_predicate=pl.col("title_id") == title_id, named=True)
    ranked, lift = _ranked(found, model.histories_.activity)
    expected = float(found.expected[0])
    return AudienceForecast(
        title_id=number,
        title=own["name"],
        audience=audience,
        meaning=MEANINGS[audience],
        expected=expected,
        low=float(found.low[0]),
        high=float(found.high[0]),
        interval=COVERAGE,
        n_viewers=len(found.viewer_ids),
        top_tenth=lift[0],
        lift_over_activity=lift[1],
        tastes=tuple(Segment(*row) for row in rows if row.kind == "taste"),
        segments=tuple(Segment(*row) for row in rows if row.kind != "taste"),
        viewer_ids=tuple(found.viewer_ids[ranked[:n_viewers]].tolist()),
        n_titles_learned=model.n_learned_,
        caveats=(*CAVEATS, *_notes(model, title_id, own["overview"])),
    )


def _ranked(
    found: Audience, activity: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[float, float]]:
    """Viewers by their chance; the share in the top tenth, and that over the share by activity."""
    chance = found.chance[0].astype(np.float64)
    ranked = np.argsort(-chance, kind="stable")
    k = max(int(len(chance) * TOP), 1)
    top, all_of_it = chance[ranked[:k]].sum(), max(float(chance.sum()), 1e-12)
    busiest = chance[np.argsort(-activity, kind="stable")[:k]].sum()
    return ranked, (float(top / all_of_it), float(top / max(busiest, 1e-12)))


def _notes(model: AudienceModel, title_id: int, overview: str | None) -> tuple[str, ...]:
    own = model.histories_.titles.find([title_id])[0] >= 0
    return tuple(text for text, holds in ((ITS_OWN, own), (NO_PLOT, not overview)) if holds)
