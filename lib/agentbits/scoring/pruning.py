"""Which scores cannot matter?

A note z was drawn from its own context x_i. Let R_t = p(z_≤t | x_l) / p(z_≤t | x_i) after t of its tokens. Over
notes drawn from x_i, R_t is a martingale: its expected later value is its present one. So once R_t < tol / N the
context l is dropped for this note and its entry keeps the present ratio; all dropped contexts together then move
the note's log-mixture by at most tol in expectation.

Two phases: first log p(z | x_i), which `generate` tells or one more reading of each context, then the columns. Under
a proxy R_t is no martingale; a random sample of entries is then scored to the end, and says what the others miss.

Unit: nats.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from agentbits.engines.base import CHECKPOINTS, Continuation, Engine, TokenLogProbs, check_scores
from agentbits.records import TokenIds

# Writing and scoring add up in different order. So far apart, the sums of a note are still one model at one
# temperature; so near, one can stand for the other in the array. In bfloat16 they are nats apart, and the columns
# score both alike.
_ALIKE_NATS_A_TOKEN = 0.1
_EQUAL_NATS = 0.01


@dataclass(frozen=True)
class Pruned:
    """What was not scored to the end.

    Attributes
    ----------
    tolerance_nats : tol
    scored_share : tokens scored of all tokens under foreign contexts
    n_dropped, n_audited : entries that were dropped, and entries that would have been, had they not been audited
    shift_nats, shift_error_nats : by how much the estimate would rise were nothing dropped, from the audited entries
        (Horvitz and Thompson), with its standard error; None without an audit
    """

    tolerance_nats: float
    scored_share: float
    n_dropped: int
    n_audited: int
    shift_nats: float | None
    shift_error_nats: float | None

    @property
    def bound_nats(self) -> float:
        """Return the tolerance, or what the audit allows (two errors) where that is more."""
        if self.shift_nats is None or self.shift_error_nats is None:
            return self.tolerance_nats
        return max(self.tolerance_nats, abs(self.shift_nats) + 2 * self.shift_error_nats)


@dataclass
class Pruning:
    """The floors of each column, and what was dropped so far.

    Attributes
    ----------
    rows, owners : the notes, and the context that each was written from
    own_nats : log-probabilities of each note's tokens under that context
    own_is_exact : whether they can stand in the array
    audited : (rows, N), true where an entry is scored to the end whatever happens
    """

    tolerance_nats: float
    rows: Sequence[Continuation]
    owners: Sequence[int]
    own_nats: Sequence[TokenLogProbs]
    own_is_exact: bool
    audited: NDArray[np.bool_]
    n_scored: int = 0
    n_dropped: int = 0
    _present: dict[tuple[int, int], float] = field(default_factory=dict)

    def asked(self, column: int) -> list[int]:
        """Return the rows that column `column` asks for: notes of its own context only where they are not known."""
        return [row for row, owner in enumerate(self.owners) if owner != column or not self.own_is_exact]

    def continuation(self, row: int, column: int) -> Continuation:
        """Return a row with its floor, or without one where the entry is audited or the context is its own."""
        whole = self.audited[row, column] or self.owners[row] == column
        return self.rows[row] if whole else replace(self.rows[row], floor_nats=self._floor(row))

    def _floor(self, row: int) -> tuple[float, ...]:
        threshold = log(self.tolerance_nats / self.audited.shape[1])
        return tuple((np.cumsum(self.own_nats[row], dtype=np.float64) + threshold).tolist())

    def completed(self, row: int, column: int, values: TokenLogProbs) -> TokenLogProbs:
        """Return as many log-probabilities as the note has tokens: what was not scored keeps the present ratio."""
        if self.owners[row] == column:
            return values
        self.n_scored += len(values)
        if self.audited[row, column]:
            self._note_audit(row, column, values)
        own = self.own_nats[row]
        self.n_dropped += len(values) < len(own)
        return np.append(values, own[len(values) :])

    def _note_audit(self, row: int, column: int, values: TokenLogProbs) -> None:
        sums = np.cumsum(values, dtype=np.float64)
        floored = replace(self.rows[row], floor_nats=self._floor(row))
        stops = [n for n in sorted(CHECKPOINTS) if n < len(values) and floored.has_fallen(n, float(sums[n - 1]))]
        if stops:
            own = np.cumsum(self.own_nats[row], dtype=np.float64)
            self._present[row, column] = float(own[-1] - own[stops[0] - 1] + sums[stops[0] - 1])

    def report(self, log_prob_nats: NDArray[np.float64], audit_share: float) -> Pruned:
        """Sum up; `log_prob_nats` is the finished array, (rows, N)."""
        n_foreign = sum(len(own) for own in self.own_nats) * (self.audited.shape[1] - 1)
        shift, error = self._shift(log_prob_nats, audit_share) if audit_share else (None, None)
        share = self.n_scored / n_foreign
        return Pruned(self.tolerance_nats, share, self.n_dropped, len(self._present), shift, error)

    def _shift(self, log_prob_nats: NDArray[np.float64], audit_share: float) -> tuple[float, float]:
        """Estimate what the dropped entries miss, to first order in each note's mixture."""
        mixtures = np.logaddexp.reduce(log_prob_nats, axis=1)
        misses = np.array(
            [
                np.exp(present - mixtures[row]) - np.exp(log_prob_nats[row, column] - mixtures[row])
                for (row, column), present in self._present.items()
            ]
        )
        # The audited entries hold their final values; each stands for the (1 − share) / share dropped ones like it.
        weight = (1 - audit_share) / audit_share / len(self.rows)
        return float(misses.sum() * weight), float(sqrt(np.square(misses).sum() * (1 - audit_share)) * weight)


def own_scores(
    engine: Engine,
    rows: Sequence[Continuation],
    owners: Sequence[int],
    prefixes: Sequence[TokenIds],
    carried: Sequence[Sequence[float]],
    temperature: float,
) -> tuple[list[TokenLogProbs], bool]:
    """Return log p of each note's tokens under its own context, as the notes carry them or scored; and whether exact.

    What the notes carry is believed where it is what this engine says of the first context's notes at this temperature;
    a proxy, or another temperature, says otherwise, and then reads each context once more.
    """
    found = [np.array(values, dtype=np.float32) for values in carried]
    believed = all(len(values) == len(row.scored) for values, row in zip(found, rows, strict=True))
    for context, prefix in enumerate(prefixes):
        numbers = [number for number, owner in enumerate(owners) if owner == context]
        asked = [rows[number] for number in numbers]
        scored = check_scores(engine.identity, asked, engine.score(prefix, asked, temperature=temperature))
        if believed:
            apart = [abs(float((values - found[n]).sum())) for n, values in zip(numbers, scored, strict=True)]
            lengths = [len(values) for values in scored]
            if all(nats <= _ALIKE_NATS_A_TOKEN * length for nats, length in zip(apart, lengths, strict=True)):
                return found, max(apart) <= _EQUAL_NATS
        believed = False
        for number, values in zip(numbers, scored, strict=True):
            found[number] = values
    return found, True
