"""Writes the tables of docs/world.md from the world. Run as ``python tools/world_page.py``."""

from __future__ import annotations

import re
from pathlib import Path

from marquee.data.world import effects_table, scores_table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "world.md"


def rewritten(page: str) -> str:
    """The page with its tables as the world has them now."""
    for name, table in (("effects", effects_table()), ("scores", scores_table())):
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        pattern = re.escape(start) + ".*?" + re.escape(end)
        page, found = re.subn(pattern, f"{start}\n\n{table}\n\n{end}", page, flags=re.DOTALL)
        if found != 1:
            raise ValueError(
                f"{PAGE.name} must have {start} ... {end} once, it has it {found} times"
            )
    return page


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
