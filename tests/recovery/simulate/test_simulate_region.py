"""The simulated region looks like the real one, and every distortion can be seen in a crude statistic."""

import numpy as np
import pytest

from merilo.simulate import (
    CONTROL_KINDS,
    MANIPULATION_KINDS,
    AuthoritySettings,
    Control,
    Manipulation,
    simulate_authority,
)
from merilo.simulate.blueprint import load_blueprints
from merilo.tables.works import NOT_ADMINISTERED

SCHOOLS = 650
# 25,000 works of 630 schools: sampling error of an item's share is 0.003, school differences add about 0.005, variants
# and topics not taught a little; three of these.
SHARE = 0.025
# The total variance is fitted without the drift of classes and the weight of larger schools.
SPREAD = 0.08
BETWEEN = 0.22
# Set on the works themselves; what remains is sampling error (0.003).
AGREEMENT = 0.02
# One habit of lifting stands for all works; a normal ability for the region's own shape.
MARKS = 0.07


@pytest.fixture(scope="module")
def region():
    return simulate_authority(AuthoritySettings(schools=SCHOOLS, years=1), np.random.default_rng(11))


def _points(held, i):
    cells = held.points[held.present, i]
    return np.maximum(cells[cells != NOT_ADMINISTERED], 0)


def test_item_shares_are_the_region_s(region):
    """Mean share of every item of every work against the region's, topics not taught apart."""
    for held in region.procedures:
        blueprint = held.planned.blueprint
        share = np.array([_points(held, i).mean() / most for i, most in enumerate(blueprint.max_points)])
        target = np.array([c @ np.arange(c.size) / (c.size - 1) for c in blueprint.category_share])
        assert np.abs(share - target).max() < SHARE, blueprint.code
        assert abs((share - target).mean()) < SHARE / 2, blueprint.code


def test_spread_within_and_between_schools(region):
    """Within-school SD and between-school SD (schools with 20 and more works) of raw scores."""
    for held in region.procedures:
        blueprint = held.planned.blueprint
        school, points = held.cohort.school[held.present], held.score[held.present]
        n = np.bincount(school, minlength=SCHOOLS)
        mean = np.bincount(school, points, minlength=SCHOOLS) / np.maximum(n, 1)
        large = n >= 20
        within = np.sqrt(((points - mean[school]) ** 2)[large[school]].sum() / (n[large] - 1).sum())
        between = np.sqrt(mean[large].var(ddof=1) - (within**2 / n[large]).mean())
        assert within == pytest.approx(blueprint.within_sd, rel=SPREAD), blueprint.code
        assert between == pytest.approx(blueprint.between_sd, rel=BETWEEN), blueprint.code


def test_sizes_of_schools_are_the_region_s(region):
    """Pupils per school in mathematics 4 at the region's quantiles, within a fifth and one pupil."""
    held = region.procedure("vpr_mathematics_4_2021")
    n = np.bincount(held.cohort.school[held.present], minlength=SCHOOLS)
    got = np.quantile(n, [0.1, 0.25, 0.5, 0.75, 0.9, 0.99])
    assert np.abs(got - held.planned.blueprint.size_quantiles).max() < 10
    assert (np.abs(got / held.planned.blueprint.size_quantiles - 1) < 0.2).all()


def test_journal_marks_agree_as_in_the_region(region):
    for held in region.procedures:
        journal = held.planned.blueprint.journal
        agreement = (held.journal == held.mark)[held.present & (held.journal > 0)].mean()
        assert abs(agreement - np.trace(journal) / journal.sum()) < AGREEMENT, held.planned.blueprint.code


def test_with_the_region_s_practice_the_marks_are_the_region_s():
    """Shares of the marks 2-5 in mathematics 4-8 when markers lift as far and as often as there."""
    codes = ("MA4", "MA5", "MA6", "MA7", "MA8")
    settings = AuthoritySettings(
        schools=SCHOOLS, years=1, works=codes, lift_mean=0.6, lift_most=0.95, lift_reach=6
    )
    for held in simulate_authority(settings, np.random.default_rng(12)).procedures:
        journal = held.planned.blueprint.journal
        got = np.bincount(held.mark[held.present], minlength=6)[2:] / held.present.sum()
        assert np.abs(got - journal.sum(axis=0) / journal.sum()).max() < MARKS, held.planned.blueprint.code


def test_absences_and_topics_not_taught(region):
    for held in region.procedures:
        assert 0.05 < 1 - held.present.mean() < 0.14
    held = region.procedure("vpr_mathematics_5_2021")
    missing = held.points[held.present] == NOT_ADMINISTERED
    assert 0.35 < missing.any(axis=1).mean() < 0.60  # 39 % of the works in the region
    assert missing[:, 7].mean() == pytest.approx(0.44, abs=0.05)


def test_schools_differ_on_items_as_asked():
    """SD of school-by-item differences is the setting's, 0.3 of its variance common to a skill."""
    settings = AuthoritySettings(schools=400, years=1, works=("RU6",), school_item_sd=0.5, skill_part=0.3)
    form = simulate_authority(settings, np.random.default_rng(2)).procedures[0].form
    assert form.difference.std() == pytest.approx(0.5, abs=0.02)
    assert form.skill_part.var() / form.difference.var() == pytest.approx(0.3, abs=0.04)


