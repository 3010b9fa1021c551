"""What the newest reading says is among the metrics, and dashboard and rules ask for no others."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from marquee.app.speed import latencies, quantile
from marquee.data.feedback import Event, Shown
from marquee.data.workspace import Workspace
from marquee.lifecycle.monitoring.records import FOLDER, keep
from marquee.service.engine import Engine
from monitoring_kit import drift, reading

from .conftest import Api

V1 = "/api/v1"
DEPLOY = Path(__file__).resolve().parents[3] / "deploy"


def samples(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Labels and value of everything that is told, by name."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for each in family.samples:
            found.setdefault(each.name, []).append((each.labels, each.value))
    return found


def test_the_newest_reading_is_told_from_the_next_scrape_on(api: Api, tmp_path: Path) -> None:
    client = api(monitored=Workspace(tmp_path))
    assert "marquee_week" not in client.get(f"{V1}/metrics").text
    keep(Workspace(tmp_path), reading(week="2026-02-23", n_ratings=1))
    keep(Workspace(tmp_path), reading())
    told = samples(client.get(f"{V1}/metrics").text)
    ends = datetime(2026, 3, 9, tzinfo=UTC).timestamp()
    assert told["marquee_week_end_seconds"] == [({}, ends)]
    assert told["marquee_week_ratings"] == [({}, 700)]
    assert told["marquee_week_alarms"] == [({}, 2)]
    assert told["marquee_drift_p"] == [({"feature": "genre"}, 0.008), ({"feature": "rating"}, 0.7)]
    assert told["marquee_drift_alarm"] == [({"feature": "genre"}, 1), ({"feature": "rating"}, 0)]
    assert told["marquee_accuracy_promised_high"] == [({"metric": "rmse"}, 0.87)]
    assert told["marquee_accuracy_viewers"] == [({"metric": "rmse"}, 58)]
    assert told["marquee_week_picks_good"] == [({}, 30)]


def test_what_a_week_does_not_know_is_left_out_and_not_zero(api: Api, tmp_path: Path) -> None:
    empty: dict[str, Any] = {
        "n_viewers": 0,
        "distance": None,
        "psi": None,
        "psi_by_chance": None,
        "p_holm": None,
    }
    week = reading(drift=[drift(**empty, level=0.2, alarm=False)], accuracy=[], lists=None)
    keep(Workspace(tmp_path), week)
    told = samples(api(monitored=Workspace(tmp_path)).get(f"{V1}/metrics").text)
    assert told["marquee_drift_level"] == [({"feature": "genre"}, 0.2)]
    assert {"marquee_drift_psi", "marquee_accuracy_value", "marquee_week_picks"}.isdisjoint(told)


def test_a_damaged_reading_costs_no_other_metric(
    api: Api, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep(Workspace(tmp_path), reading())
    (tmp_path / FOLDER / "2026-03-02.json").write_text("{")
    answer = api(monitored=Workspace(tmp_path)).get(f"{V1}/metrics")
    assert answer.status_code == 200
    assert "marquee_serving" in answer.text
    assert "marquee_week" not in answer.text
    assert "2026-03-02.json" in caplog.text


@pytest.fixture
def told(api: Api, engine: Engine, tmp_path: Path) -> dict[str, set[str]]:
    """Every metric of a server with everything to tell, with the names of its labels."""
    keep(Workspace(tmp_path), reading())
    assert engine.feedback is not None
    at = datetime(2026, 1, 2, tzinfo=UTC)
    engine.feedback.show([Shown(5, "a", (1, 2), "ease-content", "1", at)])
    engine.feedback.write([Event(5, "good_pick", at, title_id=1, answer_id="a")])
    client = api(monitored=Workspace(tmp_path))
    assert client.get(f"{V1}/viewers/5/recommendations").status_code == 200
    found: dict[str, set[str]] = {}
    for name, values in samples(client.get(f"{V1}/metrics").text).items():
        found.setdefault(name, set()).update(*(labels for labels, _ in values))
    return found


def expressions(file: str) -> list[str]:
    """What a dashboard or a file of rules asks Prometheus."""
    text = (DEPLOY / file).read_text(encoding="utf-8")
    if file.endswith(".json"):
        panels = json.loads(text)["panels"]
        return [target["expr"] for panel in panels for target in panel.get("targets", ())]
    folded = re.sub(r">-\n\s+((?:.*\n)+?)(?=\s+(?:for|labels):)", r"\1", text)
    return re.findall(r"expr: ((?:.|\n)+?)\n\s+(?:for|labels):", folded)


@pytest.mark.parametrize(("file", "least"), [("grafana.json", 29), ("alerts.yaml", 10)])
def test_dashboard_and_rules_ask_for_what_the_server_tells(
    told: dict[str, set[str]], file: str, least: int
) -> None:
    asked = expressions(file)
    assert len(asked) >= least
    for text in asked:
        names = set(re.findall(r"\bmarquee_\w+", text))
        assert names <= told.keys(), text
        assert names or text.startswith("up{job=")
        labels = set().union(*(told[name] for name in names)) if names else {"job"}
        by = {
            each.strip()
            for group in re.findall(r"by \(([^)]*)\)", text)
            for each in group.split(",")
        }
        matched = set(re.findall(r'[{,]\s*(\w+)=~?"', text))
        assert by | matched <= labels, text
        assert text.count("(") == text.count(")")


def test_the_route_that_is_watched_is_one_that_there_is(
    told: dict[str, set[str]], api: Api
) -> None:
    client = api()
    client.get(f"{V1}/viewers/5/recommendations")
    text = client.get(f"{V1}/metrics").text
    routes = {labels["route"] for labels, _ in samples(text)["marquee_request_seconds_bucket"]}
    watched = {
        pattern
        for file in ("grafana.json", "alerts.yaml")
        for each in expressions(file)
        for pattern in re.findall(r'route=~"([^"]+)"', each)
    }
    assert watched
    for pattern in watched:
        assert any(re.fullmatch(pattern, route) for route in routes)


def test_every_panel_of_the_dashboard_has_its_place_and_an_id_of_its_own() -> None:
    board = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    assert all(panel["title"] for panel in panels)
    [source] = board["templating"]["list"]
    used = {panel["datasource"]["uid"] for panel in panels if "datasource" in panel}
    assert used == {"${" + source["name"] + "}"}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Prometheus is not installed")
def test_prometheus_reads_the_rules_and_the_configuration(tmp_path: Path) -> None:
    for name in ("alerts.yaml", "prometheus.yaml"):
        shutil.copy(DEPLOY / name, tmp_path)
    (tmp_path / "marquee.key").write_text("a key")
    for kind, name in (("rules", "alerts.yaml"), ("config", "prometheus.yaml")):
        done = subprocess.run(
            ["promtool", "check", kind, name],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


CASES = """
rule_files: [alerts.yaml]
evaluation_interval: 1m
tests:
  - name: a bad week
    interval: 1m
    input_series:
      - {series: 'marquee_drift_alarm{feature="genre"}', values: '1x90'}
      - {series: 'marquee_drift_alarm{feature="rating"}', values: '0x90'}
      - {series: 'marquee_week_picks', values: '30x90'}
      - {series: 'marquee_week_picks_good', values: '14x90'}
      - {series: 'marquee_week_end_seconds', values: '-777601x90'}
    alert_rule_test:
      - eval_time: 80m
        alertname: MarqueeDrift
        exp_alerts: [{exp_labels: {severity: warning, feature: genre}}]
      - eval_time: 80m
        alertname: MarqueeFewGoodPicks
        exp_alerts: [{exp_labels: {severity: warning}}]
      - {eval_time: 80m, alertname: MarqueeNotRead, exp_alerts: [{exp_labels: {severity: warning}}]}
      - {eval_time: 80m, alertname: MarqueeNothingArrives}
  - name: a good week, and few picks
    interval: 1m
    input_series:
      - {series: 'marquee_drift_alarm{feature="genre"}', values: '0x90'}
      - {series: 'marquee_week_picks', values: '29x90'}
      - {series: 'marquee_week_picks_good', values: '1x90'}
      - {series: 'marquee_week_end_seconds', values: '0x90'}
    alert_rule_test:
      - {eval_time: 80m, alertname: MarqueeDrift}
      - {eval_time: 80m, alertname: MarqueeFewGoodPicks}
      - {eval_time: 80m, alertname: MarqueeNotRead}
  - name: nothing was ever read
    interval: 1m
    input_series: []
    alert_rule_test:
      - {eval_time: 80m, alertname: MarqueeNotRead, exp_alerts: [{exp_labels: {severity: warning}}]}
