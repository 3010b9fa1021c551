"""The pages in a real browser: with scripts and without, by keyboard, on a phone, for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from app_kit import app_over
from browser_kit import AXE, DESK, NEEDS_A_BROWSER, PHONE, SCHEMES, browser, served
from marquee.app.server import ServerSettings
from marquee.app.web import finding, home, household, welcome
from marquee.service.engine import Engine

from .conftest import SECRET

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = NEEDS_A_BROWSER

OpenPage = Callable[..., "Page"]


@pytest.fixture
def address(engine: Engine) -> Iterator[str]:
    """Where the pages are served to this machine while a test runs."""
    with served(app_over(engine, ServerSettings(secret=SECRET))) as where:
        yield where


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


@pytest.fixture
def open_page(chromium: Any, address: str) -> Iterator[OpenPage]:
    """Opens pages; at the end nothing was asked of another host and no script failed."""
    contexts: list[BrowserContext] = []
    outside: list[str] = []
    faults: list[str] = []

    def page(path: str = "/", **options: Any) -> Page:
        phone = options.get("viewport") == PHONE
        shape = {"is_mobile": True, "has_touch": True, "device_scale_factor": 2} if phone else {}
        context = chromium.new_context(base_url=address, **{"viewport": DESK, **shape, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        opened: Page = context.new_page()
        opened.on(
            "request", lambda asked: outside.append(asked.url) if address not in asked.url else None
        )
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.on(
            "console",
            lambda line: faults.append(line.text) if "Content Security" in line.text else None,
        )
        opened.goto(path)
        return opened

    yield page
    for context in contexts:
        context.close()
    assert outside == []
    assert faults == []


def shown(page: Page) -> list[str]:
    """Names of the elements that are cards, in order."""
    found: list[str] = page.evaluate("[...document.querySelectorAll('li.card')].map(c => c.id)")
    return found


def focused(page: Page) -> str:
    """The id of the element that has the keyboard."""
    name: str = page.evaluate("document.activeElement.id || document.activeElement.tagName")
    return name


def rate(page: Page, slot: int, star: int = 5) -> str:
    """Presses a star of the card in that slot and waits for the answer; the id of the card."""
    card = page.locator("li.card").nth(slot)
    name = card.get_attribute("id") or ""
    card.locator(f".s:nth-child({star})").click()
    page.locator(f"#{name} .own").wait_for()
    return name


def test_a_press_brings_new_picks_and_the_card_keeps_slot_and_focus(open_page: OpenPage) -> None:
    page = open_page()
    before = shown(page)
    name = rate(page, 2)
    assert shown(page)[2] == name == before[2]
    assert shown(page) != before
    assert focused(page) == f"s{name[1:]}-5"
    assert page.url.endswith("/"), "the page was loaded anew"
    page.locator("#said p").wait_for()
    assert "5 stars" in page.locator("#said").inner_text()


def test_the_keyboard_rates_halves_and_undoes_and_never_loses_its_place(
    open_page: OpenPage,
) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    assert "Skip" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if focused(page).endswith("-4"):
            break
    star = focused(page)
    assert star.startswith("s")
    assert star.endswith("-4")
    title = star[1:-2]
    page.keyboard.press("Enter")
    page.locator(f"#c{title} .own", has_text="4 stars").wait_for()
    assert focused(page) == star
    page.keyboard.press("Enter")
    page.locator(f"#c{title} .own", has_text="3½ stars").wait_for()
    assert focused(page) == star
    for _ in range(6):
        page.keyboard.press("Tab")
        if focused(page) == f"u{title}":
            break
    assert focused(page) == f"u{title}"
    page.keyboard.press("Space")
    page.locator(f"#c{title} .own", has_text="4 stars").wait_for()
    assert page.evaluate("document.activeElement.closest('.card')?.id") == f"c{title}"


def test_undo_is_offered_and_takes_the_rating_back(open_page: OpenPage, engine: Engine) -> None:
    page = open_page()
    name = rate(page, 0)
    page.locator(f"#u{name[1:]}").click()
    page.locator(f"#{name} .own").wait_for(state="detached")
    assert engine.feedback is not None
    assert engine.feedback.profile(engine.feedback.viewers()[0].viewer_id).ratings == {}
    assert page.evaluate("document.activeElement.closest('.card')?.id") == name


def test_without_scripts_one_can_browse_search_filter_and_rate(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    before = page.locator("li.card").count()
    card = page.locator("li.card").nth(1)
    name = card.get_attribute("id") or ""
    card.locator(".s:nth-child(5)").click()
    page.wait_for_url("**/?kept=**")
    assert page.locator("li.card").nth(1).get_attribute("id") == name
    assert page.locator(f"#{name} .own").inner_text() == "You gave 5 stars"
    assert page.locator("li.card").count() >= before
    page.fill("#q", page.locator(f"#{name} h3").inner_text())
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?**")
    assert page.locator(f"#{name}").count() == 1
    page.goto("/")
    page.locator("#filters > summary").click()
    page.select_option("#f-kind", "show")
    page.locator(".filters .plain").click()
    page.wait_for_url("**/?kind=show")
    assert "Series" in page.locator("li.card .meta").first.inner_text()


def test_filters_apply_at_once_and_live_in_the_address(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#filters > summary").click()
    page.locator("#f-kind").focus()
    page.select_option("#f-kind", "show")
    page.wait_for_url("**/?kind=show")
    page.locator("#count b").wait_for()
    assert focused(page) == "f-kind"
    assert page.locator("#filters").get_attribute("open") is not None
    page.go_back()
    page.wait_for_url(lambda url: "kind" not in url)
    page.locator("#count", has_text="All in one list").wait_for()


def test_sliders_apply_at_once(open_page: OpenPage) -> None:
    page = open_page()
    rate(page, 0)
    before = shown(page)
    page.locator("#tune summary").click()
    page.locator("#t-obscure").focus()
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.locator("#t-obscure[value='1.0']").wait_for()
    assert shown(page) != before


def test_search_answers_while_one_types_and_obeys_the_keyboard(
    open_page: OpenPage, engine: Engine
) -> None:
    page = open_page()
    card = engine.popular(1).picks[0].title
    page.locator("#q").focus()
    page.keyboard.type(max(card.name.split(), key=len)[:6])
    page.locator("#hits a").first.wait_for()
    assert page.locator("#q").get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert page.locator("#hits [aria-selected=true]").count() == 1
    assert page.locator("#q").get_attribute("aria-activedescendant") == "hit-1"
    page.keyboard.press("Escape")
    assert page.locator("#hits a").count() == 0
    page.keyboard.press("Backspace")
    page.locator("#hits a").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/title/**")


def test_after_going_back_search_obeys_the_keyboard_and_offline_is_told(
    open_page: OpenPage, engine: Engine
) -> None:
    page = open_page()
    card = engine.popular(1).picks[0].title
    page.locator("#filters > summary").click()
    page.locator("#filters input[name=genres]").first.check()
    page.wait_for_url("**/?genres=**")
    page.go_back()
    page.wait_for_url(lambda url: "genres" not in url)
    page.locator("#count", has_text="All in one list").wait_for()
    page.locator("#q").focus()
    page.keyboard.type(max(card.name.split(), key=len)[:6])
    page.locator("#hits a").first.wait_for()
    page.keyboard.press("ArrowDown")
    assert page.locator("#hits [aria-selected=true]").count() == 1
    assert page.locator("#q").get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert page.locator("#hits a").count() == 0
    page.context.set_offline(True)
    page.locator("#notice", has_text="from before").wait_for()
    page.context.set_offline(False)
    page.locator("#notice p").wait_for(state="detached")


def test_trying_again_asks_the_server_whether_it_is_there(open_page: OpenPage) -> None:
    page = open_page()
    asked: list[tuple[str, int]] = []
    page.evaluate("dispatchEvent(new Event('offline'))")
    page.on(
        "response",
        lambda answer: asked.append((answer.url, answer.status)) if "live" in answer.url else None,
    )
    page.get_by_role("button", name="Try again").click()
    page.locator("#notice p").wait_for(state="detached")
    assert [status for _, status in asked] == [200]


def test_what_a_slider_says_follows_the_arrow_keys_at_once(open_page: OpenPage) -> None:
    page = open_page()
    page.route("**/taste", lambda route: route.abort())
    page.locator("#tune summary").click()
    slider = page.locator("#t-obscure")
    assert slider.get_attribute("aria-valuetext") == "Neither"
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "10 % Obscure"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "10 % Popular"


@pytest.mark.parametrize("script", [False, True])
def test_filters_of_an_address_stay_when_another_is_chosen(
    open_page: OpenPage, script: bool
) -> None:
    page = open_page("/?year_from=1980&genres_none=Drama", java_script_enabled=script)
    assert page.input_value("#f-year_from") == "1980"
    page.select_option("#f-kind", "film")
    if not script:
        page.locator(".filters .plain").click()
    page.wait_for_url(lambda url: "kind=film" in url)
    assert "year_from=1980" in page.url
    assert "genres_none=Drama" in page.url
    page.locator(".active .chip", has_text="From 1980").click()
    page.wait_for_url(lambda url: "year_from" not in url)
    assert "kind=film" in page.url


def test_a_long_name_in_one_word_fits_a_phone(open_page: OpenPage) -> None:
    page = open_page("/household", viewport=PHONE)
    for letter in "WX":
        page.goto("/household")
        page.fill("#name", letter * 60)
        page.get_by_role("button", name="Add").click()
        page.wait_for_url("**/welcome")
    for path in ("/household", "/me", "/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    page.goto("/household")
    page.get_by_role("button", name="Find something for both").click()
    page.wait_for_url("**/together**")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_server_that_is_gone_is_told(open_page: OpenPage) -> None:
    page = open_page()
    page.context.set_offline(True)
    page.locator("li.card .s").first.click()
    page.locator("#notice", has_text="not kept").wait_for()
    page.get_by_role("button", name="Try again").click()
    page.locator("#notice", has_text="not kept").wait_for()
    assert page.locator(".own").count() == 0
    page.context.set_offline(False)
    page.locator("#notice", has_text="online again").wait_for()
    page.get_by_role("button", name="Try again").click()
    page.locator(".own").wait_for()
    page.locator("#notice p").wait_for(state="detached")
    assert focused(page).startswith("s"), "the keyboard is back on the star"


def test_offline_the_page_stays_and_goes_on_once_it_can(open_page: OpenPage) -> None:
    page = open_page("/household")
    page.context.set_offline(True)
    page.locator("#notice", has_text="from before").wait_for()
    page.fill("#name", "Zoë")
    page.get_by_role("button", name="Add").click()
    page.locator("#notice", has_text="nothing was sent").wait_for()
    assert page.input_value("#name") == "Zoë"
    page.locator("nav a", has_text="My data").click()
    page.locator("#notice", has_text="has to wait").wait_for()
    assert page.url.endswith("/household")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url("**/me")


def test_each_word_is_seen_to_come_on_pages_that_come_back_whole(open_page: OpenPage) -> None:
    page = open_page("/welcome?step=titles")
    rate(page, 0)
    page.evaluate("document.querySelector('#said p').seen = true")
    rate(page, 1, 2)
    assert "2 stars" in page.locator("#said p").inner_text()
    assert page.evaluate("document.querySelector('#said p').seen") is None


def test_a_thumb_for_a_list_is_thanked_for_and_nothing_moves(open_page: OpenPage) -> None:
    page = open_page()
    rate(page, 0)
    before = shown(page)
    thumb = page.get_by_role("button", name="A good list", exact=True)
    thumb.click()
    page.locator("#said", has_text="Thank you").wait_for()
    assert shown(page) == before
    assert thumb.evaluate("button => button === document.activeElement")


def test_the_name_of_a_new_profile_stands_in_the_head_at_once(open_page: OpenPage) -> None:
    page = open_page()
    assert page.locator("#who").inner_text() == "Household"
    rate(page, 1)
    page.locator("#who", has_text="Viewer 1").wait_for()


def test_after_a_press_the_rows_below_stay_and_every_word_is_announced(open_page: OpenPage) -> None:
    page = open_page()
    rate(page, 0)
    others = [name for name in shown(page) if page.locator(f"#picks #{name}").count() == 0]
    assert len(others) >= 12
    before = [name for name in shown(page) if name not in others]
    with page.expect_response("**/say") as answer:
        name = rate(page, 4, 4)
    assert len(answer.value.body()) < 60_000
    after = shown(page)
    assert after[-len(others) :] == others
    assert after[4] == name == before[4]
    assert after[:12] != before
    assert focused(page) == f"s{name[1:]}-4"
    page.locator("#said", has_text="4 stars").wait_for()
    assert page.locator("#said p").evaluate("word => word.getAnimations().length") == 1
    last = page.locator(f"#{others[-1]}")
    last.locator(".s:nth-child(2)").click()
    last.locator(".own").wait_for()
    assert shown(page)[-len(others) :] == others
    assert focused(page) == f"s{others[-1][1:]}-2"
    last.locator(".undo").click()
    last.locator(".own").wait_for(state="detached")
    assert page.evaluate("document.activeElement.closest('.card')?.id") == others[-1]
    assert len(set(shown(page))) == len(shown(page))
    page.reload()
    assert len(set(shown(page))) == len(shown(page))


def prepared(page: Page) -> None:
    """A household of two with ratings, marks and an undo in sight."""
    for name in ("Ada", "Ben"):
        page.goto("/household")
        page.fill("#name", name)
        page.get_by_role("button", name="Add").click()
        page.wait_for_url("**/welcome")
        page.goto("/")
        for slot in (0, 3):
            rate(page, slot, 5 - slot // 3)
        page.locator("li.card").nth(5).locator("[id^=watchlist]").click()
        page.locator("li.card").nth(5).locator("[id^=watchlist][aria-pressed=true]").wait_for()


@pytest.fixture
def short_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of few cards: looking at a page takes as long as there are buttons on it."""
    for module, name, n in (
        *((home, "FIRST_ROW", 6), (home, "ROW", 3), (home, "GRID", 6)),
        *((finding, "N_FOUND", 6), (household, "N_BOTH", 3), (welcome, "N_ASKED", 6)),
    ):
        assert getattr(module, name) > n
        monkeypatch.setattr(module, name, n)


