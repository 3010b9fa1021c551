"""Picks for a viewer or for oneself: history and preferences in, picks with reasons out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from marquee.app.studio import opened, viewer
from marquee.app.studio.frame import PageOf, sentence, source_line
from marquee.app.web.posters import poster
from marquee.app.web.words import stars
from marquee.data.feedback import FIRST_OWN_VIEWER
from marquee.service.asking import ENOUGH_RATINGS
from marquee.service.engine import Engine
from marquee.service.filters import Filters
from marquee.service.records import Answer, Prediction, Reason, Suggestion, TitleCard
from marquee.service.taste import Taste
from marquee.service.traits import in_common

N_PICKS = 12
ACROSS = 3
ANY = "any"
ME, BY_NUMBER = "Me", "A viewer of the data"
SAYING = {
    "seen": ("Seen", "Marked {} as seen."),
    "watchlist": ("Watchlist", "Put {} on the watchlist."),
    "hide": ("Not interested", "{} will not be shown again."),
}
"""Buttons of a card: the label, and what is said back."""


def draw() -> None:
    """Who asks, what they like, and the picks."""
    engine = opened.engine()
    who = _who(engine)
    viewer.show_said()
    given = _given(engine, who)
    _tastes(engine, who, given)
    _history(engine, who, given)
    filters, taste = _preferences(engine)
    answer = engine.recommend(viewer_id=who, k=N_PICKS, filters=filters, taste=taste)
    st.header("Picks")
    st.write(f"{sentence(answer.based_on)} {answer.n_qualifying:,} titles could be here.")
    if not answer.picks:
        st.info("No title fits all of these filters; take one away.")
    list_id = viewer.enter(who, "studio", answer)
    _grid(engine, who, answer, list_id)
    if answer.picks:
        _thumbs(who, list_id)
        _similar(engine, who, answer)
    source_line(answer.model, answer.model_version, answer.snapshot, answer.notes)


def _who(engine: Engine) -> int | None:
    """The viewer whose picks are shown; None for who has not said a word yet."""
    mine, store = viewer.me(), opened.store()
    household = store.viewers() if store is not None else ()
    names = {
        each.settings.name or f"Profile {place}": each.viewer_id
        for place, each in enumerate(household, start=1)
        if each.viewer_id != mine
    }
    left, right = st.columns([2, 1])
    chosen = left.selectbox(
        "Whose picks", [ME, BY_NUMBER, *names], key="whose", bind="query-params"
    )
    if chosen != BY_NUMBER:
        return names.get(chosen, mine)
    known = engine.library.known_viewers
    return int(
        right.number_input(
            "Number of the viewer",
            min_value=0,
            max_value=FIRST_OWN_VIEWER - 1,
            value=int(known[0]) if len(known) else 1,
            step=1,
            key="viewer",
            bind="query-params",
        )
    )


def _tastes(engine: Engine, who: int | None, given: Mapping[int, float]) -> None:
    """The tastes that stand in for a history until there is one, as viewers pick them at first."""
    store = opened.store()
    if store is None or len(given) >= ENOUGH_RATINGS:
        return
    if who is not None and who < FIRST_OWN_VIEWER:
        return
    offered = engine.tastes().tastes
    chosen = store.profile(who).settings.taste_groups if who is not None else ()
    keys = {group.name: f"taste-{who}-{place}" for place, group in enumerate(offered)}
    with st.expander("Tastes", expanded=not given):
        st.write(f"What do you like? It counts until {ENOUGH_RATINGS} titles are rated.")
        for column, group in zip(_cells(len(offered)), offered, strict=True):
            with column:
                st.checkbox(
                    group.name,
                    group.name in chosen,
                    key=keys[group.name],
                    on_change=_pick_tastes,
                    args=(who, keys),
                )
                st.caption(", ".join(map(_safe, group.titles)))


def _pick_tastes(who: int | None, keys: Mapping[str, str]) -> None:
    viewer.choose_tastes(who, tuple(name for name, key in keys.items() if st.session_state[key]))


def _history(engine: Engine, who: int | None, given: Mapping[int, float]) -> None:
    """What the viewer said so far, and a way to say more."""
    with st.expander("History", expanded=who is None):
        text = st.text_input(
            "Rate a title: type its name", key="find", placeholder="Spelling errors are allowed"
        )
        if text and text.strip():
            found = [each.title for each in engine.search(text.strip(), 5).found]
            if not found:
                st.write(f"No title is like {text.strip()!r}.")
        else:
            st.write("Or rate what would teach most:")
            found = [pick.title for pick in engine.worth_rating(who, 4).picks]
        for title in found:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.write(f"**{_safe(title)}**  {', '.join(title.genres)}")
                _stars(who, title, "find", given.get(title.title_id))
        if given:
            best = sorted(given.items(), key=lambda pair: -pair[1])[:20]
            st.table(
                [
                    {"title": _safe(engine.catalog.card(number)), "stars": stars(value)}
                    for number, value in best
                ]
            )
            if len(given) > len(best):
                st.caption(f"The best rated 20 of {len(given):,}.")


def _given(engine: Engine, who: int | None) -> dict[int, float]:
    """Stars of the viewer by number of the title."""
    if who is None:
        return {}
    return {each.title_id: each.stars for each in engine.viewer(who).ratings}


def _preferences(engine: Engine) -> tuple[Filters, Taste]:
    facts = engine.library.facts
    with st.expander("Preferences"):
        left, middle, right = st.columns(3)
        with left:
            genres = st.multiselect(
                "Genres, at least one", facts.genres.names, key="genre", bind="query-params"
            )
            kind = st.radio(
                "Kind", (ANY, "film", "show"), horizontal=True, key="kind", bind="query-params"
            )
        with middle:
            services = st.multiselect(
                "Services", facts.services.names, key="service", bind="query-params"
            )
            from_year = st.number_input(
                "From year",
                min_value=1870,
                max_value=2100,
                value=None,
                step=1,
                key="from",
                bind="query-params",
                placeholder="any",
            )
        with right:
            adventurous = _slider("Familiar to adventurous", 0.0, "adventurous")
            obscure = _slider("Popular to obscure", -1.0, "obscure")
            newer = _slider("Older to newer", -1.0, "newer")
    filters = Filters(
        kind=None if kind == ANY else kind,
        genres=tuple(genres),
        services=tuple(services),
        year_from=None if from_year is None else int(from_year),
    )
    return filters, Taste(adventurous=adventurous, obscure=obscure, newer=newer)


def _slider(label: str, low: float, key: str) -> float:
    return float(st.slider(label, low, 1.0, 0.0, 0.1, key=key, bind="query-params"))


def _grid(engine: Engine, who: int | None, answer: Answer, list_id: str) -> None:
    guesses: Sequence[Prediction | None] = [None] * len(answer.picks)
    if engine.library.predictor is not None and answer.picks:
        guesses = engine.predict(who, [pick.title.title_id for pick in answer.picks]).predictions
    cells = _cells(len(answer.picks))
    for column, pick, guess in zip(cells, answer.picks, guesses, strict=True):
        with column, st.container(border=True):
            _card(who, pick, guess, list_id)


def _cells(n: int) -> list[DeltaGenerator]:
    """Places for so many cards, row by row: on a phone, and read aloud, they keep their order."""
    rows = [st.columns(ACROSS) for _ in range(0, n, ACROSS)]
    return [cell for row in rows for cell in row][:n]


def _card(who: int | None, pick: Suggestion, guess: Prediction | None, list_id: str) -> None:
    title = pick.title
    picture, words = st.columns([1, 2], wrap=False)
    picture.image(poster(title), width="stretch", alt="")
    with words:
        st.markdown(f"**{_safe(title)}**")
        st.caption(", ".join(title.genres))
        if guess is not None:
            st.write(f"★ {guess.stars:.1f}, {guess.confidence} confidence")
    if pick.reasons:
        st.caption(_why(pick.reasons))
    _stars(who, title, "pick")
    with st.popover("More", key=f"more-{title.title_id}"):
        for verb, (label, said) in SAYING.items():
            st.button(
                label,
                key=f"{verb}-{title.title_id}",
                on_click=viewer.say,
                args=(who, verb, said.format(title.name)),
                kwargs={"title_id": title.title_id},
            )
        st.write("Was this a good pick?")
        st.feedback(
            "thumbs",
            key=f"good-{title.title_id}",
            on_change=_judge,
            args=(who, title, list_id),
        )


def _why(reasons: tuple[Reason, ...]) -> str:
    """The viewer's own titles that raised it most, in words."""
    told = []
    for reason in reasons:
        shared = in_common(reason.traits)
        told.append(f"{_safe(reason.title)}" + (f" ({shared})" if shared else ""))
    return "Because of " + " and ".join(told) + "."


