"""What plots are about: topics found in their words, and how films of each topic do."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.adjusted import Adjusted, adjusted
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.industry.films import films
from marquee.insights.intervals import share
from marquee.insights.sentences import Number, Sentence, count, listed, said

N_TOPICS = 12
MIN_PLOTS = 200
"""Plots that topics can be found in."""
MIN_TITLES_OF_WORD = 8
MOST_COMMON = 0.2
"""Share of the plots above which a word tells nothing."""
MOST_WORDS = 3000
"""Words that are looked at, the most frequent ones."""
MOST_STEPS = 60
N_WORDS = 4
NAMED = 3

MEASURES = (
    ("multiple", "return on the budget"),
    ("revenue_real_usd", "revenue"),
    ("popularity", "popularity"),
)
"""What topics are compared in, the best that the data hold, and its words."""


def plots(tables: Tables, seed: int = 0) -> Finding:
    """The topics of the plots, their shares, and how their films do with the rest held fixed.

    Topics are the components of a non-negative factorization of the plots' TF-IDF weights; a title
    belongs to its strongest one.

    References
    ----------
    D. D. Lee and H. S. Seung, "Learning the parts of objects by non-negative matrix factorization",
    Nature 401, 1999.
    """
    told = tables.titles.filter(pl.col("overview").str.len_chars() > 0).sort("title_id")
    if told.height < MIN_PLOTS:
        raise UnanswerableError(
            f"the data hold the plots of {told.height} titles; {MIN_PLOTS} are needed for topics"
        )
    topic, words = _topics(told["overview"].to_list(), seed)
    names = [" · ".join(each) for each in words]
    of_title = told.select("title_id").with_columns(
        pl.Series("topic", [names[at] if at >= 0 else None for at in topic], pl.String)
    )
    counts = np.bincount(topic[topic >= 0], minlength=N_TOPICS)
    n = int(counts.sum())
    found, measure = _compared(tables, of_title)
    table = pl.DataFrame(
        {
            "topic": names,
            "titles": counts,
            "share": counts / n,
        }
    )
    if found is not None:
        factors = {level: found.factor(at) for at, level in enumerate(found.levels)}
        table = table.join(
            pl.DataFrame(
                {
                    "topic": list(factors),
                    f"times the {measure}": [each.value for each in factors.values()],
                    "from": [each.low for each in factors.values()],
                    "to": [each.high for each in factors.values()],
                    "differs": found.held.sides(),
                }
            ),
            on="topic",
            how="left",
        )
    table = table.filter(pl.col("titles") > 0).sort("titles", "topic", descending=[True, False])
    differs = table.filter(pl.col("differs") != "no") if found is not None else table.clear()
    return Finding(
        sentences=tuple(
            filter(None, (_claim(table, n), _success(differs, measure, table, found is not None)))
        ),
        n=n,
        counted="plots",
        table=table,
        units={"share": "%"},
        chart=Chart(
            charts.bars(
                table.with_columns(pl.col("share") * 100).select("topic", "share"),
                "topic",
                "share",
                "% of titles",
            ),
            said(
                "A bar for each of {topics} by its leading words: the share of the titles whose "
                "plot is most about it; the longest is {top}.",
                topics=count(table.height, "topics"),
                top=str(table["topic"][0]),
            ),
        ),
        caveats=(
            said(
                "Topics are words that occur together, found without a reader; another number of "
                "topics than {topics} would draw other lines.",
                topics=Number(N_TOPICS),
            ),
            said(
                "Plots are a few sentences by volunteers, who tell of some films more than others."
            ),
        ),
        differences=tuple(differs["topic"]) if found is not None else (),
        weight=0.3,
    )


def _topics(overviews: list[str], seed: int) -> tuple[NDArray[np.int64], list[list[str]]]:
    """The topic of each plot, -1 for a plot without a word that counts, and each topic's words."""
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer

    tfidf = TfidfVectorizer(
        stop_words="english",
        min_df=min(MIN_TITLES_OF_WORD, len(overviews) // 50),
        max_df=MOST_COMMON,
        sublinear_tf=True,
        max_features=MOST_WORDS,
        token_pattern=r"(?u)\b[^\W\d_]{3,}\b",
    )
    try:
        weights = tfidf.fit_transform(overviews)
    except ValueError:
        raise UnanswerableError("no word occurs in enough of the plots to tell topics") from None
    if weights.shape[1] < 2 * N_TOPICS:
        raise UnanswerableError("too few words occur in enough of the plots to tell topics")
    model = NMF(
        n_components=N_TOPICS, init="nndsvd", max_iter=MOST_STEPS, tol=1e-3, random_state=seed
    )
    with warnings.catch_warnings():
        # Where the steps end before the tolerance is met, topics are told apart as well.
        warnings.simplefilter("ignore", ConvergenceWarning)
        strength = model.fit_transform(weights)
    vocabulary = tfidf.get_feature_names_out()
    # Rounded, so that words of equal weight stand in one order whatever sums were made first.
    leading = [
        sorted(range(vocabulary.size), key=lambda at: (-round(float(row[at]), 6), vocabulary[at]))
        for row in model.components_
    ]
    topic = np.where(strength.max(axis=1) > 0, strength.argmax(axis=1), -1)
    words = [[str(vocabulary[at]) for at in row[:N_WORDS]] for row in leading]
    return topic.astype(np.int64), words


def _compared(tables: Tables, of_title: pl.DataFrame) -> tuple[Adjusted | None, str]:
    """Topics compared in the best measure that allows it, and its words."""
    own = films(tables).join(of_title, on="title_id", how="left", maintain_order="left")
    for column, word in MEASURES:
        try:
            return adjusted(own, column, "topic"), word
        except UnanswerableError:
            continue
    return None, ""


def _claim(table: pl.DataFrame, n: int) -> Sentence:
    named: dict[str, Number | str] = {"n": count(n, "plots"), "topics": count(table.height)}
    told = []
    for at, row in enumerate(table.head(NAMED).iter_rows(named=True)):
        named[f"topic_{at}"] = row["topic"]
        named[f"share_{at}"] = share(row["titles"], n)
        told.append(f"“{{topic_{at}}}” ({{share_{at}}}, {{share_{at}:range}})")
    return said(f"Of {{topics}} topics in {{n}}, the largest are {listed(told)}.", **named)


def _success(
    differs: pl.DataFrame, measure: str, table: pl.DataFrame, compared: bool
) -> Sentence | None:
    if not compared:
        return None
    if differs.is_empty():
        return said(
            f"With genres, budget and the rest held fixed, the {measure} differs for none of "
            "{topics} topics beyond what chance explains.",
            topics=count(table.height),
        )
    named: dict[str, Number | str] = {}
    told = []
    ordered = differs.sort(f"times the {measure}", "topic", descending=[True, False])
    for at, row in enumerate(ordered.iter_rows(named=True)):
        named[f"topic_{at}"] = row["topic"]
        named[f"factor_{at}"] = Number(
            row[f"times the {measure}"], row["from"], row["to"], "times", 2, row["titles"]
        )
        told.append(f"“{{topic_{at}}}” ({{factor_{at}}}, {{factor_{at}:range}})")
    return said(
        f"With genres, budget and the rest held fixed, the {measure} is not that of the average "
        f"topic for {listed(told)}.",
        **named,
    )


INSIGHT = Insight("plot-topics", "industry", "What are plots about?", plots)
