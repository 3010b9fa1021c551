"""Every page shows what it should, in every state it can be in."""

from __future__ import annotations

import copy
import gzip
import html
import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.web.conftest import Browser, Open
from marquee.app.web import posters
from marquee.app.web.household import for_both
from marquee.app.web.site import assets
from marquee.app.web.words import day
from marquee.data.feedback import Event
from marquee.service.engine import Engine
from marquee.service.filters import Filters
from marquee.service.records import TitleCard
from marquee.service.taste import AS_SCORED

pytestmark = pytest.mark.slow


def test_a_visitor_sees_what_the_picks_are_based_on_and_that_all_is_fiction(
    browser: Browser,
) -> None:
    page = browser.get("/").text
    assert "What viewers like on the whole" in page
    assert "Every title and person shown here is fictional." in page
    assert "Tell us your taste" in page


def test_filters_in_the_address_are_counted_and_cleared(browser: Browser) -> None:
    page = browser.get("/?genres=Drama&kind=film").text
    n = browser.engine.recommend(k=1, filters=Filters(genres=("Drama",), kind="film")).n_qualifying
    cards = browser.titles(page)
    assert f"<b>{len(cards)}</b> of {n} " in page
    assert '<a href="/">Clear filters</a>' in page
    for title in cards:
        card = browser.engine.catalog.card(title)
        assert (card.kind, "Drama" in card.genres) == ("film", True)


def test_show_more_goes_on_where_the_list_ended(browser: Browser) -> None:
    first = browser.get("/?kind=film")
    more = re.search(r'href="(/\?[^"]+)">Show more', first.text)
    assert more
    longer = browser.get(more[1].replace("&amp;", "&")).text
    assert browser.titles(longer)[:24] == browser.titles(first.text)
    assert len(browser.titles(longer)) == 48


