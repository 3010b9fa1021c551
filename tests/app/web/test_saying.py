"""One press says one thing, the next page knows it, and it can be taken back."""

from __future__ import annotations

import re

import pytest
from httpx2 import Response

from app.web.conftest import Browser, Open
from marquee.app.web.cards import MOST_KEPT, Kept
from marquee.data.feedback import REASONS
from marquee.service.engine import Engine


def test_a_press_on_a_star_changes_the_next_page_without_a_script(browser: Browser) -> None:
    before = browser.titles()
    said = browser.says("rate:5.0")[2]
    page = browser.say(said)
    title = int(said.split(":")[2])
    assert page.status_code == 200
    assert browser.store.profile(browser.viewer).ratings == {title: 5.0}
    assert browser.titles(page.text)[2] == title, "the card left its slot"
    assert "For you" in page.text
    assert set(browser.titles(page.text)) != set(before)
    assert "You gave <b>5 stars</b>" in page.text


def test_with_a_script_only_the_changing_part_comes_back(browser: Browser) -> None:
    said = browser.says("rate:4.0")[0]
    part = browser.say(said, script=True)
    assert part.status_code == 200
    assert part.text.lstrip().startswith('<main id="live"')
    assert "<html" not in part.text
    assert re.search(r'role="status"><p [^>]*>You gave [^<]+ 4 stars\.', part.text)
    assert browser.titles(part.text)[0] == int(said.split(":")[2])


def below(page: str) -> list[int]:
    """Titles that a page wants left as they are."""
    [titles] = re.findall(r'name="below" value="([^"]*)"', page)
    return [int(number) for number in titles.split(",") if number]


def pressed(browser: Browser, page: str, said: str) -> Response:
    """The answer to a press on a page with a script, which sends all that its form holds."""
    [back] = re.findall(r'name="back" value="([^"]*)" id="back-say"', page)
    titles = ",".join(map(str, below(page)))
    form: dict[str, object] = {"say": said, "back": back.replace("&amp;", "&"), "below": titles}
    return browser.post("/say", form, script=True)


def test_after_a_press_only_the_picks_come_back_and_none_that_stands_below(
    browser: Browser,
) -> None:
    browser.say(browser.says("rate:5.0")[0])
    page = browser.get("/").text
    others = below(page)
    picks = [title for title in browser.titles(page) if title not in others]
    assert len(others) >= 12
    said = browser.says("rate:4.0", page)[2]
    part = pressed(browser, page, said)
    assert part.headers["hx-retarget"] == "#picks"
    fresh = browser.titles(part.text)
    assert len(fresh) == len(picks) == 12
    assert fresh[2] == picks[2] == int(said.split(":")[2])
    assert fresh != picks
    assert not set(fresh) & set(others)
    assert len(part.content) < len(page) / 2
    [back] = re.findall(r'name="back" value="([^"]*)" id="back-say" hx-swap-oob', part.text)
    assert f"%3A{picks[2]}%3A" in back
    assert re.search(r'id="said" hx-swap-oob="innerHTML"><p [^>]*>You gave ', part.text)
    assert browser.titles()[2] != picks[2], "a new visit shows it no more"


def test_a_card_below_the_picks_comes_back_alone_and_in_its_place(browser: Browser) -> None:
    browser.say(browser.says("rate:5.0")[0])
    page = browser.get("/").text
    title = below(page)[3]
    [said] = browser.says(f"rate:2.0:{title}", page)
    part = pressed(browser, page, said)
    assert browser.titles(part.text).count(title) == 1
    assert f'id="c{title}" hx-swap-oob="outerMorph"' in part.text
    assert "You gave <b>2 stars</b>" in part.text
    [undo] = [button for button in browser.says("undo", part.text) if f":{title}:" in button]
    taken = pressed(browser, page, undo)
    assert browser.titles(taken.text).count(title) == 1
    assert "You gave" not in taken.text


def test_the_first_word_of_a_visitor_brings_the_whole_page_and_a_name(browser: Browser) -> None:
    page = browser.get("/").text
    assert 'name="below"' not in page
    part = browser.say(browser.says("rate:5.0", page)[0], script=True).text
    assert part.startswith('<main id="live"')
    assert re.search(r'<a id="who" href="/household"[^>]* hx-swap-oob="true">.*Viewer 1<', part)
    again = browser.say(browser.says("rate:5.0", part)[1], script=True).text
    assert 'id="who"' not in again, "the name is sent once"


def test_with_the_last_word_undone_the_page_is_a_visitors_again(browser: Browser) -> None:
    browser.say(browser.says("rate:5.0")[0])
    page = browser.get("/").text
    event = browser.store.history(browser.viewer)[0].event
    part = pressed(browser, page, f"undo:{event.event_id}:{event.title_id}:for-you:0")
    assert part.text.startswith('<main id="live"')
    assert "Find something worth your evening" in part.text


