"""A comparison as one page of HTML that needs nothing else: no network, no script."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from marquee.app.leaderboard.scatter import Axis, Dot, scatter
from marquee.app.report.page import templates
from marquee.app.report.theme import DARK, LIGHT

NAMES = {
    "ndcg": "NDCG",
    "recall": "Recall",
    "recall_capped": "Recall of what fits",
    "precision": "Precision",
    "hit_rate": "Hit rate",
    "mrr": "MRR",
    "map": "MAP",
    "map_capped": "MAP of what fits",
    "auc": "AUC",
    "rmse": "RMSE",
    "mae": "MAE",
    "coverage": "Catalog shown",
    "gini": "Gini of showing",
    "novelty": "Novelty, bits",
    "arp": "Viewers per title",
    "aplt": "Share of tail",
    "diversity_genres": "Diversity of genres",
    "diversity_vectors": "Diversity of words",
    "serendipity": "Serendipity",
    "popularity_lift": "Popularity lift",
    "genre_miscalibration": "Genres missed, nats",
}
"""What a reader calls the metrics."""
SEGMENTS = {
    "activity": "how much they had rated",
    "taste": "how popular what they watch is",
    "age": "age",
    "gender": "gender",
    "occupation": "occupation",
}
MOST_GROUPS = 8
"""Groups that a table of segments may have: finer divisions are in the JSON alone."""


def page(answer: Mapping[str, Any]) -> str:
    """The comparison as HTML, from what ``marquee compare --json`` says."""
    length = answer["metric"].partition("@")[2] or answer["k"][0]
    return (
        templates("marquee.app.leaderboard")
        .get_template("leaderboard.html")
        .render(
            answer=answer,
            rows=answer["models"],
            split=answer["splits"][0],
            against_time=_chart(answer, "fit_seconds", "CPU seconds of fit and lists", log=True),
            against_novelty=_chart(answer, f"novelty@{length}", "Novelty of lists, bits"),
            segments=_segments(answer),
            style=_style(),
            called=called,
            number=number,
            signed=lambda value: number(value, sign=True),
            memory=lambda bytes_: "" if bytes_ is None else f"{bytes_ / 1e6:,.0f}",
        )
    )


def called(name: str) -> str:
    """What a reader calls a metric: ``NDCG@10`` for ``ndcg@10``."""
    bare, at, rest = name.partition("@")
    return f"{NAMES.get(bare, bare)}{at}{rest}"


def number(value: float | None, *, sign: bool = False) -> str:
    """A figure with three digits behind the point; empty where there is none."""
    if value is None or math.isnan(value):
        return ""
    return f"{value:+.3f}" if sign else f"{value:.3f}"


def _chart(answer: Mapping[str, Any], what: str, name: str, *, log: bool = False) -> str:
    metric, dots = answer["metric"], []
    for row in answer["models"]:
        figure = row["metrics"].get(metric)
        if what == "fit_seconds":
            x = row["fit_seconds"] + row["predict_seconds"]
        else:
            x = _known(row["metrics"].get(what, {}).get("value"))
        if figure is not None:
            y, low, high = (_known(figure[key]) for key in ("value", "low", "high"))
            dots.append(Dot(row["name"], x, y, low, high, row["name"] == answer["against"]))
    return scatter(dots, Axis(name, log), Axis(called(metric)))


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def _segments(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The first metric of each model in each group of viewers, a table per division."""
    metric = answer["metric"]
    found: list[dict[str, Any]] = []
    for divided, said in SEGMENTS.items():
        own = [
            (row["name"], row["segments"][divided])
            for row in answer["models"]
            if divided in row["segments"] and metric in row["segments"][divided]["gaps"]
        ]
        groups = {
            name: group["n_users"] for _, told in own[:1] for name, group in told["groups"].items()
        }
        if not own or not 1 < len(groups) <= MOST_GROUPS:
            continue
        rows = [
            (name, [told["groups"][group]["figures"][metric]["value"] for group in groups],
             told["gaps"][metric])
            for name, told in own
        ]  # fmt: skip
        found.append({"said": said, "groups": groups, "rows": rows})
    return found


@cache
def _style() -> str:
    def named(colors: Mapping[str, str]) -> str:
        return "  " + " ".join(f"--chart-{name}: {value};" for name, value in colors.items())

    template = templates("marquee.app.leaderboard").get_template("leaderboard.css")
    return template.render(light=named(LIGHT), dark=named(DARK))
