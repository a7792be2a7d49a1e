"""How many bits about the document survive in its summary?

One array in, one record out: `estimate` reads `log_prob[i, j, l]` = log p(z_ij | x_l, q_i) in nats and returns
`records.Bits`. Nothing here ever holds a language model.

| question | answered by |
|---|---|
| how many bits, between which bounds, and may they be believed? | `estimate` |
| which contexts failed, and what is left without them? | `complete` |
| does one compressor say more than another? | `compare` |
| how many contexts and notes are needed? | `plan` |
| how far should a proxy be trusted? | `temper` |
| what do the notes say about the answer? | `answer_information` |
| which error can no predictor avoid? | `fano` |
| how many bits must a note carry that is read so well? | `least_bits` |

Symbols: x context · z summary · q question · N contexts · M summaries of each · Q questions.
"""

from agentbits.information.answers import AnswerBits, ExactBits, answer_information, fano, least_bits
from agentbits.information.arrays import complete
from agentbits.information.compare import Difference, compare
from agentbits.information.front import estimate
from agentbits.information.planning import Plan, plan
from agentbits.information.tempering import Tempered, temper

__all__ = [
    "AnswerBits",
    "Difference",
    "ExactBits",
    "Plan",
    "Tempered",
    "answer_information",
    "compare",
    "complete",
    "estimate",
    "fano",
    "least_bits",
    "plan",
    "temper",
]
