"""How do the two models fit together? A compressor reads, a predictor answers from the note, a grader compares.

    items ── Compressor ──> notes ── Predictor ──> answers ── grading ──> one row an item

`run` does all of it for one pair of models; `turns` lets the predictor ask again; `in_pools` asks how many bits the
notes carry where that is known. A compressor is a model (`ByModel`) or one of its rivals: the whole document, no
document, the evidence, the first tokens, the best or any sentences.
"""

from agentbits.pipeline.compressors import ByModel, Compressor, Note, closed_book, oracle, whole
from agentbits.pipeline.pools import POOL_COLUMNS, in_pools
from agentbits.pipeline.predictors import Answer, Chooser, Predictor, Writer, likelihoods
from agentbits.pipeline.rivals import FirstTokens, Sentences
from agentbits.pipeline.rows import COLUMNS, accuracies, answered, run, table, usage
from agentbits.pipeline.turns import turns

__all__ = [
    "COLUMNS",
    "POOL_COLUMNS",
    "Answer",
    "ByModel",
    "Chooser",
    "Compressor",
    "FirstTokens",
    "Note",
    "Predictor",
    "Sentences",
    "Writer",
    "accuracies",
    "answered",
    "closed_book",
    "in_pools",
    "likelihoods",
    "oracle",
    "run",
    "table",
    "turns",
    "usage",
    "whole",
]
