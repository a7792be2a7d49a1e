"""What passes between the stages?

Frozen records, one noun of the paper each: a `Document` x, a `Question` q, the `Item` that says which answer is right,
a `Summary` z, the `Usage` it cost, and the `Bits` it carries;
what the paper printed is `Quoted`. Every field that could meet another unit names its own.
"""

from agentbits.records.bits import Bits, Estimand, QuestionDesign, Status
from agentbits.records.documents import Document, Fact, Item, Metric, Question
from agentbits.records.notes import FinishReason, Summary, TokenIds, Usage
from agentbits.records.quoted import Quoted

__all__ = [
    "Bits",
    "Document",
    "Estimand",
    "Fact",
    "FinishReason",
    "Item",
    "Metric",
    "Question",
    "QuestionDesign",
    "Quoted",
    "Status",
    "Summary",
    "TokenIds",
    "Usage",
]
