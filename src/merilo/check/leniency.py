"""Items marked by a person against the rest at equal raw score: is marking more lenient than elsewhere?"""

from __future__ import annotations

import numpy as np

from merilo.check.evidence import Evidence
from merilo.check.school_profiles import LEAST_PUPILS, SchoolProfiles, school_profiles
from merilo.check.sitting import Sitting
from merilo.definitions import Definitions
from merilo.language import translator
from merilo.methods.profile import contrast

_ = translator("check")


def leniency_evidence(
    sitting: Sitting, definitions: Definitions, profiles: SchoolProfiles | None = None
) -> list[Evidence]:
    """One piece of evidence. estimate: points gained on person-marked items beyond the region's usual, at the school's
    results on the others, as a share of the maximum of those items. A lenient marker adds a point in some share of the
    works that have room, which raises an item by so many logits as that is worth there (`lenient`): compared with
    raising all person-marked items by the same logits, AUC at half strength rose from 0.905 to 0.970 (on fresh
    regions 0.952).

    profiles: as of school_profiles(sitting), when they are at hand. Lenient or strict marking of the whole authority
    cannot be seen here: the usual school is 0.
    """
    profiles = profiles or school_profiles(sitting)
    if profiles is None:
        return []
    expert = profiles.expert
    told = all(item.marking for item in sitting.procedure.items)
    if not told or expert.all() or not expert.any():
        return [_cannot_tell(profiles, told)]
    honest = profiles.honest
    common = honest.common[: profiles.skills.shape[1]]
    found = contrast(
        honest.straight,
        profiles.shifts.noise,
        honest.own,
        profiles.skills,
        common,
        profiles.lenient,
        profiles.usable,
    )
    # The coefficient is a share of works with room; points gained are that many.
    most = np.maximum((profiles.item_n * profiles.max_points)[:, expert].sum(axis=1), 1)
    points = profiles.room[:, expert].sum(axis=1) / most
    width = 1.96 * np.sqrt(found.sampling + found.own) * points
    estimate = (found.estimate - found.centre) * points
    few = _("fewer than {n} pupils").format(n=LEAST_PUPILS)
    return [
        Evidence(
            name="expert_leniency",
            kind="expert_leniency",
            n=profiles.n,
            estimate=estimate,
            lower=estimate - width,
            upper=estimate + width,
            unit="share of points",
            z=found.z,
            notes={int(j): few for j in np.flatnonzero(~profiles.usable)},
            note=_("against the usual marking of the region: leniency common to all schools is not seen"),
        )
    ]


def _cannot_tell(profiles: SchoolProfiles, told: bool) -> Evidence:
    if not told:
        note = _("the way items are marked is not known")
    elif profiles.expert.any():
        note = _("all items are marked by a person: nothing to compare with")
    else:
        note = _("no items are marked by a person")
    nothing = np.full(len(profiles.n), np.nan)
    return Evidence(
        name="expert_leniency",
        kind="expert_leniency",
        n=profiles.n,
        estimate=nothing,
        lower=nothing,
        upper=nothing,
        unit="share of points",
        z=nothing,
        note=note,
    )