def test_blank_choices_of_a_plain_form_leave_the_address(browser: Browser) -> None:
    answer = browser.get("/?kind=&genres=Drama&decade=", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?genres=Drama")


@pytest.mark.parametrize("query", ["genres=Opera", "decade=1995", "runtime_max=long", "kind=opera"])
def test_a_filter_that_nothing_has_is_explained(browser: Browser, query: str) -> None:
    page = browser.get(f"/?{query}")
    assert page.status_code == 200
    assert 'class="problem"' in page.text
    assert browser.titles(page.text)


def test_nothing_found_offers_the_way_out(browser: Browser) -> None:
    page = browser.get("/?kind=film&runtime_max=1").text
    assert "Nothing fits all of that" in page
    assert "No title" in page


def test_sliders_are_kept_and_lean_the_picks(browser: Browser) -> None:
    before = browser.titles(browser.get("/?n=24").text)
    chosen: dict[str, object] = {
        "adventurous": "0.2",
        "obscure": "1",
        "newer": "0",
        "back": "/?n=24",
    }
    browser.post("/taste", chosen)
    assert browser.store.profile(browser.viewer).settings.controls["obscure"] == 1.0
    page = browser.get("/?n=24").text
    assert browser.titles(page) != before
    assert 'name="obscure" type="range" min="-1.0" max="1" step="0.1" value="1.0"' in page


@pytest.mark.parametrize("value", ["", "nan", "inf", "9", "x"])
def test_sliders_take_no_value_outside_their_range(browser: Browser, value: str) -> None:
    assert browser.post("/taste", {"adventurous": value, "back": "/"}).status_code == 200
    controls = browser.store.profile(browser.viewer).settings.controls
    assert 0 <= controls["adventurous"] <= 1


def test_guesses_are_no_wall_of_fives(browser: Browser) -> None:
    for _ in range(3):
        browser.say(browser.says("rate:5.0")[0])
    page = browser.get("/").text
    guesses = [float(text) for text in re.findall(r"<b>(\d\.\d)</b> <span class=\"g\">guess", page)]
    assert len(guesses) > 20
    assert max(guesses) < 5
    assert len(set(guesses)) > 4
    assert "low confidence" in page


def test_search_finds_names_with_errors_and_offers_something_else(browser: Browser) -> None:
    card = browser.engine.popular(1).picks[0].title
    word = max(card.name.split(), key=len)
    typo = word[:2] + word[3:]
    page = browser.get("/search", params={"q": typo})
    assert card.title_id in browser.titles(page.text)
    hits = browser.get("/search/hits", params={"q": word})
    assert card.name in hits.text
    assert 'role="option"' in hits.text
    nothing = browser.get("/search", params={"q": "zzzzqqqq"}).text
    assert "No title or person" in nothing
    assert "Popular instead" in nothing
    assert browser.titles(nothing)
    unasked = browser.get("/search").text
    assert "Popular</h2>" in unasked
    assert "instead" not in unasked


def test_everybody_whom_a_title_page_links_is_found(browser: Browser) -> None:
    roles = set()
    for title in [pick.title.title_id for pick in browser.engine.popular(12).picks]:
        page = browser.get(f"/title/{title}").text
        roles |= set(re.findall(r"Directed by|Written by|With(?=</dt>)", page))
        linked = re.findall(r'<a href="(/search\?q=[^"]+)">', page)
        assert linked
        for link in linked:
            assert title in browser.titles(browser.get(html.unescape(link)).text), link
    assert roles == {"Directed by", "Written by", "With"}


def test_who_chose_only_services_is_told_that_the_list_is_not_about_them(browser: Browser) -> None:
    browser.post("/welcome/services", {"chooses": "yes", "services": ["Ferrybeam"]})
    page = browser.get("/").text
    assert "Liked by many" in page
    assert "What viewers like on the whole. Rate a title and this list is yours." in page
    assert "for what you have told us" not in page


def test_search_counts_as_many_titles_as_there_are(browser: Browser) -> None:
    names = [title.name for title in browser.engine.titles(n=10_000).titles]
    assert sum("the" in name.casefold() for name in names) > 24
    many = browser.get("/search", params={"q": "the"}).text
    assert len(browser.titles(many)) == 24
    assert "The 24 best matches; type more to find others." in many
    one = browser.get("/search", params={"q": max(names, key=len)}).text
    assert "best match first" in one


def test_a_title_page_shows_facts_guess_reasons_and_where_to_watch(browser: Browser) -> None:
    offered = browser.engine.library.availability["title_id"][0]
    for said in browser.says("rate:5.0")[:3]:
        browser.say(said)
    page = browser.get(f"/title/{offered}").text
    facts = browser.engine.title(offered)
    assert facts.card.name in page
    assert facts.offers[0].service in page
    assert "as of" in page
    assert "confidence" in page
    assert "Why we would show you this" in page
    assert "Titles like" in page


def test_a_title_has_one_address(browser: Browser) -> None:
    answer = browser.get("/title/3/wrong-name?kept=a:0:3:", follow_redirects=False)
    assert answer.status_code == 303
    assert re.fullmatch(r"/title/3/[a-z0-9-]+\?kept=a%3A0%3A3%3A", answer.headers["location"])


def test_rating_on_a_title_page_stays_there(browser: Browser) -> None:
    page = browser.say("rate:4.5:3:title:0", "/title/3/x")
    assert "/title/3/" in str(page.url)
    assert "4½ stars" in page.text
    taken = browser.say("unrate::3:title:0", "/title/3/x", script=True)
    assert taken.text.lstrip().startswith('<main id="live"')
    assert browser.store.profile(browser.viewer).ratings == {}


def test_similar_titles_differ_from_title_to_title(browser: Browser) -> None:
    lists = {tuple(browser.titles(browser.get(f"/title/{title}").text)) for title in range(1, 6)}
    assert len(lists) == 5


def test_every_first_step_can_be_skipped_and_says_something(browser: Browser) -> None:
    step = browser.get("/welcome").text
    names = re.findall(r'name="groups" value="([^"]+)"', step)
    assert len(names) >= 3
    assert re.search(r'href="/welcome\?step=titles">Skip', step)
    assert browser.post("/welcome/taste", {}).status_code == 200
    assert browser.store.viewers() == (), "skipping made a profile"
    name = names[1].replace("&amp;", "&")
    page = browser.post("/welcome/taste", {"groups": name})
    assert "Which of these do you know?" in page.text
    assert len(browser.titles(page.text)) == 12
    assert browser.store.viewers()[0].settings.taste_groups == (name,)
    services = browser.get("/welcome?step=services").text
    service = re.findall(r'name="services" value="([^"]+)"', services)[0]
    home = browser.post("/welcome/services", {"chooses": "yes", "services": service})
    assert "For the tastes you picked" in home.text
    assert browser.store.viewers()[0].settings.services == (service,)


def test_reasons_never_name_a_title_that_only_stands_for_a_group(browser: Browser) -> None:
    name = re.findall(r'name="groups" value="([^"]+)"', browser.get("/welcome").text)[0]
    browser.post("/welcome/taste", {"groups": name.replace("&amp;", "&")})
    assert "you gave it" not in browser.get("/").text


def test_titles_that_teach_most_are_asked_and_none_twice(browser: Browser) -> None:
    asked = browser.titles(browser.get("/welcome?step=titles").text)
    browser.say(f"seen::{asked[0]}:asked:0", "/welcome?step=titles")
    browser.say(f"hide::{asked[1]}:asked:1", "/welcome?step=titles")
    assert not {asked[0], asked[1]} & set(browser.titles(browser.get("/welcome?step=titles").text))


def test_the_history_can_be_undone_line_by_line(browser: Browser) -> None:
    browser.say(browser.says("rate:5.0")[0])
    browser.say(browser.says("watchlist")[3])
    page = browser.get("/me").text
    assert "5 stars" in page
    assert "Your watchlist" in page
    events = re.findall(r'name="undo" value="([^"]+)"', page)
    assert len(events) == 2
    browser.post("/undo", {"undo": events[1], "back": "/me"})
    own = browser.store.profile(browser.viewer)
    assert own.ratings == {}
    assert len(own.watchlist) == 1
    assert "undone" in browser.get("/me").text


def test_everything_can_be_taken_along(browser: Browser) -> None:
    assert browser.get("/me/export.json").status_code == 404
    said = browser.says("rate:5.0")[0]
    browser.say(said)
    answer = browser.get("/me/export.json")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.json()["now"]["ratings"] == [{"title_id": int(said.split(":")[2]), "stars": 5.0}]


def test_erasing_asks_first_then_forgets(browser: Browser) -> None:
    browser.say(browser.says("rate:5.0")[0])
    viewer = browser.viewer
    assert browser.post("/me/erase", {}).status_code == 422
    assert browser.store.profile(viewer).ratings
    page = browser.post("/me/erase", {"sure": "yes"})
    assert "You are forgotten" in page.text
    assert browser.get(str(page.url)).status_code == 200, "the page can be loaded again"
    assert browser.store.viewers() == ()
    assert viewer in browser.store.erased_viewers()
    browser.say(browser.says("rate:3.0")[0])
    assert browser.viewer != viewer


def test_a_browser_whose_profile_was_erased_elsewhere_starts_afresh(
    browser: Browser,
) -> None:
    browser.say(browser.says("rate:5.0")[0])
    gone = browser.viewer
    browser.store.erase(gone, day=date(2026, 1, 1))
    assert browser.get("/").status_code == 200
    assert browser.get("/me").status_code == 200
    browser.say(browser.says("rate:3.0")[0])
    assert browser.viewer != gone


def test_profiles_of_a_household_are_apart(browser: Browser) -> None:
    browser.post("/household/add", {"name": "Ada"})
    ada = browser.viewer
    said = browser.says("rate:5.0")[0]
    browser.say(said)
    browser.post("/household/add", {"name": "Bén <b>"})
    assert "Bén &lt;b&gt;" in browser.get("/household").text
    assert browser.store.profile(browser.viewer).ratings == {}
    assert int(said.split(":")[2]) in browser.titles()
    browser.post("/household/switch", {"viewer": str(ada)})
    assert int(said.split(":")[2]) not in browser.titles()


@pytest.mark.parametrize("viewer", ["7", "x", "", str(2**40 + 99)])
def test_nobody_outside_the_household_can_be_put_in_use(browser: Browser, viewer: str) -> None:
    assert browser.post("/household/switch", {"viewer": viewer}).status_code == 404
    assert browser.get("/together", params={"one": viewer, "other": "7"}).status_code == 404


def test_picks_for_two_are_ordered_by_the_worse_place(browser: Browser) -> None:
    people = []
    for name, place in (("Ada", 0), ("Ben", 7)):
        browser.post("/household/add", {"name": name})
        people.append(browser.viewer)
        for said in browser.says("rate:5.0")[place : place + 3]:
            browser.say(said)
    engine = browser.engine
    picks = [pick.title.title_id for pick in for_both(engine, people[0], people[1], 12)]
    orders = [
        [p.title.title_id for p in engine.recommend(viewer_id=who, k=200, taste=AS_SCORED).picks]
        for who in people
    ]
    worst = {
        title: max(order.index(title) for order in orders)
        for title in set(orders[0]) & set(orders[1])
    }
    assert [worst[title] for title in picks] == sorted(worst[title] for title in picks)
    facts, counts = engine.library.facts, Counter[object]()
    by_place = sorted(worst, key=lambda title: (worst[title], sum(o.index(title) for o in orders)))
    for title in picks:
        [place] = facts.items.positions([title]).tolist()
        for words in (facts.directors, facts.collections):
            counts.update((words.what, number) for number in words.of_title(place).tolist())
    assert max(counts.values()) <= 2
    assert picks[0] == by_place[0]
    page = browser.get("/together", params={"one": people[0], "other": people[1]})
    assert browser.titles(page.text) == picks
    assert "Ada and Ben" in page.text
    same = browser.get("/together", params={"one": people[0], "other": people[0]})
    assert same.status_code == 422


def test_picks_for_two_start_from_whoever_is_in_use(browser: Browser) -> None:
    people = []
    for name in ("Ada", "Ben", "Cleo"):
        browser.post("/household/add", {"name": name})
        people.append(browser.viewer)
    for in_use, other in ((2, 0), (1, 0), (0, 1)):
        browser.post("/household/switch", {"viewer": str(people[in_use])})
        page = browser.get("/household").text
        chosen = re.findall(r'<option value="(\d+)" selected', page)
        assert chosen == [str(people[in_use]), str(people[other])]
    browser.post("/household/switch", {"viewer": "none"})
    chosen = re.findall(r'<option value="(\d+)" selected', browser.get("/household").text)
    assert chosen == [str(people[0]), str(people[1])]


def test_services_of_a_viewer_make_a_row(browser: Browser) -> None:
    service = browser.engine.library.facts.services.names[0]
    browser.post("/welcome/services", {"chooses": "yes", "services": [service, "No such one"]})
    assert browser.store.viewers()[0].settings.services == (service,)
    browser.say(browser.says("rate:5.0")[0])
    assert "New to you on your services" in browser.get("/").text


def test_a_poster_is_the_same_every_time_and_kept_for_good(browser: Browser) -> None:
    address = re.findall(r'src="(/poster/[^"]+)"', browser.get("/").text)[0]
    first, again = browser.get(address), browser.get(address)
    assert first.text == again.text
    assert first.headers["content-type"].startswith("image/svg+xml")
    assert "immutable" in first.headers["cache-control"]
    assert "immutable" not in browser.get(address.split("?")[0]).headers["cache-control"]
    assert browser.get("/poster/999999.svg").status_code == 404


@pytest.mark.parametrize(
    "name", ["", "A", "<&\"'>", "Ω" * 200, "word " * 60, "Ein sehr langer Titelbestandteilname"]
)
def test_a_poster_of_any_name_is_well_formed(name: str) -> None:
    for number in range(12):
        card = TitleCard(
            number, name, None if number % 2 else 1999, "film", () if number else ("Drama",)
        )
        ET.fromstring(posters.poster(card))


def test_posters_of_one_genre_differ() -> None:
    cards = [TitleCard(number, f"Title {number}", 2000, "film", ("Drama",)) for number in range(30)]
    assert len({posters.poster(card) for card in cards}) == 30


@pytest.mark.parametrize("name", sorted(assets()))
def test_files_are_kept_for_good_under_their_version(browser: Browser, name: str) -> None:
    version = assets()[name].version
    assert "immutable" in browser.get(f"/static/{name}?v={version}").headers["cache-control"]
    assert "immutable" not in browser.get(f"/static/{name}?v=old").headers["cache-control"]
    for path in re.findall(r'url\("([^"]*)"\)', browser.get("/static/marquee.css").text):
        assert browser.get(f"/static/{path}").status_code == 200


@pytest.mark.parametrize("name", ["htmx-4.0.1.LICENSE.txt", "..%2Fdoor.py", "x"])
def test_other_files_are_not_served(browser: Browser, name: str) -> None:
    assert browser.get(f"/static/{name}").status_code == 404


def test_a_model_that_predicts_nothing_shows_no_guess(engine: Engine, open_browser: Open) -> None:
    engine = copy.copy(engine)
    engine.library = replace(engine.library, predictor=None)
    page = open_browser(engine).get("/")
    assert page.status_code == 200
    assert "guess," not in page.text


def test_a_home_page_with_all_but_its_posters_is_light(browser: Browser) -> None:
    for said in browser.says("rate:5.0")[:3]:
        browser.say(said)
    page = browser.get("/?year_from=1900").text
    sizes = [len(gzip.compress(page.encode(), 5))]
    for address in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page)):
        name = address.split("/")[2].split("?")[0]
        sizes.append(len(assets()[name].packed))
    assert len(sizes) == 5
    assert sum(sizes) < 60_000


