"""Which scores cannot matter?

A note z was drawn from its own context x_i. Let R_t = p(z_≤t | x_l) / p(z_≤t | x_i) after t of its tokens. Over
notes drawn from x_i, R_t is a martingale: its expected later value is its present one. So once R_t < tol / N the
context l is dropped for this note and its entry keeps the present ratio; all dropped contexts together then move
the note's log-mixture by at most tol in expectation.

Two phases: first log p(z | x_i), which `generate` tells or one more reading of each context, then the columns. Under
a proxy R_t is no martingale; a random sample of entries is then scored to the end, and says what the others miss.

Unit: nats. Shapes: rows are all notes of all contexts and questions; N columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from agentbits.engines.base import CHECKPOINTS, Continuation, Engine, TokenLogProbs
from agentbits.engines.checks import check_scores
from agentbits.errors import InputError
from agentbits.records import TokenIds

# Writing and scoring add up in different order. So far apart, the sums of a note are still one model at one
# temperature; so near, one can stand for the other in the array. In bfloat16 they are nats apart, and the columns
# score both alike.
_ALIKE_NATS_A_TOKEN = 0.1
_EQUAL_NATS = 0.01
_FEWEST_AUDITED = 20


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
        """Return the tolerance, or what the audit allows (two errors) where that is more.

        Raises
        ------
        InputError
            Too few entries were audited to say anything.
        """
        if self.shift_nats is None or self.shift_error_nats is None:
            return self.tolerance_nats
        if self.n_audited < _FEWEST_AUDITED <= self.n_dropped:
            raise InputError(
                f"the audit holds {self.n_audited} entries that it saved, of {self.n_dropped} that were; "
                f"expected at least {_FEWEST_AUDITED}: raise audit_share"
            )
        return max(self.tolerance_nats, abs(self.shift_nats) + 2 * self.shift_error_nats)


@dataclass(frozen=True)
class Pruning:
    """What each column asks for.

    Attributes
    ----------
    rows, owners : the notes, with their floors, and the context that each was written from
    own_nats : log-probabilities of each note's tokens under its own context; None where the columns score them
    audited : (rows, N), true where an entry is scored to the end whatever happens
    """

    rows: Sequence[Continuation]
    owners: NDArray[np.int64]
    own_nats: Sequence[TokenLogProbs] | None
    audited: NDArray[np.bool_]

    def asked(self, column: int) -> dict[int, Continuation]:
        """Return the rows that a column asks for, whole where they are its own or audited."""
        numbers = np.flatnonzero((self.owners != column) | (self.own_nats is None))
        return {int(number): self._row(int(number), column) for number in numbers}

    def _row(self, number: int, column: int) -> Continuation:
        whole = self.audited[number, column] or self.owners[number] == column
        return replace(self.rows[number], floor_nats=()) if whole else self.rows[number]

    def complete(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the array, (rows, N, L), with what was not scored filled in as under the note's own context."""
        numbers = np.arange(len(self.rows))
        for number, own in enumerate(self.own_nats or ()):
            values[number, self.owners[number], : len(own)] = own
        own = values[numbers, self.owners][:, np.newaxis]
        return np.where(np.isnan(values), own, values)


def pruning(
    rows: Sequence[Continuation],
    owners: Sequence[int],
    own_nats: Sequence[TokenLogProbs],
    tolerance_nats: float,
    audited: NDArray[np.bool_],
    *,
    is_exact: bool,
) -> Pruning:
    """Give each note its floor: its own context's sums, times tol / N."""
    threshold = log(tolerance_nats / audited.shape[1])
    floored = [
        replace(row, floor_nats=tuple((np.cumsum(own, dtype=np.float64) + threshold).tolist()))
        for row, own in zip(rows, own_nats, strict=True)
    ]
    return Pruning(floored, np.array(owners), own_nats if is_exact else None, audited)


def report(plan: Pruning, scored: NDArray[np.float32], whole: NDArray[np.float32], share: float, tol: float) -> Pruned:
    """Sum up.

    Parameters
    ----------
    scored, whole : (rows, N, L), as scored and completed; NaN where nothing was scored, and behind a note's end
    share : audited share of the entries
    tol : tolerance, nats
    """
    foreign = plan.owners[:, np.newaxis] != np.arange(whole.shape[1])
    n_scored, n_tokens = (np.isfinite(array).sum(axis=-1) for array in (scored, whole))
    n_dropped = int((foreign & (n_scored < n_tokens)).sum())
    sums = np.nancumsum(whole, axis=-1, dtype=np.float64)
    misses = np.array([_miss(plan, sums, row, column) for row, column in np.argwhere(foreign & plan.audited)])
    misses = misses[~np.isnan(misses)]
    # The audited entries hold their final values; each stands for the (1 − share) / share dropped ones like it.
    weight = (1 - share) / share / len(plan.rows) if share else 0.0
    shift, error = float(misses.sum() * weight), sqrt(np.square(misses).sum() / (1 - share)) * weight
    covered = float(n_scored[foreign].sum() / n_tokens[foreign].sum())
    return Pruned(tol, covered, n_dropped, len(misses), *((shift, error) if share else (None, None)))


def _miss(plan: Pruning, sums: NDArray[np.float64], row: int, column: int) -> float:
    """Return how much lower the row's log-mixture would be had this entry been dropped; NaN where it never would."""
    note, own = plan.rows[row], plan.owners[row]
    length = len(note.scored)
    here, there = sums[row, column], sums[row, own]
    stops = [n for n in sorted(CHECKPOINTS) if n < length and note.has_fallen(n, here[n - 1])]
    if not stops:
        return float("nan")
    final = sums[row, :, length - 1].copy()
    mixture = np.logaddexp.reduce(final)
    final[column] = here[stops[0] - 1] + there[length - 1] - there[stops[0] - 1]
    return float(np.logaddexp.reduce(final) - mixture)


def own_scores(
    engine: Engine,
    rows: Sequence[Continuation],
    owners: Sequence[int],
    prefixes: Sequence[TokenIds],
    carried: Sequence[Sequence[float]],
    temperature: float,
    *,
    audit: bool,
) -> tuple[list[TokenLogProbs], bool]:
    """Return log p of each note's tokens under its own context, as the notes carry them or scored; and whether exact.

    What the notes carry is believed where it is what this engine says of the first context's notes at this temperature;
    a proxy, or another temperature, says otherwise, and then reads each context once more.

    Raises
    ------
    InputError
        The notes were drawn with other probabilities, and nothing is audited.
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
            _check_audit(audit=audit, temperature=temperature, model=engine.identity.model)
        believed = False
        for number, values in zip(numbers, scored, strict=True):
            found[number] = values
    return found, True


def _check_audit(*, audit: bool, temperature: float, model: str) -> None:
    if not audit:
        raise InputError(
            f"the notes were not drawn from {model} at temperature {temperature:g}, so that pruning bounds nothing: "
            "give the temperature they were drawn at, or, where the scorer is a proxy, audit_share=0.05"
        )
