"""The page of features says what the themes say today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_features_is_what_its_tool_writes() -> None:
    written = (ROOT / "docs/reference/features.md").read_text(encoding="utf-8")
    tool = "import sys; sys.path.insert(0, 'tools'); import features_page as f; print(f.page())"
    asked = subprocess.run(
        [sys.executable, "-c", tool], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert asked.stdout.rstrip("\n") == written.rstrip("\n"), "run: python tools/features_page.py"
