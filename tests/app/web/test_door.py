"""Cookies cannot be made up, forms cannot be forged, and every answer carries its policy."""

from __future__ import annotations

import gzip
import re

import pytest

from app.web.conftest import Browser, Open
from marquee.app.web.routes import FORMS, PAGES
from marquee.app.web.session import Session, form_token, is_form_token, seal, unseal
from marquee.app.web.visit import own_address
from marquee.data.feedback import Settings
from marquee.service.engine import Engine

KEY, OTHER = b"k" * 32, b"o" * 32


@pytest.mark.parametrize("viewer", [None, 0, 2**40 + 3])
def test_a_sealed_session_comes_back(viewer: int | None) -> None:
    session = Session.new().of(viewer)
    assert unseal(seal(session, KEY), KEY) == session


def test_a_session_of_another_secret_or_another_viewer_is_none() -> None:
    sealed = seal(Session("abc", 2**40), KEY)
    assert unseal(sealed, OTHER) is None
    assert unseal(sealed.replace(str(2**40), str(2**40 + 1)), KEY) is None
    for broken in (None, "", "..", "a.b", "a.1.é", sealed[:-1], f"{sealed}.x"):
        assert unseal(broken, KEY) is None


def test_a_form_token_is_good_for_its_own_browser_only() -> None:
    one, other = Session.new(), Session.new()
    assert is_form_token(form_token(one, KEY), one.of(2**40), KEY)
    assert not is_form_token(form_token(other, KEY), one, KEY)
    for wrong in (None, "", "é", seal(one, KEY)):
        assert not is_form_token(wrong, one, KEY)


def test_the_cookie_is_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    cookie = browser.get("/").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()


@pytest.mark.parametrize("path", [*FORMS, "/import"])
def test_no_form_is_taken_without_its_token(browser: Browser, path: str) -> None:
    own = browser.token()
    for token in ({}, {"token": ""}, {"token": "é"}, {"token": own[::-1]}):
        answer = browser.client.post(path, data={"say": "seen::1:x:0", "name": "X"} | token)
        assert answer.status_code in (403, 411), (path, token)
    assert browser.store.viewers() == ()


def test_every_form_works_without_a_script_and_carries_its_token(browser: Browser) -> None:
    for turn, path in enumerate(("/household/add", "/household/add")):
        browser.post(path, {"name": f"Viewer {turn}"})
    for slot in (0, 1):
        browser.say(browser.says("rate:5.0")[slot])
    browser.say(browser.says("watchlist:")[3])
    found = set()
    for path in (*PAGES, "/welcome?step=titles", "/welcome?step=services", "/?kind=film", "/no"):
        if "{" in path:
            path = "/title/1/x"
        page = browser.get(path)
        if "html" not in page.headers["content-type"]:
            continue
        for form in re.findall(r"<form .*?</form>", page.text, re.DOTALL):
            [head] = re.findall(r"<form ([^>]*)>", form)
            [action] = re.findall(r'\baction="([^"]+)"', head)
            posts = 'method="post"' in head
            assert ("hx-post=" in head) <= posts, f"{action} of {path} needs a script"
            assert f'hx-post="{action}"' in head or "hx-post" not in head
            assert ('name="token"' in form) == posts, (path, action)
            if posts:
                assert action in {*FORMS, "/import"}, action
                found.add(action)
    assert found == {*FORMS, "/import"}, "some form stands on no page"


def test_a_token_of_another_browser_is_refused(engine: Engine, open_browser: Open) -> None:
    one, other = open_browser(engine), open_browser(engine)
    answer = one.client.post("/household/add", data={"token": other.token(), "name": "X"})
    assert answer.status_code == 403
    assert engine.feedback is not None
    assert engine.feedback.viewers() == ()


