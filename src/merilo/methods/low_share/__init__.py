"""Low results by shares: how probable is it that a school's *true* share of low results reaches the limit.

The official rule lists a school when in at least `min_procedures` procedures at least `threshold_share` of
its participants are below the minimum. With 12 participants and a true share of 20 % that happens by chance
in a fifth of cases, so beside the listing stands its probability given all the school's counts and the
spread between schools.

Model. In procedure p of school s, low ~ Binomial(n, share) and share ~ Beta with mean m_ps and precision;
the mean is logit m_ps = location_p + school_sd * z_s, z_s ~ N(0, 1): procedures of one school are alike.
Given z_s everything is closed (beta-binomial likelihood, beta posterior), so only one integral is left,
taken on a grid. Beta-binomial: Griffiths 1973; random effect with conjugate inner level: Molenberghs,
Verbeke & Demetrio 2007.
"""

from merilo.methods.low_share.listing import (
    DoubtfulCases,
    LowShares,
    assess_low_shares,
    cleaned_probability,
    doubtful_cases,
    fit_doubtful_shares,
)
from merilo.methods.low_share.model import LowShareModel, checked_counts, fit_low_shares

__all__ = [
    "DoubtfulCases",
    "LowShareModel",
    "LowShares",
    "assess_low_shares",
    "checked_counts",
    "cleaned_probability",
    "doubtful_cases",
    "fit_doubtful_shares",
    "fit_low_shares",
]
