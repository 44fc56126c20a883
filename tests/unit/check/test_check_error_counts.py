"""Error rates counted by hand: a small authority whose truth and tables are written out."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "validation"))

import objectivity
from error_counts import count_errors
from error_promises import PROMISES
from error_settings import settings
from known_worlds import KnownWorld


@dataclass(frozen=True)
class _Named:
    procedure_id: str = "p"


@dataclass(frozen=True)
class _Sitting:
    tables: dict[str, pl.DataFrame]
    procedure: _Named = _Named()


def world() -> KnownWorld:
    """Six schools: two touched, three honest, one control."""
    region = pl.DataFrame({"lifted_share_lower": [0.1], "lifted_share_upper": [0.4]})
    near = np.zeros((1, 3, 6), np.int64)
    near[0, 0] = 4
    lifted = near // 4
    return KnownWorld(
        sittings=[_Sitting({"procedures": region})],  # type: ignore[list-item]
        org_ids=tuple("abcdef"),
        kind=np.array(["copying", "threshold", "", "", "", ""]),
        control=np.array(["", "", "", "", "", "tiny"]),
        strength=np.array([1.0, 1, 0, 0, 0, 1]),
        touched=np.array([[True], [True], [False], [False], [False], [False]]),
        n=np.array([[50], [20], [20], [70], [10], [5]]),
        near_n=near,
        lifted_n=lifted,
        degree=np.full((1, 3, 6), 0.25),
    )


def tables() -> dict[str, pl.DataFrame]:
    """What `check` said of them."""
    return {
        "objectivity_schools": pl.DataFrame(
            {
                "org_id": ["f", "a", "b", "c", "d", "e"],
                "probability": [0.2, 0.95, 0.3, 0.6, 0.1, float("nan")],
                "flagged": [False, True, False, True, False, None],
                "leading_evidence": ["", "similarity", "threshold_3", "spread", None, None],
            }
        ),
        "objectivity": pl.DataFrame(
            {
                "procedure_id": ["p"] * 6,
                "org_id": list("abcdef"),
                "evidence": ["threshold_3"] * 6,
                "n": [50, 20, 20, 70, 10, 5],
                "estimate_lower": [0.0, 0.0, 0.2, 0.3, 0.0, None],
                "estimate_upper": [1.0, 0.1, 0.3, 0.9, 1.0, None],
                "p_value": [0.001, 0.5, 0.04, 0.6, None, 0.001],
            }
        ),
    }


def test_flags_are_counted_by_who_deserved_them():
    found = count_errors(world(), tables())
    assert found["power", "all", ""] == (1, 2)
    assert found["power", "copying", "30-60"] == (1, 1)
    assert found["power", "threshold", ""] == (0, 1)
    assert found["false_discovery", "mean over authorities", ""] == (0.5, 1)
    assert found["false_discovery", "pooled", ""] == (1, 2)
    assert found["flagged_any", "all", ""] == (1, 1)
    assert found["false_alarms", "honest", ""] == (1, 3)
    assert found["false_alarms", "tiny", ""] == (0, 1)
    assert found["named", "copying", ""] == (1, 1)
    assert ("named", "threshold", "") not in found


def test_ranks_and_probabilities_are_counted_against_the_honest():
    """Nothing can be told of school e: it stands lowest. c is above b, d, e and f below: AUC of b is 3/4."""
    found = count_errors(world(), tables())
    assert found["auc", "copying", ""] == (1.0, 1)
    assert found["auc", "threshold", ""] == (0.75, 1)
    assert found["auc", "all", ""] == (1.75, 2)
    assert found["probability", "0.9-1", ""] == (1, 1)
    assert found["probability", "0.1-0.5", ""] == (1, 3)
    assert found["probability_said", "0.1-0.5", ""] == pytest.approx((0.6, 3))


def test_p_values_are_counted_among_honest_schools_only():
    found = count_errors(world(), tables())
    assert found["p_05", "threshold_3", ""] == (1, 2)
    assert found["p_01", "threshold_3", ""] == (0, 2)
    assert found["known", "threshold_3", ""] == (2, 3)
    assert found["p_05", "threshold_3", "15-30"] == (1, 1)


def test_intervals_are_held_against_the_share_lifted():
    """A quarter of four near-misses is lifted everywhere: inside for c and e (honest); outside for d, and for b."""
    found = count_errors(world(), tables())
    assert found["lift_school", "threshold_3", ""] == (2, 3)
    assert found["lift_school_done", "threshold_3", ""] == (0, 1)
    assert found["lift_region", "all", ""] == (1, 1)


def test_school_touched_nowhere_counts_as_honest():
    """A manipulation that fell on no procedure of the school is none."""
    known = replace(world(), touched=np.zeros((6, 1), bool))
    found = count_errors(known, tables())
    assert found["false_discovery", "pooled", ""] == (2, 2)
    assert ("power", "all", "") not in found


def test_rates_take_authorities_as_the_independent_units():
    key = ("power", "all", "")
    rate = objectivity.rates([{key: (1.0, 2.0)}, {key: (3.0, 4.0)}, {}])[key]
    assert rate.value == pytest.approx(4 / 6)
    residuals = np.array([1 - 2 * 4 / 6, 3 - 4 * 4 / 6, 0.0])
    assert rate.error == pytest.approx(np.sqrt((residuals**2).sum() * 3 / 2) / 6)
    assert (rate.n, rate.worlds) == (6, 2)
    nothing = objectivity.rates([{key: (0.0, 50.0)}] * 4)[key]
    assert nothing.error == pytest.approx(1 / 400)


def test_verdict_of_a_promise_can_be_broken():
    promise = next(one for one in PROMISES if one.measure == "power" and one.hard)
    setting = next(one for one in settings() if one.place == promise.place)
    for value, verdict in ((0.2, "MISSED"), (0.9, "holds")):
        rate = objectivity.Rate(value, 0.02, 100, 5)
        measured = {promise.place: objectivity.Measured(setting, 1.0, {("power", promise.of, ""): rate})}
        assert [row["verdict"] for row in objectivity.judge(promise, measured)] == [verdict]


def test_every_promise_speaks_of_a_setting_of_the_short_mode():
    quick = {one.place for one in settings() if one.quick}
    assert {promise.place for promise in PROMISES} - quick == set()


def test_settings_are_told_apart_by_their_places():
    places = [one.place for one in settings()]
    assert len(set(places)) == len(places)
