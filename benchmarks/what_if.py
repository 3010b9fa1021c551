"""How often the intervals of what-if answers hold what is planted in built-in worlds.

Asks the default forecaster of each world about films of the catalog under changed months, budgets,
certificates, genres, years, lengths and studios, and compares the intervals with the change that
the world's own equation makes. The worlds are others than those that the method was chosen on.

Run as ``python benchmarks/what_if.py [--worlds 12]``; ``--model ridge`` asks another forecaster.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np

from marquee.data.tables import Tables
from marquee.data.world import effects, make_world
from marquee.evaluation.forecasting.frames import labeled
from marquee.evaluation.forecasting.markdown import table
from marquee.forecast.trained import fit_line, trained
from marquee.lifecycle.forecast_models import forecast_models
from marquee.service.film_plan import FilmPlan
from marquee.service.forecast_desk import ForecastDesk

FIRST_SEED = 100
"""Worlds before it were looked at while the method was made."""
N_TITLES = 2_000
N_FILMS = 4
"""Films of each world that are asked about."""
TODAY = date(2026, 6, 1)
MULTIPLES = (0.5, 2.0, 4.0)
GENRES = (("Drama",), ("Horror", "Thriller"), ("Animation", "Family"))


def main() -> None:
    """Prints the share of intervals that hold, by what was changed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=12)
    parser.add_argument("--model", default="forward-blend")
    given = parser.parse_args()
    found: dict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
    for seed in range(FIRST_SEED, FIRST_SEED + given.worlds):
        for what, answer in _asked(seed, given.model):
            found[what].append(answer)
    found["all"] = [answer for answers in found.values() for answer in answers]
    rows = []
    for what, answers in found.items():
        truth, own, low, high = np.array(answers).T
        inside = (low <= truth) & (truth <= high)
        width = float(np.median(np.exp(high - low)))
        error = float(np.sqrt(np.mean((own - truth) ** 2)))
        rows.append([what, len(answers), float(inside.mean()), width, error])
    head = [f"changed, {given.worlds} worlds", "answers", "hold the truth (80 % stated)"]
    print(table([*head, "high over low", "error of the change itself (log points)"], rows))


def _asked(seed: int, name: str) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """What was changed, and of its answer truth, change, low and high in log points."""
    world = make_world(n_titles=N_TITLES, n_viewers=20, n_ratings=100, seed=seed)
    tables = Tables(**world.catalog())
    films = labeled(tables, "revenue", clean_usd=0)
    [model] = forecast_models([name], "revenue").values()
    fitted = model.fit(films.features, films.outcome)
    kept = trained(
        fitted,  # type: ignore[arg-type]  # a target of money has forecasters alone
        films.features,
        target="revenue",
        horizon=films.horizon,
        version=name,
        snapshot=str(seed),
        line=fit_line(films.features, films.outcome),
    )
    desk = ForecastDesk(tables, {"revenue": kept}, snapshot=str(seed))
    rng = np.random.default_rng(seed)
    studios = sorted(set(tables.titles["companies"].explode().drop_nulls()))
    for number in rng.choice(films.title_ids, N_FILMS, replace=False).tolist():
        plan = desk.question(number, TODAY).plan
        for what, changes, truth in _changes(plan, str(rng.choice(studios))):
            change = desk.what_if(number, changes, today=TODAY).change
            assert change.low is not None
            assert change.high is not None
            own, low, high = np.log([change.ratio, change.low, change.high]).tolist()
            yield what, (truth, own, low, high)


def _changes(plan: FilmPlan, studio: str) -> Iterator[tuple[str, dict[str, Any], float]]:
    """Changes of a film, and what the world makes of each in log points of revenue."""
    day, budget = plan.opens, plan.budget_usd
    if day is not None:
        lift = effects.MONTH_LIFT
        for month in range(1, 13, 2):
            if month != day.month:
                moved = day.replace(month=month, day=min(day.day, 28))
                yield "month", {"release_date": moved}, lift[month - 1] - lift[day.month - 1]
        earlier = day.replace(year=day.year - 3, day=min(day.day, 28))
        yield "year", {"release_date": earlier}, -3 * effects.YEARLY_GROWTH
    if budget is not None:
        for multiple in MULTIPLES:
            truth = effects.BUDGET_ELASTICITY * float(np.log(multiple))
            yield "budget", {"budget_usd": budget * multiple}, truth
    worth = effects.CERTIFICATE_EFFECT
    if plan.certificate in worth:
        for other in worth:
            if other != plan.certificate:
                truth = worth[other] - worth[plan.certificate]
                yield "certificate", {"certificate": other}, truth
    if plan.genres:
        for genres in GENRES:
            yield "genres", {"genres": list(genres)}, _of(genres) - _of(plan.genres)
    if plan.runtime_min is not None:
        yield "running time (no effect)", {"runtime_min": plan.runtime_min + 20}, 0.0
    if plan.companies:
        yield "studio (no effect)", {"companies": [studio]}, 0.0


def _of(genres: tuple[str, ...]) -> float:
    return float(np.mean([effects.GENRE_EFFECT[name] for name in genres]))


if __name__ == "__main__":
    main()
