"""How a film will do: estimators over features, and the distributions that they give.

Importing this folder is cheap: an estimator imports its library when it is first fitted.
"""

from marquee.forecast.base import Classifier, Forecaster
from marquee.forecast.bayesian_ridge import BayesianRidge
from marquee.forecast.classifiers import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    Logistic,
    Majority,
    MLPClassifier,
    NeighborsClassifier,
    Prior,
    RandomForestClassifier,
    XGBoostClassifier,
)
from marquee.forecast.comparables import BudgetMultiple, Comparables, Mean
from marquee.forecast.forward_blend import ForwardBlend
from marquee.forecast.network import Network
from marquee.forecast.ordinal import FrankHall, OrdinalLogistic
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
from marquee.forecast.stacked import StackedClassifier
from marquee.forecast.stacking import Stacking
from marquee.forecast.tuned import TunedMLP, TunedRandomForest

FORECASTERS: dict[str, type[Forecaster]] = {
    "adaboost": AdaBoost,
    "bayesian-ridge": BayesianRidge,
    "budget-multiple": BudgetMultiple,
    "comparables": Comparables,
    "forward-blend": ForwardBlend,
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

DEFAULT_FORECASTER = "forward-blend"
"""The one used where nobody names another; ``defaults`` has its settings for each outcome."""

CLASSIFIERS: dict[str, type[Classifier]] = {
    "adaboost": AdaBoostClassifier,
    "frank-hall": FrankHall,
    "gradient-boosting": GradientBoostingClassifier,
    "knn": NeighborsClassifier,
    "logistic": Logistic,
    "majority": Majority,
    "mlp": MLPClassifier,
    "network": Network,
    "ordinal-logistic": OrdinalLogistic,
    "prior": Prior,
    "random-forest": RandomForestClassifier,
    "stacking": StackedClassifier,
    "xgboost": XGBoostClassifier,
}
"""Every classifier by its public name. Classes follow from any forecaster of revenue as well."""
