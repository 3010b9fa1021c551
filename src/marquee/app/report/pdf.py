"""A page as PDF, printed by a Chromium that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from marquee.errors import MarqueeError

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "msedge"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
"""Names under which a browser that prints is looked for."""

SECONDS = 120
"""How long printing may take."""


def print_page(html: str, path: Path) -> None:
    """Prints the page into a PDF file.

    Raises
    ------
    MarqueeError
        If there is no Chromium, or it does not print.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise MarqueeError(
            "PDF is printed by Chromium or Chrome, and none is installed; "
            "write HTML and print it from any browser"
        )
    with tempfile.TemporaryDirectory(prefix="marquee-") as folder:
        source, made = Path(folder, "report.html"), Path(folder, "report.pdf")
        source.write_text(html, encoding="utf-8")
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        options = [
            *("--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
            *("--disable-component-update", "--disable-sync", "--no-pdf-header-footer"),
            *(["--no-sandbox"] if root else []),  # Chromium's sandbox refuses to run as root
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={made}",
        ]
        try:
            done = subprocess.run(
                [browser, *options, source.as_uri()],
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise MarqueeError(f"{browser} did not print the page in {SECONDS} seconds") from None
        if done.returncode or not made.exists():
            said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise MarqueeError(f"{browser} did not print the page: {' '.join(said)}")
        shutil.copyfile(made, path)
