"""Draws from the posterior of a factorization machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.models.fm_blocks import Block, outcomes
from marquee.models.fm_kernels import add_rows, draw_factor, draw_weights, group_sums
from marquee.models.fm_responses import Response

INIT_STD = 0.1
"""Standard deviation of the factors that the chain starts from."""


class Prior(NamedTuple):
    """Mean and precision of the weights, or of the factors, of each group."""

    means: NDArray[np.float64]
    """Shape (n_groups,), or (n_factors, n_groups)."""
    precisions: NDArray[np.float64]


class Draw(NamedTuple):
    """One state of the chain, by block; its arrays change with the next, so copy what you keep."""

    weights: list[NDArray[np.float64]]
    """Shape (n_features,) each."""
    factors: list[NDArray[np.float64]]
    """Shape (n_factors, n_features) each."""
    weight_priors: list[Prior]
    factor_priors: list[Prior]


def chain(
    blocks: Sequence[Block],
    response: Response,
    *,
    n_factors: int,
    n_draws: int,
    rng: np.random.Generator,
) -> Iterator[Draw]:
    r"""States of a Gibbs chain, one after each pass over all parameters.

    Every weight and factor is drawn from its conditional given all others, which is Gaussian since
    the machine is linear in each of them. Those of a group have the prior :math:`N(\mu, 1/\lambda)`
    with :math:`\mu \sim N(0, 1/\lambda)` and :math:`\lambda \sim \Gamma(\tfrac12, \tfrac12)`, drawn
    along. Noise, intercept and what stands for the ratings are the response's.

    References
    ----------
    C. Freudenthaler, L. Schmidt-Thieme and S. Rendle, "Bayesian factorization machines", NIPS
    workshop on sparse representation and low-rank approximation, 2011.
    """
    sizes = [part.matrix.shape[1] for part in blocks]
    weights = [np.zeros(size) for size in sizes]
    factors = [INIT_STD * rng.standard_normal((n_factors, size)) for size in sizes]
    shapes = [part.n_groups for part in blocks]
    members = [np.bincount(part.groups, minlength=part.n_groups) for part in blocks]
    weight_priors = [Prior(np.zeros(g), np.full(g, 10.0)) for g in shapes]
    factor_priors = [Prior(np.zeros((n_factors, g)), np.full((n_factors, g), 10.0)) for g in shapes]
    sums = [np.ascontiguousarray((p.matrix @ V.T).T) for p, V in zip(blocks, factors, strict=True)]
    e = response.start(outcomes(blocks, weights, factors))
    totals = np.empty(len(e))
    for _ in range(n_draws):
        response.renew(e, rng)
        row_weights = [_sums(response.case_weights, part) for part in blocks]
        for place, part in enumerate(blocks):
            w, prior = weights[place], weight_priors[place]
            _renew_prior(prior, w, part.groups, members[place], rng)
            # Given a factor's values its prior meets nothing else: those of all can be drawn now.
            _renew_prior(factor_priors[place], factors[place], part.groups, members[place], rng)
            draw_weights(
                e,
                response.case_weights,
                part.case_rows,
                row_weights[place],
                part.starts,
                part.rows,
                part.values,
                part.groups,
                prior.means,
                prior.precisions,
                response.precision,
                rng.standard_normal(len(w)),
                w,
            )
        for f in range(n_factors):
            totals[:] = 0
            for part, own in zip(blocks, sums, strict=True):
                add_rows(own[f], part.case_rows, totals)
            for place, part in enumerate(blocks):
                v, prior = factors[place][f], factor_priors[place]
                draw_factor(
                    e,
                    totals,
                    response.case_weights,
                    part.case_rows,
                    part.edges,
                    row_weights[place],
                    part.starts,
                    part.rows,
                    part.values,
                    part.groups,
                    prior.means[f],
                    prior.precisions[f],
                    response.precision,
                    rng.standard_normal(len(v)),
                    v,
                    sums[place][f],
                )
        yield Draw(weights, factors, weight_priors, factor_priors)


def _sums(case_weights: NDArray[np.float64], part: Block) -> NDArray[np.float64]:
    """The sum of the weights of each row's cases."""
    sums = np.bincount(part.case_rows, case_weights, part.matrix.shape[0])
    return sums.astype(np.float64, copy=False)


def _renew_prior(
    prior: Prior,
    values: NDArray[np.float64],
    groups: NDArray[np.int32],
    counts: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Draws each group's precision given its mean, then the mean, in place.

    ``values`` are the weights, or the factors, a row each. ``counts`` are those of the features of
    each group. A group without features keeps what it has: its prior alone would be as good as
    nothing.
    """
    means, precisions = np.atleast_2d(prior.means), np.atleast_2d(prior.precisions)
    totals, spread = np.zeros(means.shape), np.zeros(means.shape)
    group_sums(np.atleast_2d(values), groups, means, totals, spread)
    drawn = rng.gamma((2 + counts) / 2, 2 / (1 + (spread + means**2)))
    precisions[:] = np.where(counts > 0, drawn, precisions)
    centers = totals / (counts + 1)
    noise = rng.standard_normal(means.shape) / np.sqrt(precisions * (counts + 1))
    means[:] = np.where(counts > 0, centers + noise, means)