@pytest.mark.parametrize("value", ["", "x", "1,-2,²,9" + "9" * 30, "1," * 3_000])
def test_titles_below_that_a_form_makes_up_are_passed_over(browser: Browser, value: str) -> None:
    browser.say(browser.says("rate:5.0")[0])
    said = browser.says("seen:")[0]
    part = browser.post("/say", {"say": said, "back": "/", "below": value}, script=True)
    assert part.status_code == 200
    assert len(browser.titles(part.text)) >= 12


def test_only_the_last_cards_stay_so_that_new_picks_find_room(browser: Browser) -> None:
    browser.say(browser.says("rate:5.0")[0])
    page, rated = browser.get("/").text, []
    for slot in range(9):
        said = next(s for s in browser.says("rate:4.0", page) if s.endswith(f":for-you:{slot}"))
        rated.append(int(said.split(":")[2]))
        page = browser.say(
            said,
            "/?"
            + "&".join(
                f"kept={kept}" for kept in re.findall(r"kept=([^&\"]+)", page.replace("&amp;", "&"))
            ),
            script=True,
        ).text
    shown = browser.titles(page)
    assert [title for title in rated if title in shown] == rated[-MOST_KEPT:]


def test_a_second_press_on_the_same_star_is_half_a_star_less(browser: Browser) -> None:
    title = browser.titles()[0]
    page = browser.say(browser.says(f"rate:4.0:{title}")[0], script=True)
    again = next(
        said for said in browser.says("rate", page.text) if said.startswith(f"rate:3.5:{title}:")
    )
    page = browser.say(again, script=True)
    assert browser.store.profile(browser.viewer).ratings[title] == 3.5
    assert f'id="s{title}-4" class="s half"' in page.text
    back = next(
        said for said in browser.says("rate", page.text) if said.startswith(f"rate:4.0:{title}:")
    )
    browser.say(back)
    assert browser.store.profile(browser.viewer).ratings[title] == 4.0


def test_several_cards_keep_their_slots_while_the_others_change(browser: Browser) -> None:
    page = browser.get("/").text
    kept = {}
    for place in (1, 4, 2):
        kept[place] = browser.titles(page)[place]
        [said] = browser.says(f"rate:5.0:{kept[place]}", page)
        back = re.search(r'name="back" value="([^"]+)"', page)
        assert back
        page = browser.say(said, back[1].replace("&amp;", "&"), script=True).text
        cards = browser.titles(page)
        assert all(cards[slot] == title for slot, title in kept.items())


@pytest.mark.parametrize("script", [False, True])
def test_no_title_is_twice_on_a_page(browser: Browser, script: bool) -> None:
    page = browser.get("/").text
    for turn in range(5):
        cards = browser.titles(page)
        assert len(cards) == len(set(cards))
        page = browser.say(browser.says("rate:5.0", page)[turn * 3], script=script).text
    undo = browser.says("undo", page)[0]
    cards = browser.titles(browser.say(undo, script=script).text)
    assert len(cards) == len(set(cards))


def test_undo_takes_the_rating_back_and_the_card_stays(browser: Browser) -> None:
    said = browser.says("rate:2.0")[1]
    page = browser.say(said, script=True)
    [undo] = browser.says("undo", page.text)
    page = browser.say(undo, script=True)
    assert browser.store.profile(browser.viewer).ratings == {}
    assert browser.titles(page.text)[1] == int(said.split(":")[2])
    assert not browser.says("undo", page.text)


@pytest.mark.parametrize("verb", ["watchlist", "seen", "hide"])
def test_marks_are_set_and_taken_off_by_the_same_button(browser: Browser, verb: str) -> None:
    said = browser.says(verb)[0]
    title = int(said.split(":")[2])
    page = browser.say(said, script=True).text
    own = browser.store.profile(browser.viewer)
    sets = {"watchlist": own.watchlist, "seen": own.seen, "hide": own.hidden}
    assert sets[verb] == {title}
    assert re.search(rf'id="{verb}{title}"[^>]*aria-pressed="true"', page)
    [off] = [said for said in browser.says(f"un{verb}", page) if f":{title}:" in said]
    browser.say(off)
    own = browser.store.profile(browser.viewer)
    assert not (own.watchlist | own.seen | own.hidden)


def test_not_interested_asks_why_and_takes_any_of_the_reasons(browser: Browser) -> None:
    said = browser.says("hide")[0]
    title = int(said.split(":")[2])
    page = browser.say(said, script=True).text
    for reason in ("genre", "actor", "seen elsewhere"):
        assert reason in REASONS
        [because] = [text for text in browser.says(f"hide:{reason}", page) if f":{title}:" in text]
        browser.say(because)
        assert browser.store.profile(browser.viewer).hidden_reasons == {title: reason}
    assert title not in browser.titles()


