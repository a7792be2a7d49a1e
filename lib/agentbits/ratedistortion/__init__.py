"""What does one more bit buy?

The paper draws distortion, 1 − accuracy, over the rate of a compressor's notes and lays D(R) = C·exp(−b·R) + D0
through the points (rows `rd` and `rd-pred` of its claims); it prints neither constants nor errors.

| question | answered by |
|---|---|
| how fast does distortion fall with rate, to which floor, and how well is that known? | `fit` |
| would another curve, or the notes' length alone, do as well? | `rivals` |
| what is the least rate of a source that is known? | `blahut_arimoto`, `binary_rate_bits`, `hamming_rate_bits` |

Symbols: R rate · D distortion · P points (compressor and predictor) · K clusters (documents) · m predictors.
"""

from agentbits.ratedistortion.curve import Band, Curve, Parameter, fit
from agentbits.ratedistortion.discrete import RatePoint, binary_rate_bits, blahut_arimoto, hamming_rate_bits
from agentbits.ratedistortion.points import RateUnit
from agentbits.ratedistortion.rivals import Rival, rivals

__all__ = [
    "Band",
    "Curve",
    "Parameter",
    "RatePoint",
    "RateUnit",
    "Rival",
    "binary_rate_bits",
    "blahut_arimoto",
    "fit",
    "hamming_rate_bits",
    "rivals",
]
