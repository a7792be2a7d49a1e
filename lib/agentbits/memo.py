"""Have we paid for this call already?

`Memo` wraps any engine and is one itself. The key is everything that a result depends on: the engine's identity, the
token ids, the sampling with its seed, the number of the sample. Two models or samples never share an entry.
An entry that does not match its own checksum is a miss with a warning; nothing is ever unpickled.
"""

import hashlib
import json
import sqlite3
import warnings
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from filelock import FileLock

from agentbits.engines.base import Continuation, Encoded, Engine, Identity, Sampling, TokenLogProbs
from agentbits.errors import AgentbitsError, MemoError
from agentbits.prompts import Prompt
from agentbits.records import Summary, TokenIds, Usage
from agentbits.records.notes import from_json, to_json

# Notes that are written down together, as many as a local engine writes at once; a kill loses at most these.
_GENERATED_TOGETHER = 32
_PATIENCE_S = 60


class Memo:
    """An engine that asks the wrapped one only what it has not asked before.

    Parameters
    ----------
    engine : the one to wrap
    path : an SQLite file, made where absent; processes may share it

    Attributes
    ----------
    n_hits, n_misses : notes and scored continuations found, and those that had to be computed
    usage, scored_tokens : of all that was asked, whether it was found or computed
    """

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine, self._path = engine, path
        self._connect = partial(sqlite3.connect, path, timeout=_PATIENCE_S)
        self._base = cache(lambda: json.dumps(asdict(engine.identity), sort_keys=True))
        self.n_hits = self.n_misses = self.scored_tokens = 0
        self.usage = Usage(0, 0)
        self._counting = Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two processes that open a new file at once would lock each other out while it becomes a WAL.
        with FileLock(f"{path}.lock"):
            try:
                self._create()
            except sqlite3.OperationalError as error:
                raise self._unusable(error) from error
            except sqlite3.DatabaseError as error:
                self._set_aside(error)
                self._create()

    def _create(self) -> None:
        with closing(self._connect()) as database, database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("CREATE TABLE IF NOT EXISTS memo (key BLOB PRIMARY KEY, value BLOB, sum BLOB)")

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        aside = self._path.with_name(self._path.name + ".damaged")
        warnings.warn(f"{self._path} is no memo ({error}); it was moved to {aside}", stacklevel=4)
        self._path.replace(aside)
        for companion in ("-wal", "-shm"):
            self._path.with_name(self._path.name + companion).unlink(missing_ok=True)

    def _unusable(self, error: sqlite3.OperationalError) -> MemoError:
        return MemoError(
            f"the memo {self._path} cannot be used now ({error}); it was left as it is: end the process that holds it, "
            "free some room, or give the memo another path"
        )

    @property
    def n_at_once(self) -> int:
        """Return how many calls may run side by side: as many as the wrapped engine takes."""
        return self._engine.n_at_once

    @property
    def identity(self) -> Identity:
        """Say which model this is: the wrapped one's identity."""
        return self._engine.identity

    def encode(self, prompt: Prompt) -> Encoded:
        """Encode as the wrapped engine does."""
        return self._engine.encode(prompt)

    def tokens(self, text: str) -> TokenIds:
        """Cut into tokens as the wrapped engine does."""
        return self._engine.tokens(text)

    def decode(self, token_ids: TokenIds) -> str:
        """Decode as the wrapped engine does."""
        return self._engine.decode(token_ids)

    def generate(self, prompts: Sequence[Encoded], sampling: Sampling) -> list[tuple[Summary, ...]]:
        """Return notes; those not known yet are drawn, and kept a few prompts at a time."""
        keys = [[self._note_key(prompt, sampling, k) for k in sampling.samples] for prompt in prompts]
        known = self._read(key for row in keys for key in row)
        n_known = sum(key in known for row in keys for key in row)
        for numbers, samples in _missing(prompts, keys, known):
            asked = replace(sampling, first_sample=sampling.samples[samples.start], n_samples=len(samples))
            places = {(n, k): keys[row][samples[k]] for n, row in enumerate(numbers) for k in range(len(samples))}
            try:
                drawn = self._engine.generate([prompts[number] for number in numbers], asked)
            except AgentbitsError as error:
                done = error.finished.items()
                self._write({places[n, k - asked.first_sample]: to_json(note) for (n, k), note in done})
                error.finished = {(numbers[n], k): note for (n, k), note in done}
                raise
            self._write(new := {key: to_json(drawn[n][k]) for (n, k), key in places.items()})
            known |= new
        notes = [tuple(from_json(known[key]) for key in row) for row in keys]
        self._count(n_known, sum(map(len, keys)) - n_known, (note.usage for row in notes for note in row))
        return notes

    def score(
        self, prefix: TokenIds, continuations: Sequence[Continuation], *, temperature: float = 1.0
    ) -> list[TokenLogProbs]:
        """Return log-probabilities; those not known yet are computed in one call, then kept."""
        keys = [self._score_key(prefix, continuation, temperature) for continuation in continuations]
        known = self._read(keys)
        missing = [number for number, key in enumerate(keys) if key not in known]
        if missing:
            asked = [continuations[number] for number in missing]
            try:
                scored = self._engine.score(prefix, asked, temperature=temperature)
            except AgentbitsError as error:
                error.finished = {missing[n]: values for n, values in error.finished.items()}
                self._write({keys[n]: values.tobytes() for n, values in error.finished.items()})
                raise
            self._write(new := {keys[n]: values.tobytes() for n, values in zip(missing, scored, strict=True)})
            known |= new
        self._count(len(keys) - len(missing), len(missing), n_scored=sum(len(one.scored) for one in continuations))
        return [np.frombuffer(known[key], dtype=np.float32) for key in keys]

    def _count(self, hits: int, misses: int, usages: Iterable[Usage] = (), n_scored: int = 0) -> None:
        with self._counting:
            self.n_hits += hits
            self.n_misses += misses
            self.usage = sum(usages, self.usage)
            self.scored_tokens += n_scored

    def _note_key(self, prompt: Encoded, sampling: Sampling, sample: int) -> bytes:
        settings = [sampling.max_tokens, sampling.temperature, sampling.seed, sample]
        return self._key("note", prompt.prefix, prompt.given, settings)

    def _score_key(self, prefix: TokenIds, asked: Continuation, temperature: float) -> bytes:
        return self._key("score", prefix, asked.given, asked.scored, temperature, *asked.floor_nats)

    def _key(self, *parts: Any) -> bytes:
        return hashlib.sha256(f"{self._base()}{json.dumps(parts)}".encode()).digest()

    def _read(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        with closing(self._connect()) as database:
            for key in keys:
                row = self._row(database, key)
                if row and _checksum(key, row[0]) == row[1]:
                    found[key] = row[0]
                elif row:
                    warnings.warn(f"a memo entry in {self._path} is damaged; it is computed again", stacklevel=3)
        return found

    def _row(self, database: sqlite3.Connection, key: bytes) -> tuple[bytes, bytes] | None:
        """Return the entry as it is stored; a page of the file that cannot be read is a damaged entry."""
        try:
            return database.execute("SELECT value, sum FROM memo WHERE key = ?", (key,)).fetchone()
        except sqlite3.OperationalError as error:
            raise self._unusable(error) from error
        except sqlite3.DatabaseError:
            return b"", b""

    def _write(self, entries: dict[bytes, bytes]) -> None:
        rows = [(key, value, _checksum(key, value)) for key, value in entries.items()]
        try:
            with closing(self._connect()) as database, database:
                database.executemany("INSERT OR REPLACE INTO memo VALUES (?, ?, ?)", rows)
        except sqlite3.OperationalError as error:
            raise self._unusable(error) from error
        except sqlite3.DatabaseError as error:
            self._set_aside(error)
            self._create()
            self._write(entries)


def _missing(
    prompts: Sequence[Encoded], keys: Sequence[Sequence[bytes]], known: Container[bytes]
) -> Iterator[tuple[list[int], range]]:
    """Return what to ask together: numbers of prompts, and the run of samples that all of them lack."""
    runs: dict[range, list[int]] = {}
    for number, row in enumerate(keys):
        lacking = [k for k, key in enumerate(row) if key not in known]
        starts, ends = ([k for k in lacking if k + step not in lacking] for step in (-1, 1))
        for start, end in zip(starts, ends, strict=True):
            runs.setdefault(range(start, end + 1), []).append(number)
    for samples, numbers in runs.items():
        # Prompts on one context go together, so that the engine reads it once.
        numbers.sort(key=lambda number: prompts[number].prefix)
        together = max(1, _GENERATED_TOGETHER // len(samples))
        for first in range(0, len(numbers), together):
            yield numbers[first : first + together], samples


def _checksum(key: bytes, value: bytes) -> bytes:
    return hashlib.sha256(key + value).digest()
