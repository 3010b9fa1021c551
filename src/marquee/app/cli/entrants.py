"""The models and metrics of a comparison, from the words of a command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marquee.evaluation.comparison import Entrant
    from marquee.evaluation.tuning import Budget

METRICS = (
    *("ndcg", "recall", "map", "serendipity", "coverage", "novelty", "diversity_genres"),
    *("aplt", "popularity_lift", "genre_miscalibration", "rmse"),
)
"""What is compared where nobody says."""
WITHOUT_LENGTH = ("rmse", "mae", "rmse_user_averaged", "mae_user_averaged", "auc")
LONGEST = 1_000
"""Titles of a list at most."""
MOST_TRIALS = 1_000
"""Trials of a search that minutes alone end."""


def metric_names(text: str, k: int) -> list[str]:
    """Names of metrics as a report has them, the length of the lists added where it is left out.

    Raises
    ------
    ParameterError
        If there is no such metric, or one is of lists of no length that can be.
    """
    from marquee.errors import ParameterError
    from marquee.evaluation.metrics import CATALOG_METRICS, LIST_METRICS, RANKING_METRICS

    of_lists = {*RANKING_METRICS, *LIST_METRICS, *CATALOG_METRICS}
    of_lists |= {"popularity_lift", "genre_miscalibration"}
    names = []
    for name in [one.strip() for one in text.split(",") if one.strip()] or METRICS:
        if name in WITHOUT_LENGTH:
            names.append(name)
            continue
        bare, at, length = name.partition("@")
        if bare not in of_lists:
            raise ParameterError(
                f"there is no metric {name!r}; there are {', '.join(WITHOUT_LENGTH)} and, with the "
                f"length of the lists as @{k}, {', '.join(sorted(of_lists))}"
            )
        if at and not (re.fullmatch("[0-9]{1,4}", length) and 1 <= int(length) <= LONGEST):
            raise ParameterError(
                f"the lists of {name!r} have no length from 1 to {LONGEST:,}; write {bare}@{k}"
            )
        names.append(f"{bare}@{int(length) if at else k}")
    return list(dict.fromkeys(names))


def lengths_of(names: Sequence[str], k: int) -> tuple[int, ...]:
    """The lengths of lists that metrics of those names need, ascending; k where none needs any."""
    return tuple(sorted({int(name.partition("@")[2]) for name in names if "@" in name})) or (k,)


def budget_of(n_trials: int, minutes: float | None) -> Budget | None:
    """The budget of each search by trials, minutes or both; None for no search.

    With minutes alone the trials are so many that the minutes end them.
    """
    from marquee.evaluation.tuning import Budget

    if not n_trials and minutes is None:
        return None
    return Budget(n_trials=n_trials or MOST_TRIALS, minutes=minutes)


def entrants_of(
    names: Sequence[str], baselines: Sequence[str], params: Sequence[str]
) -> list[Entrant]:
    """The models of those names and the baselines, each once, with what they are to be made with.

    Raises
    ------
    ParameterError
        If there is no such model or hyperparameter, or one is given for a model that is not here.
    """
    import dataclasses

    from marquee.app.cli.params import make_model
    from marquee.errors import ParameterError
    from marquee.evaluation.comparison import Entrant
    from marquee.lifecycle.code_version import code_hash, library_versions
    from marquee.models import ALGORITHMS
    from marquee.models.base import Recommender
    from marquee.models.spaces import SPACES

    every = list(dict.fromkeys([*names, *baselines]))
    libraries = library_versions()
    given: dict[str, list[str]] = {name: [] for name in every}
    for text in params:
        model, dot, rest = text.partition(".")
        if not dot or model not in given:
            raise ParameterError(
                f"a parameter is given as MODEL.name=value for one of {', '.join(every)}, "
                f"got {text!r}"
            )
        given[model].append(rest)

    def entrant(name: str) -> Entrant:
        base = make_model(name, given[name])

        def make(chosen: dict[str, Any]) -> Recommender:
            return dataclasses.replace(base, **chosen)

        # What was given is not searched; settings and blends of others are taken as they are.
        fixed = {text.partition("=")[0].strip() for text in given[name]}
        space = SPACES.get(name, {}) if name in ALGORITHMS else {}
        free = {key: choice for key, choice in space.items() if key not in fixed}
        return Entrant(
            name=name, make=make, space=free or None, version=f"{code_hash(base)} {libraries}"
        )

    return [entrant(name) for name in every]
