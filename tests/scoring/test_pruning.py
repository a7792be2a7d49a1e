"""Pruned arrays: what was dropped did not matter, and the array says what it lacks."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from agentbits import information, scoring
from agentbits.engines import Continuation, Encoded, Sampling
from agentbits.engines.base import CHECKPOINTS, TokenLogProbs
from agentbits.engines.toy import ToyEngine
from agentbits.errors import InputError
from agentbits.records import Summary, TokenIds

TOLERANCE_NATS = 0.01
N_CONTEXTS, N_NOTES, LONGEST = 6, 8, 60


class Stopping(ToyEngine):
    """A toy that stops where it may, tells the log-probabilities that it draws with, and counts what it was asked."""

    def __init__(self, strength: float = 1.0, *, tells: bool = True) -> None:
        super().__init__(n_words=6, max_tokens=LONGEST, strength=strength)
        self.tells = tells
        self.calls: list[int] = []

    def generate(self, prompts: Sequence[Encoded], sampling: Sampling) -> list[tuple[Summary, ...]]:
        notes = super().generate(prompts, sampling)
        if not self.tells:
            return notes
        return [
            tuple(replace(note, token_log_prob_nats=self._told(prompt, note, sampling.temperature)) for note in own)
            for prompt, own in zip(prompts, notes, strict=True)
        ]

    def _told(self, prompt: Encoded, note: Summary, temperature: float) -> tuple[float, ...]:
        asked = [Continuation(prompt.given, note.token_ids)]
        return tuple(ToyEngine.score(self, prompt.prefix, asked, temperature=temperature)[0].tolist())

    def score(
        self, prefix: TokenIds, continuations: Sequence[Continuation], *, temperature: float = 1.0
    ) -> list[TokenLogProbs]:
        self.calls.append(len(continuations))
        whole = super().score(prefix, continuations, temperature=temperature)
        return [self._stopped(row, values) for row, values in zip(continuations, whole, strict=True)]

    def _stopped(self, row: Continuation, values: TokenLogProbs) -> TokenLogProbs:
        sums = np.cumsum(values, dtype=np.float64)
        stops = [n for n in sorted(CHECKPOINTS) if n <= len(values) and row.has_fallen(n, float(sums[n - 1]))]
        return values[: stops[0]] if stops else values


def drawn(engine: ToyEngine, temperature: float = 1.0, n_notes: int = N_NOTES) -> tuple[list, list]:
    prompts = [[Encoded((100 + number,) * 5, (7,)) for number in range(N_CONTEXTS)]]
    return prompts, [engine.generate(prompts[0], Sampling(LONGEST, temperature, 0, n_notes))]


def mixtures(log_prob: np.ndarray) -> np.ndarray:
    return np.logaddexp.reduce(log_prob, axis=-1)


@pytest.mark.parametrize("tells", [True, False])
def test_pruning_saves_tokens_and_moves_little(tells: bool) -> None:
    engine = Stopping(tells=tells)
    prompts, notes = drawn(engine)
    whole = scoring.fill(engine, prompts, notes, progress=False)
    engine.calls.clear()
    pruned = scoring.fill(engine, prompts, notes, prune_nats=TOLERANCE_NATS, progress=False)
    assert pruned.pruned is not None
    assert pruned.pruned.n_dropped > 20
    assert pruned.pruned.scored_share < 0.9
    assert pruned.n_scored_tokens < whole.n_scored_tokens * 0.9
    assert (pruned.pruned_nats, whole.pruned_nats) == (TOLERANCE_NATS, 0)
    moved = mixtures(whole.log_prob_nats()) - mixtures(pruned.log_prob_nats())
    assert abs(moved.mean()) < TOLERANCE_NATS
    # Notes that tell their own log-probabilities spare the second reading of all contexts but the first.
    assert len(engine.calls) == N_CONTEXTS + (1 if tells else N_CONTEXTS)
    assert set(engine.calls[1:] if tells else engine.calls[N_CONTEXTS:]) == {N_NOTES * (N_CONTEXTS - 1)}


def test_an_entry_is_whole_or_keeps_the_ratio_it_had() -> None:
    engine = Stopping()
    prompts, notes = drawn(engine)
    whole = scoring.fill(engine, prompts, notes, progress=False).token_log_prob_nats[0]
    pruned = scoring.fill(engine, prompts, notes, prune_nats=TOLERANCE_NATS, progress=False).token_log_prob_nats[0]
    n_dropped = 0
    for i, j, k in np.ndindex(whole.shape[:3]):
        length = len(notes[0][i][j].token_ids)
        same = whole[i, j, k, :length] == pruned[i, j, k, :length]
        if not same.all():
            n_dropped += 1
            stop = int(np.flatnonzero(~same)[0])
            stop = max(n for n in (*CHECKPOINTS, length) if n <= stop) if stop not in CHECKPOINTS else stop
            own = whole[i, j, i, :length].astype(np.float64)
            np.testing.assert_array_equal(pruned[i, j, k, stop:length], whole[i, j, i, stop:length])
            assert whole[i, j, k, :stop].sum() < own[:stop].sum() + np.log(TOLERANCE_NATS / N_CONTEXTS)
    assert n_dropped > 20


def test_another_temperature_is_noticed_and_needs_an_audit() -> None:
    """Log-probabilities of the draw at T = 2 are not those at T = 1: they are not believed."""
    engine = Stopping()
    prompts, notes = drawn(engine, temperature=2.0)
    wanted = r"not drawn from toy-6w-60t-1s at temperature 1, so that pruning bounds nothing: .* audit_share=0.05"
    with pytest.raises(InputError, match=wanted):
        scoring.fill(engine, prompts, notes, prune_nats=TOLERANCE_NATS, progress=False)
    engine.calls.clear()
    pruned = scoring.fill(engine, prompts, notes, prune_nats=TOLERANCE_NATS, audit_share=0.5, progress=False)
    assert len(engine.calls) == 2 * N_CONTEXTS
    whole = scoring.fill(engine, prompts, notes, progress=False)
    diagonals = [np.einsum("imi->im", scores.log_prob_nats()[0]) for scores in (pruned, whole)]
    np.testing.assert_allclose(*diagonals, atol=1e-5)


def test_an_audit_that_saw_nothing_proves_nothing() -> None:
    few = scoring.Pruned(0.01, 0.5, 200, 3, 0.0, 0.0)
    with pytest.raises(
        InputError, match=r"the audit holds 3 entries that it saved, of 200 that were; expected at least 20: raise"
    ):
        _ = few.bound_nats
    assert scoring.Pruned(0.01, 0.5, 200, 30, -0.02, 0.01).bound_nats == pytest.approx(0.04)
    assert scoring.Pruned(0.01, 1.0, 0, 0, 0.0, 0.0).bound_nats == 0.01, "nothing was dropped"


def test_coarse_arithmetic_scores_its_own_notes_like_all_others() -> None:
    """Where writing and scoring differ by more than rounding in float32, no column takes the writer's word."""
    engine = Stopping()
    prompts, notes = drawn(engine)
    told = [
        [
            tuple(replace(n, token_log_prob_nats=tuple(v - 0.02 for v in n.token_log_prob_nats)) for n in own)
            for own in row
        ]
        for row in notes
    ]
    engine.calls.clear()
    pruned = scoring.fill(engine, prompts, told, prune_nats=TOLERANCE_NATS, progress=False)
    assert engine.calls[1:] == [N_NOTES * N_CONTEXTS] * N_CONTEXTS
    exact = scoring.fill(engine, prompts, notes, progress=False)
    own = [np.einsum("imi->im", scores.log_prob_nats()[0]) for scores in (pruned, exact)]
    np.testing.assert_array_equal(*own)


