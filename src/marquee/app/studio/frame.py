"""What every page has: a heading, one sentence that says what it shows, and errors in words."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import streamlit as st

from marquee.app.report.theme import DARK, LIGHT, config
from marquee.app.studio.drawing import Drawn
from marquee.errors import MarqueeError, WorkspaceError

log = logging.getLogger(__name__)

BROKEN = (
    "Something went wrong on our side, and it is in the log of the server. Your inputs are in the "
    "address of this page: reload it to try again."
)


@dataclass(frozen=True)
class PageOf:
    """A page of the studio."""

    path: str
    """Its address below the studio's."""
    title: str
    says: str
    """One sentence that says what it shows."""
    draw: Callable[[], None]
    """Draws everything below the sentence."""

    def show(self) -> None:
        """Draws the page; what goes wrong is told in words."""
        st.title(self.title)
        st.caption(self.says)
        try:
            self.draw()
        except WorkspaceError as error:
            st.info(f"{sentence(str(error))} The page fills itself once that was done.")
        except MarqueeError as error:
            st.error(sentence(str(error)))
        except Exception as error:
            # Streamlit steers itself by exceptions of its own.
            if type(error).__module__.startswith("streamlit"):
                raise
            log.exception("page %s", self.path)
            st.error(BROKEN)


def sentence(text: str) -> str:
    """The text with a capital and a full stop, its dollar signs kept from being read as TeX."""
    whole = text[:1].upper() + text[1:]
    return _plain(whole if whole.endswith((".", "?", "!")) else whole + ".")


def listed(texts: Sequence[str]) -> str:
    """The texts as a list of sentences."""
    return "".join(f"\n- {sentence(text)}" for text in texts)


def table(rows: Sequence[Mapping[str, str]]) -> None:
    """Rows of texts, all shown."""
    st.table([{key: _plain(value) for key, value in row.items()} for row in rows])


def _plain(text: str) -> str:
    return text.replace("$", "\\$")


def chart(drawn: Drawn, name: str) -> None:
    """A chart with what it shows in words for who cannot see it, and its table to open."""
    draw(drawn.spec, drawn.alt, name)
    as_table(drawn.rows, name)


def draw(spec: Mapping[str, Any], alt: str, name: str) -> None:
    """A specification in the colors of the reports, light or dark as the page is."""
    dark = st.context.theme.type == "dark"
    look = config(DARK if dark else LIGHT, "sans-serif")
    # The picture is told as a whole by its sentence; its marks have no names of their own.
    look["mark"] = {**look.get("mark", {}), "aria": False}
    st.vega_lite_chart(
        {**spec, "config": look},
        width="stretch",
        alt=alt,
        theme=None,
        key=f"chart-{name}",
    )


def as_table(rows: Sequence[Mapping[str, Any]] | pl.DataFrame, name: str) -> None:
    """The numbers behind a picture, and the file to take away."""
    frame = rows
    if not isinstance(frame, pl.DataFrame):
        frame = pl.DataFrame(list(frame), infer_schema_length=None)
    with st.expander("Numbers"):
        st.dataframe(frame, hide_index=True, alt=f"Table of {name}")
        st.download_button(
            "Download CSV",
            frame.write_csv().encode(),
            file_name=f"{name}.csv",
            mime="text/csv",
            key=f"csv-{name}",
            on_click="ignore",
        )


def source_line(model: str, version: str, snapshot: str, notes: Sequence[str] = ()) -> None:
    """Which model and data answered, and what is to be said of them."""
    told = " ".join(sentence(note) for note in notes)
    st.caption(f"Model {model} ({version}), data snapshot {snapshot}. {told}")
