"""Who may ask what, how often and how much; and what a refusal tells, and what it does not."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from marquee.app.api.guard import OPEN
from marquee.app.api.keys import SCOPES, KeyFile
from marquee.app.api.limits import MOST_CALLERS, RateLimit
from marquee.app.api.private import read_secret
from marquee.app.listening import PublicUrl
from marquee.app.server import ServerSettings, create_app
from marquee.data.feedback import FeedbackStore
from marquee.errors import ParameterError, WorkspaceError
from marquee.service.engine import Engine

from .conftest import NOW

pytestmark = pytest.mark.slow

Api = Callable[..., TestClient]
V1 = "/api/v1"
SHAPE = {"type", "title", "status", "detail", "request_id", "errors", "candidates"}


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def operations(client: TestClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, address and description of everything that the API offers."""
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            yield method, path.format(viewer_id=5, title_id=3, event_id="a"), operation


# Keys


def test_with_a_key_in_force_nothing_but_health_is_answered_without_it(
    api: Api, keys: KeyFile
) -> None:
    client = api(keys=keys)
    token = keys.add("app", "admin", NOW)
    asked = list(operations(client))
    assert len(asked) >= 24
    for method, path, _ in asked:
        answer = client.request(method, path)
        assert (answer.status_code == 200) == (path in OPEN), path
        if path not in OPEN:
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"
            assert client.request(method, path, headers=bearer(token + "x")).status_code == 401
            assert client.request(method, path, headers=bearer(token)).status_code != 401
    assert client.get(f"{V1}/no/such").status_code == 401
    assert client.get(f"{V1}/popular", headers={"X-API-Key": token}).status_code == 200


def test_a_key_is_for_its_scope_and_no_more(api: Api, keys: KeyFile) -> None:
    client = api(keys=keys)
    tokens = {scope: keys.add(scope, scope, NOW) for scope in SCOPES}
    held = {"read": {"read"}, "feedback": {"read", "feedback"}, "admin": set(SCOPES)}
    needed_somewhere = set()
    for method, path, operation in operations(client):
        if path in OPEN:
            assert "security" not in operation
            continue
        [[needed]] = [scheme["key"] for scheme in operation["security"]]
        needed_somewhere.add(needed)
        for scope, token in tokens.items():
            answer = client.request(method, path, headers=bearer(token))
            assert (answer.status_code == 403) == (needed not in held[scope]), (path, scope)
    assert needed_somewhere == set(SCOPES)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("DELETE", "viewers/5", "admin"),
        ("GET", "viewers/5/export", "admin"),
        ("POST", "feedback", "feedback"),
        ("POST", "viewers", "feedback"),
        ("PATCH", "viewers/5", "feedback"),
        ("DELETE", "viewers/5/feedback/a", "feedback"),
        ("POST", "viewers/5/impressions", "feedback"),
    ],
)
def test_writing_needs_more_than_reading(
    api: Api, keys: KeyFile, method: str, path: str, scope: str
) -> None:
    lesser = {"admin": "feedback", "feedback": "read"}[scope]
    answer = api(keys=keys).request(
        method, f"{V1}/{path}", headers=bearer(keys.add("k", lesser, NOW))
    )
    assert answer.status_code == 403
    assert scope in answer.json()["detail"]


def test_a_revoked_key_stops_working_and_the_last_one_opens_nothing(
    api: Api, keys: KeyFile
) -> None:
    token = keys.add("app", "read", NOW)
    client = api(keys=keys, keys_required=True)
    assert client.get(f"{V1}/popular", headers=bearer(token)).status_code == 200
    keys.revoke("app")
    assert client.get(f"{V1}/popular", headers=bearer(token)).status_code == 401
    assert client.get(f"{V1}/popular").status_code == 401
    keys.path.unlink()
    assert client.get(f"{V1}/popular").status_code == 401


def test_a_key_made_while_the_server_runs_is_asked_for_from_then_on(
    api: Api, keys: KeyFile
) -> None:
    client = api(keys=keys)
    assert client.get(f"{V1}/popular").status_code == 200
    keys.add("app", "read", NOW)
    assert client.get(f"{V1}/popular").status_code == 401


