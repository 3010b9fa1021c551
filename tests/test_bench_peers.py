"""All libraries answer from files that hold no answer, and are scored as our own evaluation is."""

from __future__ import annotations

import importlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest

from marquee.data.sources import SOURCES, Files
from marquee.evaluation.experiment import evaluate
from marquee.models import ALGORITHMS
from sources_kit import FIXTURES

ROOT = Path(__file__).resolve().parent.parent


class Bench(NamedTuple):
    """The modules of the benchmark, on a small data set."""

    driver: ModuleType
    splits: ModuleType
    rows: ModuleType


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("data")
    path = FIXTURES["ml-100k"](folder / "ml-100k")
    known = SOURCES["ml-100k"].read(Files(path)).tables.ratings
    pairs = itertools.product(sorted(set(known["viewer_id"])), sorted(set(known["title_id"])))
    rated = [
        f"{user}\t{title}\t{1 + at % 5}\t{880_000_000 + at}"
        for at, (user, title) in enumerate(pairs)
    ]
    (path / "u.data").write_text("\n".join(rated) + "\n")
    for part, lying in (("base", False), ("test", True)):
        own = [line for at, line in enumerate(rated) if (at % 3 == 0) == lying]
        (path / f"u1.{part}").write_text("\n".join(own) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARQUEE_DATA", str(folder))
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        names = ("bench_peers", "peer_splits", "peer_rows")
        yield Bench(*(importlib.import_module(name) for name in names))


def question(bench: Bench, kind: str = "ratings", k: int = 0) -> tuple[object, ...]:
    asked: tuple[object, ...] = bench.splits.Question("tiny", "ml-100k", "u1", kind, k, "tiny")
    return asked


def test_no_test_rating_is_in_the_files(bench: Bench, tmp_path: Path) -> None:
    (split,) = bench.splits.test_splits(question(bench))
    folder = bench.splits.write_split(split, question(bench), tmp_path)
    with np.load(folder / "asked.npz") as asked, np.load(folder / "train.npz") as train:
        assert set(asked) == {"rows", "columns"}
        assert len(asked["rows"]) == len(split.test)
        np.testing.assert_array_equal(train["values"], split.train.matrix.data)
    assert not list(folder.glob("*answer*"))
    assert json.loads((folder / "split.json").read_text())["fingerprint"] == split.fingerprint


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "kind", "k"), [("bias", "ratings", 0), ("popularity", "lists", 3)]
)
def test_an_answer_through_files_is_scored_as_an_evaluation(
    bench: Bench, tmp_path: Path, model: str, kind: str, k: int
) -> None:
    asked = question(bench, kind, k)
    entry = bench.rows.Entry("marquee", model)
    line = bench.driver.measured(asked, entry, tmp_path, 120)
    assert not line.reason
    report = evaluate(ALGORITHMS[model], bench.splits.test_splits(asked), k=max(k, 1), clock="none")
    for name in line.metrics.keys() & report.mean.keys():
        assert line.metrics[name] == pytest.approx(report.mean[name], abs=1e-6)
    assert {"rmse", "ndcg@3"} & line.metrics.keys()
    assert line.peak_mb > 10
    kept = list((tmp_path / "results").glob("*.json"))
    again = bench.driver.measured(asked, entry, tmp_path, 0)
    assert again.metrics == pytest.approx(line.metrics, nan_ok=True), "found, not measured"
    assert len(kept) == 1


def test_who_cannot_be_installed_is_a_line_with_the_reason(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(command: list[str], limit: float) -> None:
        raise bench.driver.PeerError("no such wheel")

    monkeypatch.setattr(bench.driver, "_call", refuse)
    line = bench.driver.measured(question(bench), bench.rows.Entry("myfm", "MF"), tmp_path, 5)
    assert line.reason == "not installed: no such wheel"
    shown = bench.driver.table(question(bench), [line])
    assert "| myfm 0.4.0 | `MF` |" in shown
    assert "no such wheel" in shown


def test_a_list_with_a_title_of_the_profile_or_twice_is_refused(
    bench: Bench, tmp_path: Path
) -> None:
    asked = question(bench, "lists", 2)
    (split,) = bench.splits.test_splits(asked)
    tested = bench.splits.tested_rows(split)
    seen = split.history.take(tested).matrix
    unseen = [
        np.setdiff1d(np.arange(seen.shape[1]), seen[[row]].indices)[:2]
        for row in range(len(tested))
    ]
    for change, said in ((0, "own profile"), (1, "twice")):
        lists = np.array([[*own, -1, -1][:2] for own in unseen])
        lists[0] = [seen[[0]].indices[0], -1] if change == 0 else [lists[0, 0]] * 2
        np.save(tmp_path / "lists.npy", lists)
        with pytest.raises(ValueError, match=said):
            bench.splits.scored(split, asked, tmp_path)


def test_every_entry_can_be_run(bench: Bench) -> None:
    for name, entries in bench.rows.ENTRIES.items():
        assert name in {asked.name for asked in bench.splits.QUESTIONS}
        for entry in entries:
            assert (ROOT / "benchmarks" / "adapters" / f"with_{entry.peer}.py").exists()
            assert bench.driver.version(entry.peer)
            assert entry.variants
