"""How honest schools differ in who comes, how far marks part from the journal, how alike works are, how a cohort moves.

Each statistic of a school becomes a normal score among honest schools: sampling error and the honest spread between
schools together, the spread learnt from the schools themselves, robust against a share that is anything else.
"""

from merilo.methods.honest_schools.cohort_screen import CohortScreen, district_tail, screen_cohorts
from merilo.methods.honest_schools.mark_agreement import (
    MarkAgreement,
    compare_agreement,
    shift_and_agreement,
)
from merilo.methods.honest_schools.paired_means import (
    PairedMeans,
    compare_cohorts,
    compare_means,
    within_index,
)
from merilo.methods.honest_schools.participation import (
    AbsenceModel,
    MarksTilt,
    absence_scores,
    combined_scores,
    fit_absence,
    fit_marks_tilt,
    marks_scores,
    reference_weights,
)
from merilo.methods.honest_schools.score_spread import (
    LogVariance,
    SpreadShortfall,
    log_variance,
    selection_allowance,
    spread_shortfall,
)

__all__ = [
    "AbsenceModel",
    "CohortScreen",
    "LogVariance",
    "MarkAgreement",
    "MarksTilt",
    "PairedMeans",
    "SpreadShortfall",
    "absence_scores",
    "combined_scores",
    "compare_agreement",
    "compare_cohorts",
    "compare_means",
    "district_tail",
    "fit_absence",
    "fit_marks_tilt",
    "log_variance",
    "marks_scores",
    "reference_weights",
    "screen_cohorts",
    "selection_allowance",
    "shift_and_agreement",
    "spread_shortfall",
    "within_index",
]
