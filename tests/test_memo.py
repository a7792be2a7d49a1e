"""Nothing is asked twice, and nothing is ever answered with another question's answer."""

import multiprocessing
import sqlite3
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agentbits.engines import Continuation, Encoded, Identity, Sampling
from agentbits.engines.base import TokenLogProbs
from agentbits.engines.toy import ToyEngine
from agentbits.errors import MemoError, ServerError
from agentbits.memo import Memo
from agentbits.records import Summary, TokenIds

PROMPTS = [Encoded((100 + n,), (101,)) for n in range(20)]
ROWS = [Continuation((101,), (0, 1)), Continuation((101,), (2,))]


class Counting(ToyEngine):
    """A toy engine that counts what it is asked and may claim to be another model."""

    def __init__(self, **claimed: object) -> None:
        super().__init__()
        self.asked = 0
        self._claimed = claimed

    @property
    def identity(self) -> Identity:
        return replace(super().identity, **self._claimed)  # type: ignore[arg-type]

    def generate(self, prompts: Sequence[Encoded], sampling: Sampling) -> list[tuple[Summary, ...]]:
        self.asked += len(prompts)
        return super().generate(prompts, sampling)

    def score(
        self, prefix: TokenIds, continuations: Sequence[Continuation], *, temperature: float = 1.0
    ) -> list[TokenLogProbs]:
        self.asked += len(continuations)
        return super().score(prefix, continuations, temperature=temperature)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "memo.sqlite"


def ask(path: Path, sampling: Sampling | None = None, temperature: float = 1.0, **claimed: object) -> int:
    """Ask a fresh memo on `path` for everything; return how much reached the engine."""
    engine = Counting(**claimed)
    memo = Memo(engine, path)
    memo.generate(PROMPTS[:3], sampling or Sampling())
    memo.score((100,), ROWS, temperature=temperature)
    return engine.asked


def test_the_second_time_nothing_reaches_the_engine(path: Path) -> None:
    engine = Counting()
    memo = Memo(engine, path)
    sampling = Sampling(n_samples=2)
    first = memo.generate(PROMPTS, sampling), memo.score((100,), ROWS)
    assert (engine.asked, memo.n_hits, memo.n_misses) == (22, 0, 42)
    fresh = Counting()
    again = Memo(fresh, path)
    second = again.generate(PROMPTS, sampling), again.score((100,), ROWS)
    assert (fresh.asked, again.n_hits, again.n_misses) == (0, 42, 0)
    assert first[0] == second[0] == ToyEngine().generate(PROMPTS, sampling)
    for one, two in zip(first[1], second[1], strict=True):
        np.testing.assert_array_equal(one, two)
        assert two.dtype == np.float32


def test_it_tells_what_was_asked_whether_found_or_computed(path: Path) -> None:
    counts = []
    for _ in range(2):
        memo = Memo(ToyEngine(), path)
        notes = memo.generate(PROMPTS[:3], Sampling(n_samples=2))
        memo.score((100,), ROWS)
        counts.append((memo.usage, memo.scored_tokens))
        assert memo.usage.generated_tokens == sum(len(note.token_ids) for row in notes for note in row)
    assert counts[0] == counts[1]
    assert counts[0][1] == 3


@pytest.mark.parametrize("field", [f.name for f in fields(Identity) if f.name != "context_limit_tokens"])
def test_two_models_never_share_an_entry(path: Path, field: str) -> None:
    assert ask(path) == 5
    assert ask(path, **{field: "another"}) == 5
    assert ask(path) == 0


@pytest.mark.parametrize("change", [{"seed": 1}, {"temperature": 0.5}, {"max_tokens": 3}])
def test_two_settings_are_two_entries(path: Path, change: dict[str, float]) -> None:
    assert ask(path) == 5
    assert ask(path, Sampling(**change)) == 3  # type: ignore[arg-type]
    assert ask(path, temperature=0.7) == 2


def test_samples_are_entries_of_their_own(path: Path) -> None:
    assert ask(path, Sampling(n_samples=2)) == 5
    assert ask(path, Sampling(n_samples=1)) == 0
    assert ask(path, Sampling(n_samples=3)) == 3


def test_where_a_prompt_is_divided_matters(path: Path) -> None:
    memo = Memo(Counting(), path)
    memo.score((100, 101), [Continuation((102,), (0,))])
    memo.score((100,), [Continuation((101, 102), (0,))])
    assert memo.n_misses == 2


def test_a_damaged_entry_is_a_miss_with_a_warning(path: Path) -> None:
    ask(path)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE memo SET value = x'00'")
    database.close()
    with pytest.warns(UserWarning, match="a memo entry in .* is damaged; it is computed again"):
        assert ask(path) == 5
    assert ask(path) == 0


def test_an_entry_under_a_wrong_key_is_a_miss(path: Path) -> None:
    memo = Memo(Counting(), path)
    memo.score((100,), ROWS)
    with sqlite3.connect(path) as database:
        (one, two) = database.execute("SELECT value, sum FROM memo").fetchall()
        database.execute("UPDATE memo SET value = ?, sum = ? WHERE sum = ?", (*one, two[1]))
    database.close()
    with pytest.warns(UserWarning, match="damaged"):
        Memo(Counting(), path).score((100,), ROWS)


