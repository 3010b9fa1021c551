"""Everything about one viewer, for them to take along."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from marquee.data.feedback.checks import moment
from marquee.data.feedback.reading import history, profile
from marquee.data.feedback.records import Entry
from marquee.data.feedback.schema import answers, exposures, viewers

FORMAT = 1
"""Version of the export's shape."""


def everything(connection: sa.Connection, viewer_id: int) -> dict[str, Any]:
    """All that is kept about a viewer, as JSON values; moments are ISO 8601 in UTC.

    ``now`` is what counts today, ``events`` all that was ever said, what was undone included, in
    the order of arrival.
    """
    now = profile(connection, viewer_id)
    entry = sa.select(viewers.c.request_id).where(viewers.c.viewer_id == viewer_id)
    shown = sa.select(answers).where(answers.c.viewer_id == viewer_id)
    shown = shown.order_by(answers.c.at_us, answers.c.answer_id)
    tried = sa.select(exposures).where(exposures.c.viewer_id == viewer_id)
    tried = tried.order_by(exposures.c.at_us, exposures.c.experiment, exposures.c.answer_id)
    return {
        "format": FORMAT,
        "viewer_id": viewer_id,
        "revision": now.revision,
        "request_id": connection.execute(entry).scalar(),
        "settings": {
            "name": now.settings.name,
            "taste_groups": list(now.settings.taste_groups),
            "services": list(now.settings.services),
            "region": now.settings.region,
            "controls": dict(now.settings.controls),
        },
        "now": {
            "ratings": [{"title_id": title, "stars": now.ratings[title]} for title in now.ratings],
            "unrated": sorted(now.unrated),
            "watched": [{"title_id": title, "share": now.watched[title]} for title in now.watched],
            "seen": sorted(now.seen),
            "watchlist": sorted(now.watchlist),
            "hidden": sorted(now.hidden),
        },
        "events": [_said(entry) for entry in history(connection, viewer_id)][::-1],
        "lists_shown": [_shown(row) for row in connection.execute(shown)],
        "experiments": [_tried(row) for row in connection.execute(tried)],
    }


def _said(entry: Entry) -> dict[str, Any]:
    said = asdict(entry.event)
    del said["viewer_id"]
    said["at"] = entry.event.at.isoformat()
    return said | {"revision": entry.revision, "undone": entry.undone}


def _shown(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "answer_id": row.answer_id,
        "at": moment(row.at_us).isoformat(),
        "model": row.model,
        "snapshot": row.snapshot,
        "titles": row.titles,
    }


def _tried(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "experiment": row.experiment,
        "answer_id": row.answer_id,
        "at": moment(row.at_us).isoformat(),
        "titles": row.titles,
        "arms": row.arms,
    }