def test_what_was_chosen_at_first_can_be_taken_back(browser: Browser) -> None:
    name = html.unescape(
        re.findall(r'name="groups" value="([^"]+)"', browser.get("/welcome").text)[0]
    )
    browser.post("/welcome/taste", {"groups": name})
    assert re.search(r'name="groups" value="[^"]+" checked', browser.get("/welcome").text)
    browser.get("/welcome?step=titles")
    assert browser.store.viewers()[0].settings.taste_groups == (name,), "skipping changes nothing"
    browser.post("/welcome/taste", {})
    assert browser.store.viewers()[0].settings.taste_groups == ()
    service = browser.engine.library.facts.services.names[0]
    region = browser.engine.library.facts.regions.names[0]
    chosen: dict[str, object] = {"chooses": "yes", "services": service, "region": region}
    browser.post("/welcome/services", chosen)
    settings = browser.store.viewers()[0].settings
    assert (settings.services, settings.region) == ((service,), region)
    browser.post("/welcome/services", {"chooses": "yes"})
    settings = browser.store.viewers()[0].settings
    assert (settings.services, settings.region) == ((), None)


def test_tastes_services_and_region_are_seen_and_changed_in_my_data(browser: Browser) -> None:
    browser.say(browser.says("rate:5.0")[0])
    page = browser.get("/me").text
    names = [html.unescape(text) for text in re.findall(r'name="groups" value="([^"]+)"', page)]
    assert len(names) >= 3
    assert 'name="services"' in page
    assert 'name="region"' in page
    browser.post("/me/settings", {"name": "Ada", "tastes": "yes", "groups": names[:2]})
    assert browser.store.viewers()[0].settings.taste_groups == tuple(names[:2])
    assert browser.get("/me").text.count(" checked") == 2
    browser.post("/me/settings", {"name": "Ada"})
    assert browser.store.viewers()[0].settings.taste_groups == tuple(names[:2])
    browser.post("/me/settings", {"name": "Ada", "tastes": "yes"})
    assert browser.store.viewers()[0].settings.taste_groups == ()


