"""How often a report claims a difference that is not there: the table of docs/benchmarks.md.

Run as ``python benchmarks/false_discoveries.py``. Each question is asked of 200 worlds in which
what it compares was shuffled among the titles, so that every difference that it claims is false.
The questions about the audience are asked so by ``tests/insights/test_false_discoveries.py``.
"""

from __future__ import annotations

from scipy.stats import binom

from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.insights import INSIGHTS
from marquee.insights.multiple import FALSE_DISCOVERY_RATE

WORLDS = 200
BUILT = 5
"""Worlds that are built; each is shuffled anew until there are enough."""

SHUFFLED = {
    "genre-by-month": ("genres",),
    "genre-share": ("genres",),
    "thin-ratings": ("genres",),
    "plot-tone": ("overview",),
    "runtime-and-profit": ("runtime_min",),
    "keywords": ("keywords",),
    "popularity-by-certificate": ("certificate",),
    "simpsons-paradox": ("genres", "certificate", "languages"),
}
"""Columns of the titles that are shuffled together, by question."""


def main() -> None:
    """Prints the table as Markdown."""
    worlds = [build_world(800, 250, 8_000, seed) for seed in range(BUILT)]
    bound = int(binom.ppf(0.99, WORLDS, FALSE_DISCOVERY_RATE))
    print(f"| question | worlds of {WORLDS} with a false claim | at most, where the rate holds |")
    print("|---|--:|--:|")
    for key, columns in SHUFFLED.items():
        claimed = 0
        for seed in range(WORLDS):
            tables = shuffle(worlds[seed % BUILT], columns, seed)
            claimed += bool(INSIGHTS[key].ask(tables).differences)
        print(f"| `{key}` | {claimed} | {bound} |", flush=True)


def shuffle(tables: Tables, columns: tuple[str, ...], seed: int) -> Tables:
    """The tables with those columns of the titles, together, in another order."""
    moved = tables.titles.select(columns).sample(fraction=1, shuffle=True, seed=seed)
    return tables.replace(titles=tables.titles.with_columns(moved.get_columns()))


if __name__ == "__main__":
    main()
