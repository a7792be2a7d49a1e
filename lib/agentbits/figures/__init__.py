"""What does the figure show?

A tidy frame or an array in, a displayable figure out. A figure carries its own alt text, computed from the same
numbers, its caption, and the tier that the numbers come from; its palette is safe for colour-blind readers and
its background is opaque, so that it reads on a dark page too.
"""

from agentbits.figures.display import Html, Shown
from agentbits.figures.dots import dots
from agentbits.figures.lines import Chart, lines
from agentbits.figures.plots import foreign_sentence, heat_map, mask
from agentbits.figures.scatter import scatter
from agentbits.figures.tables import cards, notes_beside_documents, table

__all__ = [
    "Chart",
    "Html",
    "Shown",
    "cards",
    "dots",
    "foreign_sentence",
    "heat_map",
    "lines",
    "mask",
    "notes_beside_documents",
    "scatter",
    "table",
]
