"""Questions that are read in one go are answered as FastAPI would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

import app_kit
from marquee.app.api.straight import StraightRoute

QUESTIONS = (
    *("", "?n=3&reasons=0", "?n=1&n=4", "?genres=Drama&genres=Comedy&n=5", "?exclude=none"),
    *("?kind=film&year_from=1980&runtime_max=130", "?adventurous=0.5&newer=-1&per_genre=1"),
    *("?per_director=0", "?decade=1990s&exclude=rated&exclude=seen", "?genres=", "?region="),
    *("?n=0", "?n=x", "?n=", "?nn=3", "?viewer_id=4", "?genres=Nonesuch", "?decade=1994"),
    *("?only=mine", "?cursor=abc", "?adventurous=2", "?kind=opera", "?year_from=9&year_to=5"),
    f"?languages={'x' * 201}",
)


def told(client: TestClient, question: str) -> tuple[int, Any]:
    answer = client.get(f"/api/v1/viewers/{question}")
    body = answer.json()
    for name in ("answer_id", "request_id"):
        body.pop(name, None)
    return answer.status_code, body


@pytest.fixture
def carefully(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Makes applications from here on leave all reading to FastAPI; tests share made routes."""

    def leave_it_to_fastapi() -> None:
        handler = APIRoute.get_route_handler
        monkeypatch.setattr(StraightRoute, "get_route_handler", handler)
        app_kit._routes.cache_clear()

    yield leave_it_to_fastapi
    app_kit._routes.cache_clear()


def test_an_answer_does_not_depend_on_how_its_question_is_read(
    api: Callable[..., TestClient], carefully: Callable[[], None]
) -> None:
    places = [f"7/recommendations{query}" for query in QUESTIONS]
    places += [f"{viewer}/recommendations" for viewer in ("0", "x", "-1", "1e3", "9" * 20)]
    client = api()
    straight = [told(client, place) for place in places]
    carefully()
    client = api()
    assert straight == [told(client, place) for place in places]
    statuses = {status for status, _ in straight}
    assert statuses == {200, 404, 422}


def test_a_question_that_is_right_is_not_read_twice(
    api: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("read by FastAPI")

    client = api()
    monkeypatch.setattr("fastapi.routing.solve_dependencies", never)
    assert client.get("/api/v1/viewers/7/recommendations?n=3&genres=Drama").status_code == 200
