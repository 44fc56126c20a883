"""The authority folder (formats.md): organisations, enrolment, teachers, procedures with their works."""

from merilo.collect.authority.folder import (
    Authority,
    ProcedureFolder,
    read_authority,
    read_procedure_folder,
    reading_order,
)
from merilo.collect.authority.reviews import confirmed_exclusions
from merilo.collect.authority.works import CollectedWorks, collect_works

__all__ = [
    "Authority",
    "CollectedWorks",
    "ProcedureFolder",
    "collect_works",
    "confirmed_exclusions",
    "read_authority",
    "read_procedure_folder",
    "reading_order",
]
