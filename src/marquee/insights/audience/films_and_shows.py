"""Films against shows."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.audience.scores import LEAST, title_scores
from marquee.insights.base import Chart, Finding, Insight, weighed
from marquee.insights.intervals import careful, estimate, mean
from marquee.insights.sentences import Number, count, said
from marquee.insights.wording import compared

LEAST_TITLES = 8
"""Titles with enough ratings that each kind has at least."""


def films_and_shows(tables: Tables, _seed: int = 0) -> Finding:
    """How many there are, and whether shows are rated differently: each title counts once."""
    kinds = tables.titles.group_by("kind").agg(titles=pl.len().cast(pl.Int64))
    n = dict(kinds.iter_rows())
    if len(n) < 2:
        held = next(iter(n), None)
        raise UnanswerableError(
            "the data hold no titles" if held is None else f"the data hold {held}s alone"
        )
    scores = title_scores(tables)
    known = scores.titles.filter(pl.col("n") >= LEAST).join(
        tables.titles.select("title_id", "kind", "year"), on="title_id"
    )
    rated = {kind: known.filter(pl.col("kind") == kind) for kind in ("film", "show")}
    if min(frame.height for frame in rated.values()) < LEAST_TITLES:
        raise UnanswerableError(
            f"fewer than {LEAST_TITLES} films or shows have {LEAST} {scores.counted}"
        )
    unit = scores.unit
    apart = estimate(
        careful(rated["show"]["score"].to_numpy(), rated["film"]["score"].to_numpy()),
        "stars" if unit == "stars" else "",
        2,
    )
    means = {kind: mean(frame["score"].to_numpy(), None, unit) for kind, frame in rated.items()}
    total = int(scores.titles["n"].sum())
    table = pl.DataFrame(
        [
            {
                "kind": f"{kind}s",
                "titles": n[kind],
                f"titles with {LEAST} {scores.counted}": frame.height,
                "mean": means[kind].value,
                "low": means[kind].low,
                "high": means[kind].high,
                f"share of {scores.counted}": _given(tables, scores.titles, kind) / max(total, 1),
                "median year": frame["year"].median(),
            }
            for kind, frame in rated.items()
        ]
    )
    sure = compared(apart, "higher", "lower", "")
    extra: dict[str, Number | str] = {"words": sure, "apart": apart} if sure else {}
    return Finding(
        sentences=(
            said(
                "Shows are rated {words} than films, by {apart:size}: {shows:sure} against "
                "{films:sure}."
                if sure
                else "Shows are not shown to be rated differently from films: {shows:sure} against "
                "{films:sure}.",
                shows=means["show"],
                films=means["film"],
                **extra,
            ),
            said(
                "There are {films} films and {shows} shows; {share} of the {word} go to shows.",
                films=count(n["film"]),
                shows=count(n["show"]),
                share=Number(
                    _given(tables, scores.titles, "show") / max(total, 1), unit="%", n=total
                ),
                word=scores.counted,
            ),
        ),
        n=known.height,
        counted=f"titles with at least {LEAST} {scores.counted}",
        table=table,
        units={f"share of {scores.counted}": "%", "median year": "year"},
        chart=Chart(
            charts.intervals(table, "kind", "mean", "low", "high", f"mean of titles, {unit}"),
            said(
                "A dot with its interval for films at {films} and one for shows at {shows}.",
                films=means["film"],
                shows=means["show"],
            ),
        ),
        caveats=(
            said(
                "Who goes on to rate a show has often kept watching it; who gave it up rates less."
            ),
        ),
        differences=("shows",) if sure else (),
        weight=weighed(0.5, bool(sure)),
    )


def _given(tables: Tables, scores: pl.DataFrame, kind: str) -> int:
    of_kind = tables.titles.filter(pl.col("kind") == kind).select("title_id")
    return int(scores.join(of_kind, on="title_id", how="semi")["n"].sum())


INSIGHT = Insight(
    "films-and-shows", "audience", "Are shows rated differently from films?", films_and_shows
)