def test_rated_seen_and_hidden_titles_do_not_come_back(browser: Browser) -> None:
    gone = set()
    for verb in ("rate:5.0", "seen", "hide", "rate:0.5", "rate:1.0"):
        found = browser.says(verb)
        if found:
            gone.add(int(found[0].split(":")[2]))
            browser.say(found[0])
    assert not gone & set(browser.titles())
    assert not gone & set(browser.titles(browser.get("/?n=48").text))


def test_lists_are_entered_as_shown_once_a_day_and_judged(browser: Browser) -> None:
    browser.say(browser.says("rate:5.0")[0])
    page = browser.get("/").text
    shown = browser.store.impressions_frame().height
    browser.get("/")
    assert browser.store.impressions_frame().height == shown > 0
    browser.say(browser.says("good_pick", page)[1])
    thumb = re.search(r'name="judge" value="(thumbs_up:[^"]+)"', page)
    assert thumb
    browser.post("/judge", {"judge": thumb[1], "back": "/"})
    report = browser.store.satisfaction()
    assert (report.overall.n_good, report.overall.n_thumbs_up) == (1, 1)
    assert browser.engine.library.model_name in report.by_model, "the list was not entered"


def test_with_a_script_a_thumb_moves_nothing_and_is_thanked_for(browser: Browser) -> None:
    thumb = re.search(r'name="judge" value="(thumbs_down:[^"]+)"', browser.get("/").text)
    assert thumb
    answer = browser.post("/judge", {"judge": thumb[1], "back": "/"}, script=True)
    assert answer.headers["hx-reswap"] == "none"
    assert 'id="said" hx-swap-oob="innerHTML"' in answer.text
    assert browser.titles(answer.text) == []
    assert 'id="who"' in answer.text, "the word made a profile"
    assert browser.store.satisfaction().overall.n_thumbs == 1


@pytest.mark.parametrize(
    "said",
    [
        "",
        "rate",
        "rate:5.0:x:y:0",
        "rate:9:{}:y:0",
        "rate:x:{}:y:0",
        "shout::{}:y:0",
        "rate:nan:{}:a:1",
    ],
)
def test_a_press_that_says_nothing_known_is_refused(browser: Browser, said: str) -> None:
    answer = browser.say(said.format(browser.titles()[0]))
    assert answer.status_code == 422
    assert not any(browser.store.export(v.viewer_id)["events"] for v in browser.store.viewers())


def test_a_press_on_no_title_is_a_page_that_says_so(browser: Browser) -> None:
    assert browser.say("seen::999999:for-you:0").status_code == 404


def test_with_a_script_a_refusal_leaves_the_page_and_says_why(browser: Browser) -> None:
    answer = browser.say("shout::1:for-you:0", script=True)
    assert answer.headers["hx-retarget"] == "#notice"
    assert "no way to say" in answer.text.lower()


def test_a_server_that_keeps_nothing_shows_picks_and_takes_no_word(
    bare_engine: Engine, open_browser: Open
) -> None:
    browser = open_browser(bare_engine)
    page = browser.get("/").text
    assert browser.titles(page)
    assert 'name="say"' not in page
    assert browser.say("seen::1:for-you:0").status_code == 422


@pytest.mark.parametrize(
    "text", ["", ":", "a:b:c:d", "a:1", "a:-1:2:x", "a:99999:1:x", "a:1:²:x", f"a:1:{'9' * 30}:x"]
)
def test_a_slot_that_an_address_makes_up_is_passed_over(browser: Browser, text: str) -> None:
    assert Kept.read(text) is None
    assert browser.get("/", params={"kept": text}).status_code == 200


def test_kept_titles_that_do_not_exist_are_passed_over(browser: Browser) -> None:
    page = browser.get("/", params=[("kept", "for-you:0:999999:x"), ("kept", "nope:9999:3:")])
    assert page.status_code == 200
    assert browser.titles(page.text).count(3) == 1


@pytest.mark.parametrize("script", [False, True])
def test_a_thumb_stays_pressed_and_is_thanked_for(browser: Browser, script: bool) -> None:
    browser.say(browser.says("rate:5.0")[0])
    thumb = re.search(r'name="judge" value="(thumbs_down:[^"]+)"', browser.get("/").text)
    assert thumb
    answer = browser.post("/judge", {"judge": thumb[1], "back": "/"}, script=script)
    for page in (answer.text, browser.get("/").text):
        assert re.search(rf'value="{thumb[1]}" aria-pressed="true"', page)
        assert re.search(r'value="thumbs_up:[^"]+" aria-pressed="false"', page)
        assert "Noted, thank you" in page
