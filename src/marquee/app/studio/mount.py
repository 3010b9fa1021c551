"""The studio inside the server of the viewers' app: one process, one database, one viewer."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from fastapi import FastAPI

    from marquee.app.settings import Settings
    from marquee.service.engine import Engine

PATH = "/studio"

INSTALL = "pip install 'marquee[studio]'"

ABSENT = f"""<!doctype html><html lang="en"><title>Marquee studio</title>
<meta name="viewport" content="width=device-width"><main><h1>The studio is not installed</h1>
<p>It needs Streamlit. Run <code>{INSTALL}</code> (in a checkout: <code>make studio</code>) and
start the server again.</p><p><a href="/">To the films</a></p></main></html>
"""


def installed() -> bool:
    """Whether the packages that draw the studio are there."""
    return find_spec("streamlit") is not None


def mount(app: FastAPI, settings: Settings, engine: Callable[[], Engine]) -> None:
    """Serves the studio below ``/studio``, or there says how to install it.

    It answers from the engine and the database of the server, and knows the browser by the same
    cookie. A process can hold one studio.
    """
    if not installed():

        async def absent(_request: Request) -> Response:
            return HTMLResponse(ABSENT, 503)

        app.add_route(PATH, absent)
        app.add_route(PATH + "/{rest:path}", absent)
        return
    import streamlit as st
    from streamlit.config import get_config_options
    from streamlit.logger import set_log_level

    # It warns at every start that it is no server of its own.
    set_log_level("ERROR")
    from marquee.app.studio import opened

    opened.use(opened.Place(settings=settings, engine=engine))
    studio = st.App(Path(__file__).with_name("script.py"))
    # Whoever read an option in this process before made it forget the file beside the script, which
    # says that nothing is asked of another host.
    get_config_options(force_reparse=True)

    async def enter(_request: Request) -> Response:
        return RedirectResponse(PATH + "/", 308)

    app.add_route(PATH, enter)
    app.mount(PATH, studio)
    app.router.lifespan_context = studio.lifespan()
