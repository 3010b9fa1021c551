"""Saving a forecaster with what is kept of its training, its witnesses and its card.

::

    FOLDER/CURRENT                    the version in force and the SHA-256 of its manifest
    FOLDER/version-000002/
        manifest.json                 the parts, and the SHA-256 of the pointer of each
        forecaster/, witness-01/ …    saved forecasters
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
from marquee.errors import SavedModelError
from marquee.forecast.trained import Trained
from marquee.lifecycle.forecast_saving import ForecastAbout, load_forecaster, save_forecaster
from marquee.lifecycle.manifest import MANIFEST, damaged
from marquee.lifecycle.versions import in_force, put_in_force

FORMAT = 1
FORECASTER = "forecaster"
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
        for number, witness in enumerate(trained.witnesses, 1):
            parts.append(f"witness-{number:02d}")
            save_forecaster(witness, version / parts[-1], about=about)
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
    parts = _parts(version / MANIFEST, digest)
    for name, expected in parts.items():
        pointer = version / name / "CURRENT"
        if not pointer.is_file():
            raise SavedModelError(f"{pointer} is missing; fit and save the model again")
        if _sha256(pointer) != expected:
            raise damaged(pointer)
    saved = load_forecaster(version / FORECASTER)
    witnesses = [load_forecaster(version / name).model for name in parts if name != FORECASTER]
    return Trained.from_dict(
        saved.about.trained | {"version": saved.version}, saved.model, witnesses
    )


def card_path(folder: Path) -> Path:
    """Where the card of the forecaster in force lies, as Markdown."""
    return in_force(folder)[0] / CARD


def _parts(path: Path, digest: str) -> dict[str, str]:
    if not path.is_file():
        raise SavedModelError(f"{path} is missing; fit and save the model again")
    if _sha256(path) != digest:
        raise damaged(path)
    given = json.loads(path.read_bytes())
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        raise SavedModelError(
            f"{path} is not of format {FORMAT}; use the version that wrote it, or fit the model "
            "again"
        )
    parts: dict[str, str] = given["parts"]
    return parts


def _json(values: object) -> str:
    return json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
