"""What a run learned of honest schools: rows of `objectivity_models`, and the same as a definition for other runs."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import polars as pl

from merilo.check.evidence import KINDS
from merilo.errors import DegenerateDataError
from merilo.language import translator
from merilo.methods.arrays import FloatArray
from merilo.methods.two_groups import Combined
from merilo.tables.objectivity import OBJECTIVITY_MODELS

_ = translator("check")

# A region is not the town: however large, it counts as no more schools than this.
MOST_WEIGHT = 100.0
# Schools that a region's findings of one kind count for in the shift of that kind.
MOST_SHIFT_WEIGHT = 20.0
FEWEST_SCHOOLS = 20


def model_rows(procedure_ids: Sequence[str], combined: Combined, z: FloatArray) -> pl.DataFrame:
    """Rows of `objectivity_models`: nulls of single procedures, and for all together the pooled null and the mixture.

    z (J, P, K): what was combined.
    """
    seen = np.isfinite(z)
    return pl.concat([_procedure_rows(procedure_ids, combined, seen), _pooled_rows(combined, seen)])


def _procedure_rows(procedure_ids: Sequence[str], combined: Combined, seen: FloatArray) -> pl.DataFrame:
    counts = seen.sum(axis=0)
    where = [(p, k) for p in range(len(procedure_ids)) for k in range(len(KINDS)) if counts[p, k]]
    rows = [
        {
            "procedure_id": procedure_ids[p],
            "kind": KINDS[k],
            "schools_n": int(counts[p, k]),
            "null_mean": float(combined.rows.mean[p, k]),
            "null_sd": float(combined.rows.sd[p, k]),
            "tail": float(combined.rows.common.tail[k]),
        }
        for p, k in where
    ]
    if not rows:
        return OBJECTIVITY_MODELS.empty()
    return OBJECTIVITY_MODELS.frame(pl.DataFrame(rows, schema_overrides=OBJECTIVITY_MODELS.schema))


def _pooled_rows(combined: Combined, seen: FloatArray) -> pl.DataFrame:
    counts = seen.any(axis=1).sum(axis=0)
    rows = [
        {
            "procedure_id": "",
            "kind": kind,
            "schools_n": int(counts[k]),
            "null_mean": float(combined.null.mean[k]),
            "null_sd": float(combined.null.sd[k]),
            "tail": float(combined.null.tail[k]),
            "correlation": float(combined.correlation[k]),
            "share": float(combined.mixture.shares[1 + k]),
            "shift_mean": float(combined.mixture.shift_mean[k]),
            "shift_sd": float(combined.mixture.shift_sd[k]),
            "note": _("no school could be told: this is what was known before") if not counts[k] else None,
        }
        for k, kind in enumerate(KINDS)
    ]
    return OBJECTIVITY_MODELS.frame(pl.DataFrame(rows, schema_overrides=OBJECTIVITY_MODELS.schema))


def prior_definition(models: pl.DataFrame, *, source: str, version: str, dated_on: str) -> str:
    """A definitions file (TOML) by which another run, of a town, borrows from the run that `models` comes from.

    models: its table `objectivity_models`; source, version, dated_on: as every definition has them. Kinds that fewer
    than FEWEST_SCHOOLS schools told of are left out, so that the built-in prior stays. Raises DegenerateDataError
    where that leaves nothing.
    """
    pooled = models.filter(pl.col("procedure_id").fill_null("") == "", pl.col("schools_n") >= FEWEST_SCHOOLS)
    if not pooled.height:
        raise DegenerateDataError(
            _("The run has too few schools for a prior that others could borrow"),
            value=models.height,
            next_step=_("Take a run of at least {n} schools.").format(n=FEWEST_SCHOOLS),
        )
    head = [
        "[defaults]",
        f"version = {_quoted(version)}",
        f"source = {_quoted(source)}",
        'status = "computed"',
        f"dated_on = {_quoted(dated_on)}",
        "",
    ]
    parts = [_entry(row, models) for row in pooled.sort("kind").iter_rows(named=True)]
    return "\n".join(head) + "\n" + "\n".join(parts)


def _entry(row: dict[str, float | int | str], models: pl.DataFrame) -> str:
    own = models.filter(pl.col("procedure_id").fill_null("") != "", pl.col("kind") == row["kind"])
    weight = min(MOST_WEIGHT, float(row["schools_n"]))
    found = float(row["share"]) * float(row["schools_n"])
    numbers = {
        "null_mean": _weighted(own, "null_mean"),
        "null_sd": _weighted(own, "null_sd"),
        "null_weight": weight,
        "tail": float(row["tail"]),
        "correlation": float(row["correlation"]),
        "correlation_weight": weight,
        "share": min(max(float(row["share"]), 1e-4), 0.2),
        "shift_mean": float(row["shift_mean"]),
        "shift_sd": float(row["shift_sd"]),
        "shift_weight": min(MOST_SHIFT_WEIGHT, max(8.0, found)),
    }
    lines = [f"{name} = {value:.4f}" for name, value in numbers.items()]
    return "\n".join(["[[objectivity_prior]]", f'id = "objectivity_prior_{row["kind"]}"', *lines, ""])


def _weighted(own: pl.DataFrame, name: str) -> float:
    """Mean over procedures, each weighing as its schools."""
    n = own.get_column("schools_n").to_numpy()
    return float(np.average(own.get_column(name).to_numpy(), weights=n))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
