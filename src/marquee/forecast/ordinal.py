"""Classifiers that know that the classes have an order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from marquee.forecast.encoded import EncodedClassifier
from marquee.forecast.settings import BoostedTrees
from marquee.forecast.space import Range, Space

if TYPE_CHECKING:
    from marquee.forecast.encoding import Impute, Scale


def ordinal_loss(
    parameters: NDArray[np.float64],
    X: NDArray[np.float64],
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    l2: float,
) -> tuple[float, NDArray[np.float64]]:
    r"""Penalized negative log-likelihood of proportional odds, and its gradient.

    .. math:: -\sum_i w_i \log\bigl(\sigma(\theta_{y_i} - x_i \beta)
              - \sigma(\theta_{y_i - 1} - x_i \beta)\bigr) + \tfrac{l_2}{2} \lVert\beta\rVert^2

    with :math:`\theta_{-1} = -\infty` and :math:`\infty` above the last. ``parameters`` are beta,
    the first threshold, and the logarithms of the steps to the next ones, so that any value of
    them keeps the thresholds in order.
    """
    n_inputs = X.shape[1]
    beta, steps = parameters[:n_inputs], np.exp(parameters[n_inputs + 1 :])
    thresholds = thresholds_of(parameters[n_inputs:])
    score = X @ beta
    padded = np.concatenate([[-np.inf], thresholds, [np.inf]])
    lower, upper = padded[labels] - score, padded[labels + 1] - score
    # sigma(b) - sigma(a) = sigma(b) sigma(-a) (1 - exp(a - b)) does not cancel far from 0.
    gap = np.concatenate([[np.inf], steps, [np.inf]])[labels]
    log_p = -np.logaddexp(0, -upper) - np.logaddexp(0, lower) + np.log(-np.expm1(-gap))
    loss = -(weights @ log_p) + l2 / 2 * (beta @ beta)

    # exp(-gap) / (1 - exp(-gap)), the derivative of the last term by the gap.
    closeness = np.exp(-gap) / -np.expm1(-gap)
    by_upper = weights * (expit(-upper) + closeness)
    by_lower = weights * (-expit(lower) - closeness)
    gradient = np.empty_like(parameters)
    gradient[:n_inputs] = X.T @ (by_upper + by_lower) + l2 * beta
    n_labels = padded.size - 1
    by_threshold = -(
        np.bincount(labels, by_upper, n_labels)[:-1] + np.bincount(labels, by_lower, n_labels)[1:]
    )
    # A step moves its own threshold and all above it.
    onward = by_threshold[::-1].cumsum()[::-1]
    gradient[n_inputs] = onward[0]
    gradient[n_inputs + 1 :] = onward[1:] * steps
    return float(loss), gradient


def thresholds_of(free: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ascending thresholds from the first one and the logarithms of the steps after it."""
    return np.asarray(np.concatenate([free[:1], np.exp(free[1:])]).cumsum())


