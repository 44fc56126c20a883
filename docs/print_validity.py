"""Print docs/validity.md (Russian) and docs/validity.en.md from the committed results of validation/objectivity.py."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))

import validity_words as words  # noqa: E402
from validity_words import Pair  # noqa: E402

RESULTS = DOCS.parent / "validation" / "objectivity_results.json"
RUSSIAN, ENGLISH = 0, 1
FILES = {RUSSIAN: "validity.md", ENGLISH: "validity.en.md"}
SIMULATORS = ("second", "first")
SIZES = ("<15", "15-30", "30-60", ">60")
MIXED = "mixed"
DOUBT = 2.0


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate: value, Monte Carlo error, n counted, authorities."""

    value: float
    error: float
    n: int
    worlds: int


Place = tuple[str, str, float, int, int]


@dataclass(frozen=True, slots=True)
class Page:
    """Results and the language of the page."""

    head: dict[str, object]
    rates: dict[tuple[Place, str, str, str], Rate]
    language: int

    def say(self, pair: Pair) -> str:
        """The sentence in the page's language."""
        return pair[self.language]

    def rate(self, place: Place, measure: str, of: str, size: str = "") -> Rate | None:
        """A rate, None where it was not measured."""
        return self.rates.get((place, measure, of, size))

    def percent(self, rate: Rate | None) -> str:
        """Like 82 ± 3 %."""
        if rate is None:
            return "–"
        digits = 1 if rate.error < 0.0095 else 0
        return self.decimal(f"{100 * rate.value:.{digits}f} ± {100 * rate.error:.{digits}f} %")

    def number(self, rate: Rate | None) -> str:
        """Like 0.93 ± 0.01."""
        return "–" if rate is None else self.decimal(f"{rate.value:.2f} ± {rate.error:.2f}")

    def decimal(self, text: str) -> str:
        """The decimal sign of the language."""
        return text.replace(".", ",") if self.language == RUSSIAN else text

    def worlds(self, place: Place) -> str:
        """How many authorities were drawn."""
        found = [rate.worlds for (where, *_rest), rate in self.rates.items() if where == place]
        return str(max(found)) if found else "–"

    def measured(self, place: Place) -> bool:
        """Whether the setting was measured."""
        return any(where == place for where, *_rest in self.rates)

    def table(self, columns: Iterable[str], rows: Iterable[list[str]]) -> list[str]:
        """A table; columns: names of words.COLUMNS, or the words themselves."""
        heads = [self.say(words.COLUMNS[name]) if name in words.COLUMNS else name for name in columns]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *lines, ""]


def read(path: Path = RESULTS) -> tuple[dict[str, object], dict[tuple[Place, str, str, str], Rate]]:
    """The results file: its head, and the rates."""
    found = json.loads(path.read_text(encoding="utf-8"))
    rows = found.pop("rows")
    rates = {
        ((simulator, name, strength, schools, procedures), measure, of, size): Rate(*numbers)
        for simulator, name, strength, schools, procedures, measure, of, size, *numbers in rows
    }
    return found, rates


def document(language: int, path: Path = RESULTS) -> str:
    """The whole page."""
    head, rates = read(path)
    page = Page(head, rates, language)
    drawn = {place: int(page.worlds(place)) for place, *_rest in rates}
    lines = [page.say(words.TITLE), "", page.say(words.INTRO)]
    lines += [
        page.say(words.MADE).format(
            date=head["made_on"],
            version=head["merilo_version"],
            worlds=sum(drawn.values()),
            schools=sum(place[3] * n for place, n in drawn.items()),
        ),
        "",
    ]
    for name, section in SECTIONS.items():
        title, text = words.SECTIONS[name]
        lines += [
            f"## {page.say(title)}",
            "",
            *([page.say(text), ""] if page.say(text) else []),
            *section(page),
        ]
    return "\n".join(lines).rstrip() + "\n"


