"""What is known of honest schools and of those that stand out before a run: priors of the objectivity model."""

from __future__ import annotations

from dataclasses import dataclass

from merilo.definitions.fields import Fields
from merilo.definitions.provenance import Entry, read_provenance
from merilo.tables.objectivity import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class MovesAlong:
    """Another kind of evidence moves along with the main one: by this fraction of its shift, give or take."""

    kind: str
    fraction: float
    fraction_sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HonestWith:
    """In honest schools the z of another kind are correlated with those of this one."""

    kind: str
    correlation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectivityPrior(Entry):
    """Prior of one kind of evidence; weights count as so many schools, z are in SDs of honest schools.

    kind                null, share and shift are of this kind, one of tables.objectivity.KINDS
    null_mean, null_sd  centre and Student scale of honest schools' z in one procedure, of weight null_weight
    tail, tail_sd       1 / degrees of freedom of the Student t (0: normal), and how sure
    correlation         of an honest school's z in two procedures, of weight correlation_weight
    share               0-1: schools whose main kind this is
    shift_mean, shift_sd  shift of z in one procedure in those schools (large ones), of weight shift_weight
    half_works          works at which a shift shows in z at 0.7 of its size (sampling as wide as honest schools)
    moves_along         kinds that a shift of this one moves along
    honest_with         kinds whose z go with this one's in honest schools
    """

    kind: str
    null_mean: float
    null_sd: float
    null_weight: float
    tail: float
    tail_sd: float
    correlation: float
    correlation_weight: float
    share: float
    shift_mean: float
    shift_sd: float
    shift_weight: float
    half_works: float
    moves_along: tuple[MovesAlong, ...]
    honest_with: tuple[HonestWith, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectivityMixture(Entry):
    """What all kinds have in common in the objectivity model.

    share_weight        schools behind the prior shares
    procedure_weight    schools that a kind's common null counts for in the null of one procedure
    kinds_weight        schools behind the prior correlations of kinds in honest schools
    other_fraction_sd   how much a kind that is not named in moves_along may move along all the same
    joint_tail, joint_tail_sd  1 / degrees of freedom of all kinds together, and how sure
    label_doubt         0-1: what a review's finding leaves to the other explanation
    most_log_odds       natural logarithm of the greatest weight that the evidence of one school may have
    partial_share       0-1: of the schools with findings, those with findings in some procedures only
    most_z              greatest z that one procedure may have, SDs of honest schools
    least_probability   0-1: a school is not flagged below it, whatever the q-value
    culture_probability 0-1: a positive finding needs a probability below this,
    culture_most_z      no pooled z above this,
    culture_procedures  so many procedures, and a lift below the region's
    """

    share_weight: float
    procedure_weight: float
    kinds_weight: float
    other_fraction_sd: float
    joint_tail: float
    joint_tail_sd: float
    label_doubt: float
    most_log_odds: float
    partial_share: float
    most_z: float
    least_probability: float
    culture_probability: float
    culture_most_z: float
    culture_procedures: int


def read_objectivity_prior(fields: Fields) -> ObjectivityPrior:
    """Read one [[objectivity_prior]]."""
    along, together = [], []
    for row in fields.rows("honest_with"):
        together.append(
            HonestWith(
                kind=row.one_of("kind", KINDS), correlation=row.number("correlation", low=-0.95, high=0.95)
            )
        )
        row.finish()
    for row in fields.rows("moves_along"):
        along.append(
            MovesAlong(
                kind=row.one_of("kind", KINDS),
                fraction=row.number("fraction", low=-2.0, high=2.0),
                fraction_sd=row.number("fraction_sd", low=0.0, high=2.0),
            )
        )
        row.finish()
    return ObjectivityPrior(
        provenance=read_provenance(fields),
        kind=fields.one_of("kind", KINDS),
        null_mean=fields.number("null_mean", low=-3.0, high=3.0),
        null_sd=fields.number("null_sd", low=0.1, high=10.0),
        null_weight=fields.number("null_weight", low=0.0),
        tail=fields.number("tail", low=0.0, high=0.5),
        tail_sd=fields.number("tail_sd", low=0.001, high=1.0),
        correlation=fields.number("correlation", low=0.0, high=0.95),
        correlation_weight=fields.number("correlation_weight", low=0.0),
        share=fields.number("share", low=1e-6, high=0.2),
        shift_mean=fields.number("shift_mean", low=0.0, high=20.0),
        shift_sd=fields.number("shift_sd", low=0.05, high=20.0),
        shift_weight=fields.number("shift_weight", low=0.1),
        half_works=fields.number("half_works", low=0.0),
        moves_along=tuple(along),
        honest_with=tuple(together),
    )


def read_objectivity_mixture(fields: Fields) -> ObjectivityMixture:
    """Read the one [[objectivity_mixture]]."""
    return ObjectivityMixture(
        provenance=read_provenance(fields),
        share_weight=fields.number("share_weight", low=1.0),
        procedure_weight=fields.number("procedure_weight", low=0.0),
        kinds_weight=fields.number("kinds_weight", low=0.0),
        other_fraction_sd=fields.number("other_fraction_sd", low=0.0, high=1.0),
        joint_tail=fields.number("joint_tail", low=0.0, high=0.2),
        joint_tail_sd=fields.number("joint_tail_sd", low=0.001, high=1.0),
        label_doubt=fields.number("label_doubt", low=1e-6, high=0.5),
        most_log_odds=fields.number("most_log_odds", low=1.0, high=50.0),
        partial_share=fields.share("partial_share"),
        most_z=fields.number("most_z", low=1.0),
        least_probability=fields.share("least_probability"),
        culture_probability=fields.share("culture_probability"),
        culture_most_z=fields.number("culture_most_z", low=0.0, high=5.0),
        culture_procedures=fields.whole("culture_procedures", low=1),
    )
