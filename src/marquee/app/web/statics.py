"""Files and posters: asked once, kept by the browser for good."""

from __future__ import annotations

from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from marquee.app.web import posters
from marquee.app.web.door import HEADERS, packed
from marquee.app.web.site import Site, assets
from marquee.errors import UnknownIdError
from marquee.service.records import TitleCard

FOR_GOOD = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=300"


class Statics:
    """The two endpoints over one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def file(self, request: Request) -> Response:
        """A style sheet, a script or a drawing."""
        asset = assets().get(request.path_params["name"])
        if asset is None:
            return Response("no such file", 404, media_type="text/plain", headers=HEADERS)
        headers = HEADERS | {"Vary": "Accept-Encoding"}
        current = request.query_params.get("v") == asset.version
        headers["Cache-Control"] = FOR_GOOD if current else BRIEFLY
        body = asset.body
        if "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["Content-Encoding"] = asset.packed, "gzip"
        return Response(body, 200, headers, media_type=asset.media_type)

    async def poster(self, request: Request) -> Response:
        """The poster of a title."""
        try:
            card = self._site.engine.catalog.card(int(request.path_params["title_id"]))
        except UnknownIdError:
            return Response("no such title", 404, media_type="text/plain", headers=HEADERS)
        current = request.query_params.get("v") == posters.VERSION
        # A poster is a document of its own when opened alone: nothing in it may load or run.
        policy = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
        headers = HEADERS | policy | {"Vary": "Accept-Encoding"}
        headers["Cache-Control"] = FOR_GOOD if current else BRIEFLY
        response = Response(_drawn(card), 200, headers, media_type="image/svg+xml")
        return packed(request, response)


@lru_cache(maxsize=4096)
def _drawn(card: TitleCard) -> bytes:
    return posters.poster(card).encode()
