"""Each page says what it shows, answers from what lies below it, and fails in words."""

from __future__ import annotations

import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from marquee.app.amounts import dollars, percent
from marquee.app.cli import main
from marquee.app.studio import opened
from marquee.app.studio.catalog import PAGES
from marquee.app.studio.frame import BROKEN
from marquee.data.feedback import FeedbackStore
from marquee.features.calendar import MONTHS
from marquee.service.forecast_desk import ForecastDesk

from .conftest import OpenPage

pytestmark = pytest.mark.slow

MONTHS_AGO = opened.today() - timedelta(days=300)

NAMES = [page.path.replace("-", "_") for page in PAGES]


def texts(page: AppTest) -> str:
    """Everything that the page says."""
    kinds: tuple[Any, ...] = (
        *(page.title, page.header, page.subheader, page.markdown, page.caption),
        *(page.info, page.warning, page.error),
    )
    return "\n".join(str(each.value) for kind in kinds for each in kind)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_in_a_sentence_what_it_shows(open_page: OpenPage, name: str) -> None:
    page = open_page(name)
    told = {each.path.replace("-", "_"): each for each in PAGES}[name]
    assert not page.exception
    assert not page.error
    assert [each.value for each in page.title] == [told.title]
    assert told.says in texts(page)
    assert told.says.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_workspace_is_told_what_to_do(open_page: OpenPage, home: Path, name: str) -> None:
    shutil.rmtree(home)
    page = open_page(name)
    assert not page.exception
    assert not page.error
    assert "marquee" in "".join(each.value for each in page.info)


