"""A language model that copies: which line it finds, and how often the right one, follows from its name alone.

`up-4m` is of a family in which larger models find more and write less, `flat-4m` of one in which size does nothing. As
compressors they copy one line of the document, as predictors they prefer what stands in the note. Every probability can
be listed, so that what a finding should be on them is known before it is measured.

A text follows with these probabilities: the line that shares most with the question, after some idle words, with
`skill`; any line, all alike, with the rest; with `_LOOSE` a passage from anywhere in the context, later ones more
often, where the model attends to it. At each piece it may leave all of them, with `_ANYTHING`.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from math import log, log2, sqrt

import numpy as np

from agentbits.engines.base import CODE, Continuation, Encoded, Identity, Sampling, TokenLogProbs
from agentbits.engines.checks import check_generation, check_scores, check_scoring
from agentbits.engines.drawing import key, stream
from agentbits.errors import UnknownNameError
from agentbits.prompts import Prompt
from agentbits.records import Summary, TokenIds, Usage

_NAME = re.compile(r"(up|flat)-([1-9]\d*)m")
_PIECE = re.compile(rb"\w{1,7}|\W{1,7}")
_END, _VOCABULARY = 0, 2.0**56  # pieces have at most 7 bytes
_FILLER = "It was found that "
_LOOSE, _ANYTHING, _COLDEST, _LEAST = 1e-4, 1e-8, 1e-3, 1e-300
_FLAT_SKILL = 0.6


@dataclass(frozen=True)
class _Strings:
    """Texts that may follow, with their probabilities; each begins at `offset` of a row of `tokens`."""

    tokens: Sequence[TokenIds]
    offsets: Sequence[int]
    shares: Sequence[float]


def named(model: str) -> tuple[str, int] | None:
    """Return the family and the millions of parameters that a name tells; None where it is no copying model's."""
    parts = _NAME.fullmatch(model)
    return (parts[1], int(parts[2])) if parts else None


class CopyistEngine:
    """A copying model by name.

    Parameters
    ----------
    model : `up-<n>m` or `flat-<n>m`, n millions of parameters

    Raises
    ------
    UnknownNameError
        Another name.
    """

    n_at_once = 1

    def __init__(self, model: str) -> None:
        parts = named(model)
        if not parts:
            raise UnknownNameError("model of the toy engine", model, ["toy", "up-4m", "flat-4m"])
        self._model, (self._family, self._millions) = model, parts

    @property
    def skill(self) -> float:
        """Return how often the line is the right one."""
        return _FLAT_SKILL if self._family == "flat" else 1 - 0.7 / sqrt(self._millions)

    @property
    def n_fillers(self) -> int:
        """Return how many idle phrases stand before each line: fewer in larger models of `up`."""
        return 1 if self._family == "flat" else max(0, 4 - round(log2(self._millions) / 2))

    @property
    def identity(self) -> Identity:
        """Say which model this is."""
        digest = hashlib.sha256(self._model.encode()).hexdigest()
        return Identity("toy", CODE, self._model, "none", digest, "float64", "none", 65_536)

    def encode(self, prompt: Prompt) -> Encoded:
        """Return the pieces of the context and of the question; system's words change nothing here."""
        return Encoded((*_pieces(prompt.context), _END), _pieces(prompt.question))

    def tokens(self, text: str) -> TokenIds:
        """Return the pieces of a text: words and what stands between them, seven bytes at most."""
        return _pieces(text)

    def decode(self, token_ids: TokenIds) -> str:
        """Return the text of pieces."""
        return b"".join(_bytes(token) for token in token_ids if token != _END).decode(errors="replace")

    def generate(self, prompts: Sequence[Encoded], sampling: Sampling) -> list[tuple[Summary, ...]]:
        """Draw notes piece by piece."""
        check_generation(self.identity, prompts, sampling)
        return [self._notes(prompt, sampling) for prompt in prompts]

    def _notes(self, prompt: Encoded, sampling: Sampling) -> tuple[Summary, ...]:
        strings, notes = self._strings(prompt), list[Summary]()
        for sample in sampling.samples:
            ids, chance = list[int](), stream(prompt, sampling.seed, sample)
            walk = _walk(strings, max(sampling.temperature, _COLDEST))
            seen, _ = next(walk)
            while len(ids) < sampling.max_tokens and (not ids or ids[-1] != _END):
                # What is in no string cannot be listed and has a mass below 1e-8: it is scored but never drawn.
                pieces, shares = list(seen), np.array(list(seen.values()))
                ids.append(pieces[int(chance.choice(len(pieces), p=shares / shares.sum()))])
                seen, _ = walk.send(ids[-1])
            finish = "stop" if ids[-1] == _END else "length"
            usage = Usage(prompt.n_tokens, len(ids), cached_tokens=prompt.n_tokens if sample else 0)
            notes.append(Summary(tuple(ids), self.decode(tuple(ids)).strip(), finish, usage))
        return tuple(notes)

    def score(
        self, prefix: TokenIds, continuations: Sequence[Continuation], *, temperature: float = 1.0
    ) -> list[TokenLogProbs]:
        """Return the log-probabilities that follow from the definition."""
        check_scoring(self.identity, prefix, continuations, temperature)
        known = {given: self._strings(Encoded(prefix, given)) for given in {one.given for one in continuations}}
        values = [_nats(known[one.given], one.scored, temperature) for one in continuations]
        return check_scores(self.identity, continuations, values)

    def _strings(self, prompt: Encoded) -> _Strings:
        context = prompt.prefix[:-1] if prompt.prefix[-1:] == (_END,) else prompt.prefix
        lines = [line for line in self.decode(context).splitlines() if line.strip()] or [""]
        best = _closest(lines, self.decode(prompt.given))
        idle = (1 - self.skill) / len(lines)
        copied = [(*_pieces(_FILLER * self.n_fillers + line), _END) for line in lines]
        shares = [(1 - _LOOSE) * (idle + self.skill * (place == best)) for place in range(len(lines))]
        attends = key(prompt, self._millions) / 2.0**64 < self.skill
        starts = range(len(context)) if attends else range(0)
        row = (*context, _END)
        return _Strings(
            [*copied, *([row] * len(starts))],
            [*([0] * len(copied)), *starts],
            [*shares, *(2 * _LOOSE * (start + 1) / len(starts) / (len(starts) + 1) for start in starts)],
        )


