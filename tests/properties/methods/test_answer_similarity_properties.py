"""Answer similarity: invariants, and slow twins of the fast sums."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from merilo.methods.answer_similarity import (
    NONE_CHOSEN,
    Answers,
    NominalItems,
    benjamini_hochberg,
    compare_pairs,
    fit_nominal_response,
    gbt_p,
    holm,
    poisson_binomial,
    pool_rare_options,
    pooled_similarity,
    room_source,
    source_scores,
)

SEED = st.integers(0, 2**32 - 1)


def world(seed: int, n: int = 9, n_items: int = 6, n_options: int = 3) -> tuple[NominalItems, Answers]:
    rng = np.random.default_rng(seed)
    slopes = rng.normal(0, 1, (n_items, n_options))
    items = NominalItems(
        slopes - slopes.mean(axis=1, keepdims=True),
        rng.normal(0, 1, (n_items, n_options)),
        rng.choice([1.0, 1.0, 0.5], (n_items, n_options)),
    )
    codes = rng.integers(-1, n_options, (n, n_items)).astype(np.int16)
    # options that are several texts joined: texts 10 and up
    several = (codes >= 0) & (items.sameness[np.arange(n_items), np.maximum(codes, 0)] < 1)
    chosen = np.where(several, 10 + 2 * codes + rng.integers(0, 2, codes.shape), codes).astype(np.int16)
    return items, Answers(chosen, codes, codes == 0, rng.normal(0, 1, n))


def chance_of(items: NominalItems, ability: float, item: int, option: int) -> float:
    weights = np.exp(items.slopes[item] * ability + items.intercepts[item])
    return float(weights[option] / weights.sum())


@settings(max_examples=25, deadline=None)
@given(SEED)
def test_pair_indices_equal_their_slow_twin(seed):
    items, answers = world(seed)
    pairs = compare_pairs(items, answers, np.arange(9))
    assert len(pairs.first) == 36
    for k, (a, b) in enumerate(zip(pairs.first, pairs.second, strict=True)):
        both = [i for i in range(6) if answers.codes[a, i] >= 0 and answers.codes[b, i] >= 0]
        same = [i for i in both if answers.chosen[a, i] == answers.chosen[b, i]]
        assert pairs.common[k] == len(both)
        assert pairs.identical[k] == len(same)
        assert pairs.identical_wrong[k] == sum(not answers.right[a, i] for i in same)
        p = [
            sum(
                chance_of(items, answers.ability[a], i, o)
                * chance_of(items, answers.ability[b], i, o)
                * items.sameness[i, o]
                for o in range(3)
            )
            for i in both
        ]
        assert np.isclose(pairs.expected[k], sum(p), atol=1e-5)
        given_b = [
            chance_of(items, answers.ability[a], i, answers.codes[b, i])
            * items.sameness[i, answers.codes[b, i]]
            for i in both
        ]
        if both:
            omega = (len(same) - sum(given_b)) / np.sqrt(sum(x * (1 - x) for x in given_b))
            assert np.isclose(pairs.omega_first[k], omega, atol=1e-3)
            density = poisson_binomial(np.array(p)[:, None])[:, 0]
            at_least, _middle = gbt_p(items, answers, np.array([a]), np.array([b]))
            assert np.isclose(at_least[0], density[len(same) :].sum(), atol=1e-10)


@settings(max_examples=25, deadline=None)
@given(SEED)
def test_order_of_works_does_not_matter(seed):
    items, answers = world(seed)
    order = np.random.default_rng(seed).permutation(9)
    here = compare_pairs(items, answers, np.arange(9))
    there = compare_pairs(items, answers.take(order), np.arange(9))
    pairs = {
        frozenset((int(a), int(b))): z for a, b, z in zip(here.first, here.second, here.gbt_z, strict=True)
    }
    for a, b, z in zip(there.first, there.second, there.gbt_z, strict=True):
        twin = pairs[frozenset((int(order[a]), int(order[b])))]
        assert (np.isnan(z) and np.isnan(twin)) or np.isclose(z, twin, atol=1e-4)


@settings(max_examples=25, deadline=None)
@given(SEED)
def test_pooled_excess_is_the_sum_over_pairs(seed):
    items, answers = world(seed)
    group = np.array([0, 0, 0, 1, 1, 1, 1, -1, -1])
    pooled = pooled_similarity(items, answers, group, 2)
    for one in (0, 1):
        excess = variance = comparisons = 0.0
        works = np.flatnonzero(group == one)
        for x, a in enumerate(works):
            for b in works[x + 1 :]:
                for i in range(6):
                    if answers.codes[a, i] < 0 or answers.codes[b, i] < 0:
                        continue
                    comparisons += 1
                    pa, pb = (
                        np.array([chance_of(items, answers.ability[w], i, o) for o in range(3)])
                        for w in (a, b)
                    )
                    ra, rb = -pa.copy(), -pb.copy()
                    ra[answers.codes[a, i]] += 1
                    rb[answers.codes[b, i]] += 1
                    w = items.sameness[i]
                    excess += np.sum(ra * rb * w)
                    ca, cb = (np.diag(p) - np.outer(p, p) for p in (pa, pb))
                    variance += np.sum(ca * cb * np.outer(w, w))
        assert np.isclose(pooled.excess[one], excess)
        assert np.isclose(pooled.variance[one], variance)
        assert pooled.comparisons[one] == comparisons


@settings(max_examples=25, deadline=None)
@given(SEED)
def test_naming_options_otherwise_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    ability = rng.normal(0, 1.5, 300)
    logits = np.array([1.5, 0.0, 0.0, -0.5]) * ability[:, None, None] + rng.normal(0, 0.5, (8, 4))
    chosen = np.argmax(logits + rng.gumbel(0, 1, logits.shape), axis=2).astype(np.int16)
    chosen[rng.random(chosen.shape) < 0.1] = NONE_CHOSEN
    swapped = np.where(chosen == NONE_CHOSEN, NONE_CHOSEN, 3 - chosen).astype(np.int16)
    one, other = (fit_nominal_response(pool_rare_options(x, fewest=1)) for x in (chosen, swapped))
    assert np.isclose(one.log_likelihood, other.log_likelihood, atol=2e-2)


@settings(max_examples=50, deadline=None)
@given(SEED, st.integers(6, 30))
def test_source_scores_ignore_what_all_share(seed, n):
    """The median of the score per variance is taken off: half of a class lies on either side."""
    items, answers = world(seed, n=n)
    score = source_scores(items, answers, np.zeros(n, np.int64))
    known = score[~np.isnan(score)]
    assert len(known) in (0, int((~(answers.codes < 0).all(axis=1)).sum()), n)
    if len(known):
        assert (known >= -1e-9).sum() >= len(known) // 2
        assert (known <= 1e-9).sum() >= len(known) // 2
        assert np.abs(room_source(score, np.zeros(n, np.int64), 1)[0]) <= 8.0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_adjusted_p_values_keep_the_order_and_never_fall(values):
    p = np.array(values)
    for adjusted in (benjamini_hochberg(p), holm(p)):
        assert (adjusted >= p - 1e-15).all()
        assert (adjusted <= 1).all()
        assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= -1e-15).all()
    assert (holm(p) >= benjamini_hochberg(p) - 1e-15).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_numbers_of_matches_are_a_distribution(values):
    density = poisson_binomial(np.array(values)[:, None])[:, 0]
    assert (density >= 0).all()
    assert np.isclose(density.sum(), 1)
    assert np.isclose(density @ np.arange(len(density)), sum(values))
