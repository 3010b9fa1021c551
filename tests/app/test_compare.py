"""``marquee compare``: a table for people, JSON for programs, a page that stands alone."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marquee.app.cli.entrants import MOST_TRIALS, budget_of, entrants_of, lengths_of, metric_names
from marquee.app.cli.metering import watch_memory
from marquee.app.leaderboard.page import page
from marquee.app.leaderboard.scatter import Axis, Dot, scatter
from marquee.errors import ParameterError
from marquee.evaluation.tuning import Budget
from marquee.lifecycle import code_version
from marquee.models import BASELINES

from .conftest import Run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(world_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of its own, since a comparison keeps its results there."""
    copy = tmp_path_factory.mktemp("compare") / "home"
    shutil.copytree(world_home, copy)
    return copy


ASKED = ("compare", "--data", "workspace", "--models", "bias,rp3beta", "--split", "time:0.8")


@pytest.fixture(scope="module")
def answer(home: Path) -> dict[str, Any]:
    """One comparison, as JSON, with its page beside it."""
    command = [sys.executable, "-m", "marquee", "--home", str(home), *ASKED]
    done = subprocess.run(
        [*command, "--json", "--html", str(home / "page" / "board.html")],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_baselines_are_always_there_and_everything_has_an_interval(answer: dict[str, Any]) -> None:
    names = [row["name"] for row in answer["models"]]
    assert sorted(names) == sorted({"rp3beta", *BASELINES})
    values = [row["metrics"]["ndcg@10"]["value"] for row in answer["models"]]
    assert values == sorted(values, reverse=True)
    assert answer["against"] == next(name for name in names if name in BASELINES)
    for row in answer["models"]:
        one = row["metrics"]["ndcg@10"]
        assert one["low"] <= one["value"] <= one["high"]
        assert row["fit_seconds"] >= 0
        assert row["metrics"]["coverage@10"]["low"] is not None
        apart = row["differences"]
        assert bool(apart) == (row["name"] != answer["against"])
        if apart:
            assert 0 < apart["ndcg@10"]["p"] <= apart["ndcg@10"]["p_holm"] <= 1
            assert apart["ndcg@10"]["effect"] is not None
    assert re.fullmatch("[0-9a-f]{64}", answer["splits"][0]["fingerprint"])
    assert answer["clock"] == "past"
    assert answer["verdict"] == "no leak found"


def test_the_second_time_nothing_is_fitted(run: Run, home: Path, answer: dict[str, Any]) -> None:
    again = run("--home", home, *ASKED, "--json").answer
    assert {row["n_cached"] for row in again["models"]} == {1}
    for old, new in zip(answer["models"], again["models"], strict=True):
        assert old | {"n_cached": 1} == new


def test_a_person_gets_a_table(run: Run, home: Path, answer: dict[str, Any]) -> None:
    done = run("--home", home, *ASKED, "--metrics", "recall,ndcg@10,rmse")
    assert done.code == 0
    assert answer["splits"][0]["fingerprint"][:12] in done.out
    for name in ("recall@10", "ndcg@10", "rmse", *BASELINES):
        assert name in done.out
    assert "corrected for all comparisons" in done.out


class _Page(HTMLParser):
    """What a page asks for from elsewhere, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.outside: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "action"} or "url(" in (value or ""):
                self.outside.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> _Page:
    parser = _Page()
    parser.feed(text)
    return parser


def test_the_page_stands_alone_and_says_what_the_json_says(
    home: Path, answer: dict[str, Any]
) -> None:
    text = (home / "page" / "board.html").read_text(encoding="utf-8")
    found = read(text)
    assert not found.outside
    assert {"script", "link", "img", "iframe"}.isdisjoint(found.tags)
    assert found.tags.count("svg") == 2
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    for row in answer["models"]:
        assert row["name"] in found.text
        assert f"{row['metrics']['ndcg@10']['value']:.3f}" in found.text
    assert answer["splits"][0]["fingerprint"] in found.text
    assert "LEAKING" not in text


def test_names_of_data_cannot_break_the_page(answer: dict[str, Any]) -> None:
    leaking = {"verdict": "LEAKING", "leaks": [{"note": False}]}
    bad = answer | {"data": "<script>alert(1)</script>&", "leaks": ["a & b"], "interrupted": True}
    found = read(page(bad | {"models": [answer["models"][0] | leaking, *answer["models"][1:]]}))
    assert found.text.count("LEAKING") == 2
    assert "script" not in found.tags
    assert "LEAKING: a & b" in found.text
    assert "Stopped before" in found.text


def test_a_chart_shows_every_model_where_it_is() -> None:
    dots = [
        Dot("a", 0.001, 0.2, 0.1, 0.3, main=True),
        Dot("b", 0.0, 0.2, 0.1, 0.3),
        Dot("<c>", 30.0, 0.5, float("nan"), float("nan")),
        Dot("none", float("nan"), 0.5, 0.4, 0.6),
    ]
    svg = scatter(dots, Axis("seconds", log=True), Axis("NDCG"))
    spots = [tuple(map(float, spot)) for spot in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', svg)]
    assert len(spots) == 3
    assert spots[0] == spots[1], "no time at all stands at the least time"
    assert spots[2][0] > spots[0][0]
    assert spots[2][1] < spots[0][1]
    assert "&lt;c&gt;" in svg
    assert "<c>" not in svg
    assert scatter([], Axis("x"), Axis("y")) == ""
    assert "circle" in scatter([Dot("one", 1.0, 0.0, 0.0, 0.0)], Axis("x"), Axis("y"))


@pytest.mark.parametrize("seed", range(5))
def test_names_on_a_chart_do_not_lie_on_one_another(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dots = [Dot(f"model-{n}", rng.random(), rng.random(), 0.0, 1.0) for n in range(8)]
    svg = scatter(dots, Axis("x"), Axis("y"))
    places = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" fill="var\(--chart-ink\)"', svg)
    boxes = [(float(x), float(y)) for x, y in places]
    assert len(boxes) == 8
    for at, (x, y) in enumerate(boxes):
        for other_x, other_y in boxes[:at]:
            assert abs(x - other_x) >= 49 - 1 or abs(y - other_y) >= 12


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--models", "nothing"), "there is no model 'nothing'; there are als, bayesian-fm"),
        (("--metrics", "fame"), "there is no metric 'fame'; there are rmse, mae"),
        (("--metrics", "ndcg@0"), "the lists of 'ndcg@0' have no length from 1 to 1,000; write"),
        (("--against", "svd"), "'svd' is not compared; there are popularity, last-7-days, bias"),
        (("--html", "."), ". is a folder; give --html the name of a file in it"),
        (("-p", "ease=3"), "a parameter is given as MODEL.name=value for one of popularity"),
        (("-p", "svd.l2=3"), "for one of popularity, last-7-days, bias, item-knn, ease"),
        (("-p", "ease.fame=3"), "ease has no parameter 'fame'"),
        (("--split", "file:nowhere"), "there is no file of splits nowhere"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_sentence(
    run: Run, home: Path, options: tuple[str, ...], said: str
) -> None:
    done = run("--home", home, "compare", "--data", "workspace", *options)
    assert done.code == 1
    assert said in done.err
    assert done.err.count("error:") == 1
    assert "Comparing" not in done.err, "it is said before anything is fitted"


def test_metrics_are_named_with_or_without_the_length() -> None:
    assert metric_names("ndcg, recall@7,rmse,ndcg@7,auc", 7) == [
        *("ndcg@7", "recall@7", "rmse", "auc"),
    ]
    assert metric_names("", 5)[0] == "ndcg@5"
    several = metric_names("recall@50,ndcg,rmse,ndcg@010", 10)
    assert several == ["recall@50", "ndcg@10", "rmse"]
    assert lengths_of(several, 10) == (10, 50)
    assert lengths_of(["recall@50"], 10) == (50,)
    assert lengths_of(["rmse"], 7) == (7,)
    with pytest.raises(ParameterError, match="no metric 'rmse@7'"):
        metric_names("rmse@7", 7)
    for name in ("ndcg@", "ndcg@1001", "ndcg@-5", "ndcg@ten"):
        with pytest.raises(ParameterError, match="have no length from 1 to 1,000; write ndcg@10"):
            metric_names(name, 10)


def test_what_a_search_chose_is_said_to_a_person(run: Run, home: Path) -> None:
    pytest.importorskip("optuna")
    asked = ("compare", "--data", "workspace", "--models", "bias", "--no-baselines")
    done = run("--home", home, *asked, "--metrics", "rmse", "--tune", "1")
    assert done.code == 0
    chosen = re.search(r"bias, chosen on time:(.+) inside time:0.9: (.+)\n", done.out)
    assert chosen is not None
    assert re.match(
        r"(as it was|\w+=.+) \(rmse 0\.\d{3} after 0\.\d{3}, settings tried: 1\)\.", chosen[2]
    )


def test_a_search_is_bounded_by_trials_by_minutes_or_by_both() -> None:
    assert budget_of(0, None) is None
    assert budget_of(20, None) == Budget(n_trials=20)
    assert budget_of(20, 3.0) == Budget(n_trials=20, minutes=3.0)
    assert budget_of(0, 3.0) == Budget(n_trials=MOST_TRIALS, minutes=3.0)
    with pytest.raises(ParameterError, match="minutes of a search must be above 0"):
        budget_of(0, 0.0)


def test_what_other_libraries_came_to_is_not_taken_for_this(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (before,) = entrants_of(["popularity"], (), [])
    assert f"numpy {np.__version__}" in before.version
    (again,) = entrants_of(["popularity"], (), [])
    assert again.version == before.version
    monkeypatch.setattr(code_version, "LIBRARIES", ("numpy", "no-such-library"))
    (fewer,) = entrants_of(["popularity"], (), [])
    assert fewer.version != before.version
    monkeypatch.setattr("importlib.metadata.version", lambda _name: "0.0.1")
    (other,) = entrants_of(["popularity"], (), [])
    assert "numpy 0.0.1" in other.version


def test_memory_that_was_held_for_a_while_is_seen() -> None:
    most = watch_memory()
    if most() is None:
        pytest.skip("this system does not tell the most memory of a process")
    held = np.ones(20_000_000)
    del held
    found = most()
    assert found is not None
    assert found >= 150_000_000
    again = watch_memory()()
    assert again is not None
    assert again < 100_000_000, "what an earlier piece of work took is not counted again"


def test_what_is_done_stays_when_somebody_presses_ctrl_c(home: Path, tmp_path: Path) -> None:
    own = tmp_path / "home"
    shutil.copytree(home, own, ignore=shutil.ignore_patterns("evaluation"))
    command = [sys.executable, "-m", "marquee", "--home", str(own), "compare"]
    command += ["--data", "workspace", "--split", "time:0.8", "--models"]
    asked = "popularity,bias,sasrec"
    options = ["--param", "sasrec.epochs=5000", "--param", "sasrec.patience=5000"]
    running = subprocess.Popen(
        [*command, asked, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    for line in running.stderr:
        if "sasrec on" in line:
            break
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "2 of 6 models are done" in err
    assert "the same command goes on" in err
    assert "popularity" in out
    again = subprocess.run(
        [*command, "popularity,bias", "--json"], capture_output=True, text=True, check=True
    )
    cached = {row["name"]: row["n_cached"] for row in json.loads(again.stdout)["models"]}
    assert cached == {name: int(name in {"popularity", "bias"}) for name in BASELINES}
