"""Findings, reports and their checking from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .conftest import Run

ONE = ("--only", "rating-distribution")


def test_questions_are_listed(run: Run) -> None:
    done = run("insights", "list", "--json")
    assert {"key": "rating-distribution", "topic": "audience"}.items() <= done.answer[0].items()
    assert "How do viewers use the scale?" in run("insights", "list").out


def test_one_question_is_answered(run: Run, world_home: Path) -> None:
    done = run("--home", world_home, "insights", "show", "rating-distribution")
    assert done.code == 0, done.err
    assert done.out.startswith("The mean rating is ")
    document = run("--home", world_home, "insights", "show", "rating-distribution", "--json").answer
    assert document["sentences"][0]["text"] == done.out.splitlines()[0]


@pytest.mark.slow
def test_a_report_is_written_and_holds_until_a_digit_is_changed(
    run: Run, world_home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    done = run("--home", world_home, "insights", "report", "--out", out, *ONE)
    assert done.code == 0, done.err
    assert "1 finding, 0 questions" in done.out
    held = run("--home", world_home, "insights", "verify", out, "--pictures")
    assert (held.code, held.out.splitlines()[-1][:4]) == (0, "All ")
    html = out.read_text(encoding="utf-8")
    place = html.index("standard deviation is ") + len("standard deviation is ")
    digit = (int(html[place]) + 1) % 10
    out.write_text(html[:place] + str(digit) + html[place + 1 :], encoding="utf-8")
    broken = run("--home", world_home, "insights", "verify", out)
    assert broken.code == 1
    assert "rating-distribution/sentence 2 does not hold" in broken.out
    assert broken.out.splitlines()[-1].endswith("does not hold.")
    found = run("--home", world_home, "insights", "verify", out, "--json")
    assert (found.code, [row["place"] for row in found.answer]) == (
        1,
        ["rating-distribution/sentence 2"],
    )


def test_a_report_that_is_not_there_is_told_in_words(run: Run, tmp_path: Path) -> None:
    done = run("insights", "verify", tmp_path / "none.html")
    assert done.code != 0
    assert "there is no file" in done.err
    assert "Traceback" not in done.err


@pytest.mark.slow
def test_a_chart_that_was_touched_is_named(run: Run, world_home: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    run("--home", world_home, "insights", "report", "--out", out, *ONE)
    svg = out.read_text(encoding="utf-8").partition("</svg>")
    touched = svg[0].replace(">3.5</text>", ">9.5</text>", 1)
    assert touched != svg[0]
    out.write_text(touched + svg[1] + svg[2], encoding="utf-8")
    assert run("--home", world_home, "insights", "verify", out).code == 0
    found = run("--home", world_home, "insights", "verify", out, "--pictures")
    assert (found.code, "rating-distribution/chart does not hold" in found.out) == (1, True)


def test_other_formats_need_no_drawing(run: Run, world_home: Path, tmp_path: Path) -> None:
    for ending in ("json", "md"):
        out = tmp_path / f"report.{ending}"
        done = run(
            "--home", world_home, "insights", "report", "--out", out, "--no-charts", *ONE
        )  # fmt: skip
        assert done.code == 0, done.err
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert found["findings"][0]["key"] == "rating-distribution"
    assert found["data"]["snapshot"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium is installed")
def test_a_report_is_printed(run: Run, world_home: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.pdf"
    done = run("--home", world_home, "insights", "report", "--out", out, "--no-charts", *ONE)
    assert done.code == 0, done.err
    assert out.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "rating-distributions"), "did you mean rating-distribution?"),
        (("report", "--out", "r.docx"), "html, md, pdf, json, not 'docx'"),
        (("report", "--out", "no/such/folder/r.html"), "no folder"),
        (("show", "rating-distribution", "--data", "no-such-set"), "no data set"),
    ],
)
def test_wrong_questions_get_one_sentence(
    run: Run, world_home: Path, words: tuple[str, ...], said: str
) -> None:
    done = run("--home", world_home, "insights", *words)
    assert done.code == 1
    assert said in done.err
    assert done.err.count("error: ") == 1
    assert "Traceback" not in done.err


def test_a_page_of_somebody_else_is_refused(run: Run, world_home: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>Sales rose by 12%.</p>", encoding="utf-8")
    done = run("--home", world_home, "insights", "verify", page)
    assert done.code == 1
    assert "no page that `marquee insights report` made" in done.err


def test_an_empty_workspace_says_what_to_do(run: Run, tmp_path: Path) -> None:
    done = run("--home", tmp_path, "insights", "show", "rating-distribution")
    assert done.code == 1
    assert "marquee world" in done.err
