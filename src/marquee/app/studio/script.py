"""The script that Streamlit runs for every session: the pages and the way between them."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

from marquee.app.settings import Settings
from marquee.app.studio import opened
from marquee.app.studio.catalog import PAGES

if len(sys.argv) > 1 and Path(sys.argv[0]).name == Path(__file__).name:
    opened.use(opened.Place(settings=Settings.read(Path(sys.argv[1]))))

st.set_page_config(page_title="Marquee studio", page_icon="🎬", layout="wide")
# In the primary color, which white can be read on, the number itself could not be read in the dark.
st.html("<style>[data-testid='stSliderThumbValue'] { color: inherit !important; }</style>")
st.navigation(
    [
        st.Page(page.show, title=page.title, url_path=page.path, default=place == 0)
        for place, page in enumerate(PAGES)
    ],
    position="top",
).run()
