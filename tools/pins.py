"""Refreshes constraints.txt: the newest versions that the extras of pyproject.toml allow together.

Run as ``make pins``. pip resolves without installing anything; the report becomes one pin per line.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Any other torch would take the index's default build, which brings gigabytes of GPU packages.
FIXED = ["torch==2.13.0"]
HEADER = """\
# Every version that `make` installs. Written by `make pins`; do not edit by hand.
"""


def resolve(requirements: list[str]) -> dict[str, str]:
    """Name to version of everything that the requirements bring, the project itself left out."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
        subprocess.run(
            [*command, "--quiet", "--report", str(report), *requirements], check=True, cwd=ROOT
        )
        installed = json.loads(report.read_text())["install"]
    versions = {item["metadata"]["name"]: item["metadata"]["version"] for item in installed}
    versions.pop("marquee")
    return {name.lower().replace("_", "-"): v.split("+")[0] for name, v in versions.items()}


def main() -> None:
    """Writes constraints.txt beside pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = ",".join(project["project"]["optional-dependencies"])
    build = project["build-system"]["requires"]
    versions = resolve([*FIXED, *build, f".[{extras}]"])
    lines = [f"{name}=={versions[name]}\n" for name in sorted(versions)]
    (ROOT / "constraints.txt").write_text(HEADER + "".join(lines))
    print(f"{len(lines)} pins in constraints.txt")


if __name__ == "__main__":
    main()
