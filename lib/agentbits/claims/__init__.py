"""Does the claim hold? What was claimed, how near ours must come, and what was found.

`register` reads the first two from `data/paper/claims.yaml`, with the verdicts on the paper's models, written by hand
together with the runs that they rest on. `our_world` judges our own runs, by rules of that file; `page` shows it all.
"""

from agentbits.claims.our_world import COLUMNS, Found, Measure, Rule, table
from agentbits.claims.page import claims_page, results_table
from agentbits.claims.register import Claim, Published, Tolerance, Verdict, check_verdict, load, published

__all__ = [
    "COLUMNS",
    "Claim",
    "Found",
    "Measure",
    "Published",
    "Rule",
    "Tolerance",
    "Verdict",
    "check_verdict",
    "claims_page",
    "load",
    "published",
    "results_table",
    "table",
]
