"""How many bits about the document survive in its summary?

One array in, one record out: `estimate` reads `log_prob[i, j, l]` = log p(z_ij | x_l, q_i) in nats and returns
`records.Bits`. Nothing here ever holds a language model.

Symbols: x context · z summary · q question · N contexts · M summaries of each · Q questions.
"""

from agentbits.information.front import estimate

__all__ = ["estimate"]
