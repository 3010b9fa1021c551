"""What a viewer says is part of the next answer, over what the tables hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from marquee.data.feedback import Event, FeedbackStore, Settings
from marquee.data.intake import add_world
from marquee.data.workspace import Workspace
from marquee.errors import ParameterError, UnknownIdError
from marquee.lifecycle.fitting import fit_workspace
from marquee.models import RECIPES
from marquee.models.blend import Blend
from marquee.models.content import Content
from marquee.models.svd import SVD
from marquee.service.engine import Engine
from marquee.service.filters import Filters
from marquee.service.taste import AS_SCORED, Taste

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("engine"))
    add_world(workspace, n_titles=200, n_viewers=200, n_ratings=8_000, seed=4)
    predictor = ("svd", SVD(epochs=10))
    fit_workspace(workspace, RECIPES["ease-content"](), "ease-content", predictor=predictor)
    return workspace


@pytest.fixture
def engine(workspace: Workspace, tmp_path: Path) -> Iterator[Engine]:
    feedback = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    feedback.migrate()
    yield Engine(workspace, feedback=feedback)
    feedback.close()


def say(engine: Engine, viewer: int, verb: str, title: int, value: float | None = None) -> str:
    assert engine.feedback is not None
    event = Event(viewer, verb, NOON, title_id=title, value=value)
    return engine.feedback.write([event])[0].event_id


def new_viewer(engine: Engine) -> int:
    assert engine.feedback is not None
    return engine.feedback.add_viewer(Settings(name="Zoë"))


def picked(engine: Engine, viewer: int, k: int = 10) -> list[int]:
    return [pick.title.title_id for pick in engine.recommend(viewer_id=viewer, k=k).picks]


def test_a_new_viewer_gets_a_useful_list_that_says_what_it_is_based_on(engine: Engine) -> None:
    viewer = new_viewer(engine)
    answer = engine.recommend(viewer_id=viewer)
    assert len(answer.picks) == 10
    assert "nothing is known" in answer.based_on
    popular = {pick.title.title_id for pick in engine.popular(60).picks}
    assert {pick.title.title_id for pick in answer.picks} <= popular


def test_a_rating_changes_the_next_answer_and_undo_brings_it_back(engine: Engine) -> None:
    viewer = new_viewer(engine)
    before = picked(engine, viewer)
    event = say(engine, viewer, "rate", before[0], 5.0)
    after = picked(engine, viewer)
    assert before[0] not in after
    assert after != before[1:]
    answer = engine.recommend(viewer_id=viewer)
    assert answer.based_on == f"1 rating of viewer {viewer}"
    cited = {why.title.title_id for pick in answer.picks for why in pick.reasons}
    assert cited == {before[0]}
    assert engine.feedback is not None
    engine.feedback.undo(viewer, event)
    assert picked(engine, viewer) == before


@pytest.mark.parametrize("verb", ["seen", "hide"])
def test_seen_and_hidden_titles_do_not_come_back_unless_asked(engine: Engine, verb: str) -> None:
    viewer = new_viewer(engine)
    title = picked(engine, viewer)[0]
    say(engine, viewer, verb, title)
    assert title not in picked(engine, viewer, 150)
    everything = engine.recommend(viewer_id=viewer, k=150, filters=Filters(exclude=()))
    assert title in {pick.title.title_id for pick in everything.picks}


def test_a_title_watched_to_the_end_counts_as_seen_and_half_of_it_does_not(engine: Engine) -> None:
    viewer = new_viewer(engine)
    ended, left = picked(engine, viewer)[:2]
    say(engine, viewer, "watch", ended, 0.97)
    say(engine, viewer, "watch", left, 0.5)
    shown = picked(engine, viewer, 150)
    assert ended not in shown
    assert left in shown


def test_the_watchlist_can_be_asked_for(engine: Engine) -> None:
    viewer = new_viewer(engine)
    wanted = picked(engine, viewer)[3:6]
    for title in wanted:
        say(engine, viewer, "watchlist", title)
    answer = engine.recommend(viewer_id=viewer, filters=Filters(only=("watchlist",)))
    assert {pick.title.title_id for pick in answer.picks} == set(wanted)
    assert answer.n_qualifying == 3


def test_what_a_viewer_of_the_tables_says_counts_over_the_tables(
    engine: Engine, workspace: Workspace
) -> None:
    ratings = workspace.frame("ratings")
    viewer = int(ratings["viewer_id"][0])
    title, stars = ratings.filter(viewer_id=viewer).sort("title_id").row(0)[1:3]
    changed = 0.5 if stars > 2 else 5.0
    say(engine, viewer, "rate", title, changed)
    known = {card.title_id: value for card, value in engine.favorites(viewer, 1000)}
    assert known[title] == changed
    assert len(known) == ratings.filter(viewer_id=viewer).height


def test_an_erased_viewer_is_gone(engine: Engine, workspace: Workspace) -> None:
    assert engine.feedback is not None
    viewer = int(workspace.frame("viewers")["viewer_id"][0])
    engine.feedback.erase(viewer, day=date(2025, 6, 2))
    with pytest.raises(UnknownIdError, match="was erased"):
        engine.recommend(viewer_id=viewer)


def test_a_number_that_was_never_given_out_is_refused(engine: Engine) -> None:
    with pytest.raises(UnknownIdError, match="there is no viewer"):
        engine.recommend(viewer_id=new_viewer(engine) + 1)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(kind="show"),
        Filters(genres=("Drama", "Comedy"), year_from=2005),
        Filters(decade=2010, runtime_max=120),
        Filters(genres_none=("Horror",), kind="film"),
    ],
)
def test_a_list_is_never_short_when_enough_titles_qualify(
    engine: Engine, workspace: Workspace, filters: Filters
) -> None:
    viewer = int(workspace.frame("ratings")["viewer_id"][0])
    answer = engine.recommend(viewer_id=viewer, k=25, filters=filters)
    assert answer.n_qualifying > 0
    assert len(answer.picks) == min(25, answer.n_qualifying)
    pages = engine.title
    for pick in answer.picks:
        page = pages(pick.title.title_id)
        assert filters.kind in {None, page.card.kind}
        if filters.genres:
            assert set(filters.genres) & set(page.card.genres)
        assert not set(filters.genres_none) & set(page.card.genres)


def test_pages_of_a_list_continue_it(engine: Engine, workspace: Workspace) -> None:
    viewer = int(workspace.frame("ratings")["viewer_id"][0])
    for taste in (Taste(), Taste(adventurous=0.8, obscure=0.3)):
        whole = engine.recommend(viewer_id=viewer, k=12, taste=taste).picks
        shown: list[int] = []
        for _ in range(3):
            page = engine.recommend(viewer_id=viewer, k=4, after=shown, taste=taste)
            shown += [pick.title.title_id for pick in page.picks]
        assert shown == [pick.title.title_id for pick in whole]


def test_a_title_that_was_hated_is_held_against_its_like(engine: Engine) -> None:
    """A lone low rating is no liking: what is like it falls below where it stands for nobody."""
    everything = [pick.title.title_id for pick in engine.popular(200).picks]
    nobody = {t: place for place, t in enumerate(ranked(engine, {}))}
    items = engine.library.facts.items
    blend = engine.library.model
    assert isinstance(blend, Blend)
    [content] = [member for member in blend.members_ if isinstance(member, Content)]
    lower = 0
    for hated in everything[:20]:
        near = items.ids[content.similar(items.positions([hated]), 3).items[0]].tolist()
        place = {t: n for n, t in enumerate(ranked(engine, {hated: 0.5}))}
        for title in near:
            # One title is taken out of the list, and all behind it move up by one.
            assert place[title] >= nobody[title] - (nobody[hated] < nobody[title])
            lower += place[title] > nobody[title]
    assert lower >= 55


def ranked(engine: Engine, ratings: dict[int, float]) -> list[int]:
    answer = engine.recommend(ratings=ratings, k=200, taste=AS_SCORED, n_reasons=0)
    return [pick.title.title_id for pick in answer.picks]


def test_what_a_viewer_disliked_speaks_for_no_pick(engine: Engine) -> None:
    titles = [pick.title.title_id for pick in engine.popular(24).picks]
    # So little that all lies far above the mean, so that the model itself may count some as likes.
    ratings = dict(zip(titles, [0.5] * 14 + [2.5] * 8 + [3.0, 4.0], strict=True))
    answer = engine.recommend(ratings=ratings, k=100, n_reasons=10)
    cited = {why.rating for pick in answer.picks for why in pick.reasons}
    assert cited == {3.0, 4.0}


def test_a_list_says_what_it_takes_for_liked_and_disliked(engine: Engine) -> None:
    a, b, c, d, e = (pick.title for pick in engine.popular(5).picks)

    def said(**stars: float) -> str:
        by_name = {"a": a, "b": b, "c": c, "d": d, "e": e}
        return engine.recommend(
            ratings={by_name[name].title_id: value for name, value in stars.items()}
        ).based_on

    assert said(a=5, b=3, c=2.5) == f"liking {a} and {b}, not {c}"
    assert said(a=0.5) == f"disliking {a}"
    assert said(a=1, b=2) == f"disliking {a} and {b}"
    assert said(a=4, b=4, c=4, d=4, e=4) == f"liking {a}, {b}, {c} and 2 more"
    viewer = new_viewer(engine)
    say(engine, viewer, "rate", a.title_id, 4.0)
    both = engine.recommend(viewer_id=viewer, ratings={b.title_id: 1.0}).based_on
    assert both == f"1 rating of viewer {viewer} and disliking {b}"


def test_a_cap_counts_for_all_but_what_was_asked_for(engine: Engine) -> None:
    drama = engine.recommend(k=10, filters=Filters(genres=("Drama",)))
    bare = engine.recommend(k=10, filters=Filters(genres=("Drama",)), taste=Taste(per_genre=None))
    assert all("Drama" in pick.title.genres for pick in drama.picks)
    assert len(drama.picks) == len(bare.picks) == 10
    order = engine.rank([pick.title.title_id for pick in drama.picks])
    assert [pick.score for pick in order.picks] == sorted(
        (pick.score for pick in order.picks), reverse=True
    )


def test_given_candidates_are_ranked_all_of_them_and_nothing_else(
    engine: Engine, workspace: Workspace
) -> None:
    viewer = int(workspace.frame("ratings")["viewer_id"][0])
    titles = workspace.frame("ratings").filter(viewer_id=viewer)["title_id"].to_list()[:3]
    titles += [pick.title.title_id for pick in engine.popular(5).picks]
    ranked = engine.rank([*titles, titles[0]], viewer_id=viewer)
    assert {pick.title.title_id for pick in ranked.picks} == set(titles)
    scores = [pick.score for pick in ranked.picks]
    assert scores == sorted(scores, reverse=True)
    with pytest.raises(UnknownIdError, match="unknown id"):
        engine.rank([10**12], viewer_id=viewer)


def test_predictions_are_shrunk_and_say_how_far_to_trust_them(
    engine: Engine, workspace: Workspace
) -> None:
    viewer = new_viewer(engine)
    titles = [pick.title.title_id for pick in engine.popular(20).picks]
    unknown = engine.predict(viewer, titles).predictions
    assert {prediction.confidence for prediction in unknown} == {"low"}
    say(engine, viewer, "rate", titles[0], 5.0)
    after = engine.predict(viewer, titles).predictions
    assert after[0].stars == unknown[0].stars  # a rated title is predicted as if it were not
    assert [p.stars for p in after[1:]] != [p.stars for p in unknown[1:]]
    assert max(prediction.stars for prediction in after) < 5
    ratings = workspace.frame("ratings")
    busiest = int(ratings.group_by("viewer_id").len().sort("len")["viewer_id"][-1])
    sure = engine.predict(busiest, titles).predictions
    assert "high" in {prediction.confidence for prediction in sure}
    assert all(" by you, " in prediction.because for prediction in sure)


def test_an_explanation_is_that_of_the_list(engine: Engine, workspace: Workspace) -> None:
    viewer = int(workspace.frame("ratings")["viewer_id"][0])
    first = engine.recommend(viewer_id=viewer, k=1, n_reasons=3).picks[0]
    assert engine.explain(viewer, first.title.title_id, 3).suggestion == first


def test_popular_and_latest_are_what_they_say(engine: Engine, workspace: Workspace) -> None:
    counts = workspace.frame("ratings").group_by("title_id").len()
    most = counts.sort("len", descending=True)["len"][:5].to_list()
    assert [pick.score for pick in engine.popular(5).picks] == most
    titles = workspace.frame("titles")
    newest = titles["release_date"].max()
    assert isinstance(newest, date)
    first = engine.latest(3).picks[0]
    released = engine.title(first.title.title_id).release_date
    assert released is not None
    assert newest - released <= timedelta(days=1)
    middle = titles["release_date"].median()
    assert isinstance(middle, date)
    day = middle if not isinstance(middle, datetime) else middle.date()
    out = engine.latest(200, today=day)
    shown = [engine.title(pick.title.title_id).release_date for pick in out.picks]
    assert all(released is not None and released <= day for released in shown)
    assert len(shown) == titles.filter(pl.col("release_date") <= day).height


def test_a_title_page_tells_people_offers_and_how_it_was_rated(
    engine: Engine, workspace: Workspace
) -> None:
    title = engine.popular(1).picks[0].title.title_id
    page = engine.title(title)
    rated = workspace.frame("ratings").filter(title_id=title)["rating"]
    assert page.n_ratings == len(rated)
    assert page.mean_rating == pytest.approx(rated.cast(pl.Float64).mean())
    assert page.credits[0].role == "director"
    offers = workspace.frame("availability").filter(title_id=title)
    assert {offer.service for offer in page.offers} == set(offers["service"])
    with pytest.raises(UnknownIdError, match="there is no title"):
        engine.title(10**12)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        ({"k": 0}, "k must be at least 1"),
        ({"ratings": {1: 7.0}}, "from 0.5 to 5 stars, got 7.0"),
        ({"filters": Filters(genres=("Dramma",))}, "did you mean Drama"),
    ],
)
def test_bad_questions_are_refused_with_the_value(
    engine: Engine, ask: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ParameterError, match=sentence):
        engine.recommend(**ask)  # type: ignore[arg-type]  # wrong on purpose


def test_stars_of_the_data_that_are_taken_back_count_no_more(engine: Engine) -> None:
    assert engine.feedback is not None
    viewer = 5
    (title, _), *_ = engine.favorites(viewer, 1)
    before = engine.recommend(viewer_id=viewer, k=10)
    taken = say(engine, viewer, "unrate", title.title_id)
    assert title not in [known for known, _ in engine.favorites(viewer, 1_000)]
    after = engine.recommend(viewer_id=viewer, k=10)
    assert [pick.score for pick in after.picks] != [pick.score for pick in before.picks]
    assert title not in [why.title for pick in after.picks for why in pick.reasons]
    everything = engine.recommend(viewer_id=viewer, k=1_000)
    assert title in [pick.title for pick in everything.picks], "it may be recommended again"
    engine.feedback.undo(viewer, taken)
    assert engine.recommend(viewer_id=viewer, k=10) == before


def test_tastes_that_a_viewer_picked_stand_in_until_there_is_a_history(engine: Engine) -> None:
    assert engine.feedback is not None
    choices = engine.tastes().tastes
    assert len({choice.name for choice in choices}) == len(choices) > 1
    picked_by = {
        choice.name: engine.feedback.add_viewer(Settings(taste_groups=(choice.name, "gone")))
        for choice in choices
    }
    lists = {name: picked(engine, viewer) for name, viewer in picked_by.items()}
    assert len({tuple(found) for found in lists.values()}) == len(choices)
    nobody = new_viewer(engine)
    assert picked(engine, nobody) not in lists.values()
    first, viewer = next(iter(picked_by.items()))
    answer = engine.recommend(viewer_id=viewer, k=200)
    assert answer.based_on == f"the taste {first}"
    assert not any(pick.reasons for pick in answer.picks), "no title of their own led to it"
    shown = {title.title_id for title in choices[0].titles}
    assert shown <= {pick.title.title_id for pick in answer.picks}, "they are no ratings"
    others = [pick.title.title_id for pick in answer.picks if pick.title.title_id not in shown]
    say(engine, viewer, "rate", others[0], 5.0)
    answer = engine.recommend(viewer_id=viewer, k=10)
    assert answer.based_on == f"1 rating of viewer {viewer} and the taste {first}"
    cited = {why.title.title_id for pick in answer.picks for why in pick.reasons}
    assert cited == {others[0]}
    for title in others[1:20]:
        say(engine, viewer, "rate", title, 4.0)
    assert engine.recommend(viewer_id=viewer).based_on == f"20 ratings of viewer {viewer}"
    named = engine.recommend(viewer_id=new_viewer(engine), ratings=dict.fromkeys(others[:2], 4.0))
    assert "taste" not in named.based_on


def test_what_is_asked_teaches_and_is_nothing_the_viewer_spoke_of(engine: Engine) -> None:
    viewer = new_viewer(engine)
    first, second, *_ = (pick.title.title_id for pick in engine.worth_rating(viewer, 12).picks)
    say(engine, viewer, "rate", first, 3.0)
    say(engine, viewer, "hide", second)
    left = engine.worth_rating(viewer, 12, without=[])
    asked = [pick.title.title_id for pick in left.picks]
    assert len(asked) == 12
    assert not {first, second} & set(asked)
    assert left.n_qualifying == 198
    fewer = engine.worth_rating(viewer, 12, without=asked[:3])
    assert not set(asked[:3]) & {pick.title.title_id for pick in fewer.picks}


def test_every_answer_names_the_model_and_the_data(engine: Engine) -> None:
    viewer = new_viewer(engine)
    engine.warm_up()
    for answer in (
        engine.recommend(viewer_id=viewer),
        engine.rank([3, 9], viewer_id=viewer),
        engine.similar("#3"),
        engine.popular(),
        engine.latest(),
        engine.worth_rating(viewer),
        engine.titles(),
        engine.search("a"),
        engine.title(3),
        engine.predict(viewer, [3]),
        engine.explain(viewer, 3),
        engine.viewer(viewer),
        engine.tastes(),
    ):
        named = {name: getattr(answer, name) for name in ("model", "model_version", "snapshot")}
        assert named == engine.source, type(answer).__name__
        assert all(named.values())


def test_a_page_of_the_catalog_follows_the_one_before(engine: Engine) -> None:
    first = engine.titles(n=120)
    assert first.more
    last = engine.titles(after=first.titles[-1].title_id + 1, n=120)
    assert not last.more
    ids = [card.title_id for card in (*first.titles, *last.titles)]
    assert ids == sorted(set(ids))
    assert len(ids) == first.n_qualifying == last.n_qualifying == 200


def test_a_search_finds_titles_by_name_in_spite_of_an_error(engine: Engine) -> None:
    card = max((engine.catalog.card(number) for number in range(1, 50)), key=lambda c: len(c.name))
    typed = card.name[:4] + card.name[5:]
    assert card in [found.title for found in engine.search(typed, 5).found]
    with pytest.raises(ParameterError, match="n must be at least 1"):
        engine.search("a", 0)


NO_TITLE = (10**9, -5, 2**63, -(2**63) - 1, 2**70)
"""Numbers that no title has; the last ones no array holds."""


@pytest.mark.parametrize("number", NO_TITLE)
def test_a_number_that_no_title_has_is_unknown_however_great(engine: Engine, number: int) -> None:
    viewer = new_viewer(engine)
    for ask in (
        lambda: engine.rank([3, number]),
        lambda: engine.predict(viewer, [number, 3]),
        lambda: engine.explain(viewer, number),
        lambda: engine.title(number),
        lambda: engine.recommend(candidates=[number]),
    ):
        with pytest.raises(UnknownIdError, match=str(number)):
            ask()
    least = {"k": 3, "n_reasons": 0}
    plain = engine.recommend(**least).picks  # type: ignore[arg-type]  # numbers
    assert engine.recommend(after=[number], **least).picks == plain  # type: ignore[arg-type]
    assert engine.recommend(ratings={number: 5.0}, **least).picks == plain  # type: ignore[arg-type]
    asked = [pick.title for pick in engine.worth_rating(viewer, 3).picks]
    without = engine.worth_rating(viewer, 3, without=[number]).picks
    assert [pick.title for pick in without] == asked


@pytest.mark.parametrize("number", [0, -1])
def test_a_list_of_less_than_one_is_refused(engine: Engine, number: int) -> None:
    name = str(engine.catalog.card(1))
    for ask in (
        lambda: engine.recommend(k=number),
        lambda: engine.similar(name, number),
        lambda: engine.popular(number),
        lambda: engine.latest(number),
        lambda: engine.worth_rating(n=number),
        lambda: engine.titles(n=number),
        lambda: engine.search("the", number),
    ):
        with pytest.raises(ParameterError, match=f"must be at least 1, got {number}"):
            ask()


def test_a_list_of_more_than_there_are_is_all_of_them(engine: Engine) -> None:
    n, viewer = 10**12, new_viewer(engine)
    everything = len(engine.library.facts.items)
    assert len(engine.recommend(viewer_id=viewer, k=n, n_reasons=0).picks) == everything
    assert len(engine.popular(n).picks) == everything
    assert len(engine.latest(n).picks) == everything
    assert len(engine.titles(n=n).titles) == everything
    assert len(engine.worth_rating(viewer, n).picks) == everything
    assert 0 < len(engine.search("the", n).found) <= everything
    similar = engine.similar(str(engine.catalog.card(1)), n)
    assert similar.n_qualifying == everything - 1, "a title is not like itself"
    assert 0 < len(similar.picks) < everything
