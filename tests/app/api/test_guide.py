"""The examples of the guide run as they stand, against `marquee serve`."""

from __future__ import annotations

import json
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs/guide/api.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"
EXAMPLES = [
    block
    for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    if ADDRESS in block and "marquee" not in block
]


@pytest.fixture(scope="module")
def server(api_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server started by the command, on a copy of the workspace."""
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(api_home, home)
    command = [sys.executable, "-m", "marquee", "--home", str(home), "serve", "--port", "0"]
    with subprocess.Popen([*command, "--no-pages"], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = process.stderr.readline()
        found = re.search(r"on (http://127\.0\.0\.1:\d+) to this machine only", told)
        assert found, told + process.stderr.read()
        yield found[1]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert "Traceback" not in process.stderr.read()
    assert not (home / "feedback.db-wal").exists(), "the database was not closed"
    assert stat.S_IMODE((home / "secret").stat().st_mode) == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_of_the_guide_is_answered(server: str, example: str) -> None:
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("curl or bash is not installed")
    script = example.replace(ADDRESS, server).replace("curl -s ", "curl -sS --fail-with-body ")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answers = re.sub(r"\}\{", "}\n{", done.stdout).splitlines()
    assert all(isinstance(json.loads(answer), dict) for answer in answers)
    assert answers


@pytest.mark.slow
def test_the_python_of_the_guide_runs(server: str) -> None:
    [code] = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code.replace(ADDRESS, server)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("because of") == 5
    assert "404 there is no viewer 987654" in done.stdout


def test_the_guide_has_its_examples_and_names_every_address() -> None:
    assert len(EXAMPLES) >= 7
    from marquee.app.api import feedback, operations, picks, titles, viewers

    for module in (feedback, operations, picks, titles, viewers):
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        for path in re.findall(r'"(/[a-z/_{}]+)"', source):
            last = re.sub(r"\{\w+\}", "{id}", path)
            assert last.rpartition("/")[2] in GUIDE or last in GUIDE, path
