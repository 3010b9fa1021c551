"""The studio's Operations page tells what `marquee monitor` read, and what to do before it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from marquee.app.studio.drift import levels
from marquee.data.workspace import Workspace
from marquee.lifecycle.monitoring.records import FOLDER, keep
from monitoring_kit import drift, reading

from .conftest import OpenPage
from .test_pages import texts

pytestmark = pytest.mark.slow

QUIET = drift("genre", level=0.2, alarm=False, moved="Drama 30.0%, before 31.0%")


def section(page: AppTest, column: str) -> list[dict[str, str]]:
    """The rows of the table with that column."""
    [found] = [each.value for each in page.table if column in each.value.columns]
    return [dict(row) for _, row in found.iterrows()]


def test_before_any_week_was_read_it_says_how(open_page: OpenPage) -> None:
    page = open_page("operations")
    assert not page.exception
    assert not page.error
    assert "`marquee monitor` reads those that are over" in texts(page)


def test_the_newest_week_is_told_with_its_alarms(open_page: OpenPage, home: Path) -> None:
    keep(Workspace(home), reading(week="2026-02-23", drift=[QUIET], accuracy=[]))
    keep(Workspace(home), reading(notes=["half of the ratings have no moment"]))
    page = open_page("operations")
    assert not page.exception
    assert not page.error
    said = texts(page)
    assert "week of 2026-03-02: 700 ratings of 61 viewers" in said
    assert "- Genre is not what it was: Horror 41.0%, before 8.0%." in said
    assert "Rmse is 0.9500 (0.9300 to 0.9700), worse than the 0.8500 to 0.8700" in said
    assert "Half of the ratings have no moment." in said
    genre, rating = section(page, "PSI")
    assert (genre["PSI"], genre["p"], genre["level"]) == ("0.420", "0.008", "1.500")
    assert (rating["p"], rating["level"]) == ("0.700", "0.010")
    told = (
        "Genre (genres of the titles rated): Horror 41.0%, before 8.0%, 60 viewers; PSI by chance"
    )
    assert f"- {told} 0.110." in said
    [rmse] = section(page, "promised")
    assert rmse["promised"] == "0.8500 to 0.8700"
    assert rmse["value"] == "0.9500 (0.9300 to 0.9700)"
    assert "99 of 100 at most 21.0 ms" in said


def test_an_alarm_of_before_stays_to_be_seen(open_page: OpenPage, home: Path) -> None:
    keep(Workspace(home), reading(week="2026-02-23"))
    keep(Workspace(home), reading(drift=[QUIET], accuracy=[], lists=None, latency=[]))
    page = open_page("operations")
    assert "No alarm in the newest week." in "".join(each.value for each in page.success)
    assert [row["week"] for row in section(page, "week")] == ["2026-02-23"]


def test_a_week_of_which_nothing_is_known_is_drawn_too(open_page: OpenPage, home: Path) -> None:
    unknown: dict[str, Any] = dict.fromkeys(
        ("distance", "psi", "psi_by_chance", "p", "p_holm", "ratio")
    )
    empty = drift(**unknown, surprise=None, level=0.0, alarm=False, moved="", n_viewers=0)
    keep(Workspace(home), reading(drift=[empty], accuracy=[], lists=None, latency=[]))
    page = open_page("operations")
    assert not page.exception
    assert not page.error
    [row] = section(page, "PSI")
    assert row["PSI"] == row["p"] == row["distance"] == ""


def test_a_damaged_reading_is_told_and_the_other_sections_stay(
    open_page: OpenPage, home: Path
) -> None:
    keep(Workspace(home), reading())
    (home / FOLDER / "2026-03-02.json").write_text("{")
    page = open_page("operations")
    assert not page.exception
    assert "2026-03-02.json" in texts(page)
    assert "Snapshot" in texts(page)


@pytest.mark.parametrize("n_weeks", [1, 60])
def test_the_picture_names_its_alarms_in_words(n_weeks: int) -> None:
    read = [reading(week=f"20{10 + n:02}-03-02", drift=[QUIET]) for n in range(n_weeks)]
    assert levels(read).alt.endswith("alarms: none.")
    told = levels([*read, reading()])
    assert "alarms: genre in the week of 2026-03-02." in told.alt
    assert len(told.rows) == n_weeks + 2
    assert max(row["level"] for row in told.rows) == 1
