"""The step before the tests that sees to a browser: quick, quiet, and never in the way."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "tools" / "browser.sh"
SHELL = shutil.which("sh")

pytestmark = pytest.mark.skipif(SHELL is None, reason="no sh on this machine")

Ran = tuple[int, str, list[str]]


@pytest.fixture
def see(tmp_path: Path) -> Callable[..., Ran]:
    """Runs the script on a machine with just these programs; its status, words and installs."""

    def ran(user: int = 0, browser: str = "", **programs: str) -> Ran:
        log = tmp_path / "log"
        log.touch()
        programs = {"id": f"echo {user}", "timeout": 'shift; "$@"'} | programs
        for name, body in programs.items():
            path = tmp_path / name.replace("_", "-")
            path.write_text(f"#!{SHELL}\n{body}\n")
            path.chmod(0o755)
        done = subprocess.run(
            [str(SHELL), str(SCRIPT)],
            env={"PATH": str(tmp_path), "BROWSER": browser, "LOG": str(log)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr, log.read_text().splitlines()

    return ran


def test_where_a_browser_is_nothing_is_said_or_done(see: Callable[..., Ran]) -> None:
    assert see(chromium="exit 0", apt_get='echo "$@" >> "$LOG"') == (0, "", [])


def test_where_none_is_it_is_installed(see: Callable[..., Ran]) -> None:
    code, said, installs = see(apt_get='echo "$@" >> "$LOG"; echo noise')
    assert code == 0
    assert "BROWSER=no" in said
    assert "noise" not in said
    assert installs[0].startswith("update")
    assert "chromium" in installs[1]


@pytest.mark.parametrize(
    ("user", "browser", "reason"), [(0, "no", "BROWSER=no"), (1000, "", "apt-get install chromium")]
)
def test_it_is_left_alone_where_one_says_so_or_may_not(
    see: Callable[..., Ran], user: int, browser: str, reason: str
) -> None:
    code, said, installs = see(user, browser, apt_get='echo "$@" >> "$LOG"')
    assert (code, installs) == (0, [])
    assert reason in said


def test_a_failing_install_does_not_fail_the_build(see: Callable[..., Ran]) -> None:
    code, said, _ = see(apt_get="exit 100")
    assert code == 0
    assert "skipped" in said
