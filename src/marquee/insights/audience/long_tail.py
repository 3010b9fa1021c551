"""How ratings lie among titles: the long tail."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.tables import Tables
from marquee.insights import charts
from marquee.insights.audience.scores import title_scores
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.sentences import Number, count, said

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Shares of the titles, the most rated first, whose part of the ratings is told."""
POINTS = 60
"""Points of the curve in the picture."""


def gini(counts: NDArray[np.int64]) -> float:
    """Gini's coefficient: 0 where all have as many, near 1 where one has all.

    References
    ----------
    C. Damgaard and J. Weiner, "Describing inequality in plant size or fecundity", Ecology 81, 2000,
    equation 2.
    """
    ordered = np.sort(counts).astype(np.float64)
    n, total = ordered.size, float(ordered.sum())
    if not total:
        return 0.0
    return float(((2 * np.arange(1, n + 1) - n - 1) * ordered).sum() / (n * total))


def top_share(counts: NDArray[np.int64], part: float) -> float:
    """Share of the sum that the greatest ``part`` of the counts has; at least one of them."""
    ordered = np.sort(counts)[::-1]
    return float(ordered[: max(round(part * ordered.size), 1)].sum() / max(ordered.sum(), 1))


def long_tail(tables: Tables, _seed: int = 0) -> Finding:
    """Ratings of each title of the catalog, titles that nobody rated included."""
    scores = title_scores(tables)
    every = tables.titles.select("title_id").join(
        scores.titles.select("title_id", "n"), on="title_id", how="left"
    )
    counts = every["n"].fill_null(0).to_numpy()
    word = scores.counted
    table = pl.DataFrame(
        {
            "most rated titles": list(SHARES),
            "titles": [max(round(part * counts.size), 1) for part in SHARES],
            f"share of {word}": [top_share(counts, part) for part in SHARES],
        }
    )
    once, never = int((counts == 1).sum()), int((counts == 0).sum())
    curve = _curve(counts)
    inequality = gini(counts)
    across = charts.percent(charts.axis("titles", "share of titles, most rated first"))
    up = charts.percent(charts.axis("share", f"share of {word}"))
    return Finding(
        sentences=(
            said(
                "The most rated {part} of the titles have {share} of the {word}.",
                part=Number(0.1, unit="%"),
                share=Number(top_share(counts, 0.1), unit="%", n=int(counts.sum())),
                word=word,
            ),
            said(
                "Of {n} titles {never} have none and {once} have one alone; half have at most "
                "{median}.",
                n=count(counts.size),
                never=count(never),
                once=count(once),
                median=Number(float(np.median(counts))),
            ),
            said(
                "Gini's coefficient of {word} per title is {gini}.",
                word=word,
                gini=Number(inequality, digits=2, n=counts.size),
            ),
        ),
        n=counts.size,
        counted="titles",
        table=table,
        units={"most rated titles": "%", f"share of {word}": "%"},
        chart=Chart(
            charts.chart(
                curve,
                charts.layer("line", "reference", x=across, y={**up, "field": "titles"}),
                charts.layer("line", x=across, y={**up, "field": "share"}),
            ),
            said(
                "A curve that rises steeply: the share of {word} of the most rated titles, {share} "
                "at the first {part}, above the line on which all titles had as many.",
                word=word,
                part=Number(0.1, unit="%"),
                share=Number(top_share(counts, 0.1), unit="%"),
            ),
        ),
        caveats=(
            said(
                "A title's number of {word} follows from how long it is out and where it is shown, "
                "and not from its worth alone.",
                word=word,
            ),
        ),
        weight=0.4 + 0.4 * inequality,
    )  # fmt: skip


def _curve(counts: NDArray[np.int64]) -> pl.DataFrame:
    ordered = np.concatenate([[0], np.cumsum(np.sort(counts)[::-1])])
    places = np.unique(np.round(np.linspace(0, 1, POINTS) ** 2 * counts.size).astype(int))
    return pl.DataFrame(
        {
            "titles": places / counts.size,
            "share": np.round(ordered[places] / max(int(ordered[-1]), 1), 5),
        }
    )


INSIGHT = Insight("long-tail", "audience", "How do ratings lie among titles?", long_tail)
