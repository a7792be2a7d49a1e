"""Why believe an estimator? Channels that carry a sampler and their exact answer.

Each draws contexts and notes, knows log p(z|x) of any note under any context, and knows I(X;Z) without estimating:

| channel | like |
|---|---|
| `coin`, `symmetric`, `erasure` | the textbook's |
| `symmetric(20_000, …)` | rare events, which no sample of contexts can show |
| `Gaussian` | real numbers, many weak clues |
| `Facts` | a summariser that keeps, drops and corrupts facts |
| `NameTag` | a note that identifies its document and answers nothing |
| `Autoregressive` | a language model over few words, token by token |
"""

from agentbits.channels.autoregressive import Autoregressive, random_autoregressive
from agentbits.channels.base import Channel, sampled_array
from agentbits.channels.exact import expected_bits, information_bits
from agentbits.channels.facts import BLANK, Facts, NameTag, coin, erasure, symmetric
from agentbits.channels.gaussian import Gaussian

__all__ = [
    "BLANK",
    "Autoregressive",
    "Channel",
    "Facts",
    "Gaussian",
    "NameTag",
    "coin",
    "erasure",
    "expected_bits",
    "information_bits",
    "random_autoregressive",
    "sampled_array",
    "symmetric",
]
