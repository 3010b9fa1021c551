"""``marquee leakcheck``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marquee.app.cli.console import progress, say, say_json, say_table
from marquee.app.cli.splitting import SplitWord, open_interactions, splits_of
from marquee.app.cli.training import Json, Params

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.evaluation.leaks.leak import Leak
    from marquee.evaluation.splits import Split


def leakcheck(
    context: typer.Context,
    data: Annotated[
        str,
        typer.Option(help="A set under MARQUEE_DATA or fetched, a path, `world` or `workspace`."),
    ] = "world",
    split: SplitWord = "random:0.1",
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="A model to fit on each split and to look at too."),
    ] = None,
    clock: Annotated[
        str | None,
        typer.Option(
            help="The clock that the model is held to: none, past or full.",
            show_default="past for splits by time, else none",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="Look at a forecast of this instead of a recommender: revenue, …"),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            help="Themes of a forecast's columns, with commas between.", show_default="all"
        ),
    ] = None,
    planted: Annotated[
        bool,
        typer.Option("--planted", help="Try the checks on 8 planted leaks and 20 clean set-ups."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of random splits, and of the world.")] = 0,
    relevant_from: Annotated[
        float, typer.Option(help="Stars from which on a title is liked, for strong.")
    ] = 4.0,
    param: Params = None,
    as_json: Json = False,
) -> None:
    """Look for ways in which a model may have been told the answers; 1 if there is one."""
    settings: Settings = context.obj
    if planted:
        _planted(seed, as_json=as_json)
        return
    if target is not None:
        found, marks = _of_forecast(settings, data, split, target, features, seed)
    else:
        found, marks = _of_recommender(
            settings, data, split, model, clock, param or [], seed, relevant_from
        )
    about = {"data": data, "split": split, "model": model, "target": target}
    _say(found, as_json, {**about, "fingerprints": marks})


def say_leaks(leaks: Sequence[Leak], *, notes: bool) -> None:
    """Prints a line with the word LEAKING for each leak, and the notes if they are wanted."""
    from marquee.evaluation.leaks.leak import LEAKING

    for leak in leaks:
        if not leak.note:
            say(f"{LEAKING}: {leak.words}. [{leak.check}]")
        elif notes:
            say(f"note: {leak.words}. [{leak.check}]")


def _say(found: Sequence[Leak], as_json: bool, about: dict[str, Any]) -> None:
    from marquee.evaluation.leaks.leak import CHECKS, LEAKING, verdict

    said = verdict(found)
    if as_json:
        say_json({**about, "verdict": said, "leaks": found, "checks": CHECKS})
    else:
        say_leaks(found, notes=True)
        if said != LEAKING:
            say(f"{said}.")
        marks = [f"{name} {mark[:12]}" for name, mark in about["fingerprints"].items()]
        say(f"Fingerprint of {', '.join(marks)}.")
    if said == LEAKING:
        raise typer.Exit(1)


def _of_recommender(
    settings: Settings,
    data: str,
    word: str,
    name: str | None,
    clock: str | None,
    params: Sequence[str],
    seed: int,
    relevant_from: float,
) -> tuple[list[Leak], dict[str, str]]:
    """What was found, and the fingerprints of the splits by their names."""
    from marquee.app.cli.params import make_model
    from marquee.evaluation.clock import clock_for
    from marquee.evaluation.leaks.checking import split_leaks
    from marquee.evaluation.leaks.fitted import leaks_of
    from marquee.evaluation.leaks.future import side_information_leaks
    from marquee.features.side_information import titles_frame, viewers_frame

    if name is not None:
        make_model(name, params)  # a wrong name is told before anything is read
    with progress(f"Reading {data}"):
        opened = open_interactions(data, settings)
        splits: list[Split] = splits_of(opened, word, seed=seed, relevant_from=relevant_from)
    asked = clock_for(splits, clock)
    titles, viewers = titles_frame(opened.tables), viewers_frame(opened.tables)
    found: list[Leak] = []
    with progress("Checking") as tick:
        for done, split in enumerate(splits):
            tick(done, len(splits), split.name)
            found += [*split_leaks(split), *side_information_leaks(opened.tables, split)]
            if name is not None:
                model = make_model(name, params)
                found += leaks_of(model, split, asked, titles=titles, viewers=viewers)
    return list(dict.fromkeys(found)), {split.name: split.fingerprint for split in splits}


def _of_forecast(
    settings: Settings, data: str, word: str, target: str, features: str | None, seed: int
) -> tuple[list[Leak], dict[str, str]]:
    import numpy as np

    from marquee.app.cli.forecast_options import target_of
    from marquee.errors import ParameterError
    from marquee.evaluation.forecasting.frames import labeled
    from marquee.evaluation.forecasting.splits import film_splits
    from marquee.evaluation.leaks.films import film_leaks
    from marquee.evaluation.leaks.future import features_that_see
    from marquee.features import FEATURES
    from marquee.service.datasets import open_data

    themes = None
    if features is not None:
        themes = [name.strip() for name in features.split(",") if name.strip()]
        unknown = [name for name in themes if name not in FEATURES]
        if unknown or not themes:
            raise ParameterError(
                f"there is no theme {', '.join(map(repr, unknown)) or repr(features)}; "
                f"there are {', '.join(FEATURES)}"
            )
    of = target_of(target)
    with progress(f"Reading {data}"):
        tables = open_data(data, settings.home, settings.data, needs_ratings=False).tables
    with progress("Checking") as tick:
        tick(0, 2, "columns of the films")
        films = labeled(tables, of, themes=themes)
        if word == "random:0.1":  # the default of ratings; films are divided by year
            word = f"time:{int(np.quantile(films.years, 0.8, method='lower'))}"
        parts = film_splits(word, films, seed=seed)
        found = [leak for part in parts for leak in film_leaks(films, part)]
        tick(1, 2, "themes with and without the future")
        chosen = None if themes is None else [FEATURES[name] for name in themes]
        found += features_that_see(tables, chosen)
    return list(dict.fromkeys(found)), {part.name: part.fingerprint for part in parts}


def _planted(seed: int, *, as_json: bool) -> None:
    from marquee.app.cli.params import make_model
    from marquee.evaluation.leaks.trial import try_checks

    with progress("Trying the checks") as tick:
        trial = try_checks(make_model, seed=seed + 1, on_step=tick)
    if as_json:
        cases = [
            {
                "words": case.words,
                "expected": case.expected,
                "right": case.right,
                "leaks": case.leaks,
            }
            for case in trial.cases
        ]
        say_json({**trial.counts, "cases": cases})
    else:
        rows = [
            (
                case.words,
                case.expected or "clean",
                ", ".join(dict.fromkeys(leak.check for leak in case.leaks if not leak.note)),
                case.right,
            )
            for case in trial.cases
        ]
        say_table(("set-up", "what is there", "found", "right"), rows)
        counts = trial.counts
        say(
            f"{counts['found']} of {counts['planted']} planted leaks found; "
            f"{counts['raised']} of {counts['clean']} clean set-ups raised one."
        )
    if not all(case.right for case in trial.cases):
        raise typer.Exit(1)
