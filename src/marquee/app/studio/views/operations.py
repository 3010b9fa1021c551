"""What runs here: the data and their age, the models and how they came to answer, what is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import streamlit as st

from marquee.app.studio import drift, opened
from marquee.app.studio.frame import PageOf, sentence, source_line, table
from marquee.app.web.words import stars
from marquee.data.feedback import Satisfaction
from marquee.errors import MarqueeError, WorkspaceError
from marquee.lifecycle.freshness import table_ages
from marquee.lifecycle.promotion import gate
from marquee.lifecycle.runs import has_model, runs
from marquee.lifecycle.saving import describe
from marquee.lifecycle.serving import OF_RUN, Decision, decisions, serving, serving_key
from marquee.service.engine import Engine

N_PICKS = 10
MOST_LINES = 50
"""Decisions that are shown, the newest of them."""
SPANS = {"all time": None, "30 days": 30, "7 days": 7}


def draw() -> None:
    """A section for each thing that may go stale, wrong or unseen."""
    table_ages(opened.workspace())  # an empty workspace is told so once, not in every section
    for title, section in SECTIONS.items():
        st.header(title)
        try:
            section()
        except WorkspaceError as error:
            st.info(sentence(str(error)))
        except MarqueeError as error:
            st.error(sentence(str(error)))


def _data() -> None:
    today = opened.today()
    st.write(f"Snapshot {opened.workspace().snapshot} is in force.")
    rows = []
    for each in table_ages(opened.workspace()):
        age = None if each.newest is None else (today - each.newest).days
        rows.append(
            {
                "table": each.table,
                "rows": f"{each.n_rows:,}",
                "newest": "" if each.newest is None else each.newest.isoformat(),
                "age": "" if age is None else f"{age:,} days" if age >= 0 else "to come",
                "written": f"{each.written_at:%Y-%m-%d %H:%M} UTC",
            }
        )
    table(rows)


def _models() -> None:
    workspace = opened.workspace()
    now = serving(workspace)
    manifest = describe(now.folder)
    st.write(
        f"{now.name} answers the viewers, "
        + (f"from run {now.run}" if now.run else "made by `marquee fit`, so it was not measured")
        + "."
    )
    rows = [
        {
            "answers": "picks",
            "model": now.name,
            "version": manifest.version,
            "made": manifest.created_at or "",
            "data": f"fingerprint {manifest.data_fingerprint[:8]}",
        }
    ]
    if now.predictor is not None:
        beside = describe(now.predictor)
        rows.append(
            {
                "answers": "predicted stars",
                "model": beside.model,
                "version": beside.version,
                "made": beside.created_at or "",
                "data": f"fingerprint {beside.data_fingerprint[:8]}",
            }
        )
    try:
        forecasters = opened.desk().models
    except WorkspaceError as error:
        st.info(sentence(str(error)))
        forecasters = {}
    for target, kept in forecasters.items():
        rows.append(
            {
                "answers": f"forecasts of {target}",
                "model": type(kept.forecaster).__name__,
                "version": kept.version,
                "made": f"from films up to {kept.until}",
                "data": f"snapshot {kept.snapshot}",
            }
        )
    table(rows)
    if manifest.data_fingerprint != opened.learned_now():
        st.warning(
            "Titles or ratings changed, or viewers said more, since the model of the picks "
            "learned; `marquee train` makes a run on what is known now."
        )


def _runs() -> None:
    workspace = opened.workspace()
    found = runs(workspace)
    if not found:
        st.info("There is no run yet; `marquee train` makes one, measured and ready to promote.")
        return
    key = serving_key(workspace)
    table(
        [
            {
                "run": run.id,
                "model": run.model,
                "begun": run.created_at,
                "measured on": run.split["name"],
                "ndcg@10": _number(run.metrics.get("ndcg@10")),
                "state": "answers"
                if key == OF_RUN + run.id
                else "kept"
                if has_model(workspace, run.id)
                else "model removed",
            }
            for run in reversed(found)
        ]
    )
    left = [run.id for run in reversed(found) if has_model(workspace, run.id)]
    chosen = st.selectbox(
        "Gates of the run",
        left,
        index=None,
        key="run",
        bind="query-params",
        placeholder="choose a run to ask its gates",
    )
    if chosen is None:
        return
    with st.spinner("Asking each gate; the run is measured beside what answers now …"):
        verdicts = gate(workspace, chosen, feedback=opened.store())
    failed = [each for each in verdicts if not each.passed]
    st.write(
        f"{len(failed)} of {len(verdicts)} gates do not pass."
        if failed
        else f"All {len(verdicts)} gates pass; `marquee models promote {chosen}` puts it in force."
    )
    table(
        [
            {
                "gate": each.gate,
                "verdict": "passes" if each.passed else "does not pass",
                "reason": each.reason,
            }
            for each in verdicts
        ]
    )


def _decisions() -> None:
    made = list(decisions(opened.workspace()))
    if not made:
        st.info("Nothing was decided yet; `marquee models promote` decides, and tells why.")
        return
    table([_line(each) for each in reversed(made[-MOST_LINES:])])
    if len(made) > MOST_LINES:
        st.caption(f"The newest {MOST_LINES} of {len(made):,}.")


def _line(made: Decision) -> dict[str, str]:
    why = "; ".join(part for part in (made.reason, *made.failed) if part)
    return {
        "when": made.at or "",
        "what": made.action + (", forced" if made.forced else ""),
        "to": made.to,
        "from": made.before or "",
        "why": why,
    }


def _feedback() -> None:
    store = opened.store()
    if store is None:
        st.info("This server keeps no feedback.")
        return
    span = st.radio(
        "Counted over",
        list(SPANS),
        index=list(SPANS).index("all time"),
        horizontal=True,
        key="span",
        bind="query-params",
    )
    days = SPANS[str(span)]
    since = None if days is None else datetime.now(UTC) - timedelta(days=days)
    told = store.satisfaction(since)
    first, second, third = st.columns(3)
    first.metric("Profiles made here", f"{len(store.viewers()):,}", border=True)
    second.metric("of them rated or judged", f"{len(store.speakers()):,}", border=True)
    third.metric("Viewers erased", f"{len(store.erased_viewers()):,}", border=True)
    if not told.by_model and not told.overall.n_answers:
        st.info("No list was shown and nothing was judged in that time.")
        return
    table(
        [
            _satisfied("all", told.overall),
            *(_satisfied(name, each) for name, each in sorted(told.by_model.items())),
        ]
    )
    st.caption("Shares of few judgments say little: the counts stand beside them.")


def _satisfied(model: str, told: Satisfaction) -> dict[str, str]:
    return {
        "model": model,
        "lists shown": f"{told.n_answers:,}",
        "titles shown": f"{told.n_impressions:,}",
        "good picks": _share(told.good_rate, told.n_good, told.n_picks),
        "lists liked": _share(told.thumbs_up_rate, told.n_thumbs_up, told.n_thumbs),
    }


def _inspector() -> None:
    engine = opened.engine()
    known = engine.library.known_viewers
    who = int(
        st.number_input(
            "Number of the viewer",
            min_value=0,
            value=int(known[0]) if len(known) else 1,
            step=1,
            key="viewer",
            bind="query-params",
            help="Of the data, or of a profile made here.",
        )
    )
    page = engine.viewer(who)
    given = sorted(page.ratings, key=lambda rated: -rated.stars)
    st.write(
        f"{len(given):,} ratings, {len(page.seen):,} seen, {len(page.watchlist):,} on the "
        f"watchlist, {len(page.hidden):,} hidden; revision {page.revision}."
    )
    answer = engine.recommend(viewer_id=who, k=N_PICKS)
    st.write(sentence(answer.based_on))
    table(
        [
            {
                "place": str(place),
                "title": str(pick.title),
                "score": f"{pick.score:.3f}",
                "because of": "; ".join(str(reason.title) for reason in pick.reasons) or "–",
            }
            for place, pick in enumerate(answer.picks, start=1)
        ]
    )
    _why(engine, who)
    with st.expander("Their best ratings"):
        if given:
            table(
                [
                    {"title": str(engine.catalog.card(each.title_id)), "stars": stars(each.stars)}
                    for each in given[:20]
                ]
            )
        else:
            st.write("None yet.")
    source_line(answer.model, answer.model_version, answer.snapshot, answer.notes)


def _why(engine: Engine, who: int) -> None:
    """Why a title that is asked for stands where it does."""
    text = st.text_input(
        "Why, or why not, this title",
        "",
        key="title",
        bind="query-params",
        placeholder="type its name",
    )
    if not (text and text.strip()):
        return
    found = engine.search(text.strip(), 1).found
    if not found:
        st.write(sentence(f"no title is like {text.strip()!r}"))
        return
    told = engine.explain(who, found[0].title.title_id).suggestion
    st.write(sentence(f"{told.title} has a score of {told.score:.3f} for viewer {who}"))
    if told.reasons:
        table(
            [
                {
                    "their title": str(reason.title),
                    "rated": stars(reason.rating),
                    "part of what raised it": f"{reason.share:.0%}",
                }
                for reason in told.reasons
            ]
        )
    else:
        st.write("None of their own titles raised it.")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _share(rate: float | None, n: int, of: int) -> str:
    return "none judged" if rate is None else f"{rate:.0%} ({n:,} of {of:,})"


SECTIONS: dict[str, Callable[[], None]] = {
    "Data": _data,
    "Models": _models,
    "Runs and gates": _runs,
    "Decisions": _decisions,
    "Drift": drift.draw,
    "Feedback": _feedback,
    "What a viewer gets, and why": _inspector,
}

PAGE = PageOf(
    "operations",
    "Operations",
    "What runs here: how old the data are, which models answer and how they came to, what "
    "drifts, what viewers say of their lists, and what any viewer gets and why.",
    draw,
)
