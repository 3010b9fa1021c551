"""The planted effects and the best scores as Markdown, for the page that documents the world."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl

from marquee.data.world import effects
from marquee.data.world.truth import best_interval, make_world

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def effects_table() -> str:
    """Every planted effect: revenue, its noise, taste groups, and what ratings are made of."""
    return "\n\n".join((_revenue(), _months(), _genres(), _tastes(), _stars()))


def scores_table(n_titles: int = 2000, n_viewers: int = 3000, n_ratings: int = 300_000) -> str:
    """The best scores of the world of that size at seed 7, beside those of three plain guesses."""
    world = make_world(n_titles, n_viewers, n_ratings)
    ratings = world.tables().ratings
    stars = pl.col("rating")
    plain = ratings.select(
        (stars - guess).pow(2).mean().sqrt().alias(f"{name}, itself included")
        for name, guess in (
            ("mean of all ratings", stars.mean()),
            ("mean of the title", stars.mean().over("title_id")),
            ("mean of the viewer", stars.mean().over("viewer_id")),
        )
    ).row(0, named=True)
    interval = best_interval()
    without_talents = np.hypot(interval.sigma, np.hypot(effects.DIRECTOR_WORTH, effects.STAR_WORTH))
    return "\n\n".join(
        (
            _table(
                ("predictor of ratings", "RMSE"),
                [
                    *((name, f"{rmse:.4f}") for name, rmse in plain.items()),
                    ("**the truth**", f"**{world.best_rmse(ratings):.4f}**"),
                ],
            ),
            _table(
                ("best 80 % interval of log revenue", ""),
                [
                    ("standard deviation of what cannot be known", f"{interval.sigma:.2f}"),
                    ("the same for who knows all but the talents", f"{without_talents:.2f}"),
                    ("width in log points", f"{interval.width:.3f}"),
                    ("width as a ratio of dollars", f"{interval.factor:.2f}"),
                    ("share of films that it holds", f"{interval.coverage:.2f}"),
                ],
            ),
        )
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _factor(effect: float) -> str:
    return f"{effect:+.2f} (x {np.exp(effect):.2f})"


def _revenue() -> str:
    rows = [
        ("budget, per log point", f"{effects.BUDGET_ELASTICITY:+.2f} (elasticity)"),
        (
            "first director, per standard deviation of talent",
            _factor(effects.DIRECTOR_WORTH),
        ),
        ("first-billed actor, per standard deviation of talent", _factor(effects.STAR_WORTH)),
        ("second or later part of a collection", _factor(effects.SEQUEL_LIFT)),
        ("each year", _factor(effects.YEARLY_GROWTH)),
        *(
            (f"certificate {name}", _factor(effect))
            for name, effect in effects.CERTIFICATE_EFFECT.items()
        ),
        (", ".join(effects.NO_EFFECT), "none"),
        ("noise, standard deviation", f"{effects.REVENUE_NOISE_SD:.2f}"),
    ]
    return _table(("effect on log revenue", "log points"), rows)


def _months() -> str:
    rows = zip(MONTHS, map(_factor, effects.MONTH_LIFT), strict=True)
    return _table(("month of release", "log points"), rows)


def _genres() -> str:
    rows = ((genre, _factor(effect)) for genre, effect in effects.GENRE_EFFECT.items())
    return _table(("genre (a film has the mean over its genres)", "log points"), rows)


def _tastes() -> str:
    rows = [
        (
            group.name,
            f"{group.share:.0%}",
            _signed(group.genres) or "everything alike",
            _signed(group.traits) or "-",
            f"{group.age:.0f}",
            f"{group.women:.0%}",
        )
        for group in effects.TASTE_GROUPS
    ]
    head = ("taste group", "share", "stars per genre", "stars per trait", "mean age", "women")
    return _table(head, rows)


def _signed(stars: dict[str, float]) -> str:
    return ", ".join(f"{name} {amount:+.2f}" for name, amount in stars.items())


def _stars() -> str:
    rows = [
        ("mean of the scale's use", f"{effects.MEAN_RATING:.2f}"),
        ("viewers' means, standard deviation", f"{effects.VIEWER_BIAS_SD:.2f}"),
        ("titles' qualities, standard deviation", f"{effects.TITLE_QUALITY_SD:.2f}"),
        (
            "correlation of quality with the first director's talent",
            f"{effects.QUALITY_FROM_DIRECTOR:.2f}",
        ),
        (
            f"personal liking per unit of each of {len(effects.TRAITS)} traits, standard deviation",
            f"{effects.TRAIT_TASTE_SD:.2f}",
        ),
        ("drift of a viewer per year, standard deviation", f"{effects.DRIFT_SD:.2f}"),
        (
            "noise before rounding to half stars, standard deviation",
            f"{effects.RATING_NOISE_SD:.2f}",
        ),
    ]
    return _table(("a rating is the sum of", "stars"), rows)
