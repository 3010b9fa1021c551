"""Filters of an address are seen in the form, said in chips, and kept at the next change."""

from __future__ import annotations

import html
import re

import pytest

from app.web.conftest import Browser
from marquee.service.engine import Engine
from marquee.service.filters import Filters


def form_of(page: str) -> list[tuple[str, str]]:
    """What the filter form would send as it stands."""
    form = page.split('class="filters"')[1].split("</form>")[0]
    sent = []
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        assert name
        if " checked" in tag or 'type="checkbox"' not in tag:
            sent.append((name[1], html.unescape(value[1]) if value else ""))
    for name, options in re.findall(r'<select[^>]*name="([^"]*)">(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        sent.append((name, html.unescape(chosen[0]) if chosen else ""))
    return [(name, value) for name, value in sent if value]


def chips_of(page: str) -> dict[str, str]:
    """Address of the page without it, by what a chip says."""
    found = re.findall(r'<a class="chip" href="(/[^"]*)">([^<]*)<span class="vh">, take away', page)
    return {html.unescape(text): html.unescape(href) for href, text in found}


def everything(engine: Engine) -> Filters:
    """Filters of every field."""
    facts = engine.library.facts
    return Filters(
        kind="film",
        genres=facts.genres.names[:2],
        genres_all=facts.genres.names[2:3],
        genres_none=facts.genres.names[3:4],
        decade=1990,
        year_from=1991,
        year_to=1998,
        runtime_min=61,
        runtime_max=199,
        languages=facts.languages.names[:2],
        countries=facts.countries.names[:2],
        certificates=facts.certificates.names[:2],
        services=facts.services.names[:2],
        region=facts.regions.names[0],
        only=("watchlist", "seen"),
        exclude=("hidden",),
    )


def test_the_form_sends_every_filter_of_the_address_again(browser: Browser) -> None:
    filters = everything(browser.engine)
    page = browser.get("/", params=filters.to_query()).text
    sent: dict[str, list[str]] = {}
    for name, value in form_of(page):
        sent.setdefault(name, []).append(value)
    assert {name: sorted(values) for name, values in sent.items()} == {
        name: sorted(values) for name, values in filters.to_query().items()
    }


@pytest.mark.parametrize("exclude", [(), ("rated",), ("rated", "watchlist")])
def test_what_is_left_out_survives_the_form(browser: Browser, exclude: tuple[str, ...]) -> None:
    filters = Filters(genres=("Drama",), exclude=exclude)
    page = browser.get("/", params=filters.to_query()).text
    assert [value for name, value in form_of(page) if name == "exclude"] == filters.to_query()[
        "exclude"
    ]


def test_each_filter_is_a_chip_and_one_press_takes_it_away(browser: Browser) -> None:
    filters = everything(browser.engine)
    chips = chips_of(browser.get("/", params=filters.to_query()).text)
    assert len(chips) == sum(map(len, filters.to_query().values())) == 22
    assert "From 1991" in chips
    assert "1990s" in chips
    assert "At least 1 h 1 min" in chips
    for text, href in chips.items():
        assert text not in chips_of(browser.get(href).text), text
        assert len(chips_of(browser.get(href).text)) == 21, text


def test_years_and_countries_of_an_address_are_seen(browser: Browser) -> None:
    code = browser.engine.library.facts.countries.names[0]
    page = browser.get(f"/?year_from=1990&countries={code}").text
    assert {"From 1990", *(t for t in chips_of(page) if t.startswith("Made in"))} == set(
        chips_of(page)
    )
    assert ("year_from", "1990") in form_of(page)
    assert ("countries", code) in form_of(page)
    assert re.search(r'More filters <span class="badge">2 on</span>', page)
    assert '<a href="/">Clear filters</a>' in page


def test_the_last_chip_leads_home_and_no_filter_shows_none(browser: Browser) -> None:
    assert list(chips_of(browser.get("/?kind=show").text).items()) == [("Series", "/")]
    page = browser.get("/").text
    assert chips_of(page) == {}
    assert form_of(page) == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("year_from=soon", "The first year must be a whole number"),
        ("year_from=2020&year_to=2010", "The first year must not be after the last"),
        ("runtime_max=long", "The greatest length in minutes must be a whole number"),
        ("kind=opera", "Kind must be films or series"),
        ("only=mine", "A list of yours must be"),
        ("exclude=mine", "What is left out must be"),
    ],
)
def test_what_is_wrong_with_a_filter_is_said_in_plain_words(
    browser: Browser, query: str, words: str
) -> None:
    [problem] = re.findall(r'class="problem" role="alert">([^<]*)', browser.get(f"/?{query}").text)
    assert problem.startswith(words)
    assert "_" not in problem


@pytest.mark.parametrize("wrong", ["year_from=soon", "genres=Nonesuch", "services=Nowhere"])
def test_a_wrong_filter_is_named_and_costs_no_other(browser: Browser, wrong: str) -> None:
    page = browser.get(f"/?kind=show&{wrong}").text
    assert list(chips_of(page)) == ["Series"]
    [problem] = re.findall(r'class="problem" role="alert">([^<]*)', page)
    assert "left out; the other filters hold" in problem


def test_a_filter_of_too_many_values_is_cut_and_that_is_said(browser: Browser) -> None:
    genre = browser.engine.library.facts.genres.names[0]
    query = "&".join([f"genres={genre}", *(f"genres=No+{number}" for number in range(70))])
    page = browser.get(f"/?{query}").text
    assert list(chips_of(page)) == [genre]
    [problem] = re.findall(r'class="problem" role="alert">([^<]*)', page)
    assert problem.startswith("Genres beyond the first 50 of 71; ")
    assert problem.endswith(": left out; the other filters hold.")


@pytest.mark.parametrize("path", ["/", "/search", "/together", "/import"])
def test_an_address_that_no_form_makes_is_refused_in_words(browser: Browser, path: str) -> None:
    page = browser.get(f"{path}?{'genres=Drama&' * 3_000}")
    assert page.status_code == 414
    assert "That address is too long. Take some of its filters away." in page.text
    assert len(page.text) < 20_000


@pytest.mark.parametrize("exclude", ["exclude=none&exclude=rated", "exclude=seen&exclude=none"])
def test_both_faces_leave_nothing_out_once_none_is_asked_for(
    browser: Browser, exclude: str
) -> None:
    facts = browser.engine.library.facts
    assert "Also what you rated, saw or put away" in chips_of(browser.get(f"/?{exclude}").text)
    answer = browser.get(f"/api/v1/popular?{exclude}")
    assert answer.status_code == 200
    assert answer.json()["n_qualifying"] == len(facts.items)