def test_what_goes_wrong_with_us_is_told_without_a_trace(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(opened, "engine", broken)
    page = open_page("recommend")
    assert [each.value for each in page.error] == [BROKEN]
    assert "a secret" not in texts(page)


def test_a_forecast_is_that_of_the_desk(open_page: OpenPage) -> None:
    page = open_page("forecast", {"budget": "12.5", "month": "July", "title": "Zażółć"})
    desk = opened.desk()
    asked = _asked(page, desk)
    answer = desk.forecast(asked, today=opened.today())
    shown = {each.label: each.value for each in page.metric}
    assert asked.budget_usd == 12.5e6
    assert asked.month == 7
    assert shown["Median revenue"] == dollars(answer.revenue_usd.median)
    assert shown["Twice the budget"] == percent(answer.chance_of_double)
    assert shown["Class of the median"] == answer.likely_class


def _asked(page: AppTest, desk: ForecastDesk) -> Any:
    """The plan that the link on the page tells."""
    [link] = [each.value for each in page.code]
    given = parse_qs(urlsplit(link).query)
    values: dict[str, Any] = {
        "title": given["title"][0],
        "budget_usd": round(float(given["budget"][0]) * 1e6),
        "year": int(given["year"][0]),
        "month": MONTHS.index(given["month"][0]) + 1,
        "genres": given.get("genres", []),
        "certificate": given["certificate"][0] if "certificate" in given else None,
        "directors": _names(given, "director"),
        "cast": _names(given, "cast"),
        "companies": _names(given, "company"),
    }
    return desk.plan({name: value for name, value in values.items() if value})


def _names(given: dict[str, list[str]], key: str) -> list[str]:
    return [name for name in given.get(key, [""])[0].split(", ") if name]


@pytest.mark.parametrize("name", ["forecast", "what_if", "audience"])
def test_the_link_of_a_page_draws_it_again(open_page: OpenPage, name: str) -> None:
    query = {"budget": "33", "month": "March", "genres": ["Drama"], "title": "A & B = 100 %?"}
    first = open_page(name, query)
    [link] = [each.value for each in first.code]
    again = open_page(name, parse_qs(urlsplit(link).query))
    assert [(each.label, each.value) for each in again.metric] == [
        (each.label, each.value) for each in first.metric
    ]
    assert [each.value for each in again.code] == [link]
    assert again.text_input(key="title").value == "A & B = 100 %?"


def test_bad_input_is_answered_in_words(open_page: OpenPage) -> None:
    films = opened.desk().tables.titles.filter(
        (pl.col("kind") == "film") & pl.col("release_date").is_between(MONTHS_AGO, opened.today())
    )
    page = open_page("forecast", {"title": films["name"][0], "year": str(opened.today().year)})
    assert not page.exception
    [error] = page.error
    assert "already released" in error.value


def test_tastes_that_somebody_new_picks_are_kept_and_lead_to_picks(
    open_page: OpenPage, home: Path
) -> None:
    page = open_page("recommend")
    names = [group.name for group in opened.engine().tastes().tastes]
    assert [each.label for each in page.checkbox] == names
    before = _picked(page)
    page.checkbox[1].check().run()
    page.checkbox[0].check().run()
    assert not page.exception
    with_tastes = FeedbackStore(f"sqlite:///{home / 'feedback.db'}")
    [viewer] = with_tastes.viewers()
    assert set(viewer.settings.taste_groups) == set(names[:2])
    assert f"tastes {names[0]}, {names[1]}" in texts(page)
    answer = opened.engine().recommend(viewer_id=viewer.viewer_id, k=12)
    assert _picked(page) == [pick.title.title_id for pick in answer.picks] != before
    page.checkbox[0].uncheck().run()
    page.checkbox[1].uncheck().run()
    assert with_tastes.viewers()[0].settings.taste_groups == ()
    assert _picked(page) == before
    with_tastes.close()


def test_a_viewer_of_the_data_picks_no_tastes(open_page: OpenPage) -> None:
    page = open_page("recommend", {"whose": "A viewer of the data"})
    assert not page.exception
    assert not page.checkbox


def test_the_report_that_can_be_taken_away_holds_for_the_command(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.html"
    file.write_text(opened.report_page(), encoding="utf-8")
    asked = ["marquee", "--home", str(home), "insights", "verify", str(file)]
    monkeypatch.setattr(sys, "argv", asked)
    with pytest.raises(SystemExit) as end:
        main()
    told = capsys.readouterr()
    assert not end.value.code, told.out
    assert "texts hold." in told.out
    assert "The report is of Marquee" not in told.err


def _picked(page: AppTest) -> list[int]:
    """Numbers of the titles that are picked, in the order of the list."""
    keys = [str(each.key) for each in page.feedback]
    return [int(key.rpartition("-")[2]) for key in keys if key.startswith("stars-pick-")]


def test_no_change_changes_nothing_and_one_is_told_with_its_interval(open_page: OpenPage) -> None:
    page = open_page("what_if", {"budget": "20", "month": "June"})
    assert "Nothing is changed." in texts(page)
    page.slider(key="budget_A").set_value(80.0).run()
    [metric] = page.metric
    assert metric.delta.endswith("against the plan")
    assert "The median becomes ×" in texts(page)
    [table] = [each.value for each in page.table]
    assert "$20.0M → " in str(table.iloc[1]["what differs"]).replace("\\", "")


def test_three_scenarios_stand_side_by_side(open_page: OpenPage) -> None:
    page = open_page("what_if", {"scenarios": "3"})
    assert [each.label for each in page.metric] == [
        f"Scenario {letter}: median revenue" for letter in "ABC"
    ]


def test_stars_pressed_here_are_kept_count_at_once_and_can_be_taken_back(
    open_page: OpenPage, home: Path
) -> None:
    page = open_page("recommend")
    before = [each.value for each in page.markdown]
    first = page.feedback[0]
    number = int(str(first.key).rpartition("-")[2])
    first.set_value(4).run()
    assert not page.exception
    with_stars = FeedbackStore(f"sqlite:///{home / 'feedback.db'}")
    [viewer] = with_stars.viewers()
    assert with_stars.profile(viewer.viewer_id).ratings == {number: 5.0}
    assert [each.value for each in page.markdown] != before
    page.button(key="undo").click().run()
    assert with_stars.profile(viewer.viewer_id).ratings == {}
    with_stars.close()
