"""Saving a forecaster with what is kept of its training, its line and its card.

::

    FOLDER/CURRENT                    the version in force and the SHA-256 of its manifest
    FOLDER/version-000002/
        manifest.json                 the parts, and the SHA-256 of the pointer of each
        forecaster/, line/            saved forecasters
        card.md, card.json            the model card
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from marquee.data.workspace import replace_text
from marquee.forecast.trained import Trained
from marquee.lifecycle.forecast_saving import ForecastAbout, load_forecaster, save_forecaster
from marquee.lifecycle.manifest import MANIFEST, read_bytes, read_json
from marquee.lifecycle.versions import in_force, put_in_force

FORMAT = 2
"""Number of the format that this version writes, and the only one that it reads."""

FORECASTER = "forecaster"
LINE = "line"
CARD = "card.md"
CARD_DATA = "card.json"

Card = Callable[[str], tuple[str, dict[str, Any]]]
"""Given the version of the saved forecaster, its card as Markdown and as plain values."""


def save_trained(trained: Trained, folder: Path, *, about: ForecastAbout, card: Card) -> Trained:
    """Saves a fitted forecaster and all that belongs to it, in place of the one that is there.

    The answer is the same with the version under which it was saved.

    Raises
    ------
    SavedModelError
        As ``save_forecaster``.
    """
    versions: list[str] = []

    def write(version: Path) -> str:
        version.mkdir()
        told = dataclasses.replace(about, trained=trained.to_dict())
        save_forecaster(trained.forecaster, version / FORECASTER, about=told)
        versions.append(in_force(version / FORECASTER)[1][:12])
        parts = [FORECASTER]
        if trained.line is not None:
            parts.append(LINE)
            save_forecaster(trained.line, version / LINE, about=about)
        markdown, values = card(versions[-1])
        replace_text(version / CARD, markdown)
        replace_text(version / CARD_DATA, _json(values))
        manifest = {
            "format": FORMAT,
            "parts": {name: _sha256(version / name / "CURRENT") for name in parts},
        }
        replace_text(version / MANIFEST, _json(manifest))
        return _sha256(version / MANIFEST)

    put_in_force(folder, write)
    return dataclasses.replace(trained, version=versions[-1])


def load_trained(folder: Path) -> Trained:
    """The forecaster saved in the folder with what belongs to it.

    Raises
    ------
    SavedModelError
        If there is none, or anything about it is not as it was saved; the text names the file.
    """
    version, digest = in_force(folder)
    parts: dict[str, str] = read_json(version / MANIFEST, digest, FORMAT)["parts"]
    for name, expected in parts.items():
        read_bytes(version / name / "CURRENT", expected)
    saved = load_forecaster(version / FORECASTER)
    line = load_forecaster(version / LINE).model if LINE in parts else None
    return Trained.from_dict(saved.about.trained | {"version": saved.version}, saved.model, line)


def card_path(folder: Path) -> Path:
    """Where the card of the forecaster in force lies, as Markdown."""
    return in_force(folder)[0] / CARD


def _json(values: object) -> str:
    return json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
