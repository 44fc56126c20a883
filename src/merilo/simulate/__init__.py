"""Authorities with known truth, written in every input layout (demonstration, tests, validation)."""

from merilo.simulate.authority import SimulatedAuthority, simulate_authority
from merilo.simulate.settings import (
    CONTROL_KINDS,
    MANIPULATION_KINDS,
    AuthoritySettings,
    Control,
    Manipulation,
    parse_control,
    parse_manipulation,
)
from merilo.simulate.sitting import SimulatedProcedure
from merilo.simulate.writing import LAYOUTS, simulate, write_authority

__all__ = [
    "CONTROL_KINDS",
    "LAYOUTS",
    "MANIPULATION_KINDS",
    "AuthoritySettings",
    "Control",
    "Manipulation",
    "SimulatedAuthority",
    "SimulatedProcedure",
    "parse_control",
    "parse_manipulation",
    "simulate",
    "simulate_authority",
    "write_authority",
]
