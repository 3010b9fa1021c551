"""How well audiences of titles are forecast that were held out whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.data.tables import Tables
from marquee.errors import ParameterError
from marquee.evaluation.bootstrap import Interval, bootstrap

TOP = 0.1
"""Share of viewers that is the top decile."""
FEWEST_FOR_LIFT = 20
"""Viewers from which on an audience says which segments come more than others."""


class Forecasted(Protocol):
    """What a model says of titles: see ``marquee.forecast.audience.Audience``."""

    @property
    def chance(self) -> NDArray[np.float32]:
        """Chance of each viewer to be in the audience, shape (n_titles, n_viewers)."""
        ...

    @property
    def low(self) -> NDArray[np.float64]:
        """Lower end of the interval of the number, shape (n_titles,)."""
        ...

    @property
    def high(self) -> NDArray[np.float64]:
        """Upper end of the interval of the number, shape (n_titles,)."""
        ...

    @property
    def expected(self) -> NDArray[np.float64]:
        """Expected number of viewers of each title, shape (n_titles,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class AudienceReport:
    """The figures of one meaning of audience, with 95 % intervals over resampled titles."""

    audience: str
    n_titles: int
    """Held-out titles with anybody in the audience."""
    n_viewers: int
    found: Interval
    """Share of the audience in the model's top decile of viewers, mean over titles."""
    found_by_activity: Interval
    """The same where viewers are ranked by their number of ratings alone."""
    lift: Interval
    """The first over the second."""
    title_lift: Interval
    """Mean over titles of the ratio of the title's two shares, each with a viewer of ten at random
    mixed in, so that a title that activity finds nobody of does not count infinitely."""
    coverage: Interval
    """Share of titles whose number lies in the 80 % interval; all held-out titles."""
    interval_factor: float
    """Median of the upper end over the lower one."""
    within_factor_two: float
    log_rmse: float
    """Of the number, half a viewer added."""
    log_rmse_of_mean: float
    """The same where every title gets the mean of the logarithms over training titles."""
    calibration_error: float
    """Expected calibration error of the chances over ten groups of equal size."""

    def to_dict(self) -> dict[str, Any]:
        """The figures for JSON."""
        return asdict(self)


def top_share(
    scores: ArrayLike, inside: NDArray[np.bool_], top: float = TOP
) -> NDArray[np.float64]:
    """Share of the audience among the best-scored viewers, shape (n_titles,).

    ``scores`` and ``inside`` have shape (n_titles, n_viewers), or scores (n_viewers,). The top
    holds ``top`` of the viewers, rounded down, one at least. Viewers tied at its edge count by the
    share of them that has room, which is what breaking ties at random gives on average. NaN where
    the audience is empty.

    Raises
    ------
    ParameterError
        If there are no viewers.
    """
    values = np.broadcast_to(np.asarray(scores, np.float64), inside.shape)
    n = inside.shape[1]
    if n == 0:
        raise ParameterError("there are no viewers to rank")
    k = max(int(n * top), 1)
    edge = -np.partition(-values, k - 1, axis=1)[:, k - 1 : k]
    above, tied = values > edge, values == edge
    room = (k - above.sum(axis=1)) / tied.sum(axis=1)
    hits = (above & inside).sum(axis=1) + room * (tied & inside).sum(axis=1)
    size = inside.sum(axis=1)
    return np.asarray(np.divide(hits, size, out=np.full(len(size), np.nan), where=size > 0))


def calibration_error(chance: ArrayLike, inside: ArrayLike, n_groups: int = 10) -> float:
    """Mean distance of what is said from what is, over groups of chances of equal size."""
    said = np.asarray(chance, np.float64).ravel()
    order = np.argsort(said, kind="stable")
    groups = np.array_split(order, n_groups)
    found = np.asarray(inside, np.float64).ravel()
    gaps = [abs(said[g].mean() - found[g].mean()) * len(g) for g in groups if len(g)]
    return float(sum(gaps) / max(said.size, 1))


def audience_of(
    ratings: pl.DataFrame, viewer_ids: ArrayLike, title_ids: ArrayLike, stars: float
) -> NDArray[np.bool_]:
    """Who gave a title at least so many stars, shape (n_titles, n_viewers)."""
    viewers, titles = np.asarray(viewer_ids), np.asarray(title_ids)
    rows = ratings.filter(pl.col("rating") >= stars)
    by_title = pl.DataFrame({"title_id": titles, "row": np.arange(len(titles))})
    by_viewer = pl.DataFrame({"viewer_id": viewers, "column": np.arange(len(viewers))})
    pairs = rows.join(by_title, on="title_id").join(by_viewer, on="viewer_id")
    inside = np.zeros((len(titles), len(viewers)), np.bool_)
    inside[pairs["row"].to_numpy(), pairs["column"].to_numpy()] = True
    return inside


def choose_held_out(tables: Tables, n: int, seed: int) -> NDArray[np.int64]:
    """Ids of n titles that have a plot and that somebody rated, drawn at random, ascending.

    Raises
    ------
    ParameterError
        If there are no more than n such titles: none would be left to learn from.
    """
    described = tables.titles.filter(pl.col("overview").is_not_null()).select("title_id")
    rated = described.join(tables.ratings, on="title_id", how="semi")["title_id"].sort()
    if len(rated) <= n:
        raise ParameterError(f"{n} titles cannot be held out of {len(rated)} with plot and ratings")
    drawn = np.random.default_rng(seed).choice(rated.to_numpy(), n, replace=False)
    return np.sort(drawn)


def measure_audience(
    name: str,
    forecast: Forecasted,
    inside: NDArray[np.bool_],
    activity: NDArray[np.int64],
    usual_log_share: float,
    *,
    seed: int = 0,
) -> AudienceReport:
    """The figures of forecasts against who came, shape (n_titles, n_viewers).

    ``activity`` is the number of ratings of each viewer that the model could see, and
    ``usual_log_share`` the mean log share of viewers over its training titles.
    """
    came = inside.sum(axis=1)
    some = came > 0
    if not some.any():
        raise ParameterError(f"none of the {len(inside)} held-out titles has an audience ({name})")
    model = top_share(forecast.chance, inside)[some]
    plain = top_share(activity, inside)[some]
    # A top decile drawn at random finds one in ten; it weighs as much as one viewer.
    each = (model * came[some] + TOP) / (plain * came[some] + TOP)
    intervals, _ = bootstrap(
        {
            "found": lambda rows: float(model[rows].mean()),
            "activity": lambda rows: float(plain[rows].mean()),
            "lift": lambda rows: float(model[rows].mean() / plain[rows].mean()),
            "title_lift": lambda rows: float(each[rows].mean()),
        },
        np.arange(some.sum()),
        seed=seed,
    )
    covered = ((came >= forecast.low) & (came <= forecast.high)).astype(np.float64)
    held, _ = bootstrap(
        {"coverage": lambda rows: float(covered[rows].mean())}, np.arange(len(came)), seed=seed
    )
    n = inside.shape[1]
    actual = np.log(came + 0.5)
    miss = actual - np.log(forecast.expected + 0.5)
    usual = actual - (usual_log_share + np.log(n + 1))
    factor = (forecast.high + 0.5) / (forecast.low + 0.5)
    return AudienceReport(
        audience=name,
        n_titles=int(some.sum()),
        n_viewers=n,
        found=intervals["found"],
        found_by_activity=intervals["activity"],
        lift=intervals["lift"],
        title_lift=intervals["title_lift"],
        coverage=held["coverage"],
        interval_factor=float(np.median(factor)),
        within_factor_two=float(np.mean(np.abs(miss) <= np.log(2))),
        log_rmse=float(np.sqrt(np.mean(miss**2))),
        log_rmse_of_mean=float(np.sqrt(np.mean(usual**2))),
        calibration_error=calibration_error(forecast.chance, inside),
    )


class SegmentForecast(Protocol):
    """What a model says of a segment: see ``marquee.forecast.audience_segments.SegmentRow``."""

    @property
    def kind(self) -> str:
        """What tells the segments apart."""
        ...

    @property
    def label(self) -> str:
        """Which of them it is."""
        ...

    @property
    def low(self) -> float:
        """Lower end of the interval of its number."""
        ...

    @property
    def high(self) -> float:
        """Upper end of it."""
        ...

    @property
    def lift_low(self) -> float:
        """Lower end of the interval of its lift."""
        ...

    @property
    def lift_high(self) -> float:
        """Upper end of it."""
        ...


def segment_coverage(
    segments: Mapping[str, tuple[NDArray[np.int32], tuple[str, ...]]],
    rows: Iterable[Iterable[SegmentForecast]],
    inside: NDArray[np.bool_],
    fewest: int = FEWEST_FOR_LIFT,
) -> dict[str, dict[str, float]]:
    """Share of segments whose number and lift lie in their intervals, by the kind of segment.

    ``segments`` numbers each viewer's segment and names them, ``rows`` are what is forecast of them
    for each title and ``inside`` who came, shape (n_titles, n_viewers). The lift counts for titles
    with an audience of ``fewest`` at least; NaN where there is none.
    """
    number: dict[str, list[bool]] = {kind: [] for kind in segments}
    lift: dict[str, list[bool]] = {kind: [] for kind in segments}
    for said, came in zip(rows, inside, strict=True):
        for row in said:
            numbers, labels = segments[row.kind]
            own = numbers == labels.index(row.label)
            found = int(came[own].sum())
            number[row.kind].append(row.low <= found <= row.high)
            if came.sum() >= fewest:
                actual = came[own].mean() / came.mean()
                lift[row.kind].append(bool(row.lift_low <= actual <= row.lift_high))
    return {
        kind: {
            "number": float(np.mean(number[kind])) if number[kind] else float("nan"),
            "lift": float(np.mean(lift[kind])) if lift[kind] else float("nan"),
        }
        for kind in segments
    }


def to_markdown(reports: Mapping[str, AudienceReport]) -> str:
    """A table with a row per meaning of audience."""
    head = (
        "| audience | titles | in top decile | by activity | lift | lift per title "
        "| 80 % interval holds | high÷low | within ×2 | log-RMSE (mean alone) | ECE |"
    )
    lines = [head, "|---" + "|--:" * 10 + "|"]
    for name, report in reports.items():
        cells = [
            name,
            str(report.n_titles),
            f"{report.found.value:.3f}",
            f"{report.found_by_activity.value:.3f}",
            _shown(report.lift),
            _shown(report.title_lift),
            _shown(report.coverage),
            f"{report.interval_factor:.1f}",
            f"{report.within_factor_two:.2f}",
            f"{report.log_rmse:.2f} ({report.log_rmse_of_mean:.2f})",
            f"{report.calibration_error:.3f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _shown(interval: Interval) -> str:
    return f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"
