"""The OpenAPI description, with the refusals that any route can answer."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from marquee.app.api.guard import OPEN
from marquee.app.api.problems import MEDIA_TYPE, Problem

TAGS = [
    {"name": "titles", "description": "The catalog: one title, search, lists."},
    {"name": "recommendations", "description": "Picks, their reasons, and predicted ratings."},
    {"name": "viewers", "description": "Who asks: choices, export, erasure."},
    {"name": "feedback", "description": "What viewers say. It is in the next answer."},
    {"name": "operations", "description": "Health, models, satisfaction, metrics."},
]

ABOUT = """\
Recommendations with reasons, over HTTP.

Every list says which model and data snapshot it came from. Lists that are longer than a page carry
`next`: send it back as `cursor`, with the same question. Every refusal has one shape, `Problem`,
sent as `application/problem+json`; its `request_id` is the header `X-Request-Id` of the answer, and
yours if you sent one.
"""

REFUSALS = {
    "400": "The request cannot be read, or the server does not answer under that name.",
    "401": "An API key is needed.",
    "403": "The key is not for this, or a page of another site sent the request.",
    "404": "There is no such title, viewer or event.",
    "413": "Too much was sent at once.",
    "422": "Something that was sent is not what it should be; the detail says what.",
    "429": "Too many requests; the header Retry-After says how many seconds to wait.",
    "500": "Something went wrong here.",
    "503": "The feedback database does not answer, or this server keeps no feedback.",
}
ALWAYS_OPEN = frozenset({"400", "500", "503"})
"""What routes without a key can refuse with."""


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of the application's API; made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _description(app)
    return app.openapi_schema


def _description(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title="Marquee",
        version=app.version,
        description=ABOUT,
        routes=app.routes,
        tags=TAGS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    components = schema.setdefault("components", {})
    problem = TypeAdapter(Problem).json_schema(
        ref_template="#/components/schemas/{model}", mode="serialization"
    )
    schemas = components.setdefault("schemas", {})
    schemas |= {**problem.pop("$defs", {}), "Problem": problem}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    components["responses"] = {f"Refusal{code}": _refusal(code) for code in REFUSALS}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _document(operation, method, path)
    return schema


def _document(operation: dict[str, Any], method: str, path: str) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    takes_body, takes_anything = "requestBody" in operation, bool(operation.get("parameters"))
    for code in REFUSALS:
        if path in OPEN and code not in ALWAYS_OPEN:
            continue
        if code == "413" and method == "get" and not takes_body:
            continue
        if code in {"404", "422"} and not (takes_body or takes_anything):
            continue
        responses[code] = {"$ref": f"#/components/responses/Refusal{code}"}


def _refusal(code: str) -> dict[str, Any]:
    refusal: dict[str, Any] = {
        "description": REFUSALS[code],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if code in {"429", "503"}:
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        refusal["headers"] = {"Retry-After": seconds}
    return refusal
