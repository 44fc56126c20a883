"""Lifting over cut scores: how many near-misses were marked up, estimated from counts by raw score.

estimate_lift (region.py) is what most callers want. The pieces are for the next use: `lift_operator` moves works,
`fit_tilted` fits a counterfactual around windows (of a region, or of a school as a tilt of its region),
`candidate_zones` draws the windows, `bounded_interval` gives limits near a share of 0.
"""

from merilo.methods.lift.counterfactual import TiltedFits, fit_tilted, polynomial_design
from merilo.methods.lift.interval import bounded_interval
from merilo.methods.lift.operator import lift_operator
from merilo.methods.lift.region import REASONS, LiftEstimate, estimate_lift
from merilo.methods.lift.zones import Zones, candidate_zones, near_misses

__all__ = [
    "REASONS",
    "LiftEstimate",
    "TiltedFits",
    "Zones",
    "bounded_interval",
    "candidate_zones",
    "estimate_lift",
    "fit_tilted",
    "lift_operator",
    "near_misses",
    "polynomial_design",
]
