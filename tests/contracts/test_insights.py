"""What every insight promises, tried on each entry of ``INSIGHTS``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from insights_kit import rated, small_world
from marquee.app.report.theme import LIGHT, config
from marquee.data.sources import read_source
from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import INSIGHTS, TOPICS, Finding, Insight
from marquee.insights.report import make_report, note_data
from marquee.insights.sentences import Sentence

each = pytest.mark.parametrize("insight", list(INSIGHTS.values()), ids=list(INSIGHTS))


def asked(insight: Insight, tables: Tables) -> Finding:
    try:
        return insight.ask(tables, 3)
    except UnanswerableError as reason:
        pytest.skip(str(reason))


def every_sentence(finding: Finding) -> list[Sentence]:
    alt = [finding.chart.alt] if finding.chart is not None else []
    return [*finding.sentences, *finding.caveats, *alt]


@each
def test_it_is_entered_under_its_key_and_a_known_topic(insight: Insight) -> None:
    assert INSIGHTS[insight.key] is insight
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", insight.key)
    assert insight.topic in TOPICS
    assert insight.question.endswith("?")


@each
def test_the_same_tables_give_the_same_finding(insight: Insight) -> None:
    one, other = asked(insight, small_world()), asked(insight, small_world())
    assert_frame_equal(one.table, other.table)
    assert list(map(str, every_sentence(one))) == list(map(str, every_sentence(other)))
    assert one.chart == other.chart


@each
def test_the_order_of_the_rows_changes_no_word(insight: Insight) -> None:
    world = small_world()
    shuffled = world.replace(
        **{name: frame.sample(fraction=1, shuffle=True, seed=1) for name, frame in world}
    )
    one, other = asked(insight, world), asked(insight, shuffled)
    assert list(map(str, every_sentence(one))) == list(map(str, every_sentence(other)))
    assert_frame_equal(one.table, other.table)


@each
def test_it_does_not_change_the_tables(insight: Insight) -> None:
    world = small_world()
    before = {name: frame.clone() for name, frame in world}
    asked(insight, world)
    for name, frame in world:
        assert_frame_equal(frame, before[name])


@each
def test_a_finding_has_all_that_a_report_shows(insight: Insight) -> None:
    found = asked(insight, small_world())
    assert (found.key, found.topic, found.question) == (
        insight.key,
        insight.topic,
        insight.question,
    )
    assert found.n > 0
    assert found.counted
    assert 0 <= found.weight <= 1
    assert 0 < found.table.height <= 400
    assert set(found.units) <= set(found.table.columns)
    assert not any(isinstance(dtype, pl.List | pl.Struct) for dtype in found.table.dtypes)
    for sentence in every_sentence(found):
        assert sentence.text.strip() == sentence.text
        assert sentence.text[-1] in ".:!?", sentence.text
        assert "  " not in sentence.text
        assert not re.search(r"\b(nan|None(?! of)|null|inf)\b", sentence.text)


@each
def test_what_shows_no_difference_does_not_lead_a_summary(insight: Insight) -> None:
    found = asked(insight, small_world())
    if "differs" not in found.table.columns or found.key == "agreement":
        pytest.skip("it compares nothing, or its table is of some of what it compares")
    if found.differences:
        pytest.skip("it shows a difference in this world")
    assert found.weight < 0.4


@pytest.mark.slow
@each
def test_its_chart_is_vega_lite_with_all_its_styles_known(insight: Insight) -> None:
    altair = pytest.importorskip("altair", reason="altair brings the schema of Vega-Lite")
    chart = asked(insight, small_world()).chart
    if chart is None:
        pytest.skip("it has no chart")
    spec = json.loads(json.dumps(chart.spec, allow_nan=False))
    assert altair.Chart.from_dict(spec).to_dict(validate=True)["data"]
    assert len(json.dumps(spec)) < 300_000
    known = set(config(LIGHT)["style"])
    assert set(styles(spec)) <= known
    assert "color" not in json.dumps(list(marks(spec)))


def marks(spec: dict[str, Any]) -> Iterator[Any]:
    """The marks of a specification, those of its layers and parts included."""
    for key, value in spec.items():
        if key == "mark":
            yield value
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                yield from marks(part)


def styles(spec: dict[str, Any]) -> Iterator[str]:
    """The styles of its marks."""
    return (mark["style"] for mark in marks(spec) if isinstance(mark, dict) and "style" in mark)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "source"),
    [
        *(("ml-100k", None), ("tmdb-5000", None), ("imdb-5000", None), ("netflix-justwatch", None)),
        *(("streaming", "streaming-platforms"), ("streaming", "streaming-lists")),
    ],
)
def test_every_real_set_gives_findings_and_reasons(
    data_root: Path, name: str, source: str | None
) -> None:
    tables = read_source(data_root / name, source)[1].tables
    report = make_report(
        tables, INSIGHTS.values(), note_data(tables, name), made_on=date(2026, 1, 1)
    )
    assert len(report.findings) >= 4
    assert len(report.findings) + len(report.unanswered) == len(INSIGHTS)
    for finding in report.findings:
        assert all(sentence.text for sentence in every_sentence(finding))
    for row in report.unanswered:
        assert len(row.reason.split()) > 2


@each
def test_tables_without_anything_are_refused_with_a_reason(insight: Insight) -> None:
    with pytest.raises(UnanswerableError, match=r"\w+ \w+ \w+"):
        insight.ask(Tables())


@each
def test_a_crumb_of_data_gives_a_finding_or_a_reason(insight: Insight) -> None:
    for tables in (
        rated([(1, 1, 3.0)]),
        rated([(1, 1, 3.0), (1, 2, 3.0), (2, 1, 3.0)]),
        Tables(titles=small_world().titles.head(1)),
        small_world().replace(titles=small_world().titles.with_columns(genres=None)),
    ):
        try:
            said = insight.ask(tables).claim
        except UnanswerableError as reason:
            said = str(reason)
        assert len(said.split()) > 2