def test_every_pupil_s_theta_explains_the_score():
    """Expected honest points are unbiased for the honest scores: difference within three standard errors."""
    held = simulate_authority(
        AuthoritySettings(schools=100, years=1, works=("RU5",)), np.random.default_rng(4)
    ).procedures[0]
    off = held.honest_score - held.expected_points
    assert abs(off.mean()) < 3 * off.std() / np.sqrt(off.size)
    assert np.corrcoef(held.expected_points, held.honest_score)[0, 1] > 0.85


def test_ability_lasts_over_years_and_subjects():
    simulated = simulate_authority(
        AuthoritySettings(schools=60, years=2, works=("MA4", "RU4", "MA5")), np.random.default_rng(4)
    )
    first, russian = (simulated.procedure(f"vpr_{s}_4_2021") for s in ("mathematics", "russian"))
    later = simulated.procedure("vpr_mathematics_5_2022")
    same = first.cohort.key == later.cohort.key
    assert 0.6 < np.corrcoef(first.theta, russian.theta)[0, 1] < 0.85
    assert 0.85 < np.corrcoef(first.theta[same], later.theta[same])[0, 1] < 0.97


@pytest.fixture(scope="module")
def distorted():
    """Twelve schools of each kind at full strength among 250, each control in eight."""
    settings = AuthoritySettings(
        schools=250,
        years=1,
        profile="town",
        works=("MA5", "RU5"),
        manipulations=tuple(Manipulation(kind, 1.0, 12) for kind in MANIPULATION_KINDS),
        controls=tuple(Control(kind, 1.0, 8) for kind in CONTROL_KINDS if not kind.endswith("city")),
    )
    return simulate_authority(settings, np.random.default_rng(6))


def _schools(simulated, kind):
    interventions = simulated.world.interventions
    pairs = [*interventions.manipulations, *interventions.controls]
    touched = np.concatenate([rows for _one, rows in pairs])
    if kind == "honest":
        return np.setdiff1d(np.arange(simulated.settings.schools), touched)
    return next(rows for one, rows in pairs if one.kind == kind)


def _rows(held, schools):
    return held.present & np.isin(held.cohort.school, schools)


@pytest.mark.parametrize("procedure", ["vpr_mathematics_5_2021", "vpr_russian_5_2021"])
def test_lifting_over_cut_scores_shows_beside_them(distorted, procedure):
    """Just above against two below: 85 % of near-misses lifted, among honest schools about a fifth."""
    held = distorted.procedure(procedure)
    cut = held.planned.blueprint.cut_scores[3]

    def ratio(kind):
        total = held.score[_rows(held, _schools(distorted, kind))]
        return (total == cut).sum() / max(1, ((total < cut) & (total >= cut - 2)).sum())

    assert ratio("threshold") > 4 * ratio("honest")
    lifted = held.lift.lifted_n[3][_schools(distorted, "threshold")].sum()
    near = held.lift.near_miss_n[3][_schools(distorted, "threshold")].sum()
    assert lifted / near == pytest.approx(0.85, abs=4 * np.sqrt(0.85 * 0.15 / near))


@pytest.mark.parametrize("procedure", ["vpr_mathematics_5_2021", "vpr_russian_5_2021"])
def test_dictated_items_stand_out_in_their_school(distorted, procedure):
    held = distorted.procedure(procedure)
    most = held.planned.blueprint.max_points
    honest = _rows(held, _schools(distorted, "honest"))
    for j, items in held.dictated.items():
        rows = _rows(held, [j])
        full = [(held.points[rows, i] == most[i]).mean() for i in items]
        usual = [(held.points[honest, i] == most[i]).mean() for i in items]
        # 70 % of the pupils were told: at least 0.7 of them are right, less noise and topics not taught.
        assert np.mean(full) > 0.55 and np.mean(full) > np.mean(usual)


def test_copied_works_are_alike(distorted):
    """Share of equal item cells among pairs of a class, against honest classes."""
    held = distorted.procedure("vpr_russian_5_2021")

    def alike(kind):
        shares = []
        for k in np.unique(held.cohort.klass[_rows(held, _schools(distorted, kind))]):
            points = np.maximum(held.points[held.present & (held.cohort.klass == k)], 0)
            if len(points) > 5:
                equal = (points[:, None, :] == points[None, :, :]).mean(axis=2)
                shares.append(equal[np.triu_indices(len(points), 1)].mean())
        return np.mean(shares)

    # Half of the pairs at most are two copies, which then agree on a third of the cells because of it.
    assert alike("copying") > alike("honest") + 0.06


