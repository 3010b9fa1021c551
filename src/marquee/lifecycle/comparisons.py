"""Comparisons of recommenders as they were printed, kept for whoever looks at them later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from marquee.data.workspace import Workspace, replace_text
from marquee.evaluation.plain import plain

SHOWN = ("made_at", "data", "split", "splits", "k", "metric", "against", "models")
"""What a document must have to be shown."""


def comparisons_folder(workspace: Workspace) -> Path:
    """Folder of the comparisons."""
    return workspace.home / "evaluation" / "comparisons"


def keep_comparison(workspace: Workspace, answer: Mapping[str, Any]) -> Path:
    """Writes what ``marquee compare --json`` says, in place of the same question's last answer."""
    asked = {name: answer[name] for name in ("data_version", "clock", "k", "relevant_from")}
    asked["splits"] = [split["fingerprint"] for split in answer["splits"]]
    asked["models"] = sorted((row["name"], row.get("params")) for row in answer["models"])
    asked["tuning"] = answer.get("tuning")
    key = hashlib.sha256(json.dumps(plain(asked), sort_keys=True).encode()).hexdigest()[:16]
    path = comparisons_folder(workspace) / f"{key}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(
        path, json.dumps(plain(dict(answer)), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    )
    return path


def kept_comparisons(workspace: Workspace) -> list[dict[str, Any]]:
    """The comparisons, the newest first; files that are none are passed over."""
    found = []
    for path in comparisons_folder(workspace).glob("*.json"):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(told, dict) and told.keys() >= set(SHOWN):
            found.append(told)
    return sorted(found, key=lambda told: str(told["made_at"]), reverse=True)
