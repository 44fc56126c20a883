"""Evidence of several procedures made into tables: rows, schools, kinds, models, positive findings, borrowed priors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from merilo.check.combining import Judged, ProcedureEvidence, judge_schools
from merilo.check.evidence import KINDS, Evidence
from merilo.check.model_rows import prior_definition
from merilo.definitions import Definitions, load_definitions
from merilo.errors import DegenerateDataError
from merilo.tables.objectivity import EVIDENCE, kind_of

SCHOOLS, ODD, CALM = 60, 7, 9
DEFINITIONS = load_definitions(())


def lift(rng: np.random.Generator) -> list[Evidence]:
    """A shown share lifted at "3" and a hidden z over all cut scores; school CALM lifts nothing, ODD nearly all."""
    z = rng.standard_normal(SCHOOLS)
    share = np.clip(0.3 + 0.1 * z, 0.1, 0.6)
    z[ODD], share[ODD], z[CALM], share[CALM] = 4.5, 0.9, -1.5, 0.02
    n = np.full(SCHOOLS, 30)
    unknown = np.full(SCHOOLS, np.nan)
    return [
        Evidence("threshold_3", "", n, share, share - 0.1, share + 0.1, "share", z, notes={3: "few"}),
        Evidence("threshold_3", "threshold", n, unknown, unknown, unknown, "share", z, shown=False),
    ]


def plain(name: str, rng: np.random.Generator) -> Evidence:
    """Evidence in which nobody stands out; the first school cannot be told."""
    z = rng.standard_normal(SCHOOLS)
    z[[CALM, ODD]] = -0.5
    z[0] = np.nan
    return Evidence(name, name, np.full(SCHOOLS, 40), z / 10, z / 10 - 1, z / 10 + 1, "points", z, note="all")


def procedures(number: int = 4, seed: int = 3) -> list[ProcedureEvidence]:
    """Procedures of 60 schools with three evidences."""
    rng = np.random.default_rng(seed)
    orgs = [f"s{j:02d}" for j in range(SCHOOLS)]
    return [
        ProcedureEvidence(f"p{p}", orgs, [*lift(rng), plain("item_profile", rng), plain("journal", rng)])
        for p in range(number)
    ]


def judged(definitions: Definitions = DEFINITIONS, **how: object) -> Judged:
    """Tables of four procedures."""
    return judge_schools(procedures(), definitions, **how)  # type: ignore[arg-type]


def school(found: Judged, row: int) -> dict[str, object]:
    """The row of `objectivity_schools` of a school."""
    return found.schools.filter(pl.col("org_id") == f"s{row:02d}").row(0, named=True)


def test_kinds_are_names_of_evidence_or_families_of_them():
    assert all(any(name == kind or name.startswith(f"{kind}_") for name in EVIDENCE) for kind in KINDS)


def test_school_that_lifts_everywhere_is_flagged_by_its_kind():
    found = judged()
    odd = school(found, ODD)
    assert odd["flagged"]
    assert kind_of(str(odd["leading_evidence"])) == "threshold"
    assert odd["leading_evidence"] in EVIDENCE
    assert odd["procedures_n"] == 4
    assert odd["evidence_n"] == 3
    assert found.schools.get_column("flagged").sum() == 1


def test_rows_are_shown_evidence_with_p_and_q_of_its_procedure():
    found = judged()
    rows = found.objectivity
    assert rows.height == 4 * 3 * SCHOOLS
    assert set(rows.get_column("evidence")) == {"threshold_3", "item_profile", "journal"}
    odd = rows.filter(pl.col("org_id") == f"s{ODD:02d}", pl.col("evidence") == "threshold_3")
    assert (odd.get_column("p_value") < 0.001).all()
    assert (odd.get_column("q_value") >= odd.get_column("p_value")).all()
    first = rows.filter(pl.col("org_id") == "s00", pl.col("evidence") == "journal")
    assert first.get_column("z").null_count() == 4
    assert first.get_column("flagged").null_count() == 4
    assert set(first.get_column("note")) == {"all"}
    noted = rows.filter(pl.col("org_id") == "s03", pl.col("evidence") == "threshold_3")
    assert set(noted.get_column("note")) == {"few"}


def test_school_that_lifts_less_than_the_region_has_a_high_culture():
    found = judged()
    assert school(found, CALM)["high_culture"]
    assert not school(found, ODD)["high_culture"]
    assert found.schools.get_column("high_culture").sum() < SCHOOLS / 5


def test_one_procedure_is_not_enough_for_a_high_culture():
    found = judge_schools(procedures(1), DEFINITIONS)
    assert not found.schools.get_column("high_culture").any()


def test_reviews_decide_about_reviewed_schools():
    found = judged(findings={("s07", ""): False, ("s20", "journal"): True, ("unknown", "journal"): True})
    assert not school(found, ODD)["flagged"]
    assert school(found, 20)["flagged"]
    assert school(found, 20)["leading_evidence"] == "journal"


def test_no_evidence_at_all_gives_schools_without_a_probability():
    found = judge_schools([ProcedureEvidence("p", ["a", "b"], [])], DEFINITIONS)
    assert found.objectivity.height == 0
    assert found.schools.get_column("probability").null_count() == 2
    assert found.schools.get_column("flagged").null_count() == 2
    assert found.kinds.height == 0


def test_no_procedure_at_all_gives_empty_tables():
    found = judge_schools([], DEFINITIONS)
    assert found.schools.height == 0
    assert found.objectivity.height == 0


def test_school_absent_from_a_procedure_is_judged_by_the_others():
    several = procedures()
    fewer = several[0]
    keep = np.arange(SCHOOLS) != ODD
    cut = [
        Evidence(
            e.name, e.kind, e.n[keep], e.estimate[keep], e.lower[keep], e.upper[keep], e.unit, e.z[keep],
            shown=e.shown,
        )
        for e in fewer.evidence
    ]  # fmt: skip
    orgs = [org for org, kept in zip(fewer.org_ids, keep, strict=True) if kept]
    found = judge_schools([ProcedureEvidence("p0", orgs, cut), *several[1:]], DEFINITIONS)
    assert school(found, ODD)["procedures_n"] == 3
    assert school(found, ODD)["flagged"]


def test_a_run_lends_its_model_to_another(tmp_path: Path):
    text = prior_definition(judged().models, source="Расчёт по региону", version="2021.1", dated_on="2021-06")
    file = tmp_path / "region.toml"
    file.write_text(text, encoding="utf-8")
    borrowed = load_definitions([file])
    prior = borrowed.objectivity_prior("threshold")
    assert prior.status == "computed"
    assert prior.null_weight == SCHOOLS
    assert prior.moves_along == DEFINITIONS.objectivity_prior("threshold").moves_along
    # Nobody told of cohorts: the built-in prior stays.
    assert borrowed.objectivity_prior("cohort").status == "chosen"
    assert judged(borrowed).schools.get_column("flagged").sum() == 1


def test_too_small_a_run_lends_nothing():
    models = judge_schools([ProcedureEvidence("p", ["a"], [])], DEFINITIONS).models
    with pytest.raises(DegenerateDataError):
        prior_definition(models, source="x", version="1", dated_on="2021")


def test_models_hold_the_pooled_null_and_one_of_each_procedure():
    models = judged().models
    pooled = models.filter(pl.col("procedure_id") == "")
    assert pooled.height == len(KINDS)
    assert models.filter(pl.col("procedure_id") == "p1").get_column("kind").sort().to_list() == [
        "item_profile",
        "journal",
        "threshold",
    ]
    assert pooled.get_column("share").sum() < 0.2
