"""What did the paper print? A number of somebody else's, which never goes anywhere without its mark."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quoted:
    """A published number or direction, as `claims.published` hands it out; its text always ends in its mark.

    Attributes
    ----------
    words : the number with its unit, or the direction
    mark : how we know it: abs, fig, rel, we, ?
    value : the number; None for a direction
    """

    words: str
    mark: str
    value: float | None = None

    def __str__(self) -> str:
        return f"{self.words} [{self.mark}]"
