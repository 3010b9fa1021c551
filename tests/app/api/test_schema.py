"""The description of the API is true, and of use to a stranger."""

from __future__ import annotations

import copy
import json
from typing import Any

import hypothesis
import pytest
import schemathesis
from fastapi.testclient import TestClient
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from marquee.app.api.describing import REFUSALS
from marquee.app.server import ServerSettings, create_app
from marquee.service.engine import Engine

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


@pytest.fixture
def described(client: TestClient) -> Any:
    return client.get("/openapi.json").json()


def operations(described: Any) -> list[tuple[str, Any]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_says_what_it_does_and_how_it_refuses(described: Any) -> None:
    names = set()
    for name, operation in operations(described):
        assert operation["summary"], name
        assert operation["description"], name
        assert len(operation["tags"]) == 1, name
        assert {"400", "500"} <= set(operation["responses"]), name
        assert set(operation["responses"]) <= {"200", "201", *REFUSALS}, name
        names.add(operation["operationId"])
    assert len(names) == len(operations(described)) == 27


def test_nothing_of_the_inside_is_in_the_description(described: Any) -> None:
    text = json.dumps(described)
    for word in ("HTTPValidationError", "Raises", "ParameterError", "------"):
        assert word not in text
    for name, schema in described["components"]["schemas"].items():
        assert schema.get("description"), name


def without_keys(described: Any) -> Any:
    """The description as it holds for a server without keys, which is the one that is asked."""
    plain = copy.deepcopy(described)
    del plain["components"]["securitySchemes"]
    for _, operation in operations(plain):
        operation.pop("security", None)
    return plain


@pytest.mark.slow
def test_no_request_that_the_description_allows_or_forbids_breaks_a_promise(
    engine: Engine,
) -> None:
    app = create_app(engine, ServerSettings(pages=False, requests_per_second=None, hosts=None))
    schema = schemathesis.openapi.from_dict(without_keys(app.openapi()))
    schema.app = app
    settings = hypothesis.settings(
        max_examples=12,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    n_operations = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        n_operations += 1
        takes = operation.body or operation.query or operation.path_parameters
        for mode in schemathesis.GenerationMode:
            if mode is schemathesis.GenerationMode.NEGATIVE and not takes:
                continue  # nothing to get wrong

            @settings
            @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
            def keeps_promises(case: Any) -> None:
                case.call_and_validate(checks=CHECKS)

            keeps_promises()
    assert n_operations == 27
