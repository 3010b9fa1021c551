"""The command line: answers people and programs can read, errors that say the way out."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from forecast_kit import members
from marquee.data.sources import SOURCES
from marquee.data.workspace import Workspace
from marquee.models import ALGORITHMS, RECIPES
from sources_kit import FIXTURES

from .conftest import Run

pytestmark = pytest.mark.slow


def test_a_viewer_gets_unseen_titles_with_their_own_as_reasons(run: Run, world_home: Path) -> None:
    done = run("--home", world_home, "recommend", "--viewer", 5, "-n", 7, "--json")
    assert done.code == 0
    ratings = Workspace(world_home).frame("ratings")
    seen = set(ratings.filter(viewer_id=5)["title_id"])
    picks = done.answer["picks"]
    assert len(picks) == 7
    assert not seen & {pick["title"]["title_id"] for pick in picks}
    reasons = {reason["title"]["title_id"] for pick in picks for reason in pick["reasons"]}
    assert reasons
    assert reasons <= seen
    assert [pick["score"] for pick in picks] == sorted(
        (pick["score"] for pick in picks), reverse=True
    )


def test_a_visitor_names_what_they_like(run: Run, world_home: Path) -> None:
    names = Workspace(world_home).frame("titles")["name"].unique(maintain_order=True)[:2]
    cards = [run("--home", world_home, "similar", name, "-n", 1, "--json") for name in names]
    assert [card.code for card in cards] == [0, 0]
    done = run("--home", world_home, "recommend", "--like", names[0], "--like", names[1])
    assert done.code == 0
    assert f"liking {names[0]}" in done.out
    assert "because of" in done.out
    assert "fictional" in done.out


def test_caps_are_on_and_can_be_taken_off(run: Run, world_home: Path) -> None:
    workspace = Workspace(world_home)
    cast = workspace.frame("credits").filter(role="director")
    directors = cast.group_by("title_id").agg("person").rows_by_key("title_id", unique=True)

    def most(*options: object) -> list[int]:
        found = []
        for viewer in range(1, 9):
            asked = ("recommend", "--viewer", viewer, "-n", 20, "--json", *options)
            picks = run("--home", world_home, *asked).answer["picks"]
            of_pick = [directors.get(pick["title"]["title_id"], ([],))[0] for pick in picks]
            found.append(max(Counter(chain.from_iterable(of_pick)).values()))
        return found

    assert max(most()) == 2
    assert max(most("--no-caps")) > 2


def test_nobody_in_particular_gets_what_is_liked_on_the_whole(run: Run, world_home: Path) -> None:
    answer = run("--home", world_home, "recommend", "--json").answer
    assert len(answer["picks"]) == 10
    assert "nothing is known" in answer["based_on"]
    assert all(not pick["reasons"] for pick in answer["picks"])


@pytest.mark.parametrize("kind", ["film", "show"])
def test_only_the_kind_that_was_asked_for(run: Run, world_home: Path, kind: str) -> None:
    like = Workspace(world_home).frame("titles")["title_id"][0]
    for command in (("recommend", "--viewer", 5), ("similar", f"#{like}")):
        answer = run("--home", world_home, *command, "--kind", kind, "--json").answer
        assert {pick["title"]["kind"] for pick in answer["picks"]} == {kind}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("recommend", "--viewer", 99999), "there is no viewer 99999; those of the data run from"),
        (("serve", "--public-url", "films.example"), "the public URL must be an address"),
        (("recommend", "--like", "Zzzz Qqqq (1901)"), "no title 'Zzzz Qqqq (1901)'"),
        (("similar", "#99999999"), "there is no title 99999999"),
        (("recommend", "--model", "svd"), "svd"),
        (("data", "show", "films"), "there is no table 'films'; there are titles"),
        (("data", "add", "nowhere/at/all"), "nowhere/at/all does not exist"),
        (("data", "get", "ml-7"), "nothing published as 'ml-7'; there are ml-100k"),
        (("fit", "--model", "sdv"), "there is no model 'sdv'; there are"),
        (("fit", "--model", "svd", "-p", "factors=-1"), "factors"),
        (("fit", "--model", "svd", "-p", "factor=1"), "svd has no parameter 'factor'; it has"),
        (("fit", "--model", "svd", "-p", "factors=many"), "factors must be int, got 'many'"),
        (("fit", "--model", "svd", "-p", "factors"), "name=value, got 'factors'"),
        (("evaluate", "--data", "nothing-here"), "no data set 'nothing-here' at hand"),
        (("evaluate", "--data", "workspace", "--split", "u1"), "split 'u1' is not one of"),
        (("evaluate", "--data", "workspace", "--seed", -3), "seed must be at least 0, got -3"),
    ],
)
def test_an_error_of_ours_is_one_sentence_and_status_1(
    run: Run, world_home: Path, arguments: tuple[object, ...], sentence: str
) -> None:
    done = run("--home", world_home, *arguments)
    assert done.code == 1
    last = done.err.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert sentence in last
    assert "Traceback" not in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("recomend",),
        ("recommend", "--viewer", "many"),
        ("recommend", "-n", 0),
        ("data",),
        ("world", "--titles", 29),
        ("recommend", "-n", 10**20),
        ("similar", "One", "-n", 10**12),
        ("data", "show", "titles", "-n", 10**20),
        ("evaluate", "--data", "world", "-k", 10**11),
        ("similar",),
    ],
)
def test_wrong_usage_is_status_2(run: Run, arguments: tuple[object, ...]) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert "Traceback" not in done.err


def test_an_empty_workspace_says_how_to_fill_it(run: Run, tmp_path: Path) -> None:
    for command in (("recommend",), ("data", "show", "titles"), ("fit",)):
        done = run("--home", tmp_path / "new", *command)
        assert done.code == 1
        assert "run `marquee" in done.err
    listed = run("--home", tmp_path / "new", "data", "check", "--json")
    assert (listed.code, listed.answer["tables"]) == (0, {})
    assert not (tmp_path / "new").exists()


def test_a_workspace_without_a_model_says_how_to_fit_one(run: Run, tmp_path: Path) -> None:
    run("--home", tmp_path, "world", "--titles", 40, "--viewers", 30, "--ratings", 300)
    done = run("--home", tmp_path, "recommend")
    assert done.code == 1
    assert "run `marquee fit`" in done.err


@pytest.mark.parametrize("name", members(FIXTURES, {"imdb-5000", "ml-100k"}))
def test_every_source_is_recognized_added_and_shown(run: Run, tmp_path: Path, name: str) -> None:
    assert name in SOURCES
    path, home = FIXTURES[name](tmp_path / "files"), tmp_path / "home"
    tried = run("--home", home, "data", "check", path, "--json")
    assert tried.code == 0, tried.err
    assert tried.answer["source"] == name
    added = run("--home", home, "data", "add", path, "--allow-rejects", "--json")
    assert added.code == 0, added.err
    assert added.answer["tables"]["titles"] == tried.answer["tables"]["titles"] > 0
    assert added.answer["n_rejected"] == tried.answer["n_rejected"]
    shown = run("--home", home, "data", "show", "titles", "-n", 1000, "--json").answer
    assert {row["source"] for row in shown} == {name}
    steps = [line.split()[-1] for line in added.err.splitlines()[-4:]]
    assert steps == ["reading", name, "writing", "done"]
    again = run("--home", home, "data", "add", path, "--allow-rejects", "--json")
    assert again.answer["tables"] == added.answer["tables"]


def test_folders_may_be_called_anything(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "films [2024] * ünï"
    made = run("--home", home, "world", "--titles", 60, "--viewers", 40, "--ratings", 600)
    assert made.code == 0, made.err
    for name in ("ml-1m", "ml-100k", "ml-csv"):
        files = FIXTURES[name](tmp_path / "[a-b] {c}?" / name)
        added = run("--home", home, "data", "add", files, "--allow-rejects")
        assert added.code == 0, added.err
    for command in (("fit",), ("recommend", "--viewer", 1), ("data", "show", "titles")):
        done = run("--home", home, *command)
        assert done.code == 0, done.err


def test_a_folder_of_several_formats_asks_which_is_meant(run: Run, tmp_path: Path) -> None:
    for name in ("imdb-5000", "tmdb-5000"):
        FIXTURES[name](tmp_path / "files" / name)
    asked = run("--home", tmp_path / "home", "data", "add", tmp_path / "files")
    assert asked.code == 1
    assert "several formats: tmdb-5000, imdb-5000; " in asked.err
    assert "--as" in asked.err
    assert Workspace(tmp_path / "home").snapshot is None
    told = run(
        "--home",
        tmp_path / "home",
        "data",
        "add",
        tmp_path / "files",
        "--as",
        "imdb-5000",
        "--allow-rejects",
        "--json",
    )
    assert told.answer["source"] == "imdb-5000"


def test_values_left_out_of_kept_records_are_told_too(run: Run, tmp_path: Path) -> None:
    path, home = FIXTURES["imdb-5000"](tmp_path / "files"), tmp_path / "home"
    added = run("--home", home, "data", "add", path, "--allow-rejects", "--json").answer
    rows = run("--home", home, "data", "show", "rejects", "-n", 1000, "--json").answer
    kept = [row for row in rows if row["row_kept"]]
    assert kept
    assert added["n_remarks"] == len(kept)
    assert added["n_rejected"] == len(rows) - len(kept)
    said = run("--home", home, "data", "add", path, "--allow-rejects").out
    assert f"{len(kept)} remark(s) on records that were kept" in said
    assert "marquee data show rejects" in said


def test_data_without_ratings_cannot_be_measured_on(run: Run, tmp_path: Path) -> None:
    path = FIXTURES["tmdb-5000"](tmp_path / "files")
    done = run("--home", tmp_path / "home", "evaluate", "--data", path)
    assert done.code == 1
    assert "holds no ratings" in done.err
    done = run("--home", tmp_path / "home", "evaluate", "--data", "workspace")
    assert done.code == 1
    assert "holds no ratings" in done.err


def test_what_the_machine_refuses_is_one_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/somewhere/titles.parquet")

    monkeypatch.setattr("marquee.data.workspace.sync", full)
    path = FIXTURES["ml-1m"](tmp_path / "files")
    done = run("--home", tmp_path / "home", "data", "add", path, "--allow-rejects")
    assert done.code == 1
    last = done.err.strip().splitlines()[-1]
    assert last == "error: No space left on device: /somewhere/titles.parquet"


def test_a_port_in_use_is_told_by_number(run: Run, world_home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--home", world_home, "serve", "--port", port)
    assert done.code == 1
    assert f"error: port {port} of 127.0.0.1 cannot be used" in done.err


def test_an_interrupt_while_commands_load_is_no_traceback() -> None:
    hook = (
        "import sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'marquee.app.cli.commands': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop())\n"
        "from marquee.app.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", hook], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


def test_a_title_that_nothing_is_like_is_told_so(run: Run, tmp_path: Path) -> None:
    home, files = tmp_path / "home", tmp_path / "ml"
    files.mkdir()
    (files / "movies.csv").write_text(
        "movieId,title,genres\n1,One (1999),Drama\n2,Two (1999),Drama\n3,Three (1999),Drama\n"
    )
    (files / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4,1\n1,2,4,1\n")
    for command in (("data", "add", files), ("fit", "--model", "ease")):
        assert run("--home", home, *command).code == 0
    done = run("--home", home, "similar", "Three")
    assert done.code == 0
    assert "ease knows no title like it" in done.out


def test_too_many_rejects_stop_an_add_and_leave_nothing(run: Run, tmp_path: Path) -> None:
    files = tmp_path / "ml"
    files.mkdir()
    (files / "movies.csv").write_text("movieId,title,genres\n1,One (1999),Drama\n")
    good = "".join(f"{viewer},1,4.0,100\n" for viewer in range(1, 50))
    (files / "ratings.csv").write_text(
        "userId,movieId,rating,timestamp\n" + good + "50,1,eleven,100\n"
    )
    refused = run("--home", tmp_path / "home", "data", "add", files)
    assert refused.code == 1
    assert "1 of 51 records" in refused.err
    assert "--allow-rejects" in refused.err
    assert Workspace(tmp_path / "home").snapshot is None
    allowed = run("--home", tmp_path / "home", "data", "add", files, "--allow-rejects")
    assert allowed.code == 0
    assert "1 rejected" in allowed.out
    rejects = run("--home", tmp_path / "home", "data", "show", "rejects", "--json").answer
    assert [(row["file"], row["line"], row["column"], row["value"]) for row in rejects] == [
        ("ratings.csv", 51, "rating", "eleven")
    ]


def test_evaluating_prints_the_same_figures_as_json(run: Run, world_home: Path) -> None:
    asked = ("--home", world_home, "evaluate", "--data", "workspace", "-m", "bias")
    report = run(*asked, "--split", "kfold:3", "--seed", 5, "--json").answer
    assert len(report["splits"]) == 3
    assert len({split["fingerprint"] for split in report["splits"]}) == 3
    assert 0.3 < report["mean"]["rmse"] < 2
    printed = run(*asked, "--split", "kfold:3", "--seed", 5).out
    assert f"{report['mean']['rmse']:.4f}" in printed
    assert f"{report['mean']['ndcg@10']:.4f}" in printed


def test_an_evaluation_says_its_clock_and_takes_several_lengths(run: Run, world_home: Path) -> None:
    asked = ("--home", world_home, "evaluate", "--data", "workspace", "-m", "bias")
    timely = run(*asked, "--split", "time:0.8", "-k", 20, "-k", 5, "--json").answer
    assert (timely["k"], timely["clock"]) == ([5, 20], "past")
    assert {"ndcg@5", "ndcg@20"} <= set(timely["mean"])
    assert timely["splits"][0]["test_starts"] > 0
    full = run(*asked, "--split", "random:0.2", "--clock", "full", "--no-lists")
    assert "Clock full: " in full.out
    assert "a benchmark condition and not a serving one" in full.out
    assert "ndcg" not in full.out
    for nothing in (("-m", "popularity"), ("--split", "strong:5", "--relevant-from", 3.5)):
        refused = run(*asked, *nothing, "--no-lists")
        assert refused.code == 1
        assert "without lists nothing can be measured; leave out --no-lists" in refused.err
    strong = run(*asked, "--split", "strong:5", "--relevant-from", 3.5, "--json").answer
    assert strong["splits"][0]["name"] == "strong:5"
    assert "rmse" not in strong["mean"]
    last = run(*asked, "--split", "last-one", "--json").answer["splits"][0]
    assert (last["n_users"], last["relevant_from"]) == (last["n_test"], None)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--clock", "now"), "clock must be one of none, past, full, got 'now'"),
        (("-p", "clock=full"), "the clock of an evaluation is given as --clock"),
    ],
)
def test_a_clock_that_is_none_is_refused(
    run: Run, world_home: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    asked = ("--home", world_home, "evaluate", "--data", "workspace", "-m", "bias")
    done = run(*asked, *arguments)
    assert (done.code, done.out) == (1, "")
    assert sentence in done.err


def test_models_are_listed_with_what_they_can_do_and_take(run: Run) -> None:
    answer = {entry["name"]: entry for entry in run("models", "list", "--json").answer}
    assert set(answer) == {*ALGORITHMS, *RECIPES}
    assert "predicts ratings" in answer["svd"]["abilities"]
    factors = answer["svd"]["parameters"][0]
    assert (factors["name"], factors["default"]) == ("factors", 64)
    assert all(len(one["meaning"]) > 10 for one in answer["svd"]["parameters"])
    assert "2009" in answer["svd"]["paper"]
    printed = run("models", "list").out
    assert all(name in printed for name in answer)
    one = run("models", "list", "svd").out
    assert "fold_in_l2" in one
    assert "Matrix factorization techniques" in one
    refused = run("models", "list", "sdv")
    assert refused.code == 1
    assert "there is no model 'sdv'; there are" in refused.err


def test_columns_are_explained(run: Run) -> None:
    done = run("data", "show", "ratings", "--columns", "--json")
    assert {row["column"] for row in done.answer} >= {"viewer_id", "rating", "rated_at"}
    assert all(row["meaning"] for row in done.answer)


def test_the_list_names_every_source(run: Run, tmp_path: Path) -> None:
    done = run("--home", tmp_path, "data", "list", "--json")
    assert {entry["name"] for entry in done.answer["formats"]} == set(SOURCES)
    assert {"ml-100k", "ml-32m"} <= {entry["name"] for entry in done.answer["published"]}


def test_the_home_comes_from_the_environment(
    run: Run, world_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARQUEE_HOME", str(world_home))
    assert run("data", "check", "--json").answer["tables"]["titles"] == 200
