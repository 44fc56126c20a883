"""A made-up town in the exact tables of formats.md: small enough to read, complete enough to print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
import polars as pl
import pytest

from merilo.language import choose_language
from merilo.publish import RunStamp
from merilo.tables import TABLES

SKILLS = {
    "1": "Решение текстовых задач на движение, работу и проценты",
    "2": "Сравнение и упорядочивание дробей",
    "3": "Построение и чтение геометрических чертежей",
    "4": "Работа с таблицами и диаграммами",
    "5": "Вычисления с натуральными числами",
}
PLANS = (
    ("MA5", "vpr", "mathematics", "Математика", 5, 20, (7, 11, 15)),
    ("RU5", "vpr", "russian", "Русский язык", 5, 45, (18, 29, 39)),
    ("MA8", "vpr", "mathematics", "Математика", 8, 25, (8, 15, 21)),
    ("MA9", "oge", "mathematics", "Математика", 9, 31, (8, 15, 22)),
    ("MA4", "vpr", "mathematics", "Математика", 4, 20, (6, 10, 15)),
    ("RU4", "vpr", "russian", "Русский язык", 4, 38, (14, 24, 33)),
    ("MA6", "vpr", "mathematics", "Математика", 6, 16, (6, 10, 14)),
    ("RU6", "vpr", "russian", "Русский язык", 6, 51, (25, 35, 45)),
    ("MA7", "vpr", "mathematics", "Математика", 7, 19, (7, 12, 16)),
    ("RU7", "vpr", "russian", "Русский язык", 7, 47, (22, 32, 42)),
    ("RU8", "vpr", "russian", "Русский язык", 8, 51, (26, 32, 45)),
    ("RU9", "oge", "russian", "Русский язык", 9, 33, (15, 23, 29)),
)
KIND_NAMES = {"vpr": "ВПР", "oge": "ОГЭ"}


def build_town(
    *, schools: int = 12, plans: int = 4, years: tuple[str, ...] = ("2020/21",), seed: int = 7
) -> dict[str, pl.DataFrame]:
    """Tables of a run over `schools` schools; school S01 is tiny (n=3), S02 has n=7."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[dict[str, object]]] = {
        name: []
        for name in (
            "procedures",
            "items",
            "school_results",
            "school_effects",
            "score_distribution",
            "deficits",
            "low_results",
            "organisations",
            "rejected_rows",
        )
    }
    ability = rng.normal(0, 0.35, schools)
    base = np.r_[3, 7, 9, rng.integers(12, 95, max(schools - 3, 0))][:schools]
    for j in range(schools):
        number = j + 1
        rows["organisations"].append(
            {
                "org_id": f"S{number:02}",
                "name": f"Лицей № {number}" if j % 11 == 5 else f"Школа № {number}",
                "kind": "lyceum" if j % 11 == 5 else "school",
                "municipality": "Город Н",
                "district": f"Округ {1 + j % 3}",
                "locality": "город",
            }
        )
    for year in years:
        for plan in PLANS[:plans]:
            _add_procedure(rows, plan, year, ability, base, rng)
    for j in range(schools):
        low = int(rng.integers(0, 5)) if ability[j] < -0.2 else 0
        rows["low_results"].append(
            {
                "org_id": f"S{j + 1:02}",
                "procedures_n": plans,
                "low_procedures_n": low,
                "listed": low >= 2,
                "probability": float(min(0.97, 0.05 + 0.24 * low)),
                "stability": ("steady" if low > 2 else "borderline") if low >= 1 else None,
                "probability_cleaned": None,
                "school_year": years[-1],
                "note": None,
            }
        )
    for row in range(3):
        rows["rejected_rows"].append(
            {
                "file": "works.csv",
                "row": row + 2,
                "column": "3",
                "value": "7",
                "rule": "points",
                "message": "Балл выше наибольшего: 7 из 2.",
            }
        )
    frames = {name: pl.DataFrame(content, infer_schema_length=None) for name, content in rows.items()}
    return {name: TABLES[name].frame(frame) for name, frame in frames.items()}


