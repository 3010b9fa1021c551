"""How a film will do: estimators over features, and the distributions that they give.

Importing this folder is cheap: an estimator imports its library when it is first fitted.
"""

from marquee.forecast.base import Forecaster
from marquee.forecast.comparables import BudgetMultiple, Comparables, Mean
from marquee.forecast.pipelines import (
    MLP,
    OLS,
    AdaBoost,
    GradientBoosting,
    Neighbors,
    RandomForest,
    Ridge,
    XGBoost,
)
from marquee.forecast.stacking import Stacking
from marquee.forecast.tuned import TunedMLP, TunedRandomForest

FORECASTERS: dict[str, type[Forecaster]] = {
    "adaboost": AdaBoost,
    "budget-multiple": BudgetMultiple,
    "comparables": Comparables,
    "gradient-boosting": GradientBoosting,
    "knn": Neighbors,
    "mean": Mean,
    "mlp": MLP,
    "ols": OLS,
    "random-forest": RandomForest,
    "ridge": Ridge,
    "stacking": Stacking,
    "tuned-mlp": TunedMLP,
    "tuned-random-forest": TunedRandomForest,
    "xgboost": XGBoost,
}
"""Every forecaster by its public name, read by whoever lists, builds, saves or tests them."""

DEFAULT_FORECASTER = "xgboost"
"""The one used where nobody names another."""
