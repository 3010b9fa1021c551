"""A standalone cluster of a master and two workers on this host, one of which dies in a fit."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from marquee.data.intake import add_world
from marquee.data.workspace import Workspace
from marquee.evaluation.metrics import mean_over_users, ndcg
from marquee.evaluation.splits import random_split
from marquee.lifecycle.fitting import catalog_interactions
from marquee.lifecycle.saving import load
from marquee.models.ials import IALS
from spark_kit import FAST, needs_spark

pytestmark = [pytest.mark.slow, pytest.mark.fault, needs_spark]

EPOCHS = 6
SECONDS = 240
"""How long anything may take on a busy machine; nothing should."""


@dataclass
class Cluster:
    """The processes of a master and its workers, each in a session of its own."""

    folder: Path
    settings: tuple[str, ...]
    """``NAME=VALUE`` of the environment of every process."""
    port: int = 0
    web: int = 0
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"spark://127.0.0.1:{self.port}"

    def start(self, what: str, *options: str) -> subprocess.Popen[bytes]:
        spec = find_spec("pyspark")
        assert spec is not None
        assert spec.submodule_search_locations
        launcher = Path(spec.submodule_search_locations[0]) / "bin" / "spark-class"
        log = (self.folder / f"{what}-{len(self.running)}.log").open("wb")
        with log:
            started = subprocess.Popen(
                [
                    "env",
                    *self.settings,
                    str(launcher),
                    f"org.apache.spark.deploy.{what}",
                    *map(str, options),
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running.append(started)
        return started

    def state(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/json/", timeout=5) as answer:
            told: dict[str, Any] = json.load(answer)
        return told

    def alive(self) -> int:
        try:
            return sum(each["state"] == "ALIVE" for each in self.state()["workers"])
        except OSError:
            return 0

    def stop(self) -> None:
        for each in self.running:
            if each.poll() is None:
                os.killpg(each.pid, signal.SIGKILL)
            each.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, happened: Any) -> None:
    end = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < end, f"{what} did not come within {SECONDS} s"
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    settings = (
        "SPARK_LOCAL_IP=127.0.0.1",
        f"SPARK_LOCAL_DIRS={folder / 'scratch'}",
        f"SPARK_WORKER_DIR={folder / 'work'}",
        "SPARK_DAEMON_MEMORY=256m",
        f"JDK_JAVA_OPTIONS={FAST}",
        f"PYTHONPATH={os.pathsep.join(sys.path)}",
    )
    made = Cluster(folder, settings, free_port(), free_port())
    try:
        place = f"--host 127.0.0.1 --port {made.port} --webui-port {made.web}".split()
        made.start("master.Master", *place)
        wait_for("the master", lambda: _answers(made))
        for _ in range(2):
            more = ["--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "1g"]
            made.workers.append(made.start("worker.Worker", *more, made.url))
        wait_for("both workers", lambda: made.alive() == 2)
        yield made
    finally:
        made.stop()


def _answers(cluster: Cluster) -> bool:
    try:
        return bool(cluster.state()["status"] == "ALIVE")
    except OSError:
        return False


def test_a_fit_ends_with_the_right_model_though_a_worker_is_killed_in_the_middle(
    cluster: Cluster, tmp_path: Path, soak_round: int
) -> None:
    home, checkpoints = tmp_path / "home", tmp_path / "checkpoints"
    workspace = Workspace(home)
    add_world(workspace, n_titles=300, n_viewers=500, n_ratings=25_000, seed=3)
    # What a fit learns from is a training part, so that its lists can be held to the rest.
    tables = workspace.tables()
    split = random_split(catalog_interactions(tables), 0.2, seed=0)
    kept = pl.DataFrame(
        {
            "viewer_id": split.train.users.ids[split.train.rows],
            "title_id": split.train.items.ids[split.train.matrix.indices],
        }
    )
    pair = ["viewer_id", "title_id"]
    workspace.write(tables.replace(ratings=tables.ratings.join(kept, on=pair, how="semi")))

    asked = f"fit --engine spark --master {cluster.url} --memory 512m --json".split()
    asked += [f"--param={each}" for each in (f"epochs={EPOCHS}", "factors=12", "l2=0.03")]
    asked += ["--checkpoints", str(checkpoints)]
    command = [sys.executable, "-m", "marquee", "--home", str(home), *asked]
    job = subprocess.Popen(
        ["env", *cluster.settings, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        # Passes are over, and others are to come: each second one leaves a checkpoint.
        wait_for("a checkpoint", lambda: any(checkpoints.glob("*/rdd-*")) or job.poll() is not None)
        assert job.poll() is None, job.communicate()[1].decode()
        time.sleep(0.3 * (soak_round % 5))
        victim = cluster.workers[soak_round % 2]
        os.killpg(victim.pid, signal.SIGKILL)  # with its executor: a machine that is gone
        assert job.poll() is None, "the fit was over before a worker could be killed"
        out, err = job.communicate(timeout=SECONDS)
    finally:
        job.kill()
        job.wait()
    assert job.returncode == 0, err.decode()
    assert json.loads(out)["model"] == "als"
    assert victim.wait() == -signal.SIGKILL
    [application] = cluster.state()["completedapps"]
    assert application["state"] == "FINISHED"

    found = load(home / "models" / "als")
    assert isinstance(found, IALS)
    relevant = split.test.at_least(4.0).matrix

    def quality(model: IALS) -> float:
        return mean_over_users(ndcg(model.recommend(split.train, 10), relevant))

    ours = [
        quality(IALS(**{**found.params(), "seed": seed, "solver": "cholesky"}).fit(split.train))
        for seed in range(5)
    ]
    # Other starts give other lists; the cluster's are as good as those of this machine.
    assert quality(found) == pytest.approx(np.mean(ours), abs=4 * float(np.std(ours, ddof=1)))
    assert np.std(ours) < 0.03 * np.mean(ours)
