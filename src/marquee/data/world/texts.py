"""The titles table: names, overviews that fit genres and keywords, and the other facts in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from marquee.data.world import effects, naming, words
from marquee.data.world.plots import PLOTS
from marquee.data.world.streams import Picks, pick_by_weight, stream
from marquee.data.world.success import Success
from marquee.data.world.titles import Plan

NAMESAKE_EVERY = 150
"""One title in so many bears the name of another one of a different year."""
COMPANIES_PER_TITLE = 0.06
UNTOLD = {"overview": 0.02, "runtime_min": 0.01, "certificate": 0.04, "keywords": 0.03}
"""Share of titles of which the fact is unknown."""

SETTINGS = (
    "In the harbor town of {}",
    "In the hills above {}",
    "In a suburb of {}",
    "On the night train to {}",
    "In {}, a city of canals",
    "On the far side of {}",
)
MODALS = ("must", "will have to", "may have to")
TURNS = (
    "Before it is over, {} will {}.",
    "Meanwhile {} will {}.",
    "Nobody expects that {} should {}.",
)
TAGLINES = (
    "No {} ever sleeps.",
    "Every {} has its price.",
    "Who keeps the {}?",
    "One {}. No witnesses.",
    "Love, loss and the {}.",
)
PART_NAMES = ("", "", "Part Two", "Part Three", "Part Four", "Part Five")


def titles_table(plan: Plan, success: Success, seed: int) -> pl.DataFrame:
    """The titles in order of release, with the columns of titles that the world fills."""
    n = len(plan)
    names, collections = _names(plan, Picks(stream(seed, "names")))
    keywords = _keywords(plan, Picks(stream(seed, "keywords")))
    overviews = _overviews(plan, keywords, Picks(stream(seed, "overviews")))
    made = _makers(plan, seed)
    rng = stream(seed, "facts")
    untold = {column: rng.random(n) < share for column, share in UNTOLD.items()}
    epic = 6 * plan.traits[:, [trait.name for trait in effects.TRAITS].index("scale")]
    runtime = np.where(
        plan.is_show, rng.integers(20, 65, n), np.clip(rng.normal(104 + epic, 13, n), 62, 220)
    )
    seasons = np.minimum(rng.geometric(0.4, n), 12)
    genres = [_genres(plan, title) for title in range(n)]
    taglines = Picks(stream(seed, "taglines"))
    noun = [taglines.of(words.NOUNS).lower() for _ in range(n)]
    dollars = np.round(np.exp(np.where(plan.is_show, 0.0, plan.log_budget)), -3)
    frame = pl.DataFrame(
        {
            "title_id": plan.title_ids,
            "kind": np.where(plan.is_show, "show", "film"),
            "name": names,
            "original_name": made["original_name"],
            "year": plan.years.astype(np.int32),
            "release_date": plan.released,
            "known_on": plan.announced,
            "overview": overviews,
            "tagline": [
                taglines.of(TAGLINES).format(word) if taglines.uniform() < 0.6 else None
                for word in noun
            ],
            "genres": genres,
            "languages": made["languages"],
            "countries": made["countries"],
            "companies": made["companies"],
            "keywords": keywords,
            "collection": collections,
            "certificate": np.array(effects.CERTIFICATES)[plan.certificate],
            "runtime_min": runtime.astype(np.int32),
            "seasons": seasons.astype(np.int32),
            "budget_usd": np.where(success.budget_known, dollars, 0.0),
        }
    )
    is_show = pl.col("kind") == "show"
    tv = pl.col("certificate").replace_strict(
        {"G": "TV-G", "PG": "TV-PG", "PG-13": "TV-14", "R": "TV-MA"}
    )
    return frame.with_columns(
        certificate=pl.when(is_show).then(tv).otherwise("certificate"),
        seasons=pl.when(is_show).then("seasons"),
        original_name=pl.coalesce("original_name", "name"),
        source=pl.lit(effects.SOURCE),
        sources=pl.lit([effects.SOURCE]),
    ).with_columns(
        pl.when(~pl.Series(hidden)).then(pl.col(column)).alias(column)
        for column, hidden in untold.items()
    )


def _names(plan: Plan, picks: Picks) -> tuple[list[str], list[str | None]]:
    """Name and collection of each title. A later part bears its series' name; a few share names."""
    fresh = naming.distinct(len(plan), naming.title, picks)
    names: list[str] = []
    collections: list[str | None] = []
    years, part, previous = plan.years.tolist(), plan.part.tolist(), plan.previous.tolist()
    roots: dict[int, str] = {}
    for title, own in enumerate(fresh):
        series = int(plan.series[title])
        if part[title] > 1 and previous[title] >= 0:
            sign = PART_NAMES[part[title]] if picks.uniform() < 0.4 else str(part[title])
            names.append(f"{roots[series]}{': ' if sign.startswith('Part') else ' '}{sign}")
        else:
            namesake = picks.index(title) if title and title % NAMESAKE_EVERY == 0 else title
            other = namesake < title and years[namesake] < years[title] and part[namesake] == 0
            names.append(names[namesake] if other and part[title] == 0 else own)
            roots[series] = names[title]
        collections.append(f"{roots[series]} Collection" if series >= 0 else None)
    return names, collections


