"""From *.toml files to Definitions: read, lay overrides over by id, build, check against each other."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from merilo.definitions.agreement import check_agreement
from merilo.definitions.catalogue import Definitions
from merilo.definitions.disclosure import DisclosureRule, read_disclosure_rule
from merilo.definitions.exams import ExamMinimum, ExamYear, read_exam_minimum, read_exam_year
from merilo.definitions.fields import PROVENANCE_FIELDS, Fields
from merilo.definitions.indicators import Indicator, read_indicator
from merilo.definitions.item_plans import ItemPlan, read_item_plan
from merilo.definitions.item_rules import ItemRule, SampleRule, read_item_rule, read_sample_rule
from merilo.definitions.low_results import LowResultRule, read_low_result_rule
from merilo.definitions.markers import (
    MarkerRule,
    ObjectivityMarker,
    read_marker_rule,
    read_objectivity_marker,
)
from merilo.definitions.notices import Notice, WordingRule, read_notice, read_wording_rule
from merilo.definitions.objectivity_prior import (
    ObjectivityMixture,
    ObjectivityPrior,
    read_objectivity_mixture,
    read_objectivity_prior,
)
from merilo.definitions.provenance import Entry
from merilo.definitions.run_settings import Setting, gather_settings, read_setting
from merilo.definitions.scales import MarkScale, read_mark_scale
from merilo.definitions.subjects import Subject, read_subject
from merilo.errors import DefinitionError, MissingFileError
from merilo.language import translator

_ = translator("definitions")

BUILT_IN = Path(__file__).parent

# The tables a definitions file may hold.
READERS: Mapping[str, Callable[[Fields], Entry]] = MappingProxyType(
    {
        "subject": read_subject,
        "mark_scale": read_mark_scale,
        "item_plan": read_item_plan,
        "exam_minimum": read_exam_minimum,
        "exam_year": read_exam_year,
        "marker_rule": read_marker_rule,
        "objectivity_marker": read_objectivity_marker,
        "objectivity_mixture": read_objectivity_mixture,
        "objectivity_prior": read_objectivity_prior,
        "low_result_rule": read_low_result_rule,
        "item_rule": read_item_rule,
        "sample_rule": read_sample_rule,
        "disclosure": read_disclosure_rule,
        "notice": read_notice,
        "wording": read_wording_rule,
        "indicator": read_indicator,
        "setting": read_setting,
    }
)


@dataclass(frozen=True, slots=True)
class _Written:
    """One definition as written: its table, its raw fields, the name of its file."""

    table: str
    raw: Mapping[str, object]
    file: str


def load_definitions(overrides: Sequence[Path] = ()) -> Definitions:
    """The built-in definitions with the user's own files laid over them, later ones over earlier.

    overrides  .toml files, or folders whose .toml files are read in the order of their names. An entry with
    a known id replaces the fields it gives (version, source, status and date must be its own); an entry with a
    new id is added.
    """
    if not overrides:
        return _built_in_definitions()
    layers = dict(_built_in())
    for path in overrides:
        for file in _toml_files(Path(path)):
            for id, entry in _read_file(file).items():
                layers[id] = _laid_over(layers.get(id), entry, id)
    return _build(layers)


@lru_cache(maxsize=1)
def _built_in_definitions() -> Definitions:
    return _build(_built_in())


@lru_cache(maxsize=1)
def _built_in() -> Mapping[str, _Written]:
    entries: dict[str, _Written] = {}
    for file in sorted(BUILT_IN.glob("*.toml")):
        for id, entry in _read_file(file).items():
            if id in entries:
                raise _twice(id, file.name)
            entries[id] = entry
    return MappingProxyType(entries)


def _toml_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise MissingFileError(
            _("The file or folder of definitions is not there"),
            file=path,
            next_step=_("Check the path, or leave it out to use the built-in definitions."),
        )
    found = sorted(path.glob("*.toml"))
    if not found:
        raise MissingFileError(
            _("The folder of definitions holds no .toml file"),
            file=path,
            next_step=_("Put your definitions into files whose names end in .toml."),
        )
    return found


def _read_file(file: Path) -> dict[str, _Written]:
    content = _parse(file)
    defaults = content.pop("defaults", {})
    if not isinstance(defaults, Mapping):
        raise DefinitionError(_("[defaults] must be a table"), file=file.name, value=defaults)
    _check_defaults(defaults, file)
    entries: dict[str, _Written] = {}
    for table, rows in content.items():
        if table not in READERS:
            raise DefinitionError(
                _("Definitions hold no table “{table}”").format(table=table),
                file=file.name,
                next_step=_("Known tables: {known}.").format(known=", ".join(("defaults", *READERS))),
            )
        for raw in _rows(table, rows, file):
            id = _id_of(table, raw, file)
            if id in entries:
                raise _twice(id, file.name)
            own = {name: value for name, value in raw.items() if name != "id"}
            entries[id] = _Written(table, {**defaults, **own}, file.name)
    return entries


def _parse(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DefinitionError(
            _("The file is not UTF-8 text"), file=file.name, next_step=_("Save it as UTF-8.")
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(
            _("The file is not valid TOML: {reason}").format(reason=error),
            file=file.name,
            next_step=_("Correct the line named; texts need quotation marks, shares a point (0.30)."),
        ) from error
    except OSError as error:
        raise DefinitionError(
            _("The file cannot be read: {reason}").format(reason=error.strerror), file=file.name
        ) from error


def _check_defaults(defaults: Mapping[str, object], file: Path) -> None:
    for name in defaults:
        if name not in PROVENANCE_FIELDS:
            raise DefinitionError(
                _("[defaults] cannot give “{field}” to every definition of a file").format(field=name),
                file=file.name,
                next_step=_("Known fields: {known}.").format(known=", ".join(sorted(PROVENANCE_FIELDS))),
            )


def _rows(table: str, rows: object, file: Path) -> Iterable[Mapping[str, object]]:
    if not isinstance(rows, list) or any(not isinstance(row, Mapping) for row in rows):
        raise DefinitionError(
            _("“{table}” must be written as [[{table}]], once for each definition").format(table=table),
            file=file.name,
            next_step=_("Double the square brackets."),
        )
    return rows


def _id_of(table: str, raw: Mapping[str, object], file: Path) -> str:
    id = raw.get("id")
    if not isinstance(id, str) or not id.strip():
        raise DefinitionError(
            _("A definition in [[{table}]] has no id").format(table=table),
            file=file.name,
            value=id,
            next_step=_("Give it an id: the one it overrides, or a new one."),
        )
    return id.strip()


def _twice(id: str, file: str) -> DefinitionError:
    return DefinitionError(
        _("The id “{id}” stands twice among the definitions").format(id=id),
        file=file,
        next_step=_("Give one of the two another id, or delete it."),
    )


def _laid_over(below: _Written | None, above: _Written, id: str) -> _Written:
    if below is None:
        return above
    if below.table != above.table:
        raise DefinitionError(
            _("The id “{id}” belongs to [[{below}]] and cannot be overridden as [[{above}]]").format(
                id=id, below=below.table, above=above.table
            ),
            file=above.file,
            next_step=_("Use the same table, or a new id."),
        )
    kept = {name: value for name, value in below.raw.items() if name not in PROVENANCE_FIELDS}
    return _Written(above.table, {**kept, **above.raw}, above.file)


Built = TypeVar("Built", bound=Entry)


def _build(written: Mapping[str, _Written]) -> Definitions:
    entries = [_read_entry(id, entry) for id, entry in written.items()]

    def every(kind: type[Built]) -> tuple[Built, ...]:
        return tuple(entry for entry in entries if isinstance(entry, kind))

    settings = every(Setting)
    definitions = Definitions(
        subjects=every(Subject),
        mark_scales=every(MarkScale),
        item_plans=every(ItemPlan),
        exam_minima=every(ExamMinimum),
        exam_years=every(ExamYear),
        marker_rules=every(MarkerRule),
        markers=tuple(sorted(every(ObjectivityMarker), key=lambda marker: marker.number)),
        objectivity_mixture=_only(every(ObjectivityMixture)),
        objectivity_priors=every(ObjectivityPrior),
        low_result_rules=every(LowResultRule),
        item_rules=every(ItemRule),
        sample_rule=_only(every(SampleRule)),
        disclosure=_only(every(DisclosureRule)),
        notices=every(Notice),
        wording=_only(every(WordingRule)),
        indicators=every(Indicator),
        settings=settings,
        run=gather_settings({setting.id: setting for setting in settings}),
    )
    check_agreement(definitions)
    return definitions


def _read_entry(id: str, written: _Written) -> Entry:
    fields = Fields(written.raw, id=id, file=written.file)
    entry = READERS[written.table](fields)
    fields.finish()
    return entry


def _only(entries: tuple[Built, ...]) -> Built:
    if len(entries) == 1:
        return entries[0]
    first, second = entries[0], entries[1]
    raise DefinitionError(
        _("There can be only one definition of this kind: “{first}” or “{second}”").format(
            first=first.id, second=second.id
        ),
        file=second.provenance.file,
        next_step=_("Override “{first}” by writing its id.").format(first=first.id),
    )
