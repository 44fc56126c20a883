"""Item plans: how many points each item of a work can bring."""

from __future__ import annotations

from dataclasses import dataclass

from merilo.definitions.fields import Fields
from merilo.definitions.provenance import STATUSES, Entry, read_provenance
from merilo.definitions.scales import KINDS
from merilo.language import translator

_ = translator("definitions")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPlan(Entry):
    """Points of the items of one work, in the order of the export's item columns.

    max_points     (items,) highest points of each item
    item_ids       (items,) column numbers as the raw exports count them: "1" … "n"
    labels         (items,) numbers printed in the work («5.1», «1К2»), or empty where not known
    labels_status  how far the labels were checked; empty without labels
    """

    kind: str
    subject: str
    year_group: int
    year: int
    max_points: tuple[int, ...]
    item_ids: tuple[str, ...]
    labels: tuple[str, ...]
    labels_status: str

    @property
    def max_score(self) -> int:
        """Highest raw score of the work, points."""
        return sum(self.max_points)


def read_item_plan(fields: Fields) -> ItemPlan:
    """Read one `[[item_plan]]`; ids and labels, where given, are as many as the items."""
    max_points = fields.wholes("max_points", low=1)
    if not max_points:
        raise fields.wrong("max_points", _("must not be empty"))
    sequence = tuple(str(number) for number in range(1, len(max_points) + 1))
    item_ids = fields.texts("item_ids", default=sequence)
    labels = fields.texts("labels", default=())
    if len(item_ids) != len(max_points) or len(set(item_ids)) != len(item_ids):
        raise fields.wrong("item_ids", _("must name each of the {n} items once").format(n=len(max_points)))
    if labels and (len(labels) != len(max_points) or len(set(labels)) != len(labels)):
        raise fields.wrong("labels", _("must name each of the {n} items once").format(n=len(max_points)))
    return ItemPlan(
        provenance=read_provenance(fields),
        kind=fields.one_of("kind", KINDS),
        subject=fields.text("subject"),
        year_group=fields.whole("year_group", low=1, high=11),
        year=fields.whole("year", low=2000, high=2100),
        max_points=max_points,
        item_ids=item_ids,
        labels=labels,
        labels_status=fields.one_of("labels_status", ("", *STATUSES), default=""),
    )
