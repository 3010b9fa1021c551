"""Name, services and region, as forms send them and profiles keep them."""

from __future__ import annotations

from dataclasses import replace

from marquee.app.web.visit import Visit


def saved(visit: Visit) -> int:
    """The profile in use, with what the form says about it; what it lacks stays as it was."""
    facts = visit.site.engine.library.facts
    now = visit.settings
    services = tuple(
        name for name in visit.texts("services") if facts.services.find(name) is not None
    )
    region = visit.text("region", 100)
    chosen = replace(now, name=visit.text("name", 60) or now.name)
    if "chooses" in visit.form:  # unticked boxes are not sent, so a form says that it has them
        known = facts.regions.find(region) is not None if region else False
        chosen = replace(chosen, services=services, region=region if known else None)
    viewer_id = visit.somebody()
    visit.store.change_settings(viewer_id, chosen)
    visit.forget()
    return viewer_id
