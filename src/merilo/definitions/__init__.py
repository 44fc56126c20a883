"""What an authority chooses or the state prescribes, as data: scales, official rules, limits, notices.

Every definition stands in a *.toml file of this folder with id, Russian title, version, source, status
(read | opening_read | computed | unverified | chosen) and date. A user's own file overrides by id:

    definitions = load_definitions([Path("my_definitions.toml")])
    scale = definitions.mark_scale(kind="vpr", subject="mathematics", year_group=5, year=2021)
    dict(scale.cut_scores)          # {3: 7, 4: 11, 5: 15}
    definitions.run.flag_limit      # 0.10
    definitions.unverified()        # what pages must mark «не проверено»

docs/definitions.md prints them all; it is made by `merilo.definitions.manual`.
"""

from __future__ import annotations

from merilo.definitions.catalogue import Definitions
from merilo.definitions.disclosure import DisclosureRule
from merilo.definitions.exams import ExamMinimum, ExamYear
from merilo.definitions.indicators import Indicator
from merilo.definitions.item_plans import ItemPlan
from merilo.definitions.item_rules import ItemRule, SampleRule
from merilo.definitions.loading import load_definitions
from merilo.definitions.low_results import CountedProcedure, LowResultRule
from merilo.definitions.markers import MarkerRule, ObjectivityMarker
from merilo.definitions.notices import Notice, WordingRule
from merilo.definitions.objectivity_prior import MovesAlong, ObjectivityMixture, ObjectivityPrior
from merilo.definitions.provenance import Entry, Provenance, StatedChoice, status_label
from merilo.definitions.run_settings import RunSettings, Setting
from merilo.definitions.scales import MarkScale, ScaleCondition
from merilo.definitions.subjects import GiaCode, Subject

__all__ = [
    "CountedProcedure",
    "Definitions",
    "DisclosureRule",
    "Entry",
    "ExamMinimum",
    "ExamYear",
    "GiaCode",
    "Indicator",
    "ItemPlan",
    "ItemRule",
    "LowResultRule",
    "MarkScale",
    "MarkerRule",
    "MovesAlong",
    "Notice",
    "ObjectivityMarker",
    "ObjectivityMixture",
    "ObjectivityPrior",
    "Provenance",
    "RunSettings",
    "SampleRule",
    "ScaleCondition",
    "Setting",
    "StatedChoice",
    "Subject",
    "WordingRule",
    "find_subject",
    "load_definitions",
    "status_label",
    "subject_in",
]


def find_subject(text: str) -> Subject | None:
    """The built-in subject that a text spells (id, name, dative, code, alias; any case), or None."""
    return load_definitions().find_subject(text)


def subject_in(text: str) -> Subject | None:
    """The one built-in subject named within a longer text such as a file name, or None."""
    return load_definitions().subject_in(text)
