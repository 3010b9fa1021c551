"""Writes docs/reference/features.md from FEATURES. Run as ``python tools/features_page.py``."""

from __future__ import annotations

from pathlib import Path

from marquee.features import FEATURES
from marquee.features.asking import LAG_DAYS
from marquee.features.base import HORIZONS, USUAL, Theme
from marquee.features.frame import ALSO_CALLED

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "features.md"
HEAD = f"""\
# Features

What can be known about a title on a day, written by `python tools/features_page.py` from
`marquee/features/`. `feature_frame(tables, asked, horizon)` answers questions of the form
`title_id`, `as_of` with these columns; `at_release(tables)` asks about each title on the day after
its release.

Only facts known before `as_of` are used. Outcomes of other films count once the films have been out
for {LAG_DAYS} days; the title's own outcome stands only in columns of the horizon `post_release`.
Unknown is null.

A column can be asked from its horizon on. Asking for it earlier raises `HorizonError`, which names
the column. The horizons, earliest first:

| horizon | what is known |
|---|---|
| `greenlight` | the decision to make it: budget, genre, people, companies, planned month |
| `announced` | what the announcement tells too: day, certificate, runtime, series, plot |
| `pre_release` | what is known on the eve of the release too: other films around it |
| `post_release` | what only the released film can tell: votes, popularity, box office |

Forecasts are asked at `{USUAL}` where nobody names another horizon. Of a plan no catalog holds the
rivals yet, so a model that had counted those of past films would find none.

Columns marked *undated* tell how much volunteers wrote about a film, often after it had become
known. A frame holds them only if they are asked for by name, which is safe from a snapshot of the
day.
"""


def page() -> str:
    """The page as Markdown."""
    names = "\n".join(f"- `{name}` is `{column}`" for name, column in ALSO_CALLED.items())
    counts = {
        horizon: sum(
            column.horizon == horizon for theme in FEATURES.values() for column in theme.columns
        )
        for horizon in HORIZONS
    }
    total = ", ".join(f"{count} {horizon}" for horizon, count in counts.items())
    parts = [HEAD, f"Columns: {total}.\n", *map(_section, FEATURES.values())]
    return "\n".join([*parts, f"## Other names of columns\n\n{names}\n"])


def _section(theme: Theme) -> str:
    rows = "\n".join(
        f"| `{column.name}` | {column.kind} | {column.horizon}{', undated' * column.undated} "
        f"| {column.group} | {column.words} |"
        for column in theme.columns
    )
    head = f"## {theme.name}\n\n{theme.summary}\n"
    return f"{head}\n| column | kind | horizon | group | meaning |\n|---|---|---|---|---|\n{rows}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
