"""Lists over HTTP are the engine's own, page by page, and say what they are from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from marquee.app.api.asking import LONGEST_LIST, FilterChoice, TasteChoice
from marquee.app.api.cursors import LONGEST, Cursors
from marquee.errors import ParameterError
from marquee.service.engine import Engine
from marquee.service.filters import Filters
from marquee.service.taste import Taste

V1 = "/api/v1"


def ids(answer: Any) -> list[int]:
    """Numbers of the titles of a list."""
    return [pick["title"]["title_id"] for pick in answer["picks"]]


def own(answer: Any) -> list[int]:
    return [pick.title.title_id for pick in answer.picks]


def test_a_viewers_picks_are_those_of_the_engine(client: TestClient, engine: Engine) -> None:
    answer = client.get(f"{V1}/viewers/5/recommendations", params={"n": 4}).json()
    expected = engine.recommend(viewer_id=5, k=4)
    assert ids(answer) == own(expected)
    assert answer["picks"][0]["reasons"][0]["title"]["name"]
    assert answer["model"] == "ease-content"
    assert answer["model_version"] == expected.model_version
    assert answer["snapshot"] == expected.snapshot
    assert len(answer["answer_id"]) == 32


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        ("kind=show", Filters(kind="show")),
        ("genres=Drama&genres=Crime", Filters(genres=("Drama", "Crime"))),
        ("genres=war&year_from=1990", Filters(genres=("War",), year_from=1990)),
        ("decade=1990s&exclude=none", Filters(decade=1990, exclude=())),
        ("only=rated", Filters(only=("rated",))),
        ("runtime_max=100&genres_none=Horror", Filters(runtime_max=100, genres_none=("Horror",))),
    ],
)
def test_filters_of_a_query_are_those_of_the_engine(
    client: TestClient, engine: Engine, query: str, filters: Filters
) -> None:
    answer = client.get(f"{V1}/viewers/7/recommendations?{query}&n=20").json()
    expected = engine.recommend(viewer_id=7, k=20, filters=filters)
    assert ids(answer) == own(expected)
    assert answer["n_qualifying"] == expected.n_qualifying


def test_taste_of_a_query_and_of_a_body_is_that_of_the_engine(
    client: TestClient, engine: Engine
) -> None:
    leaning = {"adventurous": 0.8, "obscure": 0.5, "newer": -0.5, "per_genre": 0.4}
    taste = Taste(adventurous=0.8, obscure=0.5, newer=-0.5, per_genre=0.4)
    expected = own(engine.recommend(viewer_id=7, taste=taste))
    asked = client.get(f"{V1}/viewers/7/recommendations", params=leaning)
    assert ids(asked.json()) == expected
    assert expected != own(engine.recommend(viewer_id=7))
    rated = [{"title_id": 3, "stars": 4.5}, {"title_id": 9, "stars": 1}]
    answer = client.post(f"{V1}/recommendations", json={"ratings": rated, "taste": leaning})
    assert ids(answer.json()) == own(engine.recommend(ratings={3: 4.5, 9: 1.0}, taste=taste))


def test_every_filter_and_taste_of_the_engine_can_be_asked_for() -> None:
    assert list(FilterChoice.model_fields) == list(Filters.__dataclass_fields__)
    assert list(TasteChoice.model_fields) == list(Taste.__dataclass_fields__)


@pytest.mark.parametrize(
    "query",
    [
        "n=0",
        "n=101",
        "n=many",
        "kind=opera",
        "genre=Drama",
        "genres=Opera",
        "decade=1995",
        "adventurous=2",
        "adventurous=nan",
        "cursor=AAAA",
        "exclude=all",
        "year_from=2010&year_to=1990",
        "per_genre=0",
        "decade=1990s&year_from=2000",
    ],
)
def test_what_cannot_be_asked_for_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"{V1}/viewers/5/recommendations?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_misspelled_parameter_is_told_with_those_there_are(client: TestClient) -> None:
    problem = client.get(f"{V1}/popular?genre=Drama&n=3").json()
    assert [fault["where"] for fault in problem["errors"]] == ["query.genre"]
    assert "genres" in problem["detail"]


def test_pages_of_picks_follow_one_another_without_gap_or_repeat(
    client: TestClient, engine: Engine
) -> None:
    seen: list[int] = []
    cursor: str | None = None
    while True:
        query = {"n": "30", "kind": "film"} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"{V1}/viewers/5/recommendations", params=query).json()
        seen += ids(page)
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == page["n_qualifying"] == len(set(seen))
    assert seen == own(engine.recommend(viewer_id=5, k=len(seen), filters=Filters(kind="film")))


LEANINGS: list[dict[str, float]] = [
    {},
    {"per_genre": 0.3},
    {"adventurous": 0.8},
    {"obscure": 0.7, "newer": -0.5},
    {"per_director": 1, "per_collection": 1},
    {"per_director": 0, "per_collection": 0, "per_genre": 1},
]


@pytest.mark.parametrize("leaning", LEANINGS)
def test_eight_pages_of_ten_are_eighty_titles_whatever_the_taste(
    client: TestClient, leaning: dict[str, float]
) -> None:
    def pages(size: int, n: int) -> list[int]:
        seen: list[int] = []
        cursor: str | None = None
        for _ in range(n):
            query = {"n": size, **leaning} | ({"cursor": cursor} if cursor else {})
            page = client.get(f"{V1}/viewers/5/recommendations", params=query).json()
            seen += ids(page)
            cursor = page["next"]
        return seen

    by_ten = pages(10, 8)
    assert len(set(by_ten)) == 80
    assert by_ten == pages(16, 5) == pages(80, 1)


def test_what_is_said_between_two_pages_neither_repeats_nor_skips(client: TestClient) -> None:
    path = f"{V1}/viewers/5/recommendations"
    whole = ids(client.get(path, params={"n": 20}).json())
    first = client.get(path, params={"n": 10}).json()
    hidden = [
        {"viewer_id": 5, "verb": "hide", "title_id": title, "event_id": f"h{title}"}
        for title in ids(first)[:5]
    ]
    assert client.post(f"{V1}/feedback", json={"events": hidden}).status_code == 200
    second = client.get(path, params={"n": 10, "cursor": first["next"]}).json()
    assert ids(second) == whole[10:]
    # A rating changes the order of what is left, and what was shown stays shown.
    rated = {"viewer_id": 5, "verb": "rate", "title_id": whole[10], "value": 5, "event_id": "r"}
    assert client.post(f"{V1}/feedback", json={"events": [rated]}).status_code == 200
    third = client.get(path, params={"n": 100, "cursor": second["next"]}).json()
    assert not set(ids(third)) & set(whole)
    assert len(ids(third)) == 100


def test_the_last_page_of_picks_says_so(client: TestClient) -> None:
    path = f"{V1}/viewers/5/recommendations"
    n = client.get(path).json()["n_qualifying"]
    seen = 0
    cursor: str | None = None
    while True:
        query = {"n": 10} | ({"cursor": cursor} if cursor else {})
        page = client.get(path, params=query).json()
        assert page["picks"]
        seen += len(page["picks"])
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == n


def test_a_list_ends_after_its_longest(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marquee.app.api.served.LONGEST_LIST", 15)
    path = f"{V1}/viewers/5/recommendations"
    first = client.get(path, params={"n": 10}).json()
    second = client.get(path, params={"n": 10, "cursor": first["next"]}).json()
    assert len(ids(second)) == 5
    assert second["next"] is None


def test_a_cursor_holds_as_many_numbers_as_a_list_may_have() -> None:
    numbers = tuple(2**53 - 1 - n for n in range(LONGEST_LIST))
    cursor = Cursors(b"secret").make("list", *numbers)
    assert len(cursor) <= LONGEST
    assert Cursors(b"secret").read("list", cursor) == numbers
    assert Cursors(b"secret").read("list", Cursors(b"secret").make("list", 0, 127, 128)) == (
        *(0, 127, 128),
    )


def test_pages_of_a_visitors_picks_follow_one_another(client: TestClient) -> None:
    asked: dict[str, Any] = {"likes": ["#3"], "n": 5}
    first = client.post(f"{V1}/recommendations", json=asked).json()
    second = client.post(f"{V1}/recommendations", json=asked | {"cursor": first["next"]}).json()
    whole = client.post(f"{V1}/recommendations", json=asked | {"n": 10}).json()
    assert ids(first) + ids(second) == ids(whole)


def test_the_catalog_is_listed_whole_by_number(client: TestClient) -> None:
    seen: list[int] = []
    cursor: str | None = None
    while True:
        query = {"limit": "77"} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"{V1}/titles", params=query).json()
        seen += [title["title_id"] for title in page["titles"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == sorted(seen)
    assert len(seen) == page["n_qualifying"] == 200


def test_a_cursor_is_good_for_its_own_list_only(client: TestClient) -> None:
    of_five = client.get(f"{V1}/viewers/5/recommendations").json()["next"]
    for path in ("viewers/6/recommendations", "viewers/5/recommendations?kind=film", "titles"):
        joint = "&" if "?" in path else "?"
        answer = client.get(f"{V1}/{path}{joint}cursor={of_five}")
        assert answer.status_code == 422
        assert "cursor" in answer.json()["detail"]


def test_a_cursor_that_was_changed_is_none() -> None:
    cursors = Cursors(b"secret")
    made = cursors.make("list", 10)
    assert cursors.read("list", made) == (10,)
    assert Cursors(b"secret").read("list", made) == (10,)
    assert cursors.read("list", None) == ()
    for cursor in (made[:-2], "B" + made[1:], made + "A", "", "é", "=", "A" * 200):
        with pytest.raises(ParameterError, match="cursor"):
            cursors.read("list", cursor)
    with pytest.raises(ParameterError, match="cursor"):
        Cursors(b"other").read("list", made)


def test_given_titles_are_put_in_order_whatever_the_viewer_did_with_them(
    client: TestClient, engine: Engine
) -> None:
    rated = [title.title_id for title, _ in engine.favorites(5, 3)]
    asked = [9, *rated, 14, 9]
    answer = client.post(f"{V1}/rank", json={"title_ids": asked, "viewer_id": 5}).json()
    assert ids(answer) == own(engine.rank(asked, viewer_id=5))
    assert sorted(ids(answer)) == sorted(set(asked))


def test_a_batch_that_names_unknown_titles_says_at_which_places(client: TestClient) -> None:
    answer = client.post(f"{V1}/rank", json={"title_ids": [3, 900_001, 4, 900_002]})
    assert answer.status_code == 422
    assert [fault["where"] for fault in answer.json()["errors"]] == [
        "body.title_ids.1",
        "body.title_ids.3",
    ]


def test_lists_for_everybody_are_those_of_the_engine(client: TestClient, engine: Engine) -> None:
    assert ids(client.get(f"{V1}/popular?n=7").json()) == own(engine.popular(7))
    lately = client.get(f"{V1}/popular?n=7&days=30").json()
    expected = engine.popular(7, days=30)
    assert [pick["score"] for pick in lately["picks"]] == [pick.score for pick in expected.picks]
    assert (ids(lately), lately["based_on"]) == (own(expected), expected.based_on)
    assert lately["based_on"] != engine.popular(7).based_on
    for days in (0, -1, 36_501, "soon"):
        assert client.get(f"{V1}/popular?days={days}").status_code == 422
    today = datetime.now(UTC).date()  # noqa: TID251  # the application's own clock
    assert ids(client.get(f"{V1}/latest?n=7").json()) == own(engine.latest(7, today=today))
    assert ids(client.get(f"{V1}/titles/3/similar?n=7").json()) == own(engine.similar("#3", 7))
    seen = client.get(f"{V1}/popular?n=50&viewer_id=5").json()
    rated = {title.title_id for title, _ in engine.favorites(5, 500)}
    assert not rated & set(ids(seen))


def test_a_title_is_found_by_number_and_with_errors_in_its_name(
    client: TestClient, engine: Engine
) -> None:
    page = client.get(f"{V1}/titles/3").json()
    name = page["card"]["name"]
    assert page["credits"]
    for text in (name, name.upper(), name[:-1]):
        found = client.get(f"{V1}/titles/search", params={"q": text}).json()["found"]
        assert 3 in [entry["title"]["title_id"] for entry in found]
    assert client.get(f"{V1}/titles/search", params={"q": "\0 \n"}).status_code == 200


def test_an_explanation_names_titles_of_the_viewer(client: TestClient, engine: Engine) -> None:
    pick = engine.recommend(viewer_id=5, k=1).picks[0]
    path = f"{V1}/viewers/5/titles/{pick.title.title_id}/explanation"
    answer = client.get(path, params={"reasons": 3}).json()
    rated = {title.title_id for title, _ in engine.favorites(5, 500)}
    assert answer["suggestion"]["score"] == pytest.approx(pick.score)
    assert 0 < len(answer["suggestion"]["reasons"]) <= 3
    assert {r["title"]["title_id"] for r in answer["suggestion"]["reasons"]} <= rated


def test_predictions_come_in_the_order_asked_with_a_confidence(
    client: TestClient, engine: Engine
) -> None:
    answer = client.get(f"{V1}/viewers/5/predictions?title_id=9&title_id=3").json()
    assert [entry["title"]["title_id"] for entry in answer["predictions"]] == [9, 3]
    expected = engine.predict(5, [9, 3]).predictions
    assert [entry["stars"] for entry in answer["predictions"]] == [
        pytest.approx(entry.stars) for entry in expected
    ]
    assert {entry["confidence"] for entry in answer["predictions"]} <= {"low", "medium", "high"}


def test_models_tell_their_parameters(client: TestClient) -> None:
    listed, predictor = client.get(f"{V1}/models").json()["models"]
    assert (listed["name"], listed["explains"], listed["n_titles"]) == ("ease-content", True, 200)
    assert listed["parameters"]["members"][0]["l2"] > 0
    assert predictor["predicts_ratings"]


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("viewers/987654/recommendations", "there is no viewer 987654"),
        ("viewers/987654", "there is no viewer 987654"),
        ("viewers/987654/feedback", "there is no viewer 987654"),
        ("viewers/987654/export", "there is no viewer 987654"),
        ("titles/987654", "there is no title 987654"),
        ("titles/987654/similar", "there is no title 987654"),
        ("viewers/5/titles/987654/explanation", "987654"),
        ("viewers/5/predictions?title_id=987654", "987654"),
        ("popular?viewer_id=987654", "there is no viewer 987654"),
        (f"viewers/{2**53 - 1}", "there is no viewer"),
    ],
)
def test_what_does_not_exist_is_404_with_a_sentence(
    client: TestClient, path: str, detail: str
) -> None:
    answer = client.get(f"{V1}/{path}")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:marquee:unknown-id"
    assert detail in answer.json()["detail"]


def test_a_name_that_fits_no_title_offers_others(client: TestClient, engine: Engine) -> None:
    name = engine.catalog.card(3).name
    answer = client.post(f"{V1}/recommendations", json={"likes": [f"{name}x"]})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:marquee:no-single-title"
    assert str(engine.catalog.card(3)) in answer.json()["candidates"]