def _add_procedure(rows, plan, year, ability, base, rng):
    code, kind, subject, subject_name, grade, top, cuts = plan
    pid = f"{code}-{year[:4]}"
    sizes = np.maximum(base + rng.integers(-1, 2, base.size) * (base > 9), 1)
    scores, owner = [], np.repeat(np.arange(base.size), sizes)
    for j, n in enumerate(sizes):
        share = 1 / (1 + np.exp(-(0.1 + ability[j] + rng.normal(0, 0.75, n))))
        scores.append(rng.binomial(top, share))
    score = np.concatenate(scores)
    smooth = np.bincount(score, minlength=top + 1).astype(float)
    for cut in cuts:
        lifted = (
            (score >= cut - 2) & (score < cut) & (rng.random(score.size) < (0.55 if cut == cuts[0] else 0.2))
        )
        score = np.where(lifted, cut, score)
    mark = 2 + (score[:, None] >= np.array(cuts)).sum(1)
    journal = np.clip(mark + rng.choice([-1, 0, 0, 1, 1], mark.size), 2, 5)
    n = score.size
    shares = {f"share_{m}": float((mark == m).mean()) for m in (2, 3, 4, 5)}
    rows["procedures"].append(
        {
            "procedure_id": pid,
            "title": f"{subject_name}, {grade} класс, {KIND_NAMES[kind]}, {year}",
            "kind": kind,
            "subject": subject,
            "subject_name": subject_name,
            "year_group": grade,
            "programme_year_group": grade,
            "school_year": year,
            "date": f"20{year[-2:]}-04-15",
            "schools_n": base.size,
            "n": n,
            "absent_n": int(n * 0.08),
            "max_score": float(top),
            **dict(zip(("cut_3", "cut_4", "cut_5"), cuts)),
            "pass_score": None,
            "mean_points": float(score.mean()),
            "sd_points": float(score.std(ddof=1)),
            "alpha": 0.84,
            "sem_points": 2.1,
            **shares,
            "lifted_share": 0.52,
            "lifted_share_lower": 0.47,
            "lifted_share_upper": 0.57,
            **{f"lifted_share_{m}": share for m, share in ((3, 0.55), (4, 0.21), (5, 0.18))},
            "school_sd_points": 0.08 * top,
            "vpc": 0.12,
            "pupil_sd_points": float(score.std(ddof=1)),
            "note": None,
        }
    )
    window = np.convolve(np.pad(smooth, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    for value, count in enumerate(np.bincount(score, minlength=top + 1)):
        rows["score_distribution"].append(
            {"procedure_id": pid, "score": value, "n": int(count), "counterfactual_n": float(window[value])}
        )
    items = 16
    for i in range(items):
        level = "basic" if i < 11 else "raised"
        share = float(np.clip(0.92 - 0.05 * i + rng.normal(0, 0.1), 0.04, 0.97))
        low, high = (0.57, 0.6) if level == "basic" else (0.285, 0.3)
        rule = "sufficient" if share >= high else "insufficient" if share < low else "uncertain"
        rows["items"].append(
            {
                "procedure_id": pid,
                "item_id": str(i + 1),
                "position": i + 1,
                "n": n,
                "max_points": 1 + i % 2,
                "mean_share": share,
                "discrimination": 0.45,
                "difficulty_logits": float(-np.log(share / (1 - share))),
                "difficulty_logits_se": 0.05,
                "infit": 1.0,
                "outfit": 1.02,
                "not_administered_n": 0,
                "level": level,
                "marking": "expert" if i % 2 else "auto",
                "skill": str(1 + i % 5),
                "content": "1.1",
                "text": list(SKILLS.values())[i % 5],
                "item_rule": rule,
                "note": None,
            }
        )
    for j in range(base.size):
        own = owner == j
        size = int(own.sum())
        points = score[own]
        se = float(points.std(ddof=1) / np.sqrt(size)) if size > 1 else None
        result: dict[str, object] = {
            "procedure_id": pid,
            "org_id": f"S{j + 1:02}",
            "n": size,
            "absent_n": max(0, round(size * 0.08)),
            "enrolled_n": size + round(size * 0.08),
            "participation_share": size / (size + round(size * 0.08)),
            "mean_points": float(points.mean()),
            "mean_points_se": se,
            "mean_share": float(points.mean() / top),
            "mean_logits": float(ability[j]),
            "mean_logits_se": 0.1,
            "low_share": float((mark[own] == 2).mean()),
            "quality_share": float((mark[own] >= 4).mean()),
            "lowered_share": float((mark[own] < journal[own]).mean()),
            "confirmed_share": float((mark[own] == journal[own]).mean()),
            "raised_share": float((mark[own] > journal[own]).mean()),
            "journal_n": size,
            "note": None,
        }
        for m in (2, 3, 4, 5):
            share = float((mark[own] == m).mean())
            result |= {
                f"share_{m}": share,
                f"share_{m}_lower": share * 0.8,
                f"share_{m}_upper": min(1, share * 1.2),
            }
        rows["school_results"].append(result)
        effect = float(points.mean() - score.mean()) * 0.8
        for effect_kind in ("raw", "value_added"):
            rows["school_effects"].append(
                {
                    "procedure_id": pid,
                    "org_id": f"S{j + 1:02}",
                    "kind": effect_kind,
                    "n": size,
                    "effect_points": effect,
                    "effect_points_se": 0.5,
                    "effect_points_lower": effect - 1,
                    "effect_points_upper": effect + 1,
                    "effect_sd": effect / 4,
                    "reliability": size / (size + 10),
                    "note": None,
                }
            )
        for skill, name in SKILLS.items():
            expected = 0.35 + 0.1 * int(skill)
            gap = float(rng.normal(0, 0.04))
            rows["deficits"].append(
                {
                    "procedure_id": pid,
                    "org_id": f"S{j + 1:02}",
                    "skill": skill,
                    "skill_name": name,
                    "n": size,
                    "items_n": 3,
                    "mean_share": float(np.clip(expected + gap + 0.1 * ability[j], 0, 1)),
                    "authority_share": expected,
                    "expected_share": float(np.clip(expected + 0.1 * ability[j], 0, 1)),
                    "gap_share": gap,
                    "gap_share_se": float(0.5 / np.sqrt(size)),
                    "own_share": gap * 0.7,
                    "own_share_se": 0.02,
                    "pupils_equivalent": gap * 0.7 * size,
                    "note": None,
                }
            )


@pytest.fixture(autouse=True)
def _in_russian() -> Iterator[None]:
    choose_language("ru")
    yield
    choose_language(None)


@pytest.fixture
def town() -> Callable[..., dict[str, pl.DataFrame]]:
    return build_town


@pytest.fixture
def stamp() -> RunStamp:
    return RunStamp(run_id="2021-02-24-a1", made_on=date(2021, 2, 24), version="0.1.0", short_hash="3f9c2ab1")
