"""All the evidence of a run, sitting by sitting, and the numbers of its pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from merilo.check.class_pictures import class_rows, likeness_rows
from merilo.check.cohort import cohort_evidence
from merilo.check.evidence import Evidence
from merilo.check.item_profile import item_picture, item_profile_evidence, study_items
from merilo.check.journal import journal_evidence
from merilo.check.leniency import leniency_evidence
from merilo.check.level import level_evidence
from merilo.check.option_answers import fit_options
from merilo.check.options import option_evidence, similar_pairs
from merilo.check.participation import participation_evidence
from merilo.check.pictures import item_rows, mark_rows, score_rows
from merilo.check.similarity import similarity_evidence
from merilo.check.sitting import Sitting
from merilo.check.spread import spread_evidence
from merilo.check.threshold import ThresholdStudy, study_thresholds, threshold_evidence
from merilo.check.walk import walk_classes
from merilo.definitions import Definitions
from merilo.engines.local import apply_in_order
from merilo.methods.similarity import ClassSums

# School-sittings below which one process is quicker than starting several.
SMALL_JOB = 4_000


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one sitting gave. tables: rows of `similar_pairs` and, if asked for, of evidence_* tables, by name."""

    sitting: Sitting
    evidence: list[Evidence]
    tables: dict[str, pl.DataFrame]


def gather_evidence(
    sittings: Sequence[Sitting],
    definitions: Definitions,
    *,
    workers: int = 1,
    pictures: bool = True,
    on_sitting: Callable[[int, int], None] | None = None,
) -> list[Gathered]:
    """Evidence of every kind that the data of each sitting allow. The works files are walked once more.

    pictures: also the numbers behind the pictures of every school.
    """
    known = {one.procedure.procedure_id: one for one in sittings}
    jobs = [
        _Job(one, {name: known[name] for name in one.procedure.prior if name in known}, definitions, pictures)
        for one in sittings
    ]
    several = workers if sum(one.schools_n for one in sittings) >= SMALL_JOB else 1
    gathered = []
    for sitting, found in zip(sittings, apply_in_order(_gather, jobs, workers=several), strict=True):
        gathered.append(Gathered(sitting, *found))
        if on_sitting is not None:
            on_sitting(len(gathered), len(jobs))
    return gathered


@dataclass(frozen=True, slots=True)
class _Job:
    """A sitting and those that it names as earlier ones."""

    sitting: Sitting
    priors: Mapping[str, Sitting]
    definitions: Definitions
    pictures: bool


def _gather(job: _Job) -> tuple[list[Evidence], dict[str, pl.DataFrame]]:
    sitting, definitions = job.sitting, job.definitions
    thresholds = study_thresholds(sitting, definitions)
    items = study_items(sitting, definitions)
    (classes,) = walk_classes([sitting])
    options = fit_options(sitting.works)
    tables = {} if options is None else {"similar_pairs": similar_pairs(sitting, definitions, fitted=options)}
    evidence = [
        *threshold_evidence(sitting, definitions, thresholds),
        *item_profile_evidence(sitting, definitions, items),
        *leniency_evidence(sitting, definitions, None if items is None else items.profiles),
        *(
            similarity_evidence(sitting, classes, definitions)
            if options is None
            else option_evidence(sitting, definitions, fitted=options)
        ),
        *spread_evidence(sitting, definitions),
        *journal_evidence(sitting, definitions),
        *level_evidence(sitting, definitions, job.priors),
        *cohort_evidence(sitting, job.priors, definitions),
        *participation_evidence(sitting, definitions, sitting.enrolled),
    ]
    if job.pictures:
        tables |= dict(_pictures(sitting, thresholds, classes))
        picture = None if items is None else item_picture(sitting, definitions, items)
        if picture is not None:
            tables["evidence_items"] = item_rows(sitting, picture)
    return evidence, tables


def _pictures(
    sitting: Sitting, thresholds: ThresholdStudy | str, classes: ClassSums | None
) -> Iterator[tuple[str, pl.DataFrame]]:
    expected = None if isinstance(thresholds, str) else thresholds.works.expected
    yield "evidence_scores", score_rows(sitting, expected)
    yield "evidence_marks", mark_rows(sitting)
    yield "evidence_classes", class_rows(sitting, classes)
    yield "evidence_likeness", likeness_rows(sitting, classes)
