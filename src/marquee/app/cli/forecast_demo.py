"""The forecast of the demonstration: fitted, told in a few lines, with one what-if."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marquee.app.cli.console import note, say, work

if TYPE_CHECKING:
    from marquee.app.settings import Settings

N_FACTORS = 4
MODEL = "forward-blend"
SETTINGS = {"n_parts": "2"}
"""Fewer than usual, to be quick."""


def say_demo_forecast(settings: Settings) -> None:
    """Fits the forecaster of revenue on the workspace and says how a made-up film would do."""
    from datetime import UTC, datetime

    from marquee.app.amounts import dollars, percent, ratio
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.forecast_fitting import fit_forecasts
    from marquee.service.forecast_demo import demo_plan
    from marquee.service.forecast_opening import open_desk, opening_notes

    workspace, now = Workspace(settings.home), datetime.now(UTC)
    with work("Fitting the forecaster of revenue") as (on_step, on_epoch):
        fitted = fit_forecasts(
            workspace,
            ("revenue",),
            model=MODEL,
            settings=SETTINGS,
            measured=False,
            created_at=now.isoformat(timespec="seconds"),
            on_step=on_step,
            on_epoch=on_epoch,
        )
    desk = open_desk(workspace, {each.target: each.trained for each in fitted})
    today = now.date()
    plan = demo_plan(desk, today)
    answer = desk.forecast(plan, today=today)
    revenue = answer.revenue_usd
    say(
        f"A forecast: {plan.title}, {', '.join(plan.genres)}, {dollars(plan.budget_usd or 0)}, by "
        f"{', '.join(plan.directors) or 'nobody known'}, in {plan.opens:%B %Y}"
    )
    say(
        f"  {dollars(revenue.median)} of revenue, 8 of 10 such films {dollars(revenue.low_80)} to "
        f"{dollars(revenue.high_80)}; twice the budget with {percent(answer.chance_of_double)}"
    )
    if answer.explanation is not None:
        strongest = [line for line in answer.explanation.factors if line.factor is not None]
        told = [f"{line.group} ×{line.factor:.2f}" for line in strongest[:N_FACTORS]]
        say(f"  beside the usual film's {dollars(answer.explanation.base)}: {', '.join(told)}")
    if answer.similar:
        near = answer.similar[0]
        say(f"  most like {near.name} ({near.year}), which took {dollars(near.revenue_usd)}")
    change = desk.what_if(plan, {"month": 12}, today=today).change
    say(f"  in December instead: {ratio(change)} times the median")
    say(f"Model {answer.model} ({answer.model_version}), data snapshot {answer.snapshot}.")
    for text in opening_notes(desk):
        say(text)
    note(f"Try: marquee forecast title --budget 20M --genre Horror --release {today.year + 1}-10")
