"""The only exit: tables -> workbook, figures, report; always through disclosure."""

from merilo.publish.disclosure import (
    CENTRE,
    PUBLIC,
    Audience,
    DisclosureLimits,
    DisclosureRule,
    one_school,
    protect,
)
from merilo.publish.stamp import RunStamp
from merilo.publish.table_files import write_tables

__all__ = [
    "CENTRE",
    "PUBLIC",
    "Audience",
    "DisclosureLimits",
    "DisclosureRule",
    "RunStamp",
    "one_school",
    "protect",
    "write_tables",
]
