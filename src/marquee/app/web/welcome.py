"""The first steps: taste, a handful of well-known titles, services. Every one can be skipped."""

from __future__ import annotations

from dataclasses import replace

from marquee.app.web.cards import Shelf, dressed, plain_cards
from marquee.app.web.choosing import chosen_groups, saved
from marquee.app.web.door import Answer, Page, see_other
from marquee.app.web.visit import Visit

N_ASKED = 12
STEPS = ("taste", "titles", "services")


def welcome(visit: Visit) -> Answer:
    """One step at a time, the step in the address."""
    step = visit.query.get("step", STEPS[0])
    step = step if step in STEPS else STEPS[0]
    context = {"step": step, "place": STEPS.index(step) + 1, "steps": STEPS}
    shelves: tuple[Shelf, ...] = ()
    if step == "titles":
        asked = visit.site.engine.worth_rating(visit.viewer_id, N_ASKED).picks
        cards = plain_cards(visit, (pick.title for pick in asked), "asked")
        shelves = dressed(
            visit, [Shelf("asked", "Which of these do you know?", cards)], guess=False
        )
    tastes = visit.site.engine.tastes().tastes if step == "taste" else ()
    facts = visit.site.engine.library.facts
    return Page("welcome.html", context | {"shelves": shelves, "groups": tastes, "choices": facts})


def choose_taste(visit: Visit) -> Answer:
    """Keeps the chosen taste groups, and no others; a visitor who chooses none says nothing."""
    chosen = chosen_groups(visit)
    if chosen or visit.settings.taste_groups:
        viewer_id = visit.somebody()
        visit.store.revise_settings(viewer_id, lambda now: replace(now, taste_groups=chosen))
        visit.forget()
    return see_other("/welcome?step=titles")


def choose_services(visit: Visit) -> Answer:
    """Keeps services and region as the form shows them; a visitor who chose none says nothing."""
    if visit.texts("services") or visit.text("region") or visit.viewer_id is not None:
        saved(visit)
    return see_other("/")
