"""Where to write names beside points so that nothing overlaps and nothing leaves the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from merilo.publish.fonts import text_width

LINE = 15.0  # pixels, height of a line of 12-pixel letters
POINT = 5.0  # pixels, radius of a point with its outline
GAP = 4.0


@dataclass(frozen=True, slots=True)
class Spot:
    """Pixels from the upper left corner, and words: of a point, or of a label's left middle."""

    x: float
    y: float
    text: str


def place_labels(
    asked: Sequence[Spot], points: Sequence[Spot], *, width: float, height: float, below_first: bool = False
) -> list[Spot]:
    """A place for every asked label that has a free one, in the order asked; the others stay in the table.

    below_first: for points that stand in columns, where below and above belong to the point alone.
    """
    taken = [(spot.x - POINT, spot.y - POINT, spot.x + POINT, spot.y + POINT) for spot in points]
    placed = []
    for spot in asked:
        span = text_width(spot.text, 12)
        candidates = _candidates(spot, span)
        if below_first:
            candidates = [candidates[3], candidates[2], *candidates[:2], *candidates[4:]]
        for left, middle in candidates:
            box = (left - GAP, middle - LINE / 2, left + span + GAP, middle + LINE / 2)
            inside = left >= 0 and left + span <= width + 6 and box[1] >= -4 and box[3] <= height
            if inside and not any(_overlap(box, other) for other in taken):
                placed.append(Spot(left, middle, spot.text))
                taken.append(box)
                break
    return placed


def _candidates(spot: Spot, span: float) -> list[tuple[float, float]]:
    """Right, left, above, below, then the corners."""
    right, left, centre = spot.x + POINT + GAP, spot.x - POINT - GAP - span, spot.x - span / 2
    up, down = spot.y - POINT - LINE / 2, spot.y + POINT + LINE / 2
    return [
        (right, spot.y),
        (left, spot.y),
        (centre, up),
        (centre, down),
        (right - GAP, up),
        (right - GAP, down),
        (left + GAP, up),
        (left + GAP, down),
    ]


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
