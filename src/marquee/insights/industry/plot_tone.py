"""How pleasant the words of plots are, by genre."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.features.genres import genre_names
from marquee.features.tone import tone
from marquee.insights import charts
from marquee.insights.base import Chart, Finding, Insight, weighed
from marquee.insights.intervals import mean, mean_and_error
from marquee.insights.multiple import compare
from marquee.insights.sentences import Number, Sentence, count, listed, said
from marquee.insights.wording import farthest

MIN_TITLES = 30
VALUE = "against others"


def plot_tone(tables: Tables, _seed: int = 0) -> Finding:
    """The mean tone of each genre's plots against that of the other plots, in points.

    The tone is the share of pleasant less that of unpleasant words
    (:func:`marquee.features.tone.tone`).
    """
    told = tables.titles.filter(pl.col("overview").str.len_chars() > 0).sort("title_id")
    told = told.select("title_id", genre_names(), "overview")
    told = told.with_columns(tone(told["overview"]).alias("tone")).drop_nulls("tone")
    if told.is_empty():
        raise UnanswerableError("the data do not tell the plots of titles")
    sizes = told.explode("genres").group_by("genres").len().filter(pl.col("len") >= MIN_TITLES)
    genres = sizes["genres"].drop_nulls().sort().to_list()
    if len(genres) < 2:
        raise UnanswerableError(f"fewer than two genres have {MIN_TITLES} titles with a plot")
    values = told["tone"].to_numpy()
    rows = []
    for genre in genres:
        own = told.select(pl.col("genres").list.contains(genre).fill_null(False)).to_series()
        member = own.to_numpy()
        middle, error, freedom = mean_and_error(values[member])
        rest, rest_error, _ = mean_and_error(values[~member])
        rows.append((middle, middle - rest, math.hypot(error, rest_error), freedom, member.sum()))
    means, gaps, errors, degrees, n = np.array(rows, np.float64).T
    found = compare(gaps, errors, degrees)
    table = pl.DataFrame(
        {
            "genre": genres,
            "titles": n.astype(np.int64),
            "tone": means,
            VALUE: found.estimates,
            "from": found.lows,
            "to": found.highs,
            "differs": found.sides("lighter", "darker"),
        }
    ).sort(VALUE, "genre", descending=[True, False])
    whole = mean(values, unit="points", digits=1)
    return Finding(
        sentences=(_claim(table), _whole(whole)),
        n=told.height,
        counted="plots",
        table=table,
        units=dict.fromkeys(["tone", VALUE, "from", "to"], "points"),
        chart=Chart(
            charts.intervals(
                table.with_columns(
                    pl.col(VALUE, "from", "to") * 100, (pl.col("differs") != "no").alias("clear")
                ),
                "genre",
                VALUE,
                "from",
                "to",
                "points of tone against other plots",
                rule=0,
                faint="clear",
            ),
            said(
                "A dot with its interval for each of {n}: by how many points its plots are lighter "
                "than others; a line marks no difference.",
                n=count(table.height, "genres"),
            ),
        ),
        caveats=(
            said("The tone counts words of two lists, and knows neither negation nor irony."),
        ),
        differences=tuple(table.filter(pl.col("differs") != "no")["genre"]),
        weight=weighed(0.2, bool(found.differs.any())),
    )


def _whole(whole: Number) -> Sentence:
    return said(
        "Over all plots, pleasant words less unpleasant ones are {whole}, {whole:range}, in a "
        "hundred words.",
        whole=whole,
    )


def _claim(table: pl.DataFrame) -> Sentence:
    named: dict[str, Number | str] = {}
    sides = {
        side: farthest(
            table, side, VALUE, named, unit="points", digits=1, n="titles", last=side == "darker"
        )
        for side in ("lighter", "darker")
    }
    parts = [f"{side} than others in {listed(told)}" for side, told in sides.items() if told]
    if not parts:
        return said("In no genre are plots lighter or darker beyond what chance explains.")
    return said(f"Plots are {' and '.join(parts)}.", **named)


INSIGHT = Insight("plot-tone", "industry", "Which genres have dark or light plots?", plot_tone)
