"""``marquee forecast fit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marquee.app.cli.console import say, say_json, say_table, work
from marquee.app.cli.forecast_options import (
    Json,
    Seed,
    Set,
    Stage,
    horizon_of,
    names_of,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marquee.app.settings import Settings
    from marquee.lifecycle.forecast_fitting import FittedForecast, Learned

Targets = Annotated[
    str | None,
    typer.Option(
        "--targets",
        help="revenue, popularity, audience; default all there are.",
        show_default=False,
    ),
]
Model = Annotated[str, typer.Option("--model", "-m", help="Name of the forecaster.")]
Measure = Annotated[
    bool, typer.Option(help="Measure each on the later films first, for its model card.")
]


def fit(
    context: typer.Context,
    targets: Targets = None,
    model: Model = "default",
    horizon: Stage = None,
    measure: Measure = True,
    settings: Set = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Fit forecasters on the workspace's films and save them there, each with its model card."""
    import time
    from datetime import UTC, datetime

    from marquee.data.workspace import Workspace
    from marquee.forecast import DEFAULT_FORECASTER
    from marquee.lifecycle.forecast_fitting import fit_forecasts

    opened: Settings = context.obj
    start = time.perf_counter()
    now = datetime.now(UTC)
    with work("Fitting forecasters") as (on_step, on_epoch):
        fitted = fit_forecasts(
            Workspace(opened.home),
            learned(targets),
            model=DEFAULT_FORECASTER if model == "default" else model,
            settings=settings_of(settings),
            horizon=horizon_of(horizon),
            measured=measure,
            seed=seed,
            created_at=now.isoformat(timespec="seconds"),
            day=now.date(),
            on_step=on_step,
            on_epoch=on_epoch,
        )
    seconds = time.perf_counter() - start
    if as_json:
        say_json({"fitted": [_plain(each) for each in fitted], "seconds": seconds})
        return
    _say_figures(fitted)
    for each in fitted:
        say(f"{each.target}: version {each.version}, model card {each.card}")
        if each.evaluated is not None:
            for text in each.evaluated.report.suspicions:
                say(text)
    say(f"Fitted in {seconds:.1f} s; saved under {opened.home / 'forecasts'}.")


def learned(names: str | None) -> tuple[Learned, ...] | None:
    """The targets named, with commas between; None for none. ``ParameterError`` for another."""
    from marquee.errors import ParameterError
    from marquee.lifecycle.forecast_fitting import LEARNED

    if names is None:
        return None
    wanted = names_of(names)
    for name in wanted:
        if name not in LEARNED:
            raise ParameterError(
                f"there is no forecaster of {name!r}; there are {', '.join(LEARNED)}, and return, "
                "profit and success follow from revenue"
            )
    return tuple(each for each in LEARNED if each in wanted)


def _plain(fitted: FittedForecast) -> dict[str, object]:
    evaluated = fitted.evaluated
    return {
        "target": fitted.target,
        "model": fitted.model,
        "version": fitted.version,
        "n_films": fitted.n_films,
        "path": fitted.folder,
        "card": fitted.card,
        "measured": None if evaluated is None else evaluated.to_dict(),
    }


def _say_figures(fitted: Sequence[FittedForecast]) -> None:
    from marquee.app.cli.forecast_tables import FIGURES, STAR, WORDS, called, shown

    rows = []
    for each in fitted:
        if each.evaluated is None:
            continue
        report = each.evaluated.report
        error = FIGURES[each.target][0]
        for result in report.results:
            differs = None if result.is_baseline else result.differences.get(error)
            rows.append(
                [
                    each.target,
                    called(result),
                    f"{report.splits[0].n_train:,} / {report.n_asked:,}",
                    f"{WORDS[error]} {shown(result.metrics[error])}",
                    ""
                    if differs is None
                    else f"{differs.value:+.3f} [{differs.low:+.3f}, {differs.high:+.3f}]",
                    shown(result.metrics["coverage_80"]),
                ]
            )
    if rows:
        head = ("target", "model", "learned / asked", "error", "against the rule", "in 80 %")
        say_table(head, rows)
        say(STAR)
