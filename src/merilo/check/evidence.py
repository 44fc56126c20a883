"""The common coin of `check`: one kind of evidence of one procedure, for all its schools."""

from __future__ import annotations

from dataclasses import dataclass, field

from merilo.methods.arrays import FloatArray, IntArray
from merilo.tables import objectivity

# Kinds that exclude each other when evidence is combined; threshold_3 … threshold_5 are one kind.
KINDS = objectivity.KINDS


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence over the J schools of a works file (rows of works.org_ids).

    name: a name of tables.objectivity.EVIDENCE; kind: the one of KINDS that it feeds when procedures and kinds are
    combined, "" where it is only shown; n (J,) works used; estimate, lower, upper (J,) with 95 % limits, in `unit`
    (NaN: cannot be told);
    z (J,): distance from honest schools in the direction that asks to be verified, in standard deviations of honest
    schools (sampling and the honest spread between schools together), about normal; NaN where it cannot be told.
    notes: row -> why it cannot be told there, or what to know; note: the same for all schools.
    shown: False where the rows do not go into the table (they only feed the kind).
    """

    name: str
    kind: str
    n: IntArray
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    unit: str
    z: FloatArray
    notes: dict[int, str] = field(default_factory=dict)
    note: str = ""
    shown: bool = True