def _pieces(text: str) -> TokenIds:
    return tuple(int.from_bytes(piece) for piece in _PIECE.findall(text.encode()))


def _bytes(token: int) -> bytes:
    return token.to_bytes((token.bit_length() + 7) // 8)


def _closest(lines: Sequence[str], question: str) -> int:
    """Return the line that shares most words with the question, rare ones counting more, long lines less."""
    words = [set(re.findall(r"\w+", line.lower())) for line in lines]
    common, asked = Counter(word for own in words for word in own), set(re.findall(r"\w+", question.lower()))
    scores = [sum(1 / common[word] for word in own & asked) / sqrt(len(own) or 1) for own in words]
    return max(range(len(lines)), key=scores.__getitem__)


def _walk(strings: _Strings, temperature: float) -> Generator[tuple[dict[int, float], float], int, None]:
    """Yield the probability of each piece that a string goes on with, and that of any other; sent a piece, go on."""
    alive, depth = dict(enumerate(strings.shares)), 0
    while True:
        masses: dict[int, float] = {}
        for n, share in alive.items():
            masses[_at(strings, n, depth)] = masses.get(_at(strings, n, depth), 0.0) + share
        loose = _ANYTHING / _VOCABULARY if alive else 1.0
        listed = {piece: (1 - _ANYTHING) * mass / sum(masses.values()) + loose for piece, mass in masses.items()}
        highest = max(listed.values(), default=loose)
        powers = {piece: (mass / highest) ** (1 / temperature) for piece, mass in listed.items()}
        other = (loose / highest) ** (1 / temperature)
        liking = 2 ** (1 / temperature) / (1 / temperature + 1)  # mean over all pieces of what `_liked` gives
        whole = sum(powers.values()) + other * liking * _VOCABULARY
        piece = yield {known: power / whole for known, power in powers.items()}, max(other / whole, _LEAST)
        alive = {n: share for n, share in alive.items() if _at(strings, n, depth) == piece}
        depth += 1


def _at(strings: _Strings, n: int, depth: int) -> int:
    row, place = strings.tokens[n], strings.offsets[n] + depth
    return row[place] if place < len(row) else _END


def _liked(piece: int) -> float:
    """Return a number from 0 to 2, uniform over pieces: two guesses of one length never tie."""
    return (int.from_bytes(hashlib.sha256(_bytes(piece)).digest()[:7]) + 1) / 2**55


def _nats(strings: _Strings, scored: TokenIds, temperature: float) -> TokenLogProbs:
    walk, values = _walk(strings, temperature), list[float]()
    seen, other = next(walk)
    for piece in scored:
        values.append(log(seen[piece] if piece in seen else other * _liked(piece) ** (1 / temperature)))
        seen, other = walk.send(piece)
    return np.array(values, dtype=np.float32)
