"""What whoever uses a fitted forecaster should know of it: the card that lies beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marquee.evaluation.forecasting.frames import OF_MONEY, Labeled
from marquee.evaluation.forecasting.markdown import shown, table
from marquee.evaluation.forecasting.report import ForecastReport, Result
from marquee.evaluation.plain import plain
from marquee.features import FEATURES
from marquee.features.base import HORIZONS, Horizon
from marquee.features.frame import columns_at
from marquee.forecast.base import Estimator

FIGURES = (
    *("log_rmse", "rmse", "r2_log", "r2", "within_2", "spearman", "coverage_80", "coverage_90"),
    *("width_80", "auc_2x", "brier_2x", "ece_2x"),
)
"""Figures of the card, of those that the target has."""

LIMITS = (
    "It tells how films that were alike in these columns did, not what a change would cause.",
    "It knows no marketing, no reviews, no strikes and no pandemic, and nothing of what the film "
    "is like beyond its description.",
    "Intervals hold on average over films like those it was measured on; see their coverage by "
    "third of the budgets, and the warnings of an answer for inputs outside the training data.",
    "Films that a catalog leaves out, or whose outcome nobody entered, were not learned from: they "
    "are mostly small.",
)
LIMITS_OF_MONEY = (
    "Revenue is the worldwide gross in nominal US dollars as the data say it: no streaming, no "
    "home video, and cinemas keep about half.",
)
LIMITS_OF_TARGET = {
    "popularity": (
        "Popularity is a figure of one catalog on the day of its snapshot; it tells who looked a "
        "film up then, not what it earned.",
    ),
    "audience": (
        "The score is that of those who chose to vote; films with few votes were not learned from.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """A fitted forecaster: for what, from what, how good, and where it ends."""

    model: str
    params: dict[str, Any]
    version: str
    target: str
    horizon: Horizon
    created_at: str | None
    snapshot: str
    data_fingerprint: str
    steps: tuple[tuple[str, int], ...]
    """What was asked of a film, and how many were left after each demand."""
    n_films: int
    first_released: str
    last_released: str
    columns: tuple[str, ...]
    banned: tuple[str, ...]
    """Columns that are refused because only a later stage of a film's life tells them."""
    undated: tuple[str, ...]
    """Columns that were left out because catalogs keep no date for what they tell."""
    report: ForecastReport | None
    """What was measured of the same model fitted on the earlier films; None if nothing was."""
    n_readings: int | None
    limits: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The card as JSON knows it; of the report what the card shows."""
        values: dict[str, Any] = {
            name: plain(getattr(self, name))
            for name in self.__dataclass_fields__
            if name != "report"
        }
        values["measured"] = None if self.report is None else _measured(self.report)
        return values

    def to_markdown(self) -> str:
        """The card as Markdown."""
        films = "; ".join(f"{n:,} {words}" for words, n in self.steps)
        parts = [
            f"# {self.target}: {self.model}",
            "What it is for: a forecast of "
            f"{self.target} from what is known at horizon `{self.horizon}`, as a distribution.",
            table(
                ["", ""],
                [
                    ["version", self.version],
                    ["written", self.created_at],
                    ["data snapshot", self.snapshot],
                    ["data fingerprint", self.data_fingerprint],
                    ["parameters", ", ".join(f"{k} {v}" for k, v in self.params.items())],
                ],
            ),
            "## Films learned from",
            f"{films}. Learned from {self.n_films:,} films, released {self.first_released} to "
            f"{self.last_released}.",
            *_measured_parts(self.report, self.n_readings),
            "## Columns",
            f"{len(self.columns)} columns: {', '.join(self.columns)}.",
            f"Refused, for only a later stage tells them: {', '.join(self.banned) or 'none'}.",
            "Left out, for they may be younger than the forecast and catalogs keep no date for "
            f"them: {', '.join(self.undated) or 'none'}.",
            "## Limits",
            "\n".join(f"- {text}" for text in self.limits),
        ]
        return "\n\n".join(parts) + "\n"


def model_card(
    films: Labeled,
    model: Estimator,
    name: str,
    *,
    version: str,
    snapshot: str,
    data_fingerprint: str,
    created_at: str | None,
    report: ForecastReport | None,
    n_readings: int | None,
) -> ModelCard:
    """The card of a model that was fitted on those films."""
    of_money = LIMITS_OF_MONEY if films.target in OF_MONEY else ()
    return ModelCard(
        model=name,
        params=plain(model.params()),
        version=version,
        target=films.target,
        horizon=films.horizon,
        created_at=created_at,
        snapshot=snapshot,
        data_fingerprint=data_fingerprint,
        steps=films.steps,
        n_films=len(films),
        first_released=str(films.released.min()),
        last_released=str(films.released.max()),
        columns=model.columns_,
        banned=banned_columns(films.horizon),
        undated=undated_columns(films.horizon, model.columns_),
        report=report,
        n_readings=n_readings,
        limits=(*LIMITS, *of_money, *LIMITS_OF_TARGET.get(films.target, ())),
    )


def banned_columns(horizon: Horizon) -> tuple[str, ...]:
    """Columns that become known after the horizon, in the order of the themes."""
    return tuple(
        column.name
        for theme in FEATURES.values()
        for column in theme.columns
        if HORIZONS.index(column.horizon) > HORIZONS.index(horizon)
    )


def undated_columns(horizon: Horizon, used: tuple[str, ...]) -> tuple[str, ...]:
    """Undated columns that may be asked at the horizon and are not among those used."""
    return tuple(
        column.name for column in columns_at(horizon) if column.undated and column.name not in used
    )


def _measured(report: ForecastReport) -> dict[str, Any]:
    values: dict[str, Any] = plain(
        {
            "split": report.split,
            "splits": report.splits,
            "coverage": report.coverage,
            "suspicions": report.suspicions,
            "results": [
                {
                    "name": result.name,
                    "is_baseline": result.is_baseline,
                    "metrics": result.metrics,
                    "intervals": result.intervals,
                    "differences": result.differences,
                    "slices": result.slices,
                }
                for result in report.results
            ],
        }
    )
    return values


def _measured_parts(report: ForecastReport | None, n_readings: int | None) -> list[str]:
    if report is None:
        return [
            "## Figures",
            "Nothing was measured with this fit; see `marquee forecast evaluate`.",
        ]
    [split] = report.splits
    names = [name for name in FIGURES if name in report.results[0].metrics]
    times = "" if n_readings is None else f" These films have been read {n_readings} time(s)."
    said = (
        f"Measured by {report.split}: a model of the same settings learned from {split.n_train:,} "
        f"films and was asked about {split.n_test:,}, released {split.first_asked} to "
        f"{split.last_asked}.{times} The model itself was then fitted on all films."
    )
    parts = [
        "## Figures",
        said,
        table(["", *names], [_row(result, names) for result in report.results]),
        *report.suspicions,
    ]
    differences = [
        [
            result.name,
            name,
            f"{shown(each.value)} [{shown(each.low)}, {shown(each.high)}]",
            each.against,
        ]
        for result in report.results
        if not result.is_baseline
        for name, each in result.differences.items()
    ]
    if differences:
        head = ["model", "figure", f"difference, {100 * report.coverage:.0f} %", "against"]
        parts.append(table(head, differences))
    model = next((each for each in report.results if not each.is_baseline), None)
    if model is not None and model.slices:
        rows = [
            [part.name, part.n, *(part.metrics.get(name) for name in names)]
            for part in model.slices
        ]
        parts.append(table(["films", "n", *names], rows))
    return parts


def _row(result: Result, names: list[str]) -> list[object]:
    called = f"{result.name} (baseline)" if result.is_baseline else result.name
    return [called, *(result.metrics.get(name) for name in names)]
