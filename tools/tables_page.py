"""Writes docs/reference/tables.md from the schemas. Run as ``python tools/tables_page.py``."""

from __future__ import annotations

from pathlib import Path

from marquee.data.schema import MEASURES, SCHEMAS, Column, Schema

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "tables.md"
HEAD = """\
# Tables

Every table of a workspace, written by `python tools/tables_page.py` from `marquee/data/schema.py`.
Money is nominal US dollars; zero and empty are null.
"""


def page() -> str:
    """The page as Markdown."""
    measures = "\n".join(f"- `{name}`: {meaning}" for name, meaning in MEASURES.items())
    parts = [HEAD, *map(_section, SCHEMAS.values()), f"## Measures of outcomes\n\n{measures}\n"]
    return "\n".join(parts)


def _section(schema: Schema) -> str:
    rows = "\n".join(
        f"| `{column.name}` | {dtype} | {column.meaning}{_promise(column)} |"
        for column, dtype in zip(schema.columns, schema.dtypes.values(), strict=True)
    )
    key = f" Key: {', '.join(f'`{name}`' for name in schema.key)}." if schema.key else ""
    head = f"## {schema.name}\n\n{schema.meaning}{key}\n"
    return f"{head}\n| column | type | meaning |\n|---|---|---|\n{rows}\n"


def _promise(column: Column) -> str:
    words = []
    if column.required:
        words.append("never null")
    if column.positive:
        words.append("zero is null")
    if column.minimum is not None and column.maximum is not None:
        words.append(f"{column.minimum:g} to {column.maximum:g}")
    elif column.minimum is not None:
        words.append(f"from {column.minimum:g}")
    if column.values is not None:
        words.append(f"one of {', '.join(column.values)}")
    return f" ({'; '.join(words)})" if words else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
