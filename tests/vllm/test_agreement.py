"""vLLM says what the local engine says, whichever way it reads, and writes the same notes."""

import numpy as np
import pytest
from serving import Served

from agentbits import scoring
from agentbits.engines import Continuation, Encoded, Engine, Sampling, connect
from agentbits.prompts import COMPRESS
from agentbits.records import Document, Question

TOLERANCE_NATS = 1e-3
HOT = Sampling(max_tokens=24, n_samples=2)


def prompts(engine: Engine) -> list[Encoded]:
    question = Question("q", "What is grown there?")
    texts = [f"Country {n}. Crops: {crop}. The land is flat." for n, crop in enumerate(("cotton", "maize", "yams"))]
    return [engine.encode(COMPRESS.fill(Document("d", "D", text, "test", "none"), question)) for text in texts]


@pytest.fixture(scope="module", params=["vllm", "vllm-reuse", "api"])
def other(request: pytest.FixtureRequest) -> Engine:
    if request.param == "api":
        server: Served = request.getfixturevalue("served")
        return connect(server.url, server.model)
    return request.getfixturevalue({"vllm": "anew", "vllm-reuse": "reusing"}[request.param])


def test_the_array_is_the_local_engines(smollm2: Engine, other: Engine) -> None:
    given = prompts(smollm2)
    notes = smollm2.generate(given, HOT)
    ours, theirs = (scoring.fill(e, [given], [notes], progress=False).log_prob_nats() for e in (smollm2, other))
    np.testing.assert_allclose(theirs, ours, atol=TOLERANCE_NATS)


def test_the_notes_are_the_local_engines(smollm2: Engine, other: Engine) -> None:
    given = prompts(smollm2)
    temperature = 1.0 if other.identity.engine == "api" else 0.6
    sampling = Sampling(max_tokens=24, n_samples=2, temperature=temperature)
    ours, theirs = (e.generate(given, sampling) for e in (smollm2, other))
    assert [[n.token_ids for n in row] for row in theirs] == [[n.token_ids for n in row] for row in ours]


@pytest.mark.parametrize("n_before", [255, 256, 257, 384])
def test_a_cache_that_reaches_into_the_note_is_noticed(
    smollm2: Engine, reusing: Engine, monkeypatch: pytest.MonkeyPatch, n_before: int
) -> None:
    """The blocks of the cache are 128 tokens: scored twice, a context may come back to its last token and beyond."""
    rng = np.random.default_rng(0)
    prefix, given = tuple(rng.integers(100, 9000, n_before - 5).tolist()), (5, 6, 7, 8, 9)
    rows = [Continuation(given, tuple(rng.integers(100, 9000, n).tolist())) for n in (1, 140, 140, 3)]
    rows.append(rows[1])
    read: list[int] = []
    inner = type(reusing)._read  # type: ignore[attr-defined]

    def watch(self: object, texts: list[object], *, reuse_prefix: bool) -> list[object]:
        read.append(len(texts) if not reuse_prefix else 0)
        return inner(self, texts, reuse_prefix=reuse_prefix)

    monkeypatch.setattr(type(reusing), "_read", watch)
    for _ in range(2):
        expected, found = (e.score(prefix, rows) for e in (smollm2, reusing))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one.sum(dtype=np.float64), other.sum(dtype=np.float64), atol=TOLERANCE_NATS)
    assert sum(read) > 0, "some were read again in full"


def test_a_draw_that_vllm_throws_away_is_made_again() -> None:
    """Of a prompt that is read in parts it draws at every part, and keeps the last."""
    from agentbits.engines.clocks import _Note

    written: list[int] = []
    note = _Note(np.random.default_rng(0), 1.0, written, np.empty(3))
    first, again = note.next_clocks(), note.next_clocks()
    np.testing.assert_array_equal(first, again)
    written.append(7)
    second = note.next_clocks()
    assert not np.array_equal(first, second)
    resumed = _Note(np.random.default_rng(0), 1.0, [7], np.empty(3))
    np.testing.assert_array_equal(resumed.next_clocks(), second)
    np.testing.assert_array_equal(first, np.random.default_rng(0).standard_exponential(3))


def test_a_prompt_read_in_parts_draws_the_same_notes(smollm2: Engine, anew: Engine) -> None:
    """More tokens than vLLM reads at once (4,096 on a CPU): the last prompts of the batch come in parts."""
    question, crops = Question("q", "What is grown there?"), "cotton, maize, yams and millet; " * 60
    texts = [f"Country {n}. Crops: {crops}" for n in range(12)]
    given = [anew.encode(COMPRESS.fill(Document("d", "D", text, "test", "none"), question)) for text in texts]
    assert sum(prompt.n_tokens for prompt in given) > 4096
    ours, theirs = (engine.generate(given, Sampling(max_tokens=6)) for engine in (smollm2, anew))
    assert [[n.token_ids for n in row] for row in theirs] == [[n.token_ids for n in row] for row in ours]