def _genres(plan: Plan, title: int) -> list[str]:
    """The title's genres, its first genre first."""
    first = int(plan.first_genre[title])
    others = [int(genre) for genre in np.flatnonzero(plan.genres[title]) if genre != first]
    return [effects.GENRES[genre] for genre in (first, *others)]


def _keywords(plan: Plan, picks: Picks) -> list[list[str]]:
    """Two keywords of the first genre, one of each other, and those of the strongest traits."""
    strongest = np.argsort(-np.abs(plan.traits), axis=1)[:, :3].tolist()
    keywords = []
    for title in range(len(plan)):
        first, *others = _genres(plan, title)
        words_of = [picks.of(PLOTS[genre].keywords) for genre in (first, first, *others)]
        for trait in strongest[title]:
            amount = plan.traits[title, trait]
            if abs(amount) > 0.5:
                ends = words.TRAIT_KEYWORDS[effects.TRAITS[trait].name]
                words_of.append(picks.of(ends[int(amount > 0)]))
        keywords.append(list(dict.fromkeys(words_of)))
    return keywords


def _overviews(plan: Plan, keywords: list[list[str]], picks: Picks) -> list[str]:
    """Plots that take leads and deeds from the genres and name two of the keywords."""
    overviews = []
    for title in range(len(plan)):
        first, *others = _genres(plan, title)
        setting = picks.of(SETTINGS).format(naming.invented(picks))
        lead, deed = picks.of(PLOTS[first].leads), picks.of(PLOTS[first].deeds)
        sentences = [f"{setting}, {lead} {picks.of(MODALS)} {deed}."]
        if others:
            plot = PLOTS[picks.of(others)]
            turn = picks.of(TURNS).format(picks.of(plot.leads), picks.of(plot.deeds))
            sentences.append(turn)
        named = keywords[title]
        start = picks.index(len(named))
        pair = named[start], named[(start + 1) % len(named)]
        if pair[0] != pair[1]:
            sentences.append(f"Themes: {pair[0]} and {pair[1]}.")
        overviews.append(" ".join(sentences))
    return overviews


def _makers(plan: Plan, seed: int) -> dict[str, list[Any]]:
    """Countries, languages, companies and original names."""
    rng, picks = stream(seed, "makers"), Picks(stream(seed, "companies"))
    n = len(plan)
    shares = np.array([share for _, _, share in words.COUNTRIES])
    home, partner = pick_by_weight(rng, shares, n), pick_by_weight(rng, shares, n)
    joint = rng.random(n) < 0.15
    n_companies = max(8, round(COMPANIES_PER_TITLE * n))
    houses = naming.distinct(n_companies, naming.company, picks)
    size = rng.lognormal(0, 1.2, n_companies)
    picked = [pick_by_weight(rng, size, n).tolist() for _ in range(2)]
    for title in np.flatnonzero(plan.previous >= 0).tolist():
        before = plan.previous[title]
        home[title], picked[0][title] = home[before], picked[0][before]
    countries, languages, companies, originals = [], [], [], []
    for title in range(n):
        places = [words.COUNTRIES[home[title]]]
        if joint[title]:
            places.append(words.COUNTRIES[partner[title]])
        countries.append(list(dict.fromkeys(country for country, _, _ in places)))
        languages.append(list(dict.fromkeys(language for _, language, _ in places)))
        both = [picked[0][title], *([picked[1][title]] if picks.uniform() < 0.4 else [])]
        companies.append([houses[house] for house in dict.fromkeys(both)])
        originals.append(naming.in_script(picks, places[0][1]))
    return {
        "countries": countries,
        "languages": languages,
        "companies": companies,
        "original_name": originals,
    }
