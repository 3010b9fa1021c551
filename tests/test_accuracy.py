"""The accuracy table is measured once, found again, and measured anew when something changed."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from marquee.data.sources import SOURCES, Files
from sources_kit import FIXTURES

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    path = FIXTURES["ml-100k"](folder / "ml-100k")
    known = SOURCES["ml-100k"].read(Files(path)).tables.ratings
    pairs = itertools.product(sorted(set(known["viewer_id"])), sorted(set(known["title_id"])))
    rated = [
        f"{user}\t{title}\t{1 + at % 5}\t{880_000_000 + at}"
        for at, (user, title) in enumerate(pairs)
    ]
    (path / "u.data").write_text("\n".join(rated) + "\n")
    for fold in range(5):
        for part, lying in (("base", False), ("test", True)):
            own = [line for at, line in enumerate(rated) if (at % 5 == fold) == lying]
            (path / f"u{fold + 1}.{part}").write_text("\n".join(own) + "\n")
    return folder


@pytest.fixture(autouse=True)
def environment(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARQUEE_DATA", str(data))


def ask(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "benchmarks/accuracy.py", "--out", str(out), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def stamps(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (out / "results").glob("*.json")}


@pytest.mark.slow
def test_a_row_is_measured_once_and_found_again(data: Path, tmp_path: Path) -> None:
    asked = ("--quick", "--only", "folds/rmse/bias")
    first = ask(tmp_path, *asked, "--json")
    assert first.returncode == 0, first.stderr
    (row,) = json.loads(first.stdout)
    assert (row["model"], row["measure"], row["splits"][0]["clock"]) == ("bias", "rmse", "none")
    assert row["value"] == row["splits"][0]["metrics"]["rmse"] > 0
    kept = stamps(tmp_path)
    assert len(kept) == 1
    again = ask(tmp_path, *asked)
    assert f"| {row['value']:.4f} |" in again.stdout
    assert stamps(tmp_path) == kept
    assert (tmp_path / "accuracy-quick.md").read_text() == again.stdout
    ratings = data / "ml-100k" / "u.user"
    before = ratings.read_text(encoding="latin-1")
    ratings.write_text(before.replace("|M|", "|F|", 1), encoding="latin-1")
    assert ask(tmp_path, *asked).returncode == 0
    assert len(stamps(tmp_path)) == 2, "what models are told has changed"
    ratings.write_text(before, encoding="latin-1")


@pytest.mark.slow
def test_what_cannot_be_measured_is_said_and_counted(tmp_path: Path) -> None:
    nothing = ask(tmp_path, "--only", "no such row")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert "no row's name holds 'no such row'" in nothing.stderr
    absent = ask(tmp_path, "--only", "ml-1m/last-one/ndcg/popularity")
    assert absent.returncode == 1
    assert "no data set 'ml-1m' at hand" in absent.stderr


CODE = """
import sys, json
sys.path.insert(0, "benchmarks")
from marquee.lifecycle import code_version as code
from accuracy_rows import ROWS
from marquee.models.bias import Bias
from marquee.models import ease_content_blend
files = lambda model: sorted(code.closure(
    {type(part).__module__ for part in code.parts_of(model)} | {"marquee.evaluation.experiment"}))
print(json.dumps({"bias": files(Bias()), "blend": files(ease_content_blend()),
    "names": [row.name for row in ROWS], "against": [row.against for row in ROWS if row.against]}))
"""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_result_depends_on_its_own_code_and_not_on_that_of_other_models(
    told: dict[str, Any],
) -> None:
    bias, blend = set(told["bias"]), set(told["blend"])
    assert {"marquee.models.bias", "marquee.models.offsets", "marquee.models.base"} <= bias
    assert {"marquee.evaluation.metrics", "marquee.evaluation.splits.base"} <= bias
    assert not {"marquee.models", "marquee.models.ease", "marquee.models.svd"} & bias
    assert {"marquee.models.ease", "marquee.models.content", "marquee.features.text"} <= blend


def test_rows_have_names_of_their_own_and_are_held_against_rows(told: dict[str, Any]) -> None:
    assert len(set(told["names"])) == len(told["names"])
    assert set(told["against"]) <= set(told["names"])
