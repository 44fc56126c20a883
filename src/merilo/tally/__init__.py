"""One pass over the works -> Tally: additive arrays that any number of batches fill and merge.

`step` counts one batch; `merge` adds two tallies; an empty tally is the neutral element, and merging is
associative, so the same `step` runs in one process, in many, or in a cluster.
"""

from merilo.tally.batch import Batch, read_batch
from merilo.tally.cells import CellCounts
from merilo.tally.pairs import PairCounts
from merilo.tally.schools import SchoolSums
from merilo.tally.tally import Tally, merge, step

__all__ = ["Batch", "CellCounts", "PairCounts", "SchoolSums", "Tally", "merge", "read_batch", "step"]