def _stars(who: int | None, title: TitleCard, where: str, given: float | None = None) -> None:
    st.feedback(
        "stars",
        key=f"stars-{where}-{title.title_id}",
        default=None if given is None else max(0, min(4, round(given) - 1)),
        on_change=_rate,
        args=(who, title, where),
    )


def _rate(who: int | None, title: TitleCard, where: str) -> None:
    """Writes the stars that were pressed; pressing the same again takes them back."""
    value: int | None = st.session_state[f"stars-{where}-{title.title_id}"]
    if value is None:
        viewer.say(who, "unrate", f"Took the stars for {title.name} back.", title_id=title.title_id)
    else:
        text = f"You gave {title.name} {stars(value + 1)}."
        viewer.say(who, "rate", text, title_id=title.title_id, value=float(value + 1))


def _judge(who: int | None, title: TitleCard, list_id: str) -> None:
    value: int | None = st.session_state[f"good-{title.title_id}"]
    if value is None:
        return
    verb, word = ("good_pick", "a good pick") if value else ("bad_pick", "not a good pick")
    text = f"{title.name} was {word}."
    viewer.say(who, verb, text, title_id=title.title_id, answer_id=list_id)


def _thumbs(who: int | None, list_id: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.write("Is this a good list?")
        st.feedback("thumbs", key=f"thumbs-{list_id}", on_change=_list, args=(who, list_id))


def _list(who: int | None, list_id: str) -> None:
    value: int | None = st.session_state[f"thumbs-{list_id}"]
    if value is not None:
        verb = "thumbs_up" if value else "thumbs_down"
        viewer.say(who, verb, "Noted what you think of the list.", answer_id=list_id)


def _similar(engine: Engine, who: int | None, answer: Answer) -> None:
    st.header("Titles like")
    titles = {pick.title.title_id: pick.title for pick in answer.picks}
    chosen = st.selectbox(
        "One of the picks",
        list(titles),
        format_func=lambda number: str(titles.get(number, number)),
        key="like",
        bind="query-params",
    )
    if chosen is None:
        return
    found = engine.similar(f"#{chosen}", 6, viewer_id=who)
    for column, pick in zip(st.columns(6), found.picks, strict=False):
        column.image(poster(pick.title), width="stretch", alt="")
        column.caption(_safe(pick.title))


def _safe(title: TitleCard) -> str:
    """The name as Markdown shows it to the letter."""
    return "".join(f"\\{letter}" if letter in "*_`[]<>$#~:\\" else letter for letter in str(title))


PAGE = PageOf(
    "recommend",
    "Recommend",
    "What a viewer, or you, would like to watch next, with predicted stars and the titles that led "
    "to each pick; what is rated here counts in the viewers' app too.",
    draw,
)
