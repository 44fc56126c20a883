"""Works alike within a class: whose answers look taken from the best work, against what honest works imply.

`ImpliedShares` what a raw score implies for every answer; `own_items` what the school itself is better and worse at;
`compare_classes` sums over pairs of works by class; `judge_schools` puts them against honest schools. From points of
items only: where chosen options are known, `methods.answer_similarity` sees more.
"""

from merilo.methods.similarity.columns import AnswerColumns
from merilo.methods.similarity.comparing import compare_classes
from merilo.methods.similarity.own_items import own_shares
from merilo.methods.similarity.schools import SchoolSimilarity, judge_schools
from merilo.methods.similarity.shares import ImpliedShares
from merilo.methods.similarity.sums import LIKENESS_EDGES, ClassSums, add_sums, no_sums

__all__ = [
    "LIKENESS_EDGES",
    "AnswerColumns",
    "ClassSums",
    "ImpliedShares",
    "SchoolSimilarity",
    "add_sums",
    "compare_classes",
    "judge_schools",
    "no_sums",
    "own_shares",
]
