"""Does the claim hold? What was claimed, how near ours must come, and what was found.

`register` reads all three from `data/paper/claims.yaml`, checked by `fields`; `page` shows them. Nothing here
runs or judges: a verdict is written by hand, together with the run that it rests on.
"""

from agentbits.claims.page import claims_page, results_table
from agentbits.claims.register import Claim, Published, Tolerance, Verdict, check_verdict, load

__all__ = [
    "Claim",
    "Published",
    "Tolerance",
    "Verdict",
    "check_verdict",
    "claims_page",
    "load",
    "results_table",
]
