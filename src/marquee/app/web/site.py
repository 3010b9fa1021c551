"""What all pages share: the engine, the templates, and the files beside them."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from marquee import __version__
from marquee.app.live import Live
from marquee.app.web import posters
from marquee.app.web.words import FILTERS
from marquee.service.records import PARTLY_FICTIONAL

if TYPE_CHECKING:
    from marquee.service.engine import Engine

HERE = Path(__file__).parent

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
"""Media types of the files that are served."""


_BREAKS = re.compile(r">[ \t]*\n\s*<")


@dataclass(frozen=True)
class Asset:
    """A file that is served as it is."""

    name: str
    media_type: str
    body: bytes
    packed: bytes
    """The body under gzip."""
    version: str
    """Letters that change with the body, so that browsers may keep the file for good."""


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """The files under ``static/`` by name."""
    found = {}
    for path in sorted((HERE / "static").iterdir()):
        if path.suffix in TYPES:
            body = path.read_bytes()
            version = hashlib.sha256(body).hexdigest()[:10]
            packed = gzip.compress(body, 9, mtime=0)
            found[path.name] = Asset(path.name, TYPES[path.suffix], body, packed, version)
    return found


@lru_cache(maxsize=2)
def _templates(*, mark_fictional: bool) -> Environment:
    """The page templates; everything put into them is escaped, nothing may be missing."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(FILTERS)
    environment.globals.update(
        asset={name: f"/static/{name}?v={file.version}" for name, file in assets().items()},
        app_version=__version__,
        poster_version=posters.VERSION,
        mark_fictional=mark_fictional,
    )
    return environment


@dataclass(frozen=True, eq=False)
class Site:
    """The engine that answers, and the secret that signs."""

    live: Live
    secret: bytes

    @property
    def engine(self) -> Engine:
        """What answers the request under way."""
        return self.live.engine

    @property
    def templates(self) -> Environment:
        """The page templates, compiled once for all sites of a process."""
        return _templates(mark_fictional=PARTLY_FICTIONAL in self.engine.library.notes)

    def render(self, template: str, context: dict[str, Any], *, partial: bool = False) -> str:
        """The page, or only the part of it that changes."""
        page = self.templates.get_template(template)
        if partial:
            parts = [*page.blocks["live"](page.new_context(context))]
            if context["visit"].renamed:  # of the head only the name of who is there now is sent
                base = self.templates.get_template("base.html")
                parts += base.blocks["who"](base.new_context(context))
        else:
            parts = [page.render(context)]
        # Line breaks between tags are for whoever reads the templates: a browser would make each
        # a node, and compare it at every update.
        return _BREAKS.sub("><", "".join(parts))