def test_looking_at_every_page_says_nothing(browser: Browser) -> None:
    browser.say(browser.says("rate")[0])
    before = browser.store.export(browser.viewer)["events"], browser.store.viewers()
    for path in [*PAGES, *FORMS, "/nowhere"]:
        path = re.sub(r"\{title_id:int\}", "3", path).replace("{slug}", "x")
        assert browser.get(path).status_code < 500
    assert (browser.store.export(browser.viewer)["events"], browser.store.viewers()) == before


@pytest.mark.parametrize("path", ["/", "/title/3", "/welcome", "/me", "/nowhere"])
def test_pages_load_nothing_from_elsewhere_and_run_no_script_of_their_own(
    browser: Browser, path: str
) -> None:
    page = browser.get(path)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.findall(r"(?:src|href|action)=[\"'](?:[a-z]+:)?//", page.text)
    assert not re.findall(r"<script(?![^>]* src=)|\son[a-z]+=|\sstyle=|javascript:", page.text)


@pytest.mark.parametrize("path", ["/nowhere", "/title/999999", "/title/x", "/say", "/title/3/x/y"])
def test_where_nothing_is_a_page_says_so(browser: Browser, path: str) -> None:
    page = browser.get(path)
    assert page.status_code == 404
    assert "This seat is empty" in page.text


def test_the_api_answers_for_itself(browser: Browser) -> None:
    missing = browser.get("/api/v1/nowhere")
    assert missing.status_code == 404
    assert "html" not in missing.headers["content-type"]


def test_a_fault_of_ours_is_a_page_without_a_trace(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(type(browser.engine), "title", broken)
    page = browser.get("/title/3")
    assert page.status_code == 500
    assert "The film tore" in page.text
    assert "secret inside" not in page.text
    assert "Traceback" not in page.text


def test_a_large_form_is_refused_before_it_is_read(browser: Browser) -> None:
    answer = browser.post("/household/add", {"name": "x" * 70_000})
    assert answer.status_code == 413
    assert browser.store.viewers() == ()


def test_pages_are_packed_for_browsers_that_can_unpack(browser: Browser) -> None:
    with browser.client.stream("GET", "/", headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert b"Marquee" in gzip.decompress(packed)
    plain = browser.get("/", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example/x",
        "https://evil.example",
        "/\\evil.example",
        "javascript:x",
        "",
        "x",
        "/\n/",
    ],
)
def test_a_form_leads_back_to_this_server_only(browser: Browser, address: str) -> None:
    path, _ = own_address(address)
    assert path.startswith("/")
    assert not path.startswith("//")
    answer = browser.post(
        "/say",
        {"say": browser.says("seen")[0], "back": address},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert re.match(r"/(?![/\\])", answer.headers["location"])


def test_what_was_typed_is_never_markup(browser: Browser) -> None:
    evil = "<script>alert(1)</script>\"'"
    browser.store.add_viewer(Settings(name=evil))
    for path in ("/search", "/search/hits", "/"):
        page = browser.get(path, params={"q": evil, "genres": evil, "kept": evil}).text
        assert "<script>alert" not in page
    assert "<script>alert" not in browser.get("/household").text


def test_pages_are_counted_by_their_addresses(browser: Browser) -> None:
    for path in ("/", "/title/3/x", "/title/4", "/poster/3.svg", "/static/marquee.css", "/nowhere"):
        browser.get(path)
    browser.post("/household/add", {"name": "Ada"})
    counted = browser.get("/api/v1/metrics").text
    of = 'marquee_requests_total{{method="{}",route="{}",status="{}"}} {}\n'.format
    for line in (
        of("GET", "/title/{title_id:int}", 303, 1.0),
        of("GET", "/title/{title_id:int}/{slug}", 200, 2.0),
        of("GET", "/poster/{title_id:int}.svg", 200, 1.0),
        of("GET", "/static/{name}", 200, 1.0),
        of("POST", "/household/add", 303, 1.0),
        of("GET", "none", 404, 1.0),
    ):
        assert line in counted
    assert 'route="/",status="200"' in counted
    assert 'marquee_request_seconds_count{route="/"}' in counted
