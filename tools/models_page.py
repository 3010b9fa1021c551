"""Writes docs/reference/models.md from ALGORITHMS. Run as ``python tools/models_page.py``."""

from __future__ import annotations

from pathlib import Path

from marquee.lifecycle.model_catalog import Entry, catalog

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "models.md"
HEAD = """\
# Models

Every recommender that `marquee fit`, `marquee evaluate` and `marquee models list` know by name,
written by `python tools/models_page.py` from `marquee/models/`. A parameter is given as
`--param name=value`; defaults were chosen on validation data, as the class of each model tells.

Each model scores every title for a profile, also for a viewer who was not there when it was fitted,
and ranks by the scores. What some can do beyond that:
"""


def page() -> str:
    """The page as Markdown."""
    entries = catalog()
    words = sorted({word for entry in entries for word in entry.abilities[1:]})
    lists = [
        f"- {word}: " + ", ".join(f"`{e.name}`" for e in entries if word in e.abilities)
        for word in words
    ]
    return "\n".join([HEAD, *lists, "", *map(_section, entries)])


def _section(entry: Entry) -> str:
    can = ", ".join(entry.abilities)
    lines = [f"## {entry.name}", "", entry.summary, "", f"It {can}."]
    if not entry.personal:
        lines[-1] += " Everybody gets the titles in the same order."
    if entry.members:
        lines[-1] += f" It is made of {', '.join(entry.members)}."
    if entry.parameters:
        lines += ["", "| parameter | type | default | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{one.name}` | {_cell(one.type)} | {_cell(one.default)} | {_cell(one.meaning)} |"
            for one in entry.parameters
        ]
    if entry.paper:
        lines += ["", entry.paper]
    return "\n".join([*lines, ""])


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
