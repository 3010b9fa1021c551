"""What the leak lab found: honest and inflated figures side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marquee.evaluation.forecasting.markdown import table
from marquee.evaluation.plain import plain


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Figures of one estimator, without and with the mistake."""

    model: str
    honest: dict[str, float]
    inflated: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class LeakCase:
    """One mistake."""

    name: str
    honest: str
    """What the honest figures were measured on."""
    inflated: str
    """What the inflated figures were measured on."""
    why: str
    """Why the figures are better, in one sentence."""
    headline: str
    """The figure that shows it best."""
    pairs: tuple[Pair, ...]

    @property
    def lift(self) -> float:
        """Inflated less honest headline figure of the first estimator."""
        first = self.pairs[0]
        return first.inflated[self.headline] - first.honest[self.headline]


@dataclass(frozen=True, kw_only=True)
class LeakLabReport:
    """What each mistake buys on one body of data."""

    cases: tuple[LeakCase, ...]
    refused: dict[str, str | None]
    """What the honest features answer, before the release, when asked for a column that only the
    released film can tell; null where they gave it."""
    n_films: int
    last_year: int
    """Last year to learn from wherever films are divided by time."""
    seed: int
    seconds: float

    def case(self, name: str) -> LeakCase:
        """The case of that name."""
        for case in self.cases:
            if case.name == name:
                return case
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON knows it, NaN as None."""
        told: dict[str, Any] = plain(self)
        for case, own in zip(told["cases"], self.cases, strict=True):
            case["lift"] = plain(own.lift)
        return told

    def to_markdown(self) -> str:
        """The report as Markdown tables, each with its sentence."""
        parts = [
            f"# Leak lab: {self.n_films:,} films, by time: learned up to {self.last_year}",
        ]
        for case in self.cases:
            names = list(case.pairs[0].honest)
            rows = [
                [pair.model, what, *(figures[name] for name in names)]
                for pair in case.pairs
                for what, figures in (("honest", pair.honest), ("inflated", pair.inflated))
            ]
            parts.append(
                f"## {case.name}\n\n{case.why}\n\nHonest: {case.honest}. Inflated: "
                f"{case.inflated}.\n\n" + table(["model", "", *names], rows)
            )
        answers = [[name, said or "GIVEN"] for name, said in self.refused.items()]
        parts.append(
            "## Asked before the release\n\n" + table(["column", "what the features say"], answers)
        )
        return "\n\n".join(parts) + "\n"
