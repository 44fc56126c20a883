"""Settings of a run: each a definition with its reason, together one typed object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from merilo.definitions.fields import Fields
from merilo.definitions.provenance import Entry, read_provenance
from merilo.errors import DefinitionError
from merilo.language import translator

_ = translator("definitions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Entry):
    """One setting: its value and the unit in which it is meant (Russian words)."""

    value: int | float | str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Everything a run may be told, after overrides.

    seed                   whole number from which every random draw starts
    interval_level         0-1: coverage of all intervals
    flag_limit             q-value at or below which evidence on objectivity is flagged
    attention_probability  probability from which a school that is not flagged is in the zone of attention
    lift_limit             share of near-misses lifted beyond which lifting counts as far beyond practice
    near_miss_points       raw points below a cut score that count as a near miss
    journal_gap_marks      |mark of the work - journal mark| from which a pupil is looked at
    min_pupils             pupils below which a school's statistic is shown as resting on too few
    participation_limit    participation share below which a result is called incomplete
    growth_of_low_share    growth of the share of "2" (0-1) that counts as a negative development
    remarking_agreement    share of re-marked works that should agree
    school_first_days      working days during which only the school sees its data
    low_result_rule        id of the rule for low results
    """

    seed: int
    interval_level: float
    flag_limit: float
    attention_probability: float
    lift_limit: float
    near_miss_points: int
    journal_gap_marks: int
    min_pupils: int
    participation_limit: float
    growth_of_low_share: float
    remarking_agreement: float
    school_first_days: int
    low_result_rule: str


# The range each setting must lie in: (type, lowest, highest).
_RANGES: Mapping[str, tuple[type, float, float]] = MappingProxyType(
    {
        "seed": (int, 0, 2**32 - 1),
        "interval_level": (float, 0.5, 0.999),
        "flag_limit": (float, 0.0, 1.0),
        "attention_probability": (float, 0.0, 1.0),
        "lift_limit": (float, 0.0, 1.0),
        "near_miss_points": (int, 1, 5),
        "journal_gap_marks": (int, 1, 3),
        "min_pupils": (int, 1, 1000),
        "participation_limit": (float, 0.0, 1.0),
        "growth_of_low_share": (float, 0.0, 1.0),
        "remarking_agreement": (float, 0.0, 1.0),
        "school_first_days": (int, 0, 365),
        "low_result_rule": (str, 0, 0),
    }
)


def read_setting(fields: Fields) -> Setting:
    """Read one `[[setting]]`; its id must be one that a run knows, its value in that setting's range."""
    if fields.id not in _RANGES:
        raise DefinitionError(
            _("There is no setting “{id}”").format(id=fields.id),
            file=fields.file,
            next_step=_("Known settings: {known}.").format(known=", ".join(_RANGES)),
        )
    kind, low, high = _RANGES[fields.id]
    value: int | float | str
    if kind is int:
        value = fields.whole("value", low=int(low), high=int(high))
    elif kind is float:
        value = fields.number("value", low=low, high=high)
    else:
        value = fields.text("value")
    return Setting(provenance=read_provenance(fields), value=value, unit=fields.text("unit", default=""))


def gather_settings(settings: Mapping[str, Setting]) -> RunSettings:
    """All settings by id → one typed object."""

    def whole(name: str) -> int:
        return int(settings[name].value)

    def number(name: str) -> float:
        return float(settings[name].value)

    return RunSettings(
        seed=whole("seed"),
        interval_level=number("interval_level"),
        flag_limit=number("flag_limit"),
        attention_probability=number("attention_probability"),
        lift_limit=number("lift_limit"),
        near_miss_points=whole("near_miss_points"),
        journal_gap_marks=whole("journal_gap_marks"),
        min_pupils=whole("min_pupils"),
        participation_limit=number("participation_limit"),
        growth_of_low_share=number("growth_of_low_share"),
        remarking_agreement=number("remarking_agreement"),
        school_first_days=whole("school_first_days"),
        low_result_rule=str(settings["low_result_rule"].value),
    )
