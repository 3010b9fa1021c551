"""The page that ``marquee studio`` opens: what the workspace holds, and how its ratings lie."""

from __future__ import annotations

import sys
from pathlib import Path

import altair as alt
import polars as pl
import streamlit as st

from marquee.data.workspace import Workspace
from marquee.service.library import fictional_notes

SHOWN = ("titles", "credits", "ratings", "viewers", "availability", "outcomes")
"""Tables about films; the others are about joins and rejects."""


def show(home: Path) -> None:
    """Draws the page for the workspace at that home."""
    st.set_page_config(page_title="Marquee studio", layout="wide")
    st.title("Marquee studio")
    workspace = Workspace(home)
    if workspace.snapshot is None:
        st.info(f"{home} holds no data yet. Run `marquee world` or `marquee data add PATH`.")
        return
    counts = {name: n for name, n in workspace.counts().items() if name in SHOWN}
    st.caption(f"Workspace {home}, snapshot {workspace.snapshot}")
    for column, name in zip(st.columns(len(counts)), counts, strict=True):
        column.metric(name, f"{counts[name]:,}")
    titles = workspace.frame("titles")
    for note in fictional_notes(titles):
        st.info(note)
    ratings = workspace.scan("ratings").group_by("rating").len().sort("rating").collect()
    st.subheader("Ratings")
    st.altair_chart(
        alt.Chart(ratings).mark_bar().encode(x="rating:O", y=alt.Y("len:Q", title="ratings"))
    )
    st.subheader("Titles")
    wanted = st.text_input("Find a title")
    if wanted:
        titles = titles.filter(
            pl.col("name").str.to_lowercase().str.contains(wanted.lower(), literal=True)
        )
    st.dataframe(titles.select("title_id", "name", "year", "kind", "genres", "source").head(200))


if __name__ == "__main__":
    show(Path(sys.argv[1]))