def test_the_row_of_services_says_where_and_as_of_which_days(browser: Browser) -> None:
    facts = browser.engine.library.facts
    service, region = facts.services.names[0], facts.regions.names[0]
    browser.say(browser.says("rate:5.0")[0])
    shown = re.compile(r'id="h-on-your-services">.*?<p>(.*?)</p>(.*?)</section>', re.DOTALL)
    for chosen in ({}, {"region": region}):
        form: dict[str, object] = {"chooses": "yes", "services": service, **chosen}
        browser.post("/welcome/services", form)
        found = shown.search(browser.get("/").text)
        assert found
        days = [
            offer.known_on
            for title in browser.titles(found[2])
            for offer in browser.engine.title(title).offers
            if offer.service == service and offer.region == chosen.get("region", offer.region)
        ]
        known = [given for given in days if given]
        assert len(days) >= 6
        assert day(max(known)) in found[1]
        assert day(min(known)) in found[1]
        assert ("in any region" in found[1]) == (not chosen)
        assert "today" not in found[1]


def test_a_title_that_was_rated_shows_the_rating_in_place_of_a_guess(browser: Browser) -> None:
    before = browser.get("/title/3/x").text
    assert "our guess for you" in before
    page = browser.say("rate:4.5:3:title:0", "/title/3/x").text
    assert "our guess for you" not in page
    assert "You gave 4½ stars" in page
    assert "Why we would show you this" not in page, "it would name itself"


