"""Which choice matters: family, compressor size or predictor size?

| question | answered by |
|---|---|
| which choices go with right answers, and how much? | `logistic` |
| is one choice larger than another? | `ranking`, and `held_out` for documents that were not fitted |
| is the regression right on average, and for what it never saw? | `calibration`, `leave_out` |
| do two quantities rise and fall together over models? | `correlation` |
| what does a doubling buy? | `slope`, and `difference` of two |
| how many times better is one than the other? | `ratio` |

Answers about one document rise and fall together; every interval here takes documents as what is drawn (`Interval`).
"""

from agentbits.effects.checks import LeftOut, calibration, leave_out
from agentbits.effects.correlations import Correlation, correlation
from agentbits.effects.heldout import held_out
from agentbits.effects.intervals import Interval, difference
from agentbits.effects.regression import Logistic, logistic, ranking
from agentbits.effects.scaling import ratio, slope

__all__ = [
    "Correlation",
    "Interval",
    "LeftOut",
    "Logistic",
    "calibration",
    "correlation",
    "difference",
    "held_out",
    "leave_out",
    "logistic",
    "ranking",
    "ratio",
    "slope",
]
