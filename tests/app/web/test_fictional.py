"""Among real titles those of the built-in world are marked, and only those."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
from fastapi.testclient import TestClient

from marquee.app.server import ServerSettings, create_app
from marquee.data.workspace import Workspace
from marquee.lifecycle.fitting import fit_workspace
from marquee.models import RECIPES
from marquee.service.engine import Engine


def page(home: Path) -> str:
    settings = ServerSettings(secret=b"a secret of the tests, 32 bytes.")
    app = create_app(Engine(Workspace(home)), settings)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        return client.get("/").text


def test_in_a_mixed_workspace_titles_of_the_world_are_marked(
    world_home: Path, tmp_path: Path
) -> None:
    tables = Workspace(world_home).tables()
    real = pl.col("title_id") % 2 == 0
    source = pl.when(real).then(pl.lit("elsewhere")).otherwise(pl.col("source"))
    mixed = Workspace(tmp_path)
    mixed.write(tables.replace(titles=tables.titles.with_columns(source.alias("source"))))
    fit_workspace(mixed, RECIPES["ease-content"](), "ease-content")
    text = page(tmp_path)
    marks = re.findall(r'<p class="meta"><span>(Fictional<)?', text)
    assert len(marks) > 10
    assert {bool(mark) for mark in marks} == {True, False}
    assert "Titles marked as fictional" in text


def test_where_all_is_fictional_the_page_says_so_once(world_home: Path) -> None:
    text = page(world_home)
    assert "Every title and person shown here is fictional." in text
    assert '<p class="meta"><span>Fictional' not in text