@pytest.mark.usefixtures("short_lists")
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_no_page_shuts_anybody_out_or_scrolls_sideways(
    open_page: OpenPage, engine: Engine, viewport: dict[str, int]
) -> None:
    page = open_page(viewport=viewport, bypass_csp=True)
    offered = engine.library.availability["title_id"][0]
    checked(page, "/")
    checked(page, "/me")
    prepared(page)
    assert engine.feedback is not None
    one, other = [viewer.viewer_id for viewer in engine.feedback.viewers()]
    for path in (
        *(
            "/",
            "/?genres=Drama&kind=film",
            "/?year_from=1950&genres_none=War",
            "/?kind=film&runtime_max=1",
            "/?genres=Opera",
        ),
        *("/search", "/search?q=the", "/search?q=zzzzqqqq", f"/title/{offered}"),
        *("/welcome", "/welcome?step=titles", "/welcome?step=services", "/import", "/me"),
        *("/household", "/erased", f"/together?one={one}&other={other}", "/nowhere"),
    ):
        checked(page, path)
    page.goto("/")
    page.locator("#filters > summary").click()
    page.locator(".further summary").click()
    examined(page, "all filters open")
    page.locator("#tune summary").click()
    page.locator(".why summary").first.click()
    hide = page.locator("li.card").nth(4)
    hide.locator("[id^=hide]").click()
    page.locator(".ask .chip", has_text="genre").first.wait_for()
    page.locator("#q").fill("the")
    page.locator("#hits a").first.wait_for()
    examined(page, "everything open")


