"""What viewers say over HTTP: all or none, once, undone, exported, erased."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from marquee.app.api.bodies import NewEvent
from marquee.data.feedback import REASONS, VERBS
from marquee.service.engine import Engine

V1 = "/api/v1"


def rate(title_id: int, stars: float, event_id: str, viewer_id: int = 5) -> dict[str, Any]:
    event = {"viewer_id": viewer_id, "verb": "rate", "title_id": title_id}
    return event | {"event_id": event_id, "value": stars}


def say(client: TestClient, *events: dict[str, Any]) -> Any:
    answer = client.post(f"{V1}/feedback", json={"events": events})
    assert answer.status_code == 200, answer.text
    return answer.json()["receipts"]


def refused(client: TestClient, *events: dict[str, Any]) -> Any:
    answer = client.post(f"{V1}/feedback", json={"events": events})
    assert answer.status_code == 422, answer.text
    return answer.json()


@pytest.fixture
def viewer(client: TestClient) -> int:
    made = client.post(f"{V1}/viewers", json={"name": "Zoë 👩‍🚀", "services": ["Ferrybeam"]})
    assert made.status_code == 201
    assert made.headers["location"] == f"{V1}/viewers/{made.json()['viewer_id']}"
    return int(made.json()["viewer_id"])


def test_what_is_said_is_in_the_next_answer(client: TestClient, viewer: int) -> None:
    path = f"{V1}/viewers/{viewer}/recommendations"
    before = client.get(path).json()
    top = before["picks"][0]["title"]["title_id"]
    say(client, rate(top, 5, "a", viewer))
    after = client.get(path).json()
    assert top not in [pick["title"]["title_id"] for pick in after["picks"]]
    assert "1 rating" in after["based_on"]


def test_a_batch_sent_twice_counts_once(client: TestClient) -> None:
    batch = [rate(3, 4.5, "a"), rate(4, 2, "b"), rate(3, 4.5, "a")]
    first = say(client, *batch)
    again = say(client, *batch)
    assert [receipt["new"] for receipt in first] == [True, True, False]
    assert [receipt["new"] for receipt in again] == [False, False, False]
    assert [receipt["revision"] for receipt in first] == [r["revision"] for r in again]
    assert len(client.get(f"{V1}/viewers/5/feedback").json()["events"]) == 2


def test_one_bad_event_stops_the_batch_and_each_is_named(client: TestClient) -> None:
    problem = refused(client, rate(3, 4.5, "a"), rate(4, 4.3, "b"), rate(7, 0, "c"))
    assert [fault["where"] for fault in problem["errors"]] == ["body.events.1", "body.events.2"]
    assert "half steps" in problem["errors"][0]["detail"]
    assert client.get(f"{V1}/viewers/5/feedback").json()["events"] == []


def test_a_title_that_is_not_there_takes_no_feedback(client: TestClient) -> None:
    problem = refused(client, rate(3, 4, "a"), rate(987_654, 4, "b"))
    assert problem["errors"] == [{"where": "body.events.1", "detail": "there is no title 987654"}]


def test_an_id_used_for_something_else_is_refused(client: TestClient) -> None:
    say(client, rate(3, 4, "a"))
    problem = refused(client, rate(4, 4, "a"))
    assert "used for another event" in problem["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"verb": "adore"}, "verb"),
        ({"viewer_id": -1}, "viewer_id"),
        ({"viewer_id": 2**53}, "viewer_id"),
        ({"title_id": 1.5}, "title_id"),
        ({"event_id": ""}, "event_id"),
        ({"event_id": "a b"}, "event_id"),
        ({"at": "2026-01-01T00:00:00"}, "at"),
        ({"at": 1_700_000_000}, "at"),
        ({"at": "1700000000"}, "at"),
        ({"stars": 4}, "stars"),
        ({"value": "NaN"}, "value"),
    ],
)
def test_what_an_event_cannot_be_is_refused_where_it_stands(
    client: TestClient, change: dict[str, Any], where: str
) -> None:
    problem = refused(client, rate(3, 4, "a") | change)
    assert problem["errors"][0]["where"] == f"body.events.0.{where}"


def test_a_clock_that_runs_ahead_is_refused(client: TestClient) -> None:
    problem = refused(client, rate(3, 4, "a") | {"at": "2099-12-31T23:00:00-01:00"})
    assert "future" in problem["detail"]


@pytest.mark.parametrize("n", [0, 501])
def test_a_batch_has_1_to_500_events(client: TestClient, n: int) -> None:
    refused(client, *(rate(3, 4, f"e{place}") for place in range(n)))


def test_the_words_of_the_api_are_those_of_the_store() -> None:
    schema = NewEvent.model_json_schema()["properties"]
    assert schema["verb"]["enum"] == list(VERBS)
    assert tuple(schema["reason"]["anyOf"][0]["enum"]) == REASONS


def test_undo_brings_back_what_was_said_before(client: TestClient, viewer: int) -> None:
    say(client, rate(3, 2, "a", viewer))
    say(client, rate(3, 5, "b", viewer))
    path = f"{V1}/viewers/{viewer}/feedback"
    assert client.delete(f"{path}/b").json()["changed"] is True
    assert client.delete(f"{path}/b").json()["changed"] is False
    rated = client.get(f"{V1}/viewers/{viewer}").json()["ratings"]
    assert rated == [{"title_id": 3, "stars": 2.0}]
    assert client.delete(f"{path}/never").status_code == 404


def test_history_is_paged_from_the_last_to_the_first(client: TestClient) -> None:
    say(client, *(rate(title, 4, f"e{title}") for title in range(1, 8)))
    client.delete(f"{V1}/viewers/5/feedback/e4")
    seen: list[Any] = []
    cursor: str | None = None
    while True:
        query = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"{V1}/viewers/5/feedback", params=query).json()
        seen += page["events"]
        cursor = page["next"]
        if cursor is None:
            break
    assert [event["event_id"] for event in seen] == [f"e{title}" for title in range(7, 0, -1)]
    assert [event["event_id"] for event in seen if event["undone"]] == ["e4"]


def test_choices_that_are_not_sent_stay(client: TestClient, viewer: int) -> None:
    path = f"{V1}/viewers/{viewer}"
    changed = client.patch(path, json={"region": "DE"}).json()["settings"]
    assert (changed["name"], changed["services"]) == ("Zoë 👩‍🚀", ["Ferrybeam"])
    assert changed["region"] == "DE"
    assert client.patch(path, json={"region": None}).json()["settings"]["region"] is None
    assert client.patch(path, json={"shoe_size": 44}).status_code == 422


@pytest.mark.parametrize(
    ("choice", "where", "allowed"),
    [
        ({"services": ["Ferrybeam", "Netflox"]}, "body.services.1", "Nimbry Kids"),
        ({"region": "XX"}, "body.region", "BR, CA, DE, FR, GB, IN, JP, US"),
        ({"taste_groups": ["Nonsense"]}, "body.taste_groups.0", " & "),
    ],
)
def test_choices_that_are_none_of_the_catalogs_are_refused_with_those_there_are(
    client: TestClient, viewer: int, choice: dict[str, Any], where: str, allowed: str
) -> None:
    before = client.get(f"{V1}/viewers/{viewer}").json()
    for answer in (
        client.patch(f"{V1}/viewers/{viewer}", json=choice),
        client.post(f"{V1}/viewers", json=choice),
    ):
        assert answer.status_code == 422
        [fault] = answer.json()["errors"]
        assert fault["where"] == where
        assert allowed in fault["detail"]
    assert client.get(f"{V1}/viewers/{viewer}").json() == before


def test_viewers_whom_nobody_made_are_refused_and_not_made(client: TestClient) -> None:
    for stranger in (987_654, 2**40 + 7):
        problem = refused(client, rate(3, 4, "a"), rate(3, 4, "b", stranger))
        assert [fault["where"] for fault in problem["errors"]] == ["body.events.1"]
        assert f"there is no viewer {stranger}" in problem["errors"][0]["detail"]
        shown = {"answer_id": "x", "title_ids": [3], "model": "ease-content", "snapshot": "s"}
        path = f"{V1}/viewers/{stranger}"
        assert client.post(f"{path}/impressions", json=shown).status_code == 404
        assert client.get(path).status_code == 404
    assert client.get(f"{V1}/viewers/5/feedback").json()["events"] == []


def test_a_list_of_unknown_titles_or_of_no_model_is_not_entered(client: TestClient) -> None:
    shown = {"answer_id": "x", "title_ids": [3, 987_654], "model": "mine", "snapshot": "s"}
    answer = client.post(f"{V1}/viewers/5/impressions", json=shown)
    assert answer.status_code == 422
    faults = {fault["where"]: fault["detail"] for fault in answer.json()["errors"]}
    assert faults == {
        "body.title_ids.1": "there is no title 987654",
        "body.model": "there is no model 'mine'; there are: bias, ease-content",
    }
    assert "mine" not in client.get(f"{V1}/metrics").text


def test_an_erasure_says_what_stays_in_the_data_until_the_next_fit(client: TestClient) -> None:
    n = len(client.get(f"{V1}/viewers/5").json()["ratings"])
    answer = client.delete(f"{V1}/viewers/5").json()
    assert n > 0
    assert answer["ratings_until_next_fit"] == n
    made = client.post(f"{V1}/viewers", json={}).json()["viewer_id"]
    assert client.delete(f"{V1}/viewers/{made}").json()["ratings_until_next_fit"] == 0


def test_two_changes_at_once_both_count(client: TestClient, viewer: int) -> None:
    path = f"{V1}/viewers/{viewer}"
    changes: list[dict[str, Any]] = [
        {"region": "DE"},
        {"name": "Ann"},
        {"services": ["Brindlebox"]},
    ]
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda change: client.patch(path, json=change), changes))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    settings = client.get(path).json()["settings"]
    assert (settings["region"], settings["name"], settings["services"]) == (
        "DE",
        "Ann",
        ["Brindlebox"],
    )


def test_the_same_request_makes_one_viewer(client: TestClient) -> None:
    made = [client.post(f"{V1}/viewers", json={"request_id": "r"}).json() for _ in range(2)]
    assert made[0]["viewer_id"] == made[1]["viewer_id"]


def test_an_export_holds_everything_and_an_erasure_leaves_nothing(
    client: TestClient, viewer: int
) -> None:
    say(client, rate(3, 2, "a", viewer))
    picks = client.get(f"{V1}/viewers/{viewer}/recommendations?n=3").json()
    titles = [pick["title"]["title_id"] for pick in picks["picks"]]
    shown = {"answer_id": picks["answer_id"], "title_ids": titles}
    shown |= {"model": picks["model"], "snapshot": picks["snapshot"]}
    entered = [client.post(f"{V1}/viewers/{viewer}/impressions", json=shown) for _ in range(2)]
    assert [answer.json()["new"] for answer in entered] == [True, False]
    export = client.get(f"{V1}/viewers/{viewer}/export")
    assert "attachment" in export.headers["content-disposition"]
    assert export.json()["events"][0]["event_id"] == "a"
    assert export.json()["lists_shown"][0]["titles"] == titles
    erased = client.delete(f"{V1}/viewers/{viewer}").json()["deleted"]
    assert erased == {"events": 1, "answers": 1, "exposures": 0, "viewers": 1}
    for path in ("", "/recommendations", "/feedback", "/export"):
        assert client.get(f"{V1}/viewers/{viewer}{path}").status_code == 404
    answer = client.post(f"{V1}/feedback", json={"events": [rate(3, 2, "b", viewer)]})
    assert answer.status_code == 404
    assert "erased" in answer.json()["detail"]


def test_services_and_region_are_kept_as_the_catalog_spells_them(client: TestClient) -> None:
    """Pages find them by that spelling; a form that shows them unticked would take them back."""
    asked = {"services": ["ferry beam", "BRINDLEBOX", "Ferrybeam"], "region": "us"}
    made = client.post(f"{V1}/viewers", json=asked).json()
    assert made["settings"]["services"] == ["Ferrybeam", "Brindlebox"]
    assert made["settings"]["region"] == "US"
    path = f"{V1}/viewers/{made['viewer_id']}"
    changed = client.patch(path, json={"region": "de"}).json()["settings"]
    assert (changed["region"], changed["services"]) == ("DE", ["Ferrybeam", "Brindlebox"])
    changed = client.patch(path, json={"services": ["tallowtree"], "region": None}).json()
    assert changed["settings"]["services"] == ["Tallowtree"]
    assert changed["settings"]["region"] is None


def test_nobody_is_erased_who_was_never_there(client: TestClient) -> None:
    """A slip of the finger would leave out of every fit whoever comes under that number later."""
    for _ in range(2):
        answer = client.delete(f"{V1}/viewers/987654")
        assert answer.status_code == 404
        assert "there is no viewer 987654" in answer.json()["detail"]
    assert "there is no viewer" in client.get(f"{V1}/viewers/987654").json()["detail"]


def test_ratings_that_came_with_the_data_are_exported_and_erased(client: TestClient) -> None:
    assert client.get(f"{V1}/viewers/5/export").json()["ratings_of_the_data"]
    assert client.delete(f"{V1}/viewers/5").status_code == 200
    assert client.get(f"{V1}/viewers/5").status_code == 404


def test_satisfaction_counts_judgments_by_model(client: TestClient) -> None:
    picks = client.get(f"{V1}/viewers/5/recommendations?n=2").json()
    titles = [pick["title"]["title_id"] for pick in picks["picks"]]
    shown = {name: picks[name] for name in ("answer_id", "model", "snapshot")}
    client.post(f"{V1}/viewers/5/impressions", json=shown | {"title_ids": titles})
    about = {"viewer_id": 5, "answer_id": picks["answer_id"]}
    say(
        client,
        about | {"event_id": "1", "verb": "good_pick", "title_id": titles[0]},
        about | {"event_id": "2", "verb": "bad_pick", "title_id": titles[1]},
        about | {"event_id": "3", "verb": "thumbs_up"},
    )
    report = client.get(f"{V1}/satisfaction").json()
    assert report["overall"]["good_rate"] == 0.5
    assert report["by_model"]["ease-content"]["thumbs_up_rate"] == 1.0
    text = client.get(f"{V1}/metrics").text
    assert 'marquee_feedback_good{model="ease-content"} 1.0' in text


def test_without_a_feedback_database_there_are_lists_but_nothing_is_taken(
    engine: Engine, api: Callable[..., TestClient]
) -> None:
    engine.feedback = None
    client = api()
    assert client.get(f"{V1}/viewers/5/recommendations").status_code == 200
    for answer in (
        client.post(f"{V1}/viewers", json={}),
        client.post(f"{V1}/feedback", json={"events": [rate(3, 2, "a")]}),
        client.delete(f"{V1}/viewers/5"),
    ):
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:marquee:no-feedback"


def test_stars_that_came_with_the_data_are_taken_back_at_once(client: TestClient) -> None:
    page = client.get(f"{V1}/viewers/5").json()
    rated = [rated["title_id"] for rated in page["ratings"]]
    assert page["snapshot"]
    say(client, {"viewer_id": 5, "verb": "unrate", "title_id": rated[0], "event_id": "back"})
    left = [known["title_id"] for known in client.get(f"{V1}/viewers/5").json()["ratings"]]
    assert left == rated[1:]
    answer = client.get(f"{V1}/viewers/5/recommendations").json()
    assert answer["based_on"] == f"{len(left)} ratings of viewer 5"
    exported = client.get(f"{V1}/viewers/5/export").json()
    assert exported["now"]["unrated"] == [rated[0]]
    assert client.delete(f"{V1}/viewers/5/feedback/back").json()["changed"]
    assert client.get(f"{V1}/viewers/5").json()["ratings"] == page["ratings"]


def test_tastes_picked_over_http_stand_in_for_a_history(client: TestClient) -> None:
    tastes = client.get(f"{V1}/tastes").json()["tastes"]
    based_on = set()
    for taste in tastes[:2]:
        assert len(taste["titles"]) == 3
        made = client.post(f"{V1}/viewers", json={"taste_groups": [taste["name"]]}).json()
        answer = client.get(f"{V1}/viewers/{made['viewer_id']}/recommendations").json()
        based_on.add(answer["based_on"])
    assert based_on == {f"the taste {taste['name']}" for taste in tastes[:2]}


def test_what_is_worth_asking_over_http_is_not_what_the_viewer_rated(client: TestClient) -> None:
    path = f"{V1}/worth-rating"
    asked = client.get(path, params={"viewer_id": 5, "n": 100}).json()
    rated = {known["title_id"] for known in client.get(f"{V1}/viewers/5").json()["ratings"]}
    assert not rated & {pick["title"]["title_id"] for pick in asked["picks"]}
    assert asked["model"]
    assert client.get(path, params={"viewer_id": 987_654}).status_code == 404
