"""What kind of authority to simulate."""

from __future__ import annotations

from dataclasses import dataclass

from merilo.errors import UsageError
from merilo.language import translator
from merilo.simulate.blueprint import load_blueprints

_ = translator("simulate")

MANIPULATION_KINDS = ("threshold", "dictated", "copying", "leniency", "participation", "inflation")
CONTROL_KINDS = (
    "strong", "tiny", "streamed", "curriculum", "new_teacher", "selective", "lenient_city", "strict_city",
)  # fmt: skip
CITY_WIDE = ("lenient_city", "strict_city")
MOST_SCHOOLS = 40_000


@dataclass(frozen=True, slots=True)
class Manipulation:
    """One kind of distortion in some schools.

    kind: one of MANIPULATION_KINDS; strength 0-1, full strength as the constants of `distortions` say;
    schools: how many (drawn at random), or their org_ids; procedures: ids, codes of subjects or of works (empty: all);
    cuts: marks whose cut scores are lifted over (threshold only).
    """

    kind: str
    strength: float = 1.0
    schools: int | tuple[str, ...] = 1
    procedures: tuple[str, ...] = ()
    cuts: tuple[int, ...] = (3, 4, 5)

    def __post_init__(self) -> None:
        _check_kind(self.kind, MANIPULATION_KINDS)
        _check_strength(self.strength)
        if any(cut not in (3, 4, 5) for cut in self.cuts):
            raise UsageError(_("Cut scores exist for the marks 3, 4 and 5"), value=self.cuts)


@dataclass(frozen=True, slots=True)
class Control:
    """Something innocent that only looks suspicious, in some schools (the kinds in CITY_WIDE: in all)."""

    kind: str
    strength: float = 1.0
    schools: int | tuple[str, ...] = 1

    def __post_init__(self) -> None:
        _check_kind(self.kind, CONTROL_KINDS)
        _check_strength(self.strength)


@dataclass(frozen=True, slots=True)
class AuthoritySettings:
    """Everything about a simulated authority except its random numbers.

    schools 1-40,000; years: school years, one spring each, from first_year on; profile: sizes of schools, "town" or
    "region" (empty: town up to 60 schools); season: spring, or autumn, when the programme of the year before is tested
    (as in 2020); works: codes like MA5, empty for all.
    lift_mean, lift_most: share of near-misses (1-2 points) that honest markers lift over the cut score for "3" (less
    for 4 and 5), mean and maximum over schools; lift_reach: points below a cut score from which they lift, beyond 2
    less and less. The marks of the real region of 2021 need lift_mean 0.6, lift_most 0.95, lift_reach 6.
    school_item_sd logits (None: each item as in the region); skill_part: share of that variance common to the items of
    a skill; class_item_sd logits; class_part: share of the variance of ability between the classes of a school;
    school_part: the same between schools (None: as in the region); absent_share: lowest and highest over procedures;
    not_attempted_share: of the zeros; mobility_share: pupils replaced from year to year; year_shift logits: SD of an
    item's change of difficulty in the years after the first.
    """

    schools: int = 41
    years: int = 2
    first_year: int = 2021
    season: str = "spring"
    profile: str = ""
    works: tuple[str, ...] = ()
    region_code: int = 10
    lift_mean: float = 0.25
    lift_most: float = 0.5
    lift_reach: int = 2
    school_item_sd: float | None = None
    skill_part: float = 0.3
    class_item_sd: float = 0.2
    class_part: float = 0.05
    school_part: float | None = None
    absent_share: tuple[float, float] = (0.06, 0.12)
    not_attempted_share: float = 0.25
    not_taught: bool = True
    mobility_share: float = 0.03
    year_shift: float = 0.15
    manipulations: tuple[Manipulation, ...] = ()
    controls: tuple[Control, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.schools <= MOST_SCHOOLS:
            raise UsageError(_("The number of schools must be from 1 to 40000"), value=self.schools)
        if not 1 <= self.years <= 20:
            raise UsageError(_("The number of school years must be from 1 to 20"), value=self.years)
        if self.profile not in ("", "town", "region"):
            raise UsageError(_("The profile must be town or region"), value=self.profile)
        if self.season not in ("spring", "autumn"):
            raise UsageError(_("The season must be spring or autumn"), value=self.season)
        unknown = [code for code in self.works if code not in load_blueprints()]
        if unknown:
            raise UsageError(
                _("The simulator knows the works {codes}").format(codes=", ".join(load_blueprints())),
                value=unknown[0],
            )
        if not 0 <= self.lift_mean <= self.lift_most <= 1:
            raise UsageError(
                _("The mean lift must lie between 0 and the greatest lift"), value=self.lift_mean
            )
        if not 2 <= self.lift_reach <= 10:
            raise UsageError(_("The reach of the lift must be from 2 to 10 points"), value=self.lift_reach)
        if not 0 <= self.absent_share[0] <= self.absent_share[1] < 1:
            raise UsageError(
                _("The shares of absent pupils must rise and be below 1"), value=self.absent_share
            )

    @property
    def autumn(self) -> bool:
        """Whether procedures are held in autumn, by the year group above the programme's."""
        return self.season == "autumn"

    @property
    def is_town(self) -> bool:
        """Whether schools are as large as in a town."""
        return self.profile == "town" or (self.profile == "" and self.schools <= 60)


def parse_manipulation(text: str) -> Manipulation:
    """`kind[:strength[:schools[:procedures]]]`, e.g. threshold:0.5:10 or dictated:1:edu103001+edu103007:MA."""
    kind, strength, schools, procedures = _parts(text)
    return Manipulation(
        kind, _number(strength), _schools(schools), tuple(p for p in procedures.split("+") if p)
    )


def parse_control(text: str) -> Control:
    """`kind[:strength[:schools]]`, e.g. tiny:1:20 or lenient_city."""
    kind, strength, schools, _unused = _parts(text)
    return Control(kind, _number(strength), _schools(schools))


def _parts(text: str) -> tuple[str, str, str, str]:
    parts = [*text.split(":"), "", "", ""]
    return parts[0].strip(), parts[1].strip() or "1", parts[2].strip() or "1", parts[3].strip()


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise UsageError(_("The strength must be a number from 0 to 1"), value=text) from None


def _schools(text: str) -> int | tuple[str, ...]:
    return int(text) if text.isdigit() else tuple(text.split("+"))


def _check_kind(kind: str, allowed: tuple[str, ...]) -> None:
    if kind not in allowed:
        raise UsageError(_("The kind must be one of {kinds}").format(kinds=", ".join(allowed)), value=kind)


def _check_strength(strength: float) -> None:
    if not 0 <= strength <= 1:
        raise UsageError(_("The strength must be a number from 0 to 1"), value=strength)
