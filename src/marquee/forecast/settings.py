"""Settings that several estimators share: those of the encoder, and of trees boosted by XGBoost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marquee.forecast.encoding import Encoder, Impute, Scale, Text


@dataclass(kw_only=True, eq=False)
class EncoderSettings:
    """How features become numbers; the settings are those of ``Encoder``."""

    impute: Impute | None = "median"
    scale: Scale | None = None
    text: Text | None = None
    min_count: int = 10
    """Training rows that must hold a word for it to get a column."""
    max_words: int = 100
    seed: int = 0

    def _encoder(self) -> Encoder:
        from marquee.forecast.encoding import Encoder

        return Encoder(
            impute=self.impute,
            scale=self.scale,
            text=self.text,
            min_count=self.min_count,
            max_words=self.max_words,
            seed=self.seed,
        )


@dataclass(kw_only=True, eq=False)
class BoostedTrees:
    """How trees are grown, each on the gradient of the loss of those before it."""

    n_trees: int = 300
    learning_rate: float = 0.04
    depth: int = 4
    rows: float = 0.7
    """Share of the films that each tree sees."""
    columns: float = 0.4
    """Share of the columns that each tree sees."""
    min_weight: float = 10.0
    """Curvature of the loss that a leaf must hold; of squared loss the weight of its films."""
    l2: float = 5.0
    """Penalty on the values of the leaves."""

    def _boosting(self, seed: int) -> dict[str, Any]:
        """Keyword arguments of XGBoost's estimators."""
        return {
            "n_estimators": self.n_trees,
            "learning_rate": self.learning_rate,
            "max_depth": self.depth,
            "subsample": self.rows,
            "colsample_bytree": self.columns,
            "min_child_weight": self.min_weight,
            "reg_lambda": self.l2,
            "random_state": seed,
            "n_jobs": 1,
        }
