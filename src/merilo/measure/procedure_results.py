"""The procedure as a whole: one row of `procedures`, and the distribution of its raw scores."""

from __future__ import annotations

import numpy as np
import polars as pl

from merilo.errors import EstimationError
from merilo.language import translator
from merilo.measure.calibration import Calibration
from merilo.measure.item_results import TestStatistics
from merilo.measure.school_effects import EffectModel
from merilo.methods.arrays import FloatArray
from merilo.methods.lift import REASONS, LiftEstimate, estimate_lift
from merilo.tables.procedure import Procedure
from merilo.tables.works import WorksFile
from merilo.tally import Tally
from merilo.tally.scores import ScoreCounts, cut_places

_ = translator("measure")


def procedure_lift(
    procedure: Procedure, counts: ScoreCounts | None, kernel: FloatArray | None
) -> LiftEstimate | None:
    """Share of near-misses lifted over the cut scores; None where there is no cut score or no table of scores."""
    if counts is None:
        return None
    places = list(cut_places(procedure, counts).values())
    try:
        return estimate_lift(counts.n.astype(np.float64), places, kernel=kernel) if places else None
    except EstimationError:
        return None


def score_distribution(
    procedure: Procedure, counts: ScoreCounts | None, lift: LiftEstimate | None, lift_works_n: int
) -> pl.DataFrame:
    """Rows of the table `score_distribution`. lift_works_n: works that `lift` was estimated from; the smooth counts are
    brought to the number of all works.
    """
    if counts is None:
        return pl.DataFrame(schema={"procedure_id": pl.String, "score": pl.Int64, "n": pl.Int64})
    smooth = np.full(len(counts.n), np.nan)
    if lift is not None and lift_works_n:
        smooth = lift.counterfactual * (int(counts.n.sum()) / lift_works_n)
    return pl.DataFrame(
        {"score": np.arange(len(counts.n)) + counts.lowest, "n": counts.n, "counterfactual_n": smooth}
    ).with_columns(pl.lit(procedure.procedure_id).alias("procedure_id"))


def procedure_row(
    works: WorksFile,
    tally: Tally,
    *,
    statistics: TestStatistics | None,
    calibration: Calibration | None,
    models: list[EffectModel],
    lift: LiftEstimate | None,
    notes: list[str],
) -> pl.DataFrame:
    """The row of the table `procedures`."""
    procedure = works.procedure
    n, mean, sd = score_moments(tally)
    raw = models[0].fit
    row: dict[str, object] = {
        "procedure_id": procedure.procedure_id,
        "title": procedure_title(procedure),
        "kind": procedure.kind,
        "subject": procedure.subject,
        "subject_name": procedure.subject_name,
        "year_group": procedure.year_group,
        "programme_year_group": procedure.programme_year_group,
        "school_year": procedure.school_year,
        "date": procedure.date or None,
        "schools_n": int(np.count_nonzero(np.bincount(np.array(works.class_org), tally.schools.class_n))),
        "n": n,
        "absent_n": int(tally.schools.absent.sum()),
        "max_score": procedure.highest_score,
        **{f"cut_{mark}": procedure.cut_scores.get(mark) for mark in (3, 4, 5)},
        "pass_score": procedure.pass_score,
        "mean_points": mean,
        "sd_points": sd,
        "school_sd_points": None if raw is None else float(np.sqrt(raw.var_u)),
        "pupil_sd_points": None if raw is None else float(np.sqrt(raw.var_e)),
        "vpc": None if raw is None else raw.vpc,
        "total_mismatch_n": works.total_mismatch_n,
    }
    if statistics is not None:
        row |= {
            "alpha": statistics.alpha,
            "alpha_se": statistics.alpha_se,
            "sem_points": statistics.sem_points,
        }
    if calibration is not None:
        row |= {"ability_mean_logits": calibration.mean, "ability_sd_logits": calibration.sd}
    row |= _mark_shares(tally) | _lift_columns(procedure, lift)
    note = "; ".join([*_empty_notes(procedure, lift), *notes, *_lift_notes(lift)])
    return pl.DataFrame([{**row, "note": note or None}], infer_schema_length=None)


def score_moments(tally: Tally) -> tuple[int, float, float]:
    """Works, mean score and SD (n-1), from the class sums."""
    schools = tally.schools
    n, total, square = tally.n, float(schools.class_sum.sum()), float(schools.class_square.sum())
    if n == 0:
        return 0, float("nan"), float("nan")
    mean = total / n
    # Squares about the mean, class by class: no cancellation where scores are large and alike.
    filled = schools.class_n > 0
    class_n = schools.class_n[filled]
    class_mean = schools.class_sum[filled] / class_n
    within = schools.class_square[filled] - class_n * class_mean**2
    about = float(np.maximum(within, 0).sum() + (class_n * (class_mean - mean) ** 2).sum())
    assert square >= 0
    return n, mean, float(np.sqrt(about / (n - 1))) if n > 1 else float("nan")


def procedure_title(procedure: Procedure) -> str:
    """What the procedure is, in words: «Математика, 5 класс, ВПР, 2020/21»."""
    kinds = {
        "vpr": _("VPR"),
        "oge": _("OGE"),
        "ege": _("EGE"),
        "gve": _("GVE"),
        "niko": _("NIKO"),
        "regional": _("regional test"),
        "school": _("test"),
    }
    subject = procedure.subject_name or procedure.subject or procedure.procedure_id
    parts = [
        subject[:1].upper() + subject[1:],
        _("year group {n}").format(n=procedure.year_group) if procedure.year_group is not None else "",
        kinds[procedure.kind],
        procedure.school_year,
    ]
    return ", ".join(part for part in parts if part)


def _mark_shares(tally: Tally) -> dict[str, object]:
    by_mark = tally.schools.marks.sum(axis=(0, 1))
    marked = by_mark[2:].sum()
    return {f"share_{mark}": float(by_mark[mark] / marked) if marked else None for mark in (2, 3, 4, 5)}


def _lift_columns(procedure: Procedure, lift: LiftEstimate | None) -> dict[str, object]:
    if lift is None:
        return {}
    columns: dict[str, object] = {
        "lifted_share": lift.overall_share,
        "lifted_share_lower": lift.overall_lower,
        "lifted_share_upper": lift.overall_upper,
    }
    marks = sorted(procedure.cut_scores)
    if len(marks) == len(lift.share):
        columns |= {
            f"lifted_share_{mark}": float(share) for mark, share in zip(marks, lift.share, strict=True)
        }
    return columns


def _empty_notes(procedure: Procedure, lift: LiftEstimate | None) -> list[str]:
    """Why columns of the row are empty."""
    words = []
    if procedure.score_only:
        words.append(_("without items there is no reliability and no ability in logits"))
    if not procedure.cut_scores:
        words.append(_("no cut scores: marks are those of the file, where it has any"))
    if lift is None:
        words.append(_("lifting over cut scores cannot be told: no cut score on a table of whole scores"))
    return words


def _lift_notes(lift: LiftEstimate | None) -> list[str]:
    if lift is None or not lift.overall_reason:
        return []
    return [
        _("lifting over cut scores cannot be told: {reason}").format(reason=_(REASONS[lift.overall_reason]))
    ]
