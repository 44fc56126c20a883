"""What may leave: the limits of the disclosure control of `publish`."""

from __future__ import annotations

from dataclasses import dataclass

from merilo.definitions.fields import Fields
from merilo.definitions.provenance import Entry, read_provenance
from merilo.language import translator

_ = translator("definitions")


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureRule(Entry):
    """Protection at the exit.

    min_cell                 cells of fewer pupils never leave (5: a cell of 4 is suppressed, of 5 is not)
    restricted_below         cells of fewer pupils (and at least min_cell) only for the school and the centre
    complementary            suppress a second cell where a total would give the first away
    show_min_max             whether a lowest or highest pupil's score may be shown
    pupil_rows_leave_school  whether rows of single pupils may leave the school
    """

    min_cell: int
    restricted_below: int
    complementary: bool
    show_min_max: bool
    pupil_rows_leave_school: bool


def read_disclosure_rule(fields: Fields) -> DisclosureRule:
    """Read one `[[disclosure]]`."""
    rule = DisclosureRule(
        provenance=read_provenance(fields),
        min_cell=fields.whole("min_cell", low=2),
        restricted_below=fields.whole("restricted_below", low=2),
        complementary=fields.flag("complementary"),
        show_min_max=fields.flag("show_min_max"),
        pupil_rows_leave_school=fields.flag("pupil_rows_leave_school"),
    )
    if rule.restricted_below < rule.min_cell:
        raise fields.wrong("restricted_below", _("must not lie below min_cell"))
    return rule
