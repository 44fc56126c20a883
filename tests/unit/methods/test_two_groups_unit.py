"""Two groups of schools: by hand, and at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.two_groups import (
    adjusted_p_values,
    combine,
    fit_student,
    honest_correlation,
    honest_share,
    normal_scores,
    plain_prior,
    pool,
    posterior_q_values,
    upper_tail,
    what_reviews_leave,
)

PRIOR = plain_prior(3)


def noise(schools: int = 60, procedures: int = 4, seed: int = 1) -> np.ndarray:
    """Independent standard normal z (J, P, 3)."""
    return np.random.default_rng(seed).standard_normal((schools, procedures, 3))


def test_adjusted_p_values_by_hand():
    q = adjusted_p_values(np.array([0.04, np.nan, 0.01, 0.03]))
    # Ranked 0.01, 0.03, 0.04: 0.03, 0.045, 0.04, and none above the next.
    assert q == pytest.approx([0.04, np.nan, 0.03, 0.04], nan_ok=True)


def test_adjusted_p_values_of_nothing_are_nothing():
    assert adjusted_p_values(np.array([])).size == 0
    assert np.isnan(adjusted_p_values(np.array([np.nan]))).all()


def test_honest_share_by_hand():
    # One of four above a half: (1 + 1) / (4 * 0.5).
    assert honest_share(np.array([0.01, 0.02, 0.03, 0.9])) == pytest.approx(1.0)
    assert honest_share(np.array([0.01] * 9 + [0.9])) == pytest.approx(0.4)
    assert honest_share(np.array([np.nan])) == 1.0


def test_posterior_q_is_the_mean_doubt_of_all_at_least_as_probable():
    q = posterior_q_values(np.array([0.5, 0.9, np.nan, 0.8]))
    assert q == pytest.approx([(0.1 + 0.2 + 0.5) / 3, 0.1, np.nan, 0.15], nan_ok=True)


def test_tied_probabilities_share_one_q_value():
    q = posterior_q_values(np.array([0.9, 0.6, 0.6]))
    assert q == pytest.approx([0.1, 0.3, 0.3])


def test_pooled_z_by_hand():
    z = np.array([[[1.0], [3.0]], [[2.0], [np.nan]], [[np.nan], [np.nan]]])
    pooled = pool(z, np.array([0.5]))
    # Two procedures of correlation 0.5: variance of the sum 2 + 2 * 0.5 = 3; one procedure stays itself.
    assert pooled.z[:, 0] == pytest.approx([4 / np.sqrt(3), 2.0, np.nan], nan_ok=True)
    assert pooled.reach[:, 0] == pytest.approx([2 / np.sqrt(3), 1.0, 0.0])
    assert pooled.procedures_n[:, 0].tolist() == [2, 1, 0]


def test_procedure_without_information_does_not_count():
    z = np.array([[[1.0], [30.0]]])
    pooled = pool(z, np.array([0.2]), np.array([[[1.0], [0.0]]]))
    assert pooled.z[0, 0] == pytest.approx(1.0)


def test_correlation_without_pairs_is_the_prior():
    z = np.array([[[1.0]], [[-1.0]]])
    assert honest_correlation(z, np.ones(2), np.array([0.3]), np.array([10.0])) == pytest.approx([0.3])


def test_normal_scores_keep_the_probability():
    residual = np.array([[-2.0], [0.0], [2.0], [np.nan]])
    assert normal_scores(residual, np.array([0.0])) == pytest.approx(residual, nan_ok=True)
    scores = normal_scores(residual, np.array([0.25]))
    assert scores[1, 0] == 0.0
    # A heavy tail makes the same distance less surprising.
    assert scores[2, 0] == pytest.approx(-scores[0, 0])
    assert 1.5 < scores[2, 0] < 2.0
    assert upper_tail(np.array([[0.0]]), np.array([0.25]))[0, 0] == pytest.approx(0.5)


def test_null_of_no_schools_is_the_prior():
    x = np.full((5, 1), np.nan)
    one = np.ones(1)
    null = fit_student(x, np.ones(5), (0 * one, one), (0.3 * one, 2 * one, 10 * one), (0 * one, 0.02 * one))
    assert null.mean[0] == pytest.approx(0.3, abs=1e-4)
    assert null.sd[0] == pytest.approx(2.0, abs=1e-3)


def test_school_without_evidence_has_no_probability():
    z = noise()
    z[7] = np.nan
    found = combine(z, prior=PRIOR, flag_limit=0.1)
    assert np.isnan(found.probability[7])
    assert np.isnan(found.q_value[7])
    assert found.leading[7] == -1
    assert not found.flagged[7]


def test_kind_without_evidence_changes_nothing():
    z = noise()
    z[:, :, 2] = np.nan
    found = combine(z, prior=PRIOR, flag_limit=0.1)
    assert np.isfinite(found.probability).all()
    assert (found.kind_probability[:, 2] == 0).all()
    assert (found.leading != 2).all()


@pytest.mark.parametrize("schools", [1, 2, 5])
def test_a_handful_of_schools_is_not_an_error(schools):
    found = combine(noise(schools), prior=PRIOR, flag_limit=0.1)
    assert np.isfinite(found.probability).all()


def test_equal_z_everywhere_flag_nobody():
    found = combine(np.zeros((30, 4, 3)), prior=PRIOR, flag_limit=0.1)
    assert not found.flagged.any()


def test_one_school_far_out_is_flagged_with_its_kind():
    z = noise()
    z[11, :, 1] += 5.0
    found = combine(z, prior=PRIOR, flag_limit=0.1)
    assert np.flatnonzero(found.flagged).tolist() == [11]
    assert found.leading[11] == 1
    assert found.probability[11] > 0.95


def test_a_shift_downwards_is_never_suspicious():
    z = noise()
    z[11, :, 1] -= 5.0
    found = combine(z, prior=PRIOR, flag_limit=0.1)
    assert not found.flagged.any()
    assert found.probability[11] < 0.05


def test_reviews_leave_what_they_say():
    labels = np.array([[np.nan, np.nan], [1.0, np.nan], [0.0, np.nan], [0.0, 0.0]])
    left = what_reviews_leave(labels)
    assert left.tolist() == [[1, 1, 1], [0, 1, 0], [1, 0, 1], [1, 0, 0]]


def test_confirmed_school_stands_out_whatever_its_z():
    z = noise()
    labels = np.full((60, 3), np.nan)
    labels[3, 0], labels[4, :] = 1.0, 0.0
    z[4, :, 1] += 5.0
    found = combine(z, prior=PRIOR, flag_limit=0.1, labels=labels)
    assert found.probability[3] > 0.95
    assert found.leading[3] == 0
    assert found.probability[4] < 0.05


def test_review_speaks_where_there_is_no_evidence():
    z = noise()
    z[5, :, 0] = np.nan
    labels = np.full((60, 3), np.nan)
    labels[5, 0] = 1.0
    found = combine(z, prior=PRIOR, flag_limit=0.1, labels=labels)
    assert found.leading[5] == 0
    assert found.flagged[5]