def test_the_audit_finds_what_a_proxy_would_lose() -> None:
    """Notes of one channel scored by another: the ratio is no martingale, and dropping may cost more than it may."""
    writer, proxy = Stopping(0.4), Stopping(2.0)
    prompts, notes = drawn(writer, n_notes=30)
    silent = [[tuple(replace(note, token_log_prob_nats=()) for note in own) for own in row] for row in notes]
    whole = scoring.fill(proxy, prompts, silent, progress=False)
    lost, claimed, errors = [], [], []
    for seed in range(12):
        audited = scoring.fill(proxy, prompts, silent, prune_nats=0.5, audit_share=0.3, seed=seed, progress=False)
        report = audited.pruned
        assert report is not None
        assert report.shift_nats is not None
        assert report.shift_error_nats is not None
        assert report.n_audited > 0
        assert audited.pruned_nats >= 0.5
        lost.append((mixtures(audited.log_prob_nats()) - mixtures(whole.log_prob_nats())).mean())
        claimed.append(report.shift_nats)
        errors.append(report.shift_error_nats)
    assert abs(np.mean(lost)) > 0.001, "nothing was lost: the test would pass without an audit"
    assert np.mean(claimed) == pytest.approx(
        np.mean(lost), abs=3 * np.mean(errors) / np.sqrt(12) + 0.2 * abs(np.mean(lost))
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"prune_nats": -0.1}, r"prune_nats=-0.1; expected a tolerance of 0 \(score all\) to 1 nat, such as 0.01"),
        ({"prune_nats": 1.0}, "prune_nats=1.0; expected a tolerance"),
        ({"prune_nats": float("nan")}, "prune_nats=nan; expected a tolerance"),
        ({"audit_share": 1.0}, "audit_share=1.0; expected a share of entries from 0 to below 1"),
    ],
)
def test_tolerances_and_shares_have_bounds(settings: dict[str, float], message: str) -> None:
    engine = Stopping()
    with pytest.raises(InputError, match=message):
        scoring.fill(engine, *drawn(engine), progress=False, **settings)


def test_an_estimate_from_a_pruned_array_says_less() -> None:
    engine = Stopping()
    prompts, notes = drawn(engine)
    array = scoring.fill(engine, prompts, notes, prune_nats=TOLERANCE_NATS, progress=False)
    by = TOLERANCE_NATS / np.log(2)
    whole, pruned = (
        information.estimate(array.log_prob_nats(), estimand="pool", scorer_is_sampler=True, pruned_nats=nats)
        for nats in (0.0, array.pruned_nats)
    )
    assert (pruned.lower_bits, pruned.pruned_bits, whole.pruned_bits) == (whole.lower_bits, by, 0)
    assert pruned.lower_limit_bits == whole.lower_limit_bits - by
    up = by * (1 + 2 * np.log(N_CONTEXTS) - np.log(TOLERANCE_NATS))
    assert pruned.interval_bits == pytest.approx((whole.interval_bits[0] - by, whole.interval_bits[1] + up))
    assert pruned.upper_limit_bits == pytest.approx(whole.upper_limit_bits + up)
    sample = information.estimate(
        array.log_prob_nats(), estimand="population", scorer_is_sampler=True, pruned_nats=array.pruned_nats
    )
    assert (sample.point_bits, sample.interval_bits, sample.upper_bits, sample.upper_limit_bits) == (None,) * 4
    with pytest.raises(InputError, match=r"pruned_nats=-1.0; expected a finite number of at least 0, `Scores.pruned"):
        information.estimate(array.log_prob_nats(), estimand="pool", scorer_is_sampler=True, pruned_nats=-1.0)
