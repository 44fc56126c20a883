"""The Tally against a slow twin, and as a monoid: however the works are cut, the counts are the same."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from merilo.tables.procedure import Item, Procedure
from merilo.tables.works import NOT_ADMINISTERED, NOT_ATTEMPTED, Covariate, WorksFile
from merilo.tally import Batch, Tally, merge
from merilo.tally.excluding import excluding
from merilo.tally.pairs import count_journal
from merilo.tally.tally import count

MAX_POINTS = (1, 2, 1, 3)


def works_file(n_orgs: int, classes_each: int) -> WorksFile:
    return WorksFile(
        path=Path("nowhere"),
        sha256="",
        procedure=Procedure(
            "p",
            items=tuple(Item(f"i{k}", top) for k, top in enumerate(MAX_POINTS)),
            cut_scores={3: 2, 4: 4, 5: 6},
        ),
        org_ids=tuple(f"s{j}" for j in range(n_orgs)),
        class_org=tuple(j for j in range(n_orgs) for _ in range(classes_each)),
        class_ids=tuple("АБ"[k] for _ in range(n_orgs) for k in range(classes_each)),
        variants=("1", "2"),
        covariates=(Covariate("prior_score", "prior"), Covariate("x_a", "context")),
        rows=0,
        row_groups=1,
    )


@st.composite
def batches(draw: st.DrawFn) -> tuple[WorksFile, Batch]:
    seed = draw(st.integers(0, 2**32 - 1))
    n = draw(st.integers(1, 60))
    rng = np.random.default_rng(seed)
    works = works_file(draw(st.integers(1, 4)), 2)
    klass = np.sort(rng.integers(0, len(works.class_ids), n)).astype(np.int32)
    present = (rng.random(n) < 0.8).astype(np.int8)
    missing, skipped = draw(st.sampled_from([0.0, 0.3])), draw(st.sampled_from([0.0, 0.2]))
    points = []
    for top in MAX_POINTS:
        column = rng.integers(0, top + 1, n).astype(np.int8)
        column[rng.random(n) < skipped] = NOT_ATTEMPTED
        column[rng.random(n) < missing] = NOT_ADMINISTERED
        column[present == 0] = NOT_ADMINISTERED
        points.append(column)
    score = np.sum([np.maximum(p, 0) for p in points], axis=0).astype(float)
    batch = Batch(
        org=np.array(works.class_org, np.int32)[klass],
        klass=klass,
        variant=rng.integers(0, 2, n).astype(np.int16),
        present=present,
        sex=rng.integers(0, 3, n).astype(np.int8),
        journal_mark=rng.choice([0, 2, 3, 4, 5], n).astype(np.int8),
        mark=np.where(present == 1, rng.integers(2, 6, n), 0).astype(np.int8),
        score=np.where(present == 1, score, np.nan),
        points=tuple(points),
        covariates=(
            np.round(rng.normal(size=n), 1),
            np.where(rng.random(n) < 0.1, np.nan, rng.integers(0, 9, n)),
        ),
    )
    return works, batch


def part(batch: Batch, rows: slice) -> Batch:
    cut = {f.name: getattr(batch, f.name) for f in fields(Batch)}
    return Batch(
        **{k: tuple(c[rows] for c in v) if isinstance(v, tuple) else v[rows] for k, v in cut.items()}
    )


def assert_equal(left: Tally, right: Tally) -> None:
    for name in ("cells", "schools", "pairs", "journal"):
        a, b = getattr(left, name), getattr(right, name)
        if a is None and b is None:  # no cells without items
            continue
        for f in fields(type(a)):
            # Float sums differ by rounding only when they are added in another order.
            np.testing.assert_allclose(
                getattr(a, f.name), getattr(b, f.name), rtol=1e-12, atol=1e-12, err_msg=f.name
            )


@given(batches(), st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_a_tally_of_parts_is_the_tally_of_the_whole(case: tuple[WorksFile, Batch], a: int, b: int) -> None:
    """Cutting the rows anywhere and merging gives the tally of all rows, in either grouping."""
    works, batch = case
    n = len(batch.org)
    a, b = sorted((min(a, n), min(b, n)))
    first, second, third = (part(batch, slice(*rows)) for rows in ((0, a), (a, b), (b, n)))
    t1, t2, t3 = (count(works, p) for p in (first, second, third))
    whole = count(works, batch)
    assert_equal(merge(merge(t1, t2), t3), whole)
    assert_equal(merge(t1, merge(t2, t3)), whole)


@given(batches())
@settings(max_examples=60, deadline=None)
def test_counts_agree_with_a_slow_twin(case: tuple[WorksFile, Batch]) -> None:
    """Every count recomputed row by row."""
    works, batch = case
    tally = count(works, batch)
    cells = tally.cells
    assert cells is not None
    offsets = np.concatenate([[0], np.cumsum([top + 1 for top in MAX_POINTS])])
    seen: dict[tuple[object, ...], dict[str, object]] = {}
    by_org: dict[tuple[object, ...], int] = {}
    marks = np.zeros((len(works.org_ids), 6, 6), int)
    item_points = np.zeros((len(works.org_ids), len(MAX_POINTS)), int)
    item_n = np.zeros_like(item_points)
    class_sum, absent = np.zeros(len(works.class_ids)), np.zeros(len(works.org_ids), int)
    prior = np.zeros((len(works.class_ids), 3, 3))
    full = np.zeros((len(works.class_ids), 4, 4))
    for i in range(len(batch.org)):
        org = int(batch.org[i])
        if not batch.present[i]:
            absent[org] += 1
            continue
        answers = [int(p[i]) for p in batch.points]
        key = (
            tuple(x != NOT_ADMINISTERED for x in answers),
            int(batch.sex[i]),
            int(batch.variant[i]),
            int(batch.score[i]),
        )
        cell = seen.setdefault(
            key, {"n": 0, "points": np.zeros(offsets[-1], int), "skipped": np.zeros(len(MAX_POINTS), int)}
        )
        cell["n"] += 1
        by_org[(org, *key)] = by_org.get((org, *key), 0) + 1
        for k, x in enumerate(answers):
            if x == NOT_ADMINISTERED:
                continue
            cell["points"][offsets[k] + max(x, 0)] += 1
            cell["skipped"][k] += x == NOT_ATTEMPTED
            item_points[org, k] += max(x, 0)
            item_n[org, k] += 1
        marks[org, batch.journal_mark[i], batch.mark[i]] += 1
        class_sum[batch.klass[i]] += batch.score[i]
        z = np.array([1.0, batch.covariates[0][i], batch.score[i]])
        prior[batch.klass[i]] += np.outer(z, z)
        if not np.isnan(batch.covariates[1][i]):
            z = np.array([1.0, batch.covariates[0][i], batch.covariates[1][i], batch.score[i]])
            full[batch.klass[i]] += np.outer(z, z)
    keys = [
        (tuple(cells.patterns[p].tolist()), int(s), int(v), int(r))
        for p, s, v, r in zip(cells.pattern, cells.sex, cells.variant, cells.score, strict=True)
    ]
    assert sorted(keys) == sorted(seen)
    for c, key in enumerate(keys):
        assert cells.n[c] == seen[key]["n"]
        np.testing.assert_array_equal(cells.points[c], seen[key]["points"])
        np.testing.assert_array_equal(cells.not_attempted[c], seen[key]["skipped"])
    counted = {
        (int(o), *keys[c]): int(n) for o, c, n in zip(cells.org, cells.org_cell, cells.org_n, strict=True)
    }
    assert counted == by_org
    np.testing.assert_array_equal(tally.schools.marks, marks)
    np.testing.assert_array_equal(tally.schools.item_points, item_points)
    np.testing.assert_array_equal(tally.schools.item_n, item_n)
    np.testing.assert_array_equal(tally.schools.absent, absent)
    np.testing.assert_allclose(tally.schools.class_sum, class_sum)
    np.testing.assert_allclose(tally.schools.prior, prior, atol=1e-9)
    np.testing.assert_allclose(tally.schools.full, full, atol=1e-9)
    np.testing.assert_array_equal(tally.schools.low, marks[:, :, 2].sum(axis=1))
    assert tally.pairs.n.sum() == batch.present.sum()
    journal: dict[tuple[int, int, int], int] = {}
    for i in np.flatnonzero((batch.present == 1) & (batch.journal_mark > 0)):
        place = (int(batch.org[i]), int(batch.journal_mark[i]), int(batch.score[i]))
        journal[place] = journal.get(place, 0) + 1
    found = tally.journal
    places = zip(found.org.tolist(), found.prior.tolist(), found.score.tolist(), strict=True)
    assert dict(zip(places, found.n.tolist(), strict=True)) == journal


@given(batches(), st.integers(0, 60))
@settings(max_examples=40, deadline=None)
def test_merging_the_wrong_way_round_counts_the_same(case: tuple[WorksFile, Batch], cut: int) -> None:
    """Counts of pairs are merged by their overlap: the order of the parts must not matter."""
    works, batch = case
    cut = min(cut, len(batch.org))
    first, second = (count(works, part(batch, rows)) for rows in (slice(0, cut), slice(cut, None)))
    assert_equal(merge(second, first), count(works, batch))


@given(batches(), st.floats(0.05, 0.95))
@settings(max_examples=40, deadline=None)
def test_journal_counts_do_not_need_whole_scores(case: tuple[WorksFile, Batch], shift: float) -> None:
    """Scores with fractions are counted by their values, whole scores through a dense table: the same counts."""
    _works, batch = case
    whole = count_journal(batch, batch.present == 1)
    moved = count_journal(replace(batch, score=batch.score + shift), batch.present == 1)
    for name in ("org", "prior", "n"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(moved, name))
    np.testing.assert_allclose(whole.score + shift, moved.score)


def written(works: WorksFile, batch: Batch, path: Path) -> WorksFile:
    """The batch as a works file."""
    columns = {
        f.name: getattr(batch, f.name) for f in fields(Batch) if f.name not in ("points", "covariates")
    }
    columns |= {f"i{k}": values for k, values in enumerate(batch.points)}
    columns |= {f"c{k}": values for k, values in enumerate(batch.covariates)}
    pl.DataFrame(columns).write_parquet(path)
    return replace(works, path=path, rows=len(batch.org))


def without(batch: Batch, gone: np.ndarray) -> Batch:
    """The works of the other schools."""
    kept = ~gone[batch.org]
    values = {f.name: getattr(batch, f.name) for f in fields(Batch)}
    return Batch(
        **{k: tuple(c[kept] for c in v) if isinstance(v, tuple) else v[kept] for k, v in values.items()}
    )


def without_empty_cells(tally: Tally) -> Tally:
    """Cells and patterns without works taken out, as if they had never been seen."""
    cells = tally.cells
    if cells is None:
        filled = tally.score_n > 0
        return replace(tally, scores=tally.scores[filled], score_n=tally.score_n[filled])
    kept = cells.n > 0
    number = np.cumsum(kept) - 1
    used = np.zeros(len(cells.patterns), bool)
    used[cells.pattern[kept]] = True
    rank = np.cumsum(used) - 1
    return replace(
        tally,
        cells=replace(
            cells,
            patterns=cells.patterns[used],
            pattern=rank[cells.pattern[kept]],
            **{
                name: getattr(cells, name)[kept]
                for name in ("sex", "variant", "score", "n", "points", "not_attempted")
            },
            org_cell=number[cells.org_cell],
        ),
    )


@given(batches(), st.sets(st.integers(0, 4)), st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_left_is_the_tally_of_the_other_schools(
    tmp_path: Path, case: tuple[WorksFile, Batch], which: set[int], score_only: bool
) -> None:
    works, batch = case
    if score_only:
        works = replace(works, procedure=Procedure("p", cut_scores={3: 2, 4: 4, 5: 6}))
        batch = replace(batch, points=())
    works = written(works, batch, tmp_path / "works.parquet")
    gone = np.isin(np.arange(len(works.org_ids)), sorted(which))
    whole = count(works, batch)
    left = excluding(works, whole, [f"s{j}" for j in which])
    expected = count(works, without(batch, gone))
    if not gone[batch.org].all():
        filled = without_empty_cells(left)
        assert_equal(filled, expected)
        np.testing.assert_array_equal(filled.score_n, expected.score_n)
    for f in fields(type(expected.schools)):
        np.testing.assert_allclose(
            getattr(left.schools, f.name), getattr(expected.schools, f.name), atol=1e-9
        )
    assert left.n == expected.n
    assert_equal(count(works, batch), whole)


@given(batches())
@settings(max_examples=20, deadline=None)
def test_without_such_schools_nothing_is_read_or_copied(case: tuple[WorksFile, Batch]) -> None:
    """The file of these works does not exist: reading it would fail."""
    works, batch = case
    tally = count(works, batch)
    assert excluding(works, tally, ()) is tally
    assert excluding(works, tally, ("elsewhere",)) is tally