def test_what_was_said_long_ago_of_a_title_is_on_its_page(browser: Browser) -> None:
    browser.say("rate:4.5:3:title:0", "/title/3/x")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    browser.store.write(
        [
            Event(browser.viewer, "rate", now, title_id=100 + n % 50, value=3.0 + n % 2)
            for n in range(450)
        ]
    )
    assert "What you said" in browser.get("/title/3/x").text


def test_only_who_has_a_name_or_said_something_is_of_the_household(
    browser: Browser, open_browser: Open
) -> None:
    browser.post("/household/add", {"name": "Ada"})
    for _ in range(3):
        passer = open_browser(browser.engine)
        passer.post("/taste", {"obscure": "1", "back": "/"})
        assert "Viewer 2" in passer.get("/household").text, "whoever is in use is there"
    speaker = open_browser(browser.engine)
    speaker.say(speaker.says("rate:5.0")[0])
    page = browser.get("/household").text
    assert len(browser.store.viewers()) == 5
    assert re.findall(r"Viewer \d+", page.split("We both")[0]) == ["Viewer 2"]


def test_names_of_profiles_are_cut_to_what_fits(browser: Browser) -> None:
    browser.post("/household/add", {"name": "W" * 300})
    assert browser.store.viewers()[0].settings.name == "W" * 40


