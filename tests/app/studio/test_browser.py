"""The studio in a real browser, beside the viewers' app: for everybody, offline, on a phone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser_kit import AXE, DESK, NEEDS_A_BROWSER, PHONE, SCHEMES, browser, served
from marquee.app.server import ServerSettings, create_app
from marquee.app.settings import Settings
from marquee.app.studio import opened
from marquee.app.studio.catalog import PAGES
from marquee.data.feedback import FeedbackStore
from marquee.data.workspace import Workspace
from marquee.service.engine import Engine

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = NEEDS_A_BROWSER

WAIT_MS = 60_000
"""On a machine with other work."""
SECRET = b"s" * 32
BUSY = '[data-testid="stSkeleton"], [data-testid="stSpinner"], [data-testid="stStatusWidget"]'


@pytest.fixture(scope="module")
def address(studio_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the viewers' app and the studio are served, over a database of their own."""
    home = tmp_path_factory.mktemp("browser") / "home"
    shutil.copytree(studio_home, home)
    (home / "secret").write_bytes(SECRET)
    store = FeedbackStore(f"sqlite:///{home / 'feedback.db'}")
    store.migrate()
    opened.forget()
    engine = Engine(Workspace(home), feedback=store)
    settings = ServerSettings(
        secret=opened_secret(home), studio=Settings(home=home, data=None), requests_per_second=None
    )
    with served(create_app(engine, settings)) as where:
        yield where
    opened.forget()
    store.close()


def opened_secret(home: Path) -> bytes:
    from marquee.app.api.private import read_secret

    return read_secret(home / "secret")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture
def desk(chromium: Any, address: str) -> Iterator[Page]:
    """A page on a desk that at the end has asked nothing of another host."""
    yield from tab(chromium, address, viewport=DESK)


@pytest.fixture
def phone(chromium: Any, address: str) -> Iterator[Page]:
    """The same on a phone."""
    shape = {"is_mobile": True, "has_touch": True}
    yield from tab(chromium, address, viewport=PHONE, **shape)


def tab(chromium: Any, address: str, **options: Any) -> Iterator[Page]:
    outside: list[str] = []
    # Streamlit's own pages let no script be put into them, and axe is one.
    context = chromium.new_context(base_url=address, bypass_csp=True, **options)
    context.set_default_timeout(WAIT_MS)
    page: Page = context.new_page()
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith((address, "data:", "blob:")) else outside.append(asked.url)
        ),
    )
    yield page
    context.close()
    assert outside == []


def settle(page: Page) -> None:
    """Waits until the page is drawn."""
    page.locator("h1").first.wait_for()
    quiet = 0
    for _ in range(int(WAIT_MS / 250)):
        page.wait_for_timeout(250)
        # Between two things that turn, nothing does for a moment.
        quiet = 0 if page.locator(BUSY).count() else quiet + 1
        if quiet == 2:
            return
    raise AssertionError(f"{page.url} is not drawn after {WAIT_MS / 1000:.0f} s")


def violations(page: Page, rules: object) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(told => told.violations.map("
        "each => `${each.id}: ${each.nodes.map(node => node.html.slice(0, 120)).join(' | ')}`))",
        rules,
    )
    return found


def ground(page: Page) -> str:
    """The color behind everything."""
    app = page.locator('[data-testid="stApp"]')
    return str(app.evaluate("each => getComputedStyle(each).backgroundColor"))


@pytest.mark.parametrize("shape", ["desk", "phone"])
def test_every_page_is_for_everybody_and_fits(shape: str, request: pytest.FixtureRequest) -> None:
    page: Page = request.getfixturevalue(shape)
    for place, each in enumerate(PAGES):
        page.goto("/studio/" + ("" if place == 0 else each.path))
        settle(page)
        assert page.locator("h1").first.inner_text() == each.title
        grounds = set()
        for scheme, rules in SCHEMES.items():
            page.emulate_media(color_scheme=scheme)
            settle(page)
            grounds.add(ground(page))
            assert violations(page, rules) == [], f"{each.path} in {scheme}"
        assert len(grounds) == len(SCHEMES), f"{each.path} is as light in the dark"
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{each.path} scrolls sideways by {wide} px"


def test_a_link_brings_its_inputs_back_and_a_change_is_in_the_address(desk: Page) -> None:
    desk.goto("/studio/forecast?title=Harbor+Lights&budget=33&month=March")
    settle(desk)
    title = desk.get_by_label("Title", exact=True)
    assert title.input_value() == "Harbor Lights"
    title.fill("Other Lights")
    title.press("Enter")
    desk.wait_for_url(re.compile("title=Other"))
    settle(desk)
    desk.reload()
    settle(desk)
    assert desk.get_by_label("Title", exact=True).input_value() == "Other Lights"


def test_stars_of_one_face_show_in_the_other(desk: Page) -> None:
    desk.goto("/")
    desk.locator("li.card .s:nth-child(5)").first.click()
    desk.locator("li.card .own").first.wait_for()
    name = desk.locator("li.card:has(.own)").first.get_attribute("id") or ""
    desk.goto("/studio/?whose=Me")
    settle(desk)
    assert "1 rating" in desk.locator('[data-testid="stMain"]').inner_text(), name
    stars = desk.get_by_role("radio", name="4 out of 5 stars").locator("visible=true")
    stars.first.press("Enter")
    desk.get_by_role("button", name="Undo").wait_for()
    desk.goto("/me")
    assert "2 ratings" in desk.locator("main").inner_text()