def test_a_damaged_file_of_keys_lets_nobody_in(api: Api, keys: KeyFile) -> None:
    client = api(keys=keys)
    keys.add("app", "read", NOW)
    for damage in (
        "{",
        "[]",
        '{"format": 1, "keys": [{"name": "a"}]}',
        '{"format": 2, "keys": []}',
    ):
        keys.path.write_text(damage)
        assert client.get(f"{V1}/popular").status_code == 500
        with pytest.raises(WorkspaceError, match="marquee keys add"):
            keys.listed()


def test_tokens_are_nowhere_on_disk_and_files_are_their_owners(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys = KeyFile(tmp_path / "keys.json")
        tokens = [keys.add(name, "read", NOW) for name in ("a", "b")]
        secret = read_secret(tmp_path / "secret")
    finally:
        os.umask(before)
    assert tokens[0] != tokens[1]
    for path in tmp_path.iterdir():
        assert not [token for token in tokens if token[3:] in path.read_text("latin-1")]
    for name in ("keys.json", "secret"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert len(secret) == 32
    assert read_secret(tmp_path / "secret") == secret


def test_every_token_is_compared_whole_and_as_it_is(keys: KeyFile) -> None:
    token = keys.add("app", "read", NOW)
    holder = keys.holder(token)
    assert holder is not None
    assert (holder.name, holder.scope) == ("app", "read")
    for wrong in ("", token[:-1], token.upper(), token + " ", holder.sha256, "é\ud800"):
        assert keys.holder(wrong) is None


# Rate


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_caller_has_a_burst_and_then_a_rate_of_their_own() -> None:
    clock = Clock()
    limit = RateLimit(2, 3, clock)
    assert [limit.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert limit.wait("b") == 0
    clock.now += 0.5
    assert [limit.wait("a"), limit.wait("a")] == [0, 0.5]
    clock.now += 1_000
    assert [limit.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_callers_without_end_take_no_memory_without_end() -> None:
    limit = RateLimit(1, 1, Clock())
    for number in range(MOST_CALLERS + 10):
        limit.wait(str(number))
    assert len(limit._buckets) == MOST_CALLERS


def test_too_many_requests_are_told_when_to_come_back(api: Api, keys: KeyFile) -> None:
    client = api(keys=keys, requests_per_second=0.01, burst=2)
    one, other = (keys.add(name, "read", NOW) for name in ("one", "other"))
    codes = [client.get(f"{V1}/popular", headers=bearer(one)).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    late = client.get(f"{V1}/popular", headers=bearer(one))
    assert 1 <= int(late.headers["retry-after"]) <= 100
    assert late.json()["type"] == "urn:marquee:too-often"
    assert client.get(f"{V1}/popular", headers=bearer(other)).status_code == 200
    assert client.get(f"{V1}/health/live").status_code == 200


def test_guessing_keys_is_limited_by_address(api: Api, keys: KeyFile) -> None:
    keys.add("app", "read", NOW)
    client = api(keys=keys, requests_per_second=0.01, burst=2)
    codes = [
        client.get(f"{V1}/popular", headers=bearer(f"mq_{guess}")).status_code for guess in range(3)
    ]
    assert codes == [401, 401, 429]


# Size, host, origin


def test_too_large_a_request_is_refused_told_or_not(api: Api) -> None:
    client = api()
    headers = {"Content-Type": "application/json"}
    told = client.post(f"{V1}/rank", content=b" " * (1 << 20) + b"{}", headers=headers)
    untold = client.post(f"{V1}/rank", content=(b" " * 65_536 for _ in range(20)), headers=headers)
    for answer in (told, untold):
        assert answer.status_code == 413
        assert answer.json()["type"] == "urn:marquee:too-large"
    fitting = client.post(
        f"{V1}/rank", content=b" " * 900_000 + b'{"title_ids": [3]}', headers=headers
    )
    assert fitting.status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "[::1", "a@b"]
)
def test_a_local_server_answers_under_its_own_names_only(api: Api, host: str) -> None:
    client = api()
    for path in (f"{V1}/popular", f"{V1}/health/live", "/openapi.json"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert answer.json()["type"] == "urn:marquee:host"
    for own in ("127.0.0.1:8000", "localhost", "LOCALHOST:80", "[::1]:8000"):
        assert client.get(f"{V1}/popular", headers={"Host": own}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_cannot_write(api: Api, headers: dict[str, str]) -> None:
    client = api()
    assert client.post(f"{V1}/viewers", json={}, headers=headers).status_code == 403
    own = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
    assert client.post(f"{V1}/viewers", json={}, headers=own).status_code == 201


def test_a_body_that_is_not_declared_as_json_is_refused(api: Api) -> None:
    answer = api().post(f"{V1}/viewers", content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422


def test_no_other_origin_is_let_in(api: Api) -> None:
    client = api()
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    for answer in (
        client.get(f"{V1}/popular", headers=headers),
        client.options(f"{V1}/popular", headers=headers),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert client.options(f"{V1}/popular", headers=headers).status_code == 405


# Refusals


def test_every_refusal_has_one_shape_and_the_requests_id(api: Api) -> None:
    client = api()
    answers = [
        client.get(f"{V1}/popular?n=0"),
        client.get(f"{V1}/no/such"),
        client.get(f"{V1}/titles/987654"),
        client.put(f"{V1}/popular"),
        client.post(f"{V1}/rank", content=b"{", headers={"Content-Type": "application/json"}),
        client.post(f"{V1}/rank", content=b"\xff", headers={"Content-Type": "application/json"}),
        client.get(f"{V1}/popular", headers={"Host": "evil.example"}),
    ]
    for answer in answers:
        assert answer.status_code in {400, 404, 405, 422}
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert set(problem) == SHAPE
        assert problem["status"] == answer.status_code
        assert problem["request_id"] == answer.headers["x-request-id"]
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)
    assert "PUT" not in answers[3].headers["allow"]


@pytest.mark.parametrize(
    ("given", "kept"), [("trace-1.a_B", True), ("a b", False), ("x" * 65, False), ("<x>", False)]
)
def test_a_callers_own_request_id_is_kept_where_it_is_fit_for_a_log(
    api: Api, given: str, kept: bool
) -> None:
    answer = api().get(f"{V1}/popular", headers={"X-Request-Id": given})
    assert (answer.headers["x-request-id"] == given) == kept


SECRET = "the password is hunter2"


def broken(*_args: object, **_named: object) -> None:
    raise RuntimeError(SECRET)


def test_what_breaks_is_logged_and_never_told(
    api: Api, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(engine, "popular", broken)
    client = api()
    with caplog.at_level(logging.ERROR):
        answer = client.get(f"{V1}/popular", headers={"X-Request-Id": "trace-1"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == SHAPE
    for secret in (SECRET, "RuntimeError", "Traceback", ".py"):
        assert secret not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "trace-1"
    assert SECRET in caplog.text
    assert "trace-1" in caplog.text
    counted = client.get(f"{V1}/metrics").text
    assert 'method="GET",route="/api/v1/popular",status="500"} 1.0' in counted


def test_errors_of_ours_that_are_no_callers_fault_are_not_told(
    api: Api, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_args: object, **_named: object) -> None:
        raise WorkspaceError(SECRET)

    monkeypatch.setattr(engine, "popular", damaged)
    answer = api().get(f"{V1}/popular")
    assert answer.status_code == 500
    assert SECRET not in answer.text


def test_a_database_that_does_not_answer_is_503_without_its_address(
    api: Api, engine: Engine, tmp_path: Path
) -> None:
    engine.feedback = FeedbackStore(f"sqlite:///{tmp_path / 'hunter2.db'}")  # no tables
    client = api()
    event = {"event_id": "a", "viewer_id": 5, "verb": "seen", "title_id": 3}
    for answer in (
        client.get(f"{V1}/viewers/5/recommendations"),
        client.post(f"{V1}/feedback", json={"events": [event]}),
        client.get(f"{V1}/health/ready"),
    ):
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert "hunter2" not in answer.text
    assert client.get(f"{V1}/health/live").status_code == 200
    engine.feedback.close()


def test_answers_carry_headers_that_keep_browsers_from_guessing(api: Api) -> None:
    for path in (f"{V1}/popular", f"{V1}/no/such"):
        headers = api().get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]


# Health and metrics


def test_metrics_count_requests_by_route_and_not_by_address(api: Api) -> None:
    client = api()
    for title_id in (3, 4, 987_654):
        client.get(f"{V1}/titles/{title_id}")
    for number in range(5):
        client.get(f"{V1}/made/up/{number}")
    client.request("BREW", f"{V1}/popular")
    text = client.get(f"{V1}/metrics").text
    route = 'route="/api/v1/titles/{title_id}"'
    assert f'marquee_requests_total{{method="GET",{route},status="200"}} 2.0' in text
    assert f'marquee_requests_total{{method="GET",{route},status="404"}} 1.0' in text
    assert 'marquee_requests_total{method="GET",route="none",status="404"} 5.0' in text
    assert f"marquee_request_seconds_count{{{route}}} 3.0" in text
    assert 'method="other"' in text
    assert "made" not in text


def test_health_names_model_and_data(api: Api, engine: Engine) -> None:
    for path, status in (("live", "alive"), ("ready", "ready")):
        assert api().get(f"{V1}/health/{path}").json() == {
            "status": status,
            "model": "ease-content",
            "model_version": engine.library.model_version,
            "snapshot": engine.library.snapshot,
        }


def test_no_route_of_the_api_is_without_its_check(engine: Engine) -> None:
    app = create_app(engine, ServerSettings(pages=False))
    described = app.openapi()["paths"]
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            assert route.path in described
    for path, methods in described.items():
        for operation in methods.values():
            assert ("security" in operation) == (path not in OPEN)


# Behind a proxy, and off the API


@pytest.mark.parametrize(
    ("public_url", "headers", "secure"),
    [
        (None, {}, False),
        (None, {"X-Forwarded-Proto": "https"}, False),
        ("https://films.example", {"X-Forwarded-Proto": "https"}, True),
        ("https://films.example", {"Host": "films.example"}, True),
        ("https://films.example", {"X-Forwarded-Proto": "http"}, False),
        ("https://films.example", {}, False),
        ("http://films.example", {"Host": "films.example"}, False),
        ("http://films.example", {"Host": "films.example", "X-Forwarded-Proto": "HTTPS"}, True),
    ],
)
def test_cookies_are_for_tls_alone_where_the_proxy_in_front_was_asked_so(
    api: Api, public_url: str | None, headers: dict[str, str], secure: bool
) -> None:
    given = None if public_url is None else PublicUrl(public_url)
    answer = api(pages=True, public_url=given).get("/", headers=headers)
    assert answer.status_code == 200
    assert ("; secure" in answer.headers["set-cookie"].lower()) is secure
    assert "httponly" in answer.headers["set-cookie"].lower()


def test_pages_at_the_public_address_may_write_even_if_the_proxy_changes_our_name(
    api: Api,
) -> None:
    client = api(public_url=PublicUrl("https://films.example"))
    path = f"{V1}/viewers"
    for origin, status in (
        ("https://films.example", 201),
        ("https://evil.example", 403),
        ("null", 403),
    ):
        assert client.post(path, json={}, headers={"Origin": origin}).status_code == status
    assert api().post(path, json={}, headers={"Origin": "null"}).status_code == 403


@pytest.mark.parametrize(
    "text", ["films.example", "ftp://films.example", "https://films.example/app", "https://", "x:y"]
)
def test_a_public_url_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="must be an address without a path"):
        PublicUrl(text)


@pytest.mark.parametrize("path", [f"{V1}/health/live", f"{V1}/popular", f"{V1}/titles/3", "/"])
def test_head_answers_as_get_does_without_a_body(api: Api, path: str) -> None:
    client = api(pages=True)
    full, head = client.get(path), client.head(path)
    assert head.status_code == full.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == full.headers["content-length"]
    counted = client.get(f"{V1}/metrics").text
    assert 'marquee_requests_total{method="HEAD",route=' in counted
    assert client.head(f"{V1}/viewers/5/impressions").status_code == 405


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/live", 404),
        ("GET", "/docs", 404),
        ("GET", "/metrics", 404),
        ("POST", "/nothing/here", 405),
        ("DELETE", "/", 405),
    ],
)
@pytest.mark.parametrize("pages", [True, False])
def test_what_is_not_there_is_a_problem_for_programs_and_a_page_for_browsers(
    api: Api, method: str, path: str, status: int, pages: bool
) -> None:
    client = api(pages=pages)
    status = status if pages else 404
    for_program = client.request(method, path)
    assert for_program.status_code == status
    assert for_program.headers["content-type"] == "application/problem+json"
    assert set(for_program.json()) == SHAPE
    browser = client.request(method, path, headers={"Accept": "text/html,*/*;q=0.8"})
    assert browser.status_code == status
    expected = "text/html" if pages else "application/problem+json"
    assert browser.headers["content-type"].startswith(expected)
    if pages:
        assert "at this address" in browser.text
        assert "default-src 'none'" in browser.headers["content-security-policy"]
