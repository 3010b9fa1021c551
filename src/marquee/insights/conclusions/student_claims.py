"""Well-known claims of student analyses of film data, held against the data at hand.

The claims are those that repeat from one published notebook on these data sets to the next. Most
of them were read off means of films as they are; so each is looked at in that way, and once more
with budget, year, series and the rest held fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.features.calendar import MONTHS
from marquee.features.genres import genre_names
from marquee.insights import charts
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.conclusions.verdicts import (
    AS_THEY_ARE,
    CONFIRMED,
    HELD,
    REFUTED,
    UNDECIDABLE,
    Verdict,
    at_place,
    best_genres,
    best_months,
    common_genres,
    place_number,
)
from marquee.insights.industry.films import ATTENTION, GROSSES, attention, films, gross, need
from marquee.insights.industry.trend import full_years, growth
from marquee.insights.ranks import means_by, ranks
from marquee.insights.sentences import Number, Sentence, count, listed, said

MIN_FILMS = 100
"""Films of a genre that its months need."""

SINCE = 2000


@dataclass(frozen=True)
class Claim:
    """A claim as it is made, and how the data are asked about it."""

    words: str
    judge: Callable[[Tables], tuple[list[Verdict], str]]
    """The verdicts on its parts, and what it was measured by, in words.

    It raises ``UnanswerableError`` where the data do not tell.
    """


def _outcome(own: pl.DataFrame, tables: Tables, *needs: str) -> tuple[pl.DataFrame, str, str]:
    """The films with the best outcome that the data hold, its column and its words."""
    if own["revenue_real_usd"].count():
        known = need(own, "revenue_real_usd", *needs)
        return known, "revenue_real_usd", GROSSES[gross(tables)]
    return need(own, "popularity", *needs), "popularity", ATTENTION[attention(tables)]


def _months(tables: Tables) -> tuple[list[Verdict], str]:
    known, column, words = _outcome(films(tables), tables, "month")
    return best_months(known, column, ("June", "July", "November", "January"), 4), words


def _genres(tables: Tables) -> tuple[list[Verdict], str]:
    known, column, words = _outcome(films(tables), tables, "genres")
    return best_genres(known, column, ("Adventure", "Animation", "Science Fiction"), 3), words


def _common(tables: Tables) -> tuple[list[Verdict], str]:
    titles = tables.titles.sort("title_id").select(genre_names())
    wanted = ("Drama", "Comedy", "Thriller", "Romance", "Action")
    return common_genres(titles, wanted), "share of titles"


def _fewer(tables: Tables) -> tuple[list[Verdict], str]:
    counts = full_years(tables).group_by("year").len("titles").sort("year")
    counts = counts.filter(pl.col("year") >= SINCE)
    if counts.height < 5:
        raise UnanswerableError(
            f"the data hold {counts.height} full year(s) from {SINCE} on; a trend needs 5"
        )
    change = growth(counts["year"], np.log(counts["titles"].to_numpy()))
    low, high = change.low or 0.0, change.high or 0.0
    verdict = CONFIRMED if high < 0 else REFUTED if low > 0 else UNDECIDABLE
    about = f"a fall over {counts['year'][0]} to {counts['year'][-1]}"
    told = Verdict(about, AS_THEY_ARE, change, None, 0, verdict, int(counts["titles"].sum()))
    return [told], "titles more or fewer a year"


def _budgets(tables: Tables) -> tuple[list[Verdict], str]:
    known = need(films(tables), "budget_real_usd", "month")
    held = [month for month in MONTHS if (known["month"] == month).sum() > 1]
    at = known["month"].replace_strict({m: p for p, m in enumerate(held)}, default=-1)
    rows = known.filter(at >= 0)
    middle, squared, n = means_by(rows["budget_real_usd"], at.filter(at >= 0), len(held))
    place = ranks(middle, squared)
    verdicts = []
    for month, wanted in (("July", 1), ("January", len(held))):
        if month in held:
            row = held.index(month)
            reach = 1.96 * float(np.sqrt(squared[row]))
            value = float(middle[row])
            verdicts.append(
                Verdict(
                    about=month,
                    how=AS_THEY_ARE,
                    value=Number(value, value - reach, value + reach, "$", 1, int(n[row])),
                    place=place_number(place, row),
                    of=len(held),
                    verdict=at_place(place, row, wanted, wanted),
                    n=rows.height,
                    by_place=True,
                )
            )
    return verdicts, "mean budget in constant dollars"


def _october(tables: Tables) -> tuple[list[Verdict], str]:
    known, column, words = _outcome(films(tables), tables, "month", "genres")
    verdicts = []
    for genre in ("Action", "Adventure"):
        own = known.filter(pl.col("genres").list.contains(genre))
        if own.height >= MIN_FILMS:
            verdicts += [
                replace(each, about=f"{genre} in October", by_place=True)
                for each in best_months(own, column, ("October",), 1)
            ]  # fmt: skip
    if not verdicts:
        raise UnanswerableError(f"no {MIN_FILMS} films of Action or Adventure have a known outcome")
    return verdicts, words


CLAIMS = (
    Claim("The best months of release are June, July, November and January", _months),
    Claim("The best genres are Adventure, Animation and Science Fiction", _genres),
    Claim("The top genres are Drama, Comedy, Thriller, Romance and Action", _common),
    Claim("There are fewer titles per year since the turn of the millennium", _fewer),
    Claim("July has the largest budgets and January the smallest", _budgets),
    Claim("Action and Adventure do best in October", _october),
)


def student_claims(tables: Tables, _seed: int = 0) -> Finding:
    """The claims with the figures that confirm or refute them, and those that stay open."""
    judged: list[tuple[Claim, list[Verdict], str, str]] = []
    for claim in CLAIMS:
        try:
            verdicts, words = claim.judge(tables)
            judged.append((claim, verdicts, words, ""))
        except UnanswerableError as reason:
            judged.append((claim, [], "", str(reason)))
    if not any(verdicts for _, verdicts, *_ in judged):
        raise UnanswerableError("the data tell neither genres, nor years, nor money of films")
    table = _table(judged)
    return Finding(
        sentences=(_summary(judged), *(_sentence(*each) for each in judged)),
        n=max(verdict.n for _, verdicts, *_ in judged for verdict in verdicts),
        counted="titles at most",
        table=table,
        chart=Chart(
            _chart(judged),
            said(
                "A bar for each of {claims}: how many of its parts are confirmed, refuted or "
                "undecidable on these data.",
                claims=count(len(CLAIMS), "claims"),
            ),
        ),
        caveats=(
            said(
                "A best month or genre is confirmed where it is above the average beyond chance "
                "and may be among the best, and refuted where it is below, or certainly not among "
                "them. Places come with those that chance leaves open."
            ),
            said(
                "Held fixed are budget, series, year, month, genres and certificate, as far as the "
                "data tell them. A claim that holds as films are and not then is about what such "
                "films cost, not about the month or genre."
            ),
        ),
        weight=0.9,
    )


def _parts(verdicts: list[Verdict]) -> list[Verdict]:
    """The verdicts that count: those on films as they are, which is what was claimed."""
    return [each for each in verdicts if each.how == AS_THEY_ARE]


def _summary(judged: list[tuple[Claim, list[Verdict], str, str]]) -> Sentence:
    plain = [each for _, verdicts, *_ in judged for each in _parts(verdicts)]
    held = [each for _, verdicts, *_ in judged for each in verdicts if each.how == HELD]

    def n(verdicts: list[Verdict], word: str) -> Number:
        return count(sum(each.verdict == word for each in verdicts))

    text = (
        "Of {parts} of {claims} well-known claims that these data can be asked about, as films "
        "are, {confirmed} are confirmed, {refuted} refuted and {open} undecidable"
    )
    named: dict[str, Number | str] = {
        "parts": count(len(plain), "parts"),
        "claims": count(sum(bool(verdicts) for _, verdicts, *_ in judged)),
        "confirmed": n(plain, CONFIRMED),
        "refuted": n(plain, REFUTED),
        "open": n(plain, UNDECIDABLE),
    }
    if held:
        text += "; with other things held fixed, {held} of {held_parts} are confirmed"
        named |= {"held": n(held, CONFIRMED), "held_parts": count(len(held))}
    return said(f"{text}.", **named)


def _sentence(claim: Claim, verdicts: list[Verdict], words: str, reason: str) -> Sentence:
    if not verdicts:
        return said(
            "{claim}: undecidable here, since {reason}.",
            claim=claim.words,
            reason=reason or "the data hold none of what it names",
        )
    named: dict[str, Number | str] = {"claim": claim.words, "words": words}
    sides: list[str] = []
    for how, start in ((AS_THEY_ARE, "by {words}"), (HELD, "with the rest held fixed")):
        told = []
        for word in (CONFIRMED, REFUTED, UNDECIDABLE):
            own = [each for each in verdicts if (each.how, each.verdict) == (how, word)]
            parts = []
            for at, each in enumerate(own):
                key = f"{word}_{len(sides)}_{at}"
                named |= {f"{key}_about": each.about, f"{key}_value": each.value}
                figures = f"{{{key}_value}}, {{{key}_value:range}}"
                if each.by_place and each.place is not None:
                    named |= {f"{key}_place": each.place, f"{key}_of": Number(each.of)}
                    places = f"place {{{key}_place}} of {{{key}_of}}"
                    sure = each.place.low == each.place.high
                    may = "" if sure else f", may be {{{key}_place:range}}"
                    figures = f"{{{key}_value}}, {places}{may}"
                parts.append(f"{{{key}_about}} ({figures})")
            if parts:
                told.append(f"{word} for {listed(parts)}")
        if told:
            sides.append(f"{start}, {', '.join(told)}")
    return said(f"{{claim}}: {'; '.join(sides)}.", **named)


def _table(judged: list[tuple[Claim, list[Verdict], str, str]]) -> pl.DataFrame:
    rows = []
    for claim, verdicts, words, reason in judged:
        for each in verdicts:
            place = each.place
            rows.append(
                {
                    "claim": claim.words,
                    "part": each.about,
                    "measured by": f"{words}, {each.how}" if each.place else words,
                    "value": each.value.value,
                    "from": each.value.low,
                    "to": each.value.high,
                    "place": int(place.value) if place else None,
                    "place from": int(place.low or 0) if place else None,
                    "place to": int(place.high or 0) if place else None,
                    "of": each.of or None,
                    "titles": each.n,
                    "verdict": each.verdict,
                }
            )
        if not verdicts:
            rows.append({"claim": claim.words, "measured by": reason, "verdict": UNDECIDABLE})
    return pl.DataFrame(
        rows,
        schema={
            "claim": pl.String,
            "part": pl.String,
            "measured by": pl.String,
            "value": pl.Float64,
            "from": pl.Float64,
            "to": pl.Float64,
            "place": pl.Int64,
            "place from": pl.Int64,
            "place to": pl.Int64,
            "of": pl.Int64,
            "titles": pl.Int64,
            "verdict": pl.String,
        },
    )


_SHORT = ("best months", "best genres", "top genres", "fewer titles", "budgets", "October")


def _chart(judged: list[tuple[Claim, list[Verdict], str, str]]) -> charts.Spec:
    rows = [
        {
            "claim": short,
            "verdict": word,
            "parts": sum(each.verdict == word for each in _parts(verdicts))
            if verdicts
            else int(word == UNDECIDABLE),
            "place": at,
        }
        for short, (_, verdicts, *_) in zip(_SHORT, judged, strict=True)
        for at, word in enumerate((CONFIRMED, REFUTED, UNDECIDABLE))
    ]
    return charts.chart(
        pl.DataFrame(rows),
        {
            "mark": {"type": "bar", "cornerRadiusEnd": 0},
            "encoding": {
                "y": charts.names("claim"),
                "x": charts.axis("parts", "parts of the claim", axis={"tickMinStep": 1}),
                "color": {
                    "field": "verdict",
                    "type": "nominal",
                    "sort": [CONFIRMED, REFUTED, UNDECIDABLE],
                    "legend": {"title": None},
                },
                "order": {"field": "place", "type": "quantitative"},
            },
        },
    )


INSIGHT = Insight(
    "student-claims",
    "conclusions",
    "Do the claims of well-known analyses hold on these data?",
    student_claims,
)
