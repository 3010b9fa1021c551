"""The HTTP face answers with the engine's records, refuses clearly, and asks nothing outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from marquee.app.api import create_app
from marquee.data.workspace import Workspace
from marquee.service.engine import Engine


@pytest.fixture(scope="module")
def engine(world_home: Path) -> Engine:
    return Engine(Workspace(world_home))


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(engine), raise_server_exceptions=False) as client:
        yield client


def test_a_viewers_picks_are_those_of_the_engine(client: TestClient, engine: Engine) -> None:
    answer = client.get("/api/v1/viewers/5/recommendations", params={"n": 4}).json()
    picks = engine.recommend(viewer_id=5, k=4).picks
    assert [pick["title"]["title_id"] for pick in answer["picks"]] == [
        pick.title.title_id for pick in picks
    ]
    assert answer["picks"][0]["reasons"]


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/api/v1/viewers/987654/recommendations", 404, "there is no viewer 987654"),
        ("/api/v1/similar?title=Zzzz", 422, "no title 'Zzzz'"),
        ("/api/v1/recommendations?like=%23987654", 404, "there is no title 987654"),
    ],
)
def test_what_does_not_exist_is_a_problem_with_a_sentence(
    client: TestClient, path: str, status: int, detail: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert detail in answer.json()["detail"]


@pytest.mark.parametrize("query", ["n=0", "n=101", "n=many", "kind=opera"])
def test_wrong_queries_are_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/api/v1/recommendations?{query}").status_code == 422


def test_health_names_model_and_data(client: TestClient, engine: Engine) -> None:
    assert client.get("/api/v1/health").json() == {
        "status": "ok",
        "model": "ease-content",
        "snapshot": engine.library.snapshot,
    }


def test_the_page_shows_picks_and_why(client: TestClient, engine: Engine) -> None:
    assert "Liked by many" in client.get("/").text
    name = str(engine.recommend().picks[0].title)
    page = client.get("/", params={"like": name}).text
    assert "For you" in page
    assert "because of" in page


def test_the_page_offers_names_and_escapes_what_was_typed(client: TestClient) -> None:
    page = client.get("/", params={"like": "<script>alert(1)</script>"}).text
    assert "<script>" not in page
    assert "No single title" in page


def test_an_unknown_number_on_the_page_is_told_not_thrown(client: TestClient) -> None:
    answer = client.get("/", params={"like": "#987654"})
    assert answer.status_code == 200
    assert "No single title" in answer.text


def test_pages_ask_nothing_of_other_hosts(client: TestClient) -> None:
    page = client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.findall(r"(?:src|href)=[\"'](?:https?:)?//", page.text)
    style = client.get("/static/marquee.css")
    assert style.status_code == 200
    assert "url(" not in style.text