@pytest.mark.parametrize("procedure", ["vpr_mathematics_5_2021", "vpr_russian_5_2021"])
def test_lenient_marking_lifts_only_person_marked_items(distorted, procedure):
    held = distorted.procedure(procedure)
    expert = np.array([item.marking == "expert" for item in held.planned.blueprint.items])

    def share(kind, items):
        points = held.points[_rows(held, _schools(distorted, kind))][:, items]
        return (np.maximum(points, 0).sum(axis=0) / held.planned.blueprint.max_points[items]).sum() / (
            points >= -2
        ).sum()

    assert share("leniency", expert) > share("honest", expert) + 0.08
    assert abs(share("leniency", ~expert) - share("honest", ~expert)) < 0.08


def test_kept_away_pupils_are_absent_and_weak(distorted):
    held = distorted.procedure("vpr_russian_5_2021")
    there = np.isin(held.cohort.school, _schools(distorted, "participation"))
    assert held.kept_away[there].mean() == pytest.approx(0.2, abs=0.04)
    assert not held.present[held.kept_away].any() and not held.kept_away[~there].any()
    assert held.theta[held.kept_away].mean() < held.theta[there].mean() - 0.5


def test_inflation_is_above_the_honest_score_and_the_journal(distorted):
    held = distorted.procedure("vpr_mathematics_5_2021")
    rows = _rows(held, _schools(distorted, "inflation"))
    honest = _rows(held, _schools(distorted, "honest"))
    assert (held.score - held.honest_score)[rows].mean() > 2
    gap, known = held.journal.astype(int) - held.mark, held.journal > 0
    assert gap[rows & known].mean() < gap[honest & known].mean() - 0.4


def test_controls_are_what_they_say(distorted):
    """Strong and selective schools are better, tiny ones small, streamed classes unlike each other; nobody helped."""
    held = distorted.procedure("vpr_russian_5_2021")
    honest = _rows(held, _schools(distorted, "honest"))
    for kind in ("strong", "selective"):
        assert held.score[_rows(held, _schools(distorted, kind))].mean() > held.score[honest].mean() + 2
    assert np.bincount(held.cohort.school)[_schools(distorted, "tiny")].max() <= 12

    def between_classes(kind):
        chosen = np.isin(held.cohort.school, _schools(distorted, kind))
        n = np.bincount(held.cohort.klass[chosen])
        mean = np.bincount(held.cohort.klass[chosen], held.cohort.general[chosen]) / np.maximum(n, 1)
        return mean[n > 10].std()

    assert between_classes("streamed") > 3 * between_classes("honest")
    novice = np.isin(held.cohort.class_school, _schools(distorted, "new_teacher"))
    usual = np.isin(held.cohort.class_school, _schools(distorted, "honest"))
    assert held.effects.class_effect[novice].min() < held.effects.class_effect[usual].mean() - 0.5
    skill = held.form.skill_part[_schools(distorted, "curriculum")]
    assert skill.max(axis=1).min() > 0.8
    innocent = np.concatenate([_schools(distorted, k) for k in CONTROL_KINDS if not k.endswith("city")])
    rows = _rows(held, innocent) & (held.lift.lifted_to == 0)
    assert (held.score[rows] == held.honest_score[rows]).all()


def test_city_wide_marking_moves_person_marked_items_everywhere():
    means = {}
    for kind in ("", "lenient_city", "strict_city"):
        settings = AuthoritySettings(
            schools=30, years=1, works=("RU5",), controls=(Control(kind),) if kind else ()
        )
        means[kind] = simulate_authority(settings, np.random.default_rng(6)).procedures[0].score.mean()
    assert means["strict_city"] < means[""] - 1 and means["lenient_city"] > means[""] + 1


def test_strength_lies_between():
    """Half strength does about half of full strength's work."""
    gains = {}
    for strength in (0.0, 0.5, 1.0):
        settings = AuthoritySettings(
            schools=30, years=1, works=("RU5",), manipulations=(Manipulation("leniency", strength, 30),)
        )
        held = simulate_authority(settings, np.random.default_rng(6)).procedures[0]
        gains[strength] = (held.marked_score - held.honest_score)[held.present].mean()
    assert gains[0.0] == 0 and gains[0.5] / gains[1.0] == pytest.approx(0.5, abs=0.05)


def test_every_work_has_a_plan():
    """237 items less the heading: ten works of the region, two exams; texts are there and short."""
    blueprints = load_blueprints()
    assert list(blueprints) == [
        "MA4",
        "RU4",
        "MA5",
        "RU5",
        "MA6",
        "RU6",
        "MA7",
        "RU7",
        "MA8",
        "RU8",
        "MA9",
        "RU9",
    ]
    assert {c: int(b.max_points.sum()) for c, b in blueprints.items()} == {
        "MA4": 20, "RU4": 38, "MA5": 20, "RU5": 45, "MA6": 16, "RU6": 51, "MA7": 19, "RU7": 47, "MA8": 25, "RU8": 51,
        "MA9": 31, "RU9": 33,
    }  # fmt: skip
    for blueprint in blueprints.values():
        assert [item.max_points for item in blueprint.items] == blueprint.max_points.tolist()
        assert all(
            item.text and item.skills and item.contents and len(item.text) < 80 for item in blueprint.items
        )