"""
"""For promtool, without the sentences of the alerts."""


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Prometheus is not installed")
def test_the_rules_call_in_a_bad_week_and_not_in_a_good_one(tmp_path: Path) -> None:
    rules = (DEPLOY / "alerts.yaml").read_text(encoding="utf-8")
    bare = re.sub(r"\n {8}annotations:\n(?: {10}.*\n?)+", "\n", rules)
    (tmp_path / "alerts.yaml").write_text(bare)
    (tmp_path / "cases.yaml").write_text(CASES)
    command = ["promtool", "test", "rules", "cases.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_how_fast_lists_are_is_read_from_what_the_server_tells(api: Api) -> None:
    client = api()
    for _ in range(3):
        client.get(f"{V1}/viewers/5/recommendations")
    client.get(f"{V1}/titles")
    [found] = latencies(client.get(f"{V1}/metrics").text)
    assert found.route == f"{V1}/viewers/{{viewer_id}}/recommendations"
    assert found.n == 3
    assert 0 < found.p50_ms <= found.p95_ms <= found.p99_ms
    assert latencies("") == []


def test_a_quantile_of_a_histogram_is_spread_evenly_within_its_bucket() -> None:
    inf = float("inf")
    buckets = [(0.1, 10.0), (0.2, 10.0), (0.5, 40.0), (inf, 50.0)]
    assert quantile(buckets, 0.1) == pytest.approx(0.05)
    assert quantile(buckets, 0.5) == pytest.approx(0.2 + 0.3 * 15 / 30)
    assert quantile(buckets, 0.99) == 0.5  # beyond what is told apart