def _short(page: Page) -> list[str]:
    full, half = (("second", MIXED, strength, 200, 4) for strength in (1.0, 0.5))
    clean: Place = ("second", "clean", 0.0, 200, 4)
    promises: list[tuple[str, Rate | None, float, float, bool]] = [
        ("clean", page.rate(clean, "false_alarms", "honest"), 0.0, 0.01, True),
        ("false", page.rate(full, "false_discovery", "mean over authorities"), 0.0, 0.10, True),
        ("power", page.rate(full, "power", "all"), 0.8, 1.0, True),
        ("auc", page.rate(full, "auc", "all"), 0.93, 1.0, False),
        ("false_half", page.rate(half, "false_discovery", "mean over authorities"), 0.0, 0.10, True),
        ("power_half", page.rate(half, "power", "all"), 0.5, 1.0, True),
        ("auc_half", page.rate(half, "auc", "all"), 0.80, 1.0, False),
        ("region", page.rate(clean, "lift_region", "all"), 0.93, 1.0, True),
    ]
    rows = []
    for name, rate, low, high, share in promises:
        limit = high if low == 0.0 else low
        sign = "≤" if low == 0.0 else "≥"
        target = f"{sign} {100 * limit:g} %" if share else page.decimal(f"{sign} {limit:.2f}")
        rows.append(
            [
                page.say(words.PROMISES[name]),
                target,
                page.percent(rate) if share else page.number(rate),
                "–" if rate is None else page.say(_verdict(rate, low, high)),
            ]
        )
    return page.table(("promise", "target", "measured", "verdict"), rows)


def _verdict(rate: Rate, low: float, high: float) -> Pair:
    if low <= rate.value <= high:
        return words.YES
    near = low - DOUBT * rate.error <= rate.value <= high + DOUBT * rate.error
    return words.NEARLY if near else words.NO


def _clean(page: Page) -> list[str]:
    rows = []
    for place in (one for simulator in SIMULATORS for one in _grid(page, simulator, "clean", 0.0)):
        flagged = page.percent(page.rate(place, "false_alarms", "honest"))
        anywhere = page.percent(page.rate(place, "flagged_any", "all"))
        rows.append([*_where(page, place), flagged, anywhere, page.worlds(place)])
    return page.table(("simulator", "schools", "procedures", "false_alarms", "any", "worlds"), rows)


def _grid_section(page: Page) -> list[str]:
    rows = []
    for simulator in SIMULATORS:
        for strength in (1.0, 0.5):
            for place in _grid(page, simulator, MIXED, strength):
                rows.append([*_where(page, place), _force(page, strength), *_found(page, place, "all")])
    lines = page.table(
        ("simulator", "schools", "procedures", "strength", "power", "auc", "false", "named", "worlds"), rows
    )
    return [page.say(words.STRENGTH), "", *lines]


def _kinds(page: Page) -> list[str]:
    rows = []
    for kind in words.KINDS:
        for strength in (1.0, 0.75, 0.5, 0.25):
            for simulator in SIMULATORS:
                place = (simulator, kind, strength, 200, 4)
                if page.measured(place):
                    name = page.say(words.SIMULATORS[simulator])
                    rows.append(
                        [
                            page.say(words.KINDS[kind]),
                            _force(page, strength),
                            name,
                            *_found(page, place, kind),
                        ]
                    )
    return page.table(("kind", "strength", "simulator", "power", "auc", "false", "named", "worlds"), rows)


def _sizes(page: Page) -> list[str]:
    rows = []
    for strength in (1.0, 0.5):
        for kind in (*words.KINDS, "honest"):
            measure, name = ("power", words.KINDS.get(kind)) if kind != "honest" else ("false_alarms", None)
            place = ("second", MIXED, strength, 200, 4)
            cells = [page.percent(page.rate(place, measure, kind, size)) for size in (*SIZES, "")]
            if set(cells) != {"–"}:
                rows.append([page.say(name or words.UNTOUCHED), _force(page, strength), *cells])
    return page.table(("kind", "strength", *SIZES, "any size"), rows)


def _controls(page: Page) -> list[str]:
    rows = []
    for control, name in words.CONTROLS.items():
        cells = []
        for simulator in SIMULATORS:
            setting = control if control in ("lenient_city", "strict_city") else "controls"
            place = (simulator, setting, 0.0, 200, 4)
            cells += [page.percent(page.rate(place, "false_alarms", control)), page.worlds(place)]
        rows.append([page.say(name), *cells])
    heads = [f"{page.say(words.COLUMNS['flagged'])}: {page.say(words.SIMULATORS[one])}" for one in SIMULATORS]
    return page.table(("school", heads[0], "worlds", heads[1], "worlds"), rows)