def checked(page: Page, path: str) -> None:
    page.goto(path)
    examined(page, path)


def examined(page: Page, what: str) -> None:
    """No violation of the accessibility rules, nothing wider than the screen, no title twice."""
    page.evaluate(AXE.read_text("utf-8"))
    for scheme, rules in SCHEMES.items():
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
            ".then(r => r.violations.map(v => "
            "[v.id, v.nodes.length, v.nodes[0].html.slice(0, 160), v.nodes[0].failureSummary]))",
            rules,
        )
        assert found == [], f"{what}, {scheme}"
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{what} scrolls sideways by {wide} px"
    cards = shown(page)
    assert len(cards) == len(set(cards)), what


CUT = """[...document.querySelectorAll(".meta, .guess, .ask")].filter(line =>
  line.scrollWidth > line.clientWidth + 1
  || (line.className === "meta" && line.clientHeight > 24)).map(line => line.innerText)"""
"""What a card says that its width cuts off, or that takes two lines."""


def test_what_a_card_says_of_its_title_fits_it(open_page: OpenPage) -> None:
    page = open_page("/?n=60")
    assert page.locator("li.card").count() == 60
    for path in ("/?n=60", "/"):
        page.goto(path)
        for word in ("low", "high", "medium"):
            page.locator(".guess span:last-child").evaluate_all(
                "(all, word) => all.forEach(each => {"
                "each.textContent = `${word} confidence`; each.className = `c-${word}`})",
                word,
            )
            for width in (360, 390, 430, 545, 705, 753, 768, 1024, 1103, 1105, 1280, 1920):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate(CUT) == [], (path, word, width)


