"""The viewers' page: name what you like, get picks with reasons. No script is needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.templating import Jinja2Templates

from marquee.errors import AmbiguousTitleError, UnknownIdError

if TYPE_CHECKING:
    from marquee.service.engine import Engine

HERE = Path(__file__).parent
N_PICKS = 12


def page_routes(engine: Engine) -> APIRouter:
    """The pages over one engine."""
    routes = APIRouter(include_in_schema=False)
    templates = Jinja2Templates(HERE / "templates")

    @routes.get("/", response_class=HTMLResponse)
    def home(request: Request, like: Annotated[list[str] | None, Query()] = None) -> HTMLResponse:
        """Picks for the titles named in the query, and for nobody in particular without any."""
        named = [text.strip() for text in like or [] if text.strip()]
        liked, problems = [], []
        for text in named:
            try:
                liked.append(str(engine.catalog.find(text)))
            except AmbiguousTitleError as error:
                problems.append((text, error.candidates))
            except UnknownIdError:
                problems.append((text, ()))
        context = {
            "liked": list(dict.fromkeys(liked)),
            "problems": problems,
            "answer": engine.recommend(like=liked, k=N_PICKS),
        }
        return templates.TemplateResponse(request, "home.html", context)

    @routes.get("/static/marquee.css")
    def style() -> FileResponse:
        """The one style sheet."""
        return FileResponse(HERE / "static" / "marquee.css", media_type="text/css")

    return routes
