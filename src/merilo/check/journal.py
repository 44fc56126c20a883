"""Journal: marks of the work higher than the journal marks of the same pupils imply, or hardly going with them."""

from __future__ import annotations

import numpy as np

from merilo.check.evidence import Evidence
from merilo.check.sitting import Sitting
from merilo.definitions import Definitions
from merilo.errors import EstimationError
from merilo.language import translator
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.honest_schools import (
    MarkAgreement,
    PairedMeans,
    compare_agreement,
    compare_means,
    shift_and_agreement,
)

_ = translator("check")

MARKS = np.arange(2.0, 6.0)
LEAST_PUPILS = 8
# Generosity and marking against one's own school lie in the journal: twice the variance of what is the work's own.
JOURNAL_ERRORS = 0.5


def journal_evidence(sitting: Sitting, definitions: Definitions) -> list[Evidence]:
    """Mean mark of the work against the mean journal mark (schools' honest generosity in the spread), and how well the
    two go together within the school. estimate: the shift, in marks; z of both, the correlation in the notes.
    """
    both = sitting.tally.schools.marks[:, 2:, 2:].astype(np.float64)
    n = both.sum(axis=(1, 2))
    if not n.any():
        return [_cannot_tell(n.astype(np.int64), _("no journal marks to compare with"))]
    enough = n >= LEAST_PUPILS
    x, y, within = mark_moments(both)
    with np.errstate(divide="ignore", invalid="ignore"):
        var_x, cov, var_y = (np.where(enough, v / n, np.nan) for v in within)
    try:
        found = compare_means(y, x, var_y, var_x, cov, error_ratio=JOURNAL_ERRORS)
    except EstimationError as error:
        return [_cannot_tell(n.astype(np.int64), _(error.rule))]
    try:
        agreement = compare_agreement(both, MARKS)
    except EstimationError:
        return [_evidence(n, found, found.z, _few(enough))]
    notes = _few(enough) | _correlations(agreement)
    return [_evidence(n, found, shift_and_agreement(found.z, agreement.z), notes)]


def _evidence(n: FloatArray, found: PairedMeans, z: FloatArray, notes: dict[int, str]) -> Evidence:
    return Evidence(
        name="journal",
        kind="journal",
        n=n.astype(np.int64),
        estimate=found.shift,
        lower=found.lower,
        upper=found.upper,
        unit="marks",
        z=z,
        notes=notes,
    )


def _few(enough: BoolArray) -> dict[int, str]:
    return {int(j): _("fewer than {n} pupils").format(n=LEAST_PUPILS) for j in np.flatnonzero(~enough)}


def _correlations(agreement: MarkAgreement) -> dict[int, str]:
    """Correlation of the two marks beside that of schools like this one."""
    return {
        int(j): _("correlation of mark and journal mark {own:.2f}, usual here {usual:.2f}").format(
            own=agreement.correlation[j], usual=agreement.expected[j]
        )
        for j in np.flatnonzero(np.isfinite(agreement.z))
    }


def mark_moments(both: FloatArray) -> tuple[FloatArray, FloatArray, tuple[float, float, float]]:
    """Mean journal mark and mark of the work (J,), and the pooled within-school (var journal, cov, var work);
    both (J, 4, 4) works by journal mark and mark of the work, 2-5.
    """
    n = both.sum(axis=(1, 2))
    by_journal, by_mark = both.sum(axis=2), both.sum(axis=1)
    safe = np.where(n > 0, n, np.nan)
    x, y = by_journal @ MARKS / safe, by_mark @ MARKS / safe
    freedom = np.maximum(n - 1, 0.0).sum()
    squares = [
        np.nansum(by_journal @ MARKS**2 - n * x**2),
        np.nansum(np.einsum("jab,a,b->j", both, MARKS, MARKS) - n * x * y),
        np.nansum(by_mark @ MARKS**2 - n * y**2),
    ]
    var_x, cov, var_y = (float(s / freedom) if freedom else float("nan") for s in squares)
    return x, y, (var_x, cov, var_y)


def _cannot_tell(n: IntArray, note: str) -> Evidence:
    unknown = np.full(len(n), np.nan)
    return Evidence("journal", "journal", n, unknown, unknown, unknown, "marks", unknown, note=note)