def test_rows_that_do_not_fit_the_screen_are_shelves_of_one_line(open_page: OpenPage) -> None:
    page = open_page(viewport=PHONE)
    name = rate(page, 0)
    page.reload()
    rows = page.locator(".rail")
    assert rows.count() >= 3
    for row in rows.all():
        tops = row.locator("li.card").evaluate_all(
            "all => all.map(card => Math.round(card.getBoundingClientRect().top))"
        )
        assert len(tops) == 6
        assert len(set(tops)) == 1
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    last = rows.last.locator("li.card").last
    last.locator("a").focus()
    page.wait_for_timeout(300)
    box = last.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390, "who comes by keyboard sees where they are"
    assert len(set(shown(page))) == len(shown(page))
    assert name not in shown(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    tops = rows.last.locator("li.card").evaluate_all(
        "all => all.map(card => Math.round(card.getBoundingClientRect().top))"
    )
    assert len(set(tops)) == 1
    assert rows.last.locator("ol").evaluate("row => row.scrollWidth - row.clientWidth") == 0


def test_the_search_field_has_one_sign_at_its_end(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#q").focus()
    lens = page.locator(".search > .icon")
    empty = lens.screenshot()
    page.evaluate("document.getElementById('q').value = 'the'")  # and no list throws a shadow
    assert lens.screenshot() == empty


def test_stars_are_large_enough_for_a_finger(open_page: OpenPage) -> None:
    page = open_page(viewport=PHONE)
    for box in page.locator("li.card").first.locator("button:visible").all():
        size = box.bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 32


def test_the_page_does_not_jump(open_page: OpenPage) -> None:
    page = open_page()
    page.reload()
    page.wait_for_timeout(500)
    jumped = page.evaluate(
        "new Promise(done => new PerformanceObserver(list => done(list.getEntries().reduce("
        "(sum, entry) => sum + entry.value, 0))).observe({type: 'layout-shift', buffered: true})"
        " || setTimeout(() => done(0), 300))"
    )
    assert jumped <= 0.1