def test_a_file_that_is_no_memo_is_moved_aside(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is not a database " * 100)
    with pytest.warns(UserWarning, match="is no memo .* it was moved to .*damaged"):
        assert ask(path) == 5
    assert path.with_name("memo.sqlite.damaged").exists()


def test_a_busy_memo_is_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(path)
    monkeypatch.setattr("agentbits.memo._PATIENCE_S", 0.1)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(MemoError, match=r"cannot be used now .*locked.*; it was left as it is: end the process"):
            ask(path, revision="another")
    assert ask(path) == 0


def test_a_damaged_page_is_a_miss(path: Path) -> None:
    engine = Counting()
    Memo(engine, path).generate(PROMPTS, Sampling(n_samples=40))
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = database.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(path.read_bytes())
    for start in range(2 * page, len(content), page):
        content[start : start + page // 2] = b"\xff" * (page // 2)
    path.write_bytes(content)
    fresh = Counting()
    with pytest.warns(UserWarning, match="damaged|is no memo"):
        again = Memo(fresh, path).generate(PROMPTS, Sampling(n_samples=40))
    assert again == ToyEngine().generate(PROMPTS, Sampling(n_samples=40))
    assert fresh.asked > 0


def _open_and_ask(path: Path) -> None:
    warnings.simplefilter("error")
    ask(path)


def test_many_processes_may_open_one_new_memo(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_open_and_ask, args=(path,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert ask(path) == 0


def test_what_was_drawn_before_a_kill_is_kept(path: Path) -> None:
    class Dying(Counting):
        def generate(self, prompts: Sequence[Encoded], sampling: Sampling) -> list[tuple[Summary, ...]]:
            if self.asked >= 8:
                raise KeyboardInterrupt
            return super().generate(prompts, sampling)

    with pytest.raises(KeyboardInterrupt):
        Memo(Dying(), path).generate(PROMPTS, Sampling(n_samples=4))
    engine = Counting()
    Memo(engine, path).generate(PROMPTS, Sampling(n_samples=4))
    assert engine.asked == len(PROMPTS) - 8, "32 notes, eight prompts with four each, are written down together"


def test_encoding_and_decoding_pass_through(path: Path) -> None:
    memo = Memo(Counting(), path)
    assert memo.decode((0, 1)) == "ba do"
    assert memo.identity == Counting().identity


class Failing(Counting):
    """Finishes all but the last of what it is asked, as a server may."""

    def generate(self, prompts: Sequence[Encoded], sampling: Sampling) -> list[tuple[Summary, ...]]:
        notes = super().generate(prompts, sampling)
        done = {(n, k): note for n, row in enumerate(notes) for k, note in zip(sampling.samples, row, strict=True)}
        raise self._error(done)

    def score(
        self, prefix: TokenIds, continuations: Sequence[Continuation], *, temperature: float = 1.0
    ) -> list[TokenLogProbs]:
        raise self._error(dict(enumerate(super().score(prefix, continuations, temperature=temperature))))

    def _error(self, done: dict[Any, Any]) -> ServerError:
        done.pop(max(done))
        error = ServerError("out of order")
        error.finished = done
        return error


def tokens(notes: Sequence[Sequence[Summary]]) -> list[list[TokenIds]]:
    return [[note.token_ids for note in row] for row in notes]


def test_what_was_finished_before_a_failure_is_kept(path: Path) -> None:
    failing, sampling = Memo(Failing(), path), Sampling(n_samples=3)
    with pytest.raises(ServerError):
        failing.generate(PROMPTS[:2], sampling)
    with pytest.raises(ServerError):
        failing.score((100,), ROWS)
    memo = Memo(engine := Counting(), path)
    assert tokens(memo.generate(PROMPTS[:2], sampling)) == tokens(Counting().generate(PROMPTS[:2], sampling))
    assert (memo.n_hits, memo.n_misses, engine.asked) == (5, 1, 1)
    memo.score((100,), ROWS)
    assert (memo.n_hits, memo.n_misses) == (6, 2)


def test_what_was_finished_is_told_by_the_callers_own_numbers(path: Path) -> None:
    """The wrapped engine is asked for what is missing only, and counts from there."""
    Memo(Counting(), path).generate(PROMPTS[:1], Sampling(n_samples=3))
    Memo(Counting(), path).score((100,), ROWS[:1])
    failing = Memo(Failing(), path)
    with pytest.raises(ServerError) as of_notes:
        failing.generate(PROMPTS[:2], Sampling(n_samples=3))
    assert set(of_notes.value.finished) == {(1, 0), (1, 1)}
    with pytest.raises(ServerError) as of_scores:
        failing.score((100,), [*ROWS, ROWS[-1]])
    assert 0 not in of_scores.value.finished
    assert set(of_scores.value.finished) < set(range(1, len(ROWS) + 1))


def test_more_samples_are_drawn_beside_those_there_are(path: Path) -> None:
    Memo(Counting(), path).generate(PROMPTS[:2], Sampling(n_samples=1, first_sample=1))
    memo = Memo(Counting(), path)
    four = Sampling(n_samples=4)
    assert tokens(memo.generate(PROMPTS[:3], four)) == tokens(Counting().generate(PROMPTS[:3], four))
    assert (memo.n_hits, memo.n_misses) == (2, 10)


def test_threads_may_share_a_memo(path: Path) -> None:
    memo = Memo(Counting(), path)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda n: memo.score((100 + n % 10,), ROWS), range(80)))
    assert memo.n_hits + memo.n_misses == 160
    for n, values in enumerate(found):
        np.testing.assert_array_equal(values[0], Counting().score((100 + n % 10,), ROWS)[0])
