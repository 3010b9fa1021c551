"""``marquee monitor`` for cron: what it prints, and what its status says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from marquee.app.client import MarqueeClient
from marquee.data.workspace import Workspace
from marquee.lifecycle.monitoring import watching
from marquee.lifecycle.monitoring.records import readings

from .conftest import Run


@pytest.fixture
def home(world_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small world whose first look goes back 9 weeks."""
    monkeypatch.setattr(watching, "WEEKS_BACK", 9)
    shutil.copytree(world_home, tmp_path / "home")
    return tmp_path / "home"


def test_the_newest_week_is_told_and_kept(run: Run, home: Path) -> None:
    ran = run("--home", home, "monitor", "--as-of", "2025-12-29")
    assert ran.code == 0
    assert "8 week(s) read now; the newest is that of 2025-12-22." in ran.out
    assert "No alarm." in ran.out
    assert "mean" in ran.out
    again = run("--home", home, "monitor", "--as-of", "2025-12-31", "--json")
    assert again.code == 0
    answer = again.answer
    assert answer["read_now"] == []
    assert answer["alarms"] == []
    assert answer["reading"]["week"] == "2025-12-22"
    assert len(readings(Workspace(home))) == 8


def test_newest_is_the_day_after_the_last_rating(run: Run, home: Path) -> None:
    newest = watching.newest_rating(Workspace(home))
    ran = run("--home", home, "monitor", "--as-of", "newest", "--json")
    assert (ran.answer["as_of"] > newest.isoformat()) is True
    assert ran.answer["reading"]["week"] == "2025-12-22"


def test_an_alarm_is_status_1_as_long_as_its_week_is_the_newest(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SILENT_VIEWERS", 0)
    ran = run("--home", home, "monitor", "--as-of", "2026-01-12")
    assert ran.code == 1
    assert "ALARM, week of 2026-01-05: no rating arrived." in ran.out
    again = run("--home", home, "monitor", "--as-of", "2026-01-13", "--json")
    assert again.code == 1
    assert again.answer["alarms"] == ["week of 2026-01-05: no rating arrived"]


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2026-13-01", "--as-of takes YYYY-MM-DD or newest"),
        ("2041-01-01", "name a day of theirs with --as-of"),
    ],
)
def test_a_day_that_cannot_be_asked_is_told(run: Run, home: Path, day: str, message: str) -> None:
    ran = run("--home", home, "monitor", "--as-of", day)
    assert ran.code == 1
    assert message in ran.err


def test_an_empty_workspace_is_told(run: Run, tmp_path: Path) -> None:
    ran = run("--home", tmp_path, "monitor")
    assert ran.code == 1
    assert "holds no data" in ran.err


def test_a_server_that_is_not_there_is_told(run: Run, home: Path) -> None:
    ran = run("--home", home, "monitor", "--server", "http://127.0.0.1:9")
    assert ran.code == 1
    assert "does not answer" in ran.err


def test_what_a_server_tells_of_its_speed_is_kept_with_the_newest_week(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = "/api/v1/viewers/{viewer_id}/recommendations"
    counts = {"0.005": 50, "0.01": 100, "+Inf": 100}
    lines = [
        f'marquee_request_seconds_bucket{{le="{edge}",route="{route}"}} {n}'
        for edge, n in counts.items()
    ]
    text = "\n".join(["# TYPE marquee_request_seconds histogram", *lines, ""])
    monkeypatch.setattr(MarqueeClient, "metrics", lambda _self: text)
    ran = run(
        "--home", home, "monitor", "--as-of", "2025-12-29", "--server", "http://films.example"
    )
    assert f"{route}: 100 requests, half within 5.0 ms, 95 % within 9.5 ms" in ran.out
    *before, last = readings(Workspace(home))
    assert [each.p95_ms for each in last.latency] == [pytest.approx(9.5)]
    assert not any(each.latency for each in before)
