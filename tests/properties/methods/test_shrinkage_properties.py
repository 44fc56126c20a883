"""Invariants of shrinkage, and a fine search as the slow twin of REML."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from merilo.methods.shrinkage import reml, shrink

SAME = 1e-7
METHODS = st.sampled_from(["integrated", "reml", "paule_mandel"])


def draw(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    variance = rng.uniform(0.05, 4, n)
    return rng.normal(0, np.sqrt(variance + rng.choice([0.0, 0.5, 5.0]))), variance


def log_likelihood(estimate: np.ndarray, variance: np.ndarray, tau2: float) -> float:
    """Naive twin: normal density of the n - 1 contrasts, by determinants of full matrices."""
    contrasts = np.linalg.qr(np.column_stack([np.ones(len(estimate)), np.eye(len(estimate))[:, 1:]]))[0][
        :, 1:
    ]
    covariance = contrasts.T @ np.diag(variance + tau2) @ contrasts
    values = contrasts.T @ estimate
    return float(-0.5 * np.linalg.slogdet(covariance)[1] - 0.5 * values @ np.linalg.solve(covariance, values))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 15))
def test_reml_is_the_maximum(seed: int, n: int) -> None:
    estimate, variance = draw(seed, n)
    best = reml(estimate, variance)
    top = log_likelihood(estimate, variance, best)
    for other in np.concatenate([[0.0], np.geomspace(1e-4, 100, 60), best * np.array([0.99, 1.01])]):
        assert top >= log_likelihood(estimate, variance, float(other)) - 1e-9


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 40), METHODS, st.floats(-100, 100), st.floats(0.01, 100))
def test_unit_and_origin_do_not_matter(seed: int, n: int, method: str, added: float, unit: float) -> None:
    estimate, variance = draw(seed, n)
    one = shrink(estimate, variance, method=method)  # type: ignore[arg-type]
    other = shrink(unit * estimate + added, unit**2 * variance, method=method)  # type: ignore[arg-type]
    scale = SAME * (abs(added) + unit * 10)
    assert np.allclose(other.estimate, unit * one.estimate + added, rtol=0, atol=scale)
    assert np.allclose(other.se, unit * one.se, rtol=1e-5, atol=scale)
    assert np.allclose(other.reliability, one.reliability, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 40), METHODS)
def test_shrunken_lie_between_raw_and_mean_and_order_does_not_matter(seed: int, n: int, method: str) -> None:
    estimate, variance = draw(seed, n)
    shrunken = shrink(estimate, variance, method=method)  # type: ignore[arg-type]
    assert np.all((shrunken.reliability >= 0) & (shrunken.reliability <= 1))
    if method != "integrated":  # averaged over tau, the mean moves with tau
        low, high = np.minimum(estimate, shrunken.mean), np.maximum(estimate, shrunken.mean)
        assert np.all((shrunken.estimate >= low - SAME) & (shrunken.estimate <= high + SAME))
    assert np.all((shrunken.lower < shrunken.estimate) & (shrunken.estimate < shrunken.upper))
    order = np.random.default_rng(seed).permutation(n)
    shuffled = shrink(estimate[order], variance[order], method=method)  # type: ignore[arg-type]
    assert np.allclose(shuffled.estimate, shrunken.estimate[order], atol=SAME)