def test_a_slider_in_the_middle_leans_nowhere(browser: Browser) -> None:
    page = browser.get("/").text
    assert re.search(r'name="obscure"[^>]*aria-valuetext="Neither"', page)
    assert re.search(r'name="adventurous"[^>]*aria-valuetext="20 % Adventurous"', page)
    browser.post("/taste", {"obscure": "-0.4", "newer": "1", "adventurous": "0", "back": "/"})
    page = browser.get("/").text
    assert re.search(r'name="obscure"[^>]*aria-valuetext="40 % Popular"', page)
    assert re.search(r'name="newer"[^>]*aria-valuetext="100 % Newer"', page)
    assert re.search(r'name="adventurous"[^>]*aria-valuetext="Familiar"', page)


def test_a_share_of_few_titles_says_how_few_they_are(browser: Browser) -> None:
    said, told = [], set()
    for _ in range(6):
        title = next(n for n in browser.titles() if n not in told)
        told.add(title)
        browser.say(f"rate:5:{title}:for-you:0")
        page = html.unescape(browser.get("/").text)
        reasons = re.findall(r"you gave it 5 stars, ([^;<]*)", page)
        assert reasons
        said.append({re.sub(r"\d+ %", "N %", text) for text in reasons})
    assert said == [
        {"it is the one title of yours that we know so far"},
        *({f"N % of what your {n_own} titles so far say for this"} for n_own in (2, 3, 4)),
        *[{"N % of what speaks for this"}] * 2,
    ]
    assert "both are with" not in page