@dataclass(kw_only=True, eq=False)
class OrdinalLogistic(EncodedClassifier):
    r"""Proportional odds: one score orders the films, thresholds on it part the classes.

    .. math:: P(y \le k \mid x) = \sigma(\theta_k - x \beta)

    Fitted by maximum likelihood with a penalty on the squared coefficients, by L-BFGS.

    References
    ----------
    P. McCullagh, "Regression models for ordinal data", JRSS B 1980, equation 2.3.
    """

    l2: float = 30.0
    """Weight of half the sum of squares against the sum of the losses of the films."""

    space: ClassVar[Space] = {"l2": Range(0.3, 1000.0, log=True)}

    coefficients_: NDArray[np.float64] = field(init=False, repr=False)
    """beta, one per column of the encoder."""
    thresholds_: NDArray[np.float64] = field(init=False, repr=False)
    """theta, shape (n_occurring - 1,), ascending."""

    def _learn(
        self,
        X: NDArray[np.float64],
        labels: NDArray[np.int64],
        weights: NDArray[np.float64],
        days: NDArray[np.int32],  # noqa: ARG002  # for estimators that look at time
    ) -> None:
        from scipy.optimize import minimize

        # Without inputs the thresholds are the log odds of the cumulative shares; start there.
        share = np.bincount(labels, weights).cumsum()[:-1] / weights.sum()
        odds = np.log(share / (1 - share))
        start = np.concatenate([np.zeros(X.shape[1]), odds[:1], np.log(np.diff(odds))])
        total = weights.sum()

        def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            value, gradient = ordinal_loss(parameters, X, labels, weights, self.l2)
            return value / total, gradient / total

        options = {"maxiter": 2000, "ftol": 1e-12, "gtol": 1e-7}
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x
        self.coefficients_ = found[: X.shape[1]]
        self.thresholds_ = thresholds_of(found[X.shape[1] :])

    def _answer(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        up_to = expit(self.thresholds_ - (X @ self.coefficients_)[:, None])
        return np.diff(up_to, axis=1, prepend=0.0, append=1.0)


def nearest_descending(above: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Rows that descend, nearest to the given ones in squares: their isotonic regression.

    .. math:: g_k = \min_{s \le k} \max_{t \ge k} \operatorname{mean}(q_s, …, q_t)
    """
    n = above.shape[1]
    sums = np.concatenate([np.zeros((above.shape[0], 1)), above.cumsum(axis=1)], axis=1)
    first, last = np.arange(n)[:, None], np.arange(n)[None, :]
    length = np.maximum(last - first + 1, 1)
    means = np.where(last >= first, (sums[:, last + 1] - sums[:, first]) / length, -np.inf)
    highest = np.maximum.accumulate(means[:, :, ::-1], axis=2)[:, :, ::-1]  # over t from k on
    highest = np.where(last >= first, highest, np.inf)
    return np.asarray(highest.min(axis=1))


@dataclass(kw_only=True, eq=False)
class FrankHall(BoostedTrees, EncodedClassifier):
    """One yes-or-no question per boundary, whether a film gets above it, each asked of XGBoost.

    The answers need not agree that getting higher is less likely; they are brought into order by
    the nearest descending ones, and the probability of a class is the difference of neighbors.
    Where answers had to be brought into order that difference is 0, so a little of the shares in
    training is mixed in.

    References
    ----------
    E. Frank and M. Hall, "A simple approach to ordinal classification", ECML 2001.
    """

    impute: Impute | None = None
    scale: Scale | None = None
    n_trees: int = 150
    depth: int = 3
    min_weight: float = 3.0
    smoothing: float = 0.05
    """Part of the probability that is shared out by the shares of the classes in training."""

    space: ClassVar[Space] = {
        "n_trees": (75, 150, 300),
        "learning_rate": Range(0.02, 0.1, log=True),
        "depth": Range(2, 5, whole=True),
        "columns": Range(0.1, 0.8),
    }

    members_: list[Any] = field(init=False, repr=False)
    """An XGBoost classifier per boundary between occurring classes, lowest first."""
    share_: NDArray[np.float64] = field(init=False, repr=False)
    """Weighted share of each occurring class in training, shape (n_occurring,)."""

    def _learn(
        self,
        X: NDArray[np.float64],
        labels: NDArray[np.int64],
        weights: NDArray[np.float64],
        days: NDArray[np.int32],  # noqa: ARG002  # for estimators that look at time
    ) -> None:
        from xgboost import XGBClassifier

        self.share_ = np.bincount(labels, weights) / weights.sum()
        self.members_ = []
        n_boundaries = int(labels.max())
        for boundary in range(n_boundaries):
            member = XGBClassifier(**self._boosting(self.seed))
            above = (labels > boundary).astype(np.int64)
            self.members_.append(member.fit(X, above, sample_weight=weights))
            self._epoch_done(boundary + 1, n_boundaries)

    def _answer(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        above = np.column_stack([member.predict_proba(X)[:, 1] for member in self.members_])
        above = nearest_descending(above.astype(np.float64))
        p = -np.diff(above, axis=1, prepend=1.0, append=0.0)
        return np.asarray((1 - self.smoothing) * p + self.smoothing * self.share_)
