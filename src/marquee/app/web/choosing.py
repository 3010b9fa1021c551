"""Name, tastes, services and region, as forms send them and profiles keep them."""

from __future__ import annotations

from dataclasses import replace

from marquee.app.web.visit import Visit
from marquee.data.feedback import Settings

LONGEST_NAME = 40
"""Letters of a profile's name."""


def chosen_groups(visit: Visit) -> tuple[str, ...]:
    """The ticked taste groups that there are."""
    known = {group.name for group in visit.site.engine.tastes().tastes}
    return tuple(name for name in visit.texts("groups") if name in known)


def saved(visit: Visit) -> int:
    """The profile in use, with what the form says about it; what it lacks stays as it was."""
    facts = visit.site.engine.library.facts
    services = tuple(
        name for name in visit.texts("services") if facts.services.find(name) is not None
    )
    region = visit.text("region", 100)
    is_region = bool(region) and facts.regions.find(region) is not None
    name = visit.text("name", LONGEST_NAME)

    def revised(now: Settings) -> Settings:
        chosen = replace(now, name=name or now.name)
        # Unticked boxes are not sent, so a form says which it has.
        if "chooses" in visit.form:
            chosen = replace(chosen, services=services, region=region if is_region else None)
        if "tastes" in visit.form:
            chosen = replace(chosen, taste_groups=chosen_groups(visit))
        return chosen

    viewer_id = visit.somebody()
    visit.store.revise_settings(viewer_id, revised)
    visit.forget()
    return viewer_id