def _evidence(page: Page) -> list[str]:
    place = ("second", "clean", 0.0, 200, 4)
    rows = [
        [
            page.say(name),
            *(page.percent(page.rate(place, "p_05", evidence, size)) for size in (*SIZES, "")),
            page.percent(page.rate(place, "p_01", evidence)),
            page.percent(page.rate(place, "known", evidence)),
        ]
        for evidence, name in words.EVIDENCE.items()
        if page.rate(place, "known", evidence)
    ]
    return page.table(("evidence", *SIZES, "any size", "below_01", "known"), rows)


def _lifts(page: Page) -> list[str]:
    rows = []
    for setting, name in (("clean", words.CLEAN), ("clean, everybody lifts half", words.EVERYBODY)):
        place = ("second", setting, 0.0, 200, 4)
        for cut in (3, 4, 5):
            rate = page.rate(place, "lift_school", f"threshold_{cut}")
            rows.append([page.say(name), str(cut), page.percent(rate), "–"])
        rows.append(
            [page.say(name), page.say(words.WHOLE), page.percent(page.rate(place, "lift_region", "all")), "–"]
        )
    for strength in (1.0, 0.5):
        place = ("second", "threshold", strength, 200, 4)
        lifting = f"{page.say(words.KINDS['threshold'])}, {_force(page, strength)}"
        for cut in (3, 4, 5):
            cells = [page.rate(place, one, f"threshold_{cut}") for one in ("lift_school", "lift_school_done")]
            rows.append([lifting, str(cut), *map(page.percent, cells)])
        rows.append(
            [lifting, page.say(words.WHOLE), page.percent(page.rate(place, "lift_region", "all")), "–"]
        )
    return page.table(("setting", "cut", "honest", "done"), rows)


def _probability(page: Page) -> list[str]:
    rows = []
    for strength in (1.0, 0.5):
        place = ("second", MIXED, strength, 200, 4)
        for limits in ("0-0.1", "0.1-0.5", "0.5-0.9", "0.9-1"):
            true, said = (page.rate(place, one, limits) for one in ("probability", "probability_said"))
            if true is not None and said is not None:
                rows.append(
                    [
                        _force(page, strength),
                        page.decimal(limits.replace("-", "–")),
                        page.decimal(f"{said.value:.2f}"),
                        page.number(true),
                        str(true.n),
                    ]
                )
    return page.table(("strength", "said", "mean_said", "true", "number"), rows)


def _variants(page: Page) -> list[str]:
    return _named_settings(page, words.VARIANTS, "all")


def _inflation(page: Page) -> list[str]:
    return _named_settings(page, words.INFLATION, "inflation")


def _named_settings(page: Page, named: dict[str, Pair], kind: str) -> list[str]:
    rows = []
    for setting, name in named.items():
        for strength in (1.0, 0.5):
            place = ("second", setting, strength, 200, 4)
            if page.measured(place):
                rows.append([page.say(name), _force(page, strength), *_found(page, place, kind)])
    return page.table(("setting", "strength", "power", "auc", "false", "named", "worlds"), rows)


def _text_only(_page: Page) -> list[str]:
    return []


def _how(page: Page) -> list[str]:
    return [page.say(words.REPEAT).format(seed=page.head["first_seed"]), ""]


def _grid(page: Page, simulator: str, name: str, strength: float) -> list[Place]:
    places = {place for place, *_rest in page.rates if place[:3] == (simulator, name, strength)}
    return sorted(places, key=lambda place: place[3:])


def _where(page: Page, place: Place) -> list[str]:
    return [page.say(words.SIMULATORS[place[0]]), str(place[3]), str(place[4])]


def _force(page: Page, strength: float) -> str:
    return page.decimal(f"{strength:g}")


def _found(page: Page, place: Place, kind: str) -> list[str]:
    return [
        page.percent(page.rate(place, "power", kind)),
        page.number(page.rate(place, "auc", kind)),
        page.percent(page.rate(place, "false_discovery", "mean over authorities")),
        page.percent(page.rate(place, "named", kind)),
        page.worlds(place),
    ]


SECTIONS: dict[str, Callable[[Page], list[str]]] = {
    "short": _short,
    "clean": _clean,
    "grid": _grid_section,
    "kinds": _kinds,
    "sizes": _sizes,
    "controls": _controls,
    "evidence": _evidence,
    "lifts": _lifts,
    "probability": _probability,
    "variants": _variants,
    "third": _text_only,
    "inflation": _inflation,
    "options": _text_only,
    "how": _how,
}

if __name__ == "__main__":
    for language, name in FILES.items():
        (DOCS / name).write_text(document(language), encoding="utf-8")
    print("docs/validity.md, docs/validity.en.md")
