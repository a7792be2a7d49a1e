"""How likely are these notes, given what was read? Rows of notes behind one state.

Whole notes stand side by side in rows. Notes with a floor are read in steps that end at the checkpoints; a note
that has fallen below its floor is not read further, and the keys of those that stand stay where they are.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from agentbits.engines.attention import KeyValues
from agentbits.engines.base import CHECKPOINTS, Continuation, TokenLogProbs
from agentbits.engines.packing import Pack, pack, take
from agentbits.engines.reader import Reader, State, out_of_memory
from agentbits.engines.row import Row
from agentbits.errors import OutOfMemoryError

_ROW_TOKENS = 512
# Notes that are pruned together: their keys are kept until the last of them is done.
_KEPT_ROWS = 8


class NoteScorer:
    """Scores notes; what does not fit into memory is tried again in halves, and rows stay that short."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.max_tokens = _ROW_TOKENS

    def score(self, state: State, notes: Sequence[Continuation], temperature: float) -> Iterator[TokenLogProbs]:
        """Yield the log-probabilities of each note's tokens behind `state`, nats."""
        firsts = self._reader.log_probs(state.output, temperature)[0].cpu().numpy()
        in_steps = any(note.floor_nats for note in notes)
        done = 0
        while done < len(notes):
            size = self.max_tokens * (_KEPT_ROWS if in_steps else 1)
            some = notes[done : done + take([note.scored for note in notes[done:]], size)]
            try:
                with out_of_memory(self._reader.device, f"{len(some)} notes in a row"):
                    scored = (self._in_steps if in_steps else self._at_once)(state, some, firsts, temperature)
            except OutOfMemoryError:
                if len(some) == 1 and (not in_steps or self.max_tokens == 1):
                    self.max_tokens = _ROW_TOKENS
                    raise
                self.max_tokens = max(1, self.max_tokens // 2)
                continue
            yield from scored
            done += len(some)

    def _at_once(
        self, state: State, notes: Sequence[Continuation], firsts: TokenLogProbs, temperature: float
    ) -> list[TokenLogProbs]:
        packed = pack([note.scored for note in notes])
        later = self._run(state, packed, np.arange(len(packed.tokens)), None, temperature)
        parts = np.split(later, np.cumsum([len(note.scored) - 1 for note in notes])[:-1])
        return [np.append(firsts[note.scored[0]], part) for note, part in zip(notes, parts, strict=True)]

    def _in_steps(
        self, state: State, notes: Sequence[Continuation], firsts: TokenLogProbs, temperature: float
    ) -> list[TokenLogProbs]:
        packed = pack([note.scored for note in notes])
        kept = _room(state.memory, len(packed.tokens))
        begins = np.cumsum([0, *(len(note.scored) - 1 for note in notes)])
        values = [firsts[[note.scored[0]]] for note in notes]
        for checkpoint in sorted(CHECKPOINTS):
            standing = [n for n, note in enumerate(notes) if _stands(note, values[n])]
            if not standing:
                break
            until = [begins[n] + min(checkpoint, len(notes[n].scored)) - 1 for n in standing]
            spans = [np.arange(begins[n] + len(values[n]) - 1, end) for n, end in zip(standing, until, strict=True)]
            rows = np.array_split(np.concatenate(spans), -(-sum(map(len, spans)) // self.max_tokens))
            later = np.concatenate([self._run(state, packed, row, kept, temperature) for row in rows])
            for n, part in zip(standing, np.split(later, np.cumsum([len(span) for span in spans])[:-1]), strict=True):
                values[n] = np.append(values[n], part)
        return values

    def _run(
        self, state: State, packed: Pack, places: NDArray[np.int64], kept: KeyValues | None, temperature: float
    ) -> TokenLogProbs:
        """Run the tokens at some places of a row; return the log-probabilities of what they are followed by."""
        row = Row(state.memory, self._reader.tensor(places), self._reader.tensor(packed.starts[places]), kept)
        outputs = self._reader.run(self._reader.tensor(packed.tokens[places]), row, row.positions)
        return self._reader.log_prob(outputs, packed.targets[places], temperature)


def _stands(note: Continuation, values: TokenLogProbs) -> bool:
    n_tokens = len(values)
    return n_tokens < len(note.scored) and not note.has_fallen(n_tokens, float(values.sum(dtype=np.float64)))


def _room(memory: KeyValues, n_tokens: int) -> KeyValues:
    """Return room for the keys of a row; zeros, because what is hidden is still multiplied, by 0."""
    shapes = [(keys, (keys.shape[0], n_tokens, keys.shape[2])) for keys, _ in memory.layers]
    return KeyValues([(keys.new_zeros(shape), keys.new_zeros(shape)) for keys, shape in shapes])
