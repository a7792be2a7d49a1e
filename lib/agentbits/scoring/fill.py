"""How likely is each summary under each document?

Fills the array that `information` reads, column by column: read context x_l once, score every note of every
context behind it, move on. Columns do not depend on one another, and a pool of engines scores several at once; memory
is one context's cache for each, whatever N; behind a `Memo` every finished column is on disk, and a run that was killed
goes on with the next.

Symbols: N contexts · M notes of each · Q questions · L tokens of the longest note. Unit: nats.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from agentbits.engines.base import Continuation, Engine, TokenLogProbs
from agentbits.engines.checks import check_scores
from agentbits.errors import InputError
from agentbits.records import TokenIds, Usage
from agentbits.scoring.given import Notes, Prompts, check
from agentbits.scoring.pruning import Pruned, own_scores, pruning, report


@dataclass(frozen=True)
class Scores:
    """Every note's token log-probabilities under every context.

    Attributes
    ----------
    token_log_prob_nats : (Q, N, M, N, L) float32; NaN behind a note's last token; what was not scored, as under the
        note's own context
    n_tokens : (Q, N, M), lengths of the notes, end token included
    usage : tokens of the contexts, each read once for its column
    n_scored_tokens : tokens of notes under contexts, those that were scored
    pruned : what was not scored to the end, and what that may have changed; None where all was
    """

    token_log_prob_nats: NDArray[np.float32] = field(repr=False)
    n_tokens: NDArray[np.int64] = field(repr=False)
    usage: Usage
    n_scored_tokens: int
    pruned: Pruned | None = None

    @property
    def pruned_nats(self) -> float:
        """Return what `information.estimate` wants to know of a pruned array; 0 for a complete one."""
        return self.pruned.bound_nats if self.pruned else 0.0

    def log_prob_nats(self, first_tokens: int | None = None) -> NDArray[np.float64]:
        """Return log p(z_ij | x_l, q), summed in float64: (Q, N, M, N), nats.

        Parameters
        ----------
        first_tokens : count only the first k tokens of each note (all of a shorter one); None counts all
        """
        if first_tokens is not None and first_tokens < 1:
            raise InputError(f"first_tokens={first_tokens}; a note's start has at least 1 token")
        tokens = self.token_log_prob_nats[..., :first_tokens]
        inside = np.arange(tokens.shape[-1]) < self.n_tokens[..., np.newaxis, np.newaxis]
        # Only what lies behind a note's end is left out: a NaN inside it must reach the estimator and be refused.
        return np.where(inside, tokens, 0).sum(axis=-1, dtype=np.float64)


def fill(
    engine: Engine,
    prompts: Prompts,
    notes: Notes,
    *,
    temperature: float = 1.0,
    prune_nats: float = 0.0,
    audit_share: float = 0.0,
    seed: int = 0,
    progress: bool = True,
) -> Scores:
    """Score every note under every context.

    Parameters
    ----------
    prompts : (Q, N), as `engine.encode` returned them; prompts [q][l] of one context share their prefix
    notes : (Q, N, M), as `engine.generate` returned them
    temperature : that of the sampler, where scorer = sampler is wanted
    prune_nats : stop scoring a note under a context that has become so unlikely that, in expectation and where the
        scorer is the sampler, all such contexts together move its log-mixture by at most this; 0 scores all.
        Pass `Scores.pruned_nats` on to `information.estimate`. Pays where notes are long and contexts differ
    audit_share : share of entries, drawn with `seed`, that are scored to the end all the same, to estimate what
        pruning changed; needed where the scorer is not the sampler
    progress : show a bar over tokens, with tokens a second and the time left

    Raises
    ------
    InputError
        N < 2, counts that do not match, questions that do not share their contexts, notes of another
        tokenizer, or a tolerance or share out of range.
    EmptyNoteError
        A note without a token.
    IncompleteScoreError
        The engine returned less than one finite number a token.
    """
    n_tokens = check(engine, prompts, notes)
    _check_pruning(prune_nats, audit_share)
    flat = [
        (Continuation(prompt.given, note.token_ids), note.token_log_prob_nats, context)
        for question, answers in zip(prompts, notes, strict=True)
        for context, (prompt, own) in enumerate(zip(question, answers, strict=True))
        for note in own
    ]
    rows, carried, owners = (list(part) for part in zip(*flat, strict=True))
    prefixes = [prompt.prefix for prompt in prompts[0]]
    plan = None
    if prune_nats:
        own, exact = own_scores(engine, rows, owners, prefixes, carried, temperature, audit=audit_share > 0)
        audited = np.random.default_rng(seed).random((len(rows), len(prefixes))) < audit_share
        plan = pruning(rows, owners, own, prune_nats, audited, is_exact=exact)
    values = np.full((len(rows), len(prefixes), int(n_tokens.max())), np.nan, dtype=np.float32)
    work = sum(map(len, prefixes)) + int(n_tokens.sum()) * len(prefixes)
    bars = partial(tqdm, total=work, desc="scoring", unit=" tokens", unit_scale=True)
    with bars() if progress else bars(disable=True) as bar:
        asked = plan.asked if plan else ([dict(enumerate(rows))] * len(prefixes)).__getitem__
        for done, (column, scored) in enumerate(_columns(engine, prefixes, asked, temperature), start=1):
            for row, log_probs in scored.items():
                values[row, column, : len(log_probs)] = log_probs
            bar.set_postfix_str(f"context {done}/{len(prefixes)}")
            bar.update(len(prefixes[column]) + int(n_tokens.sum()))
    whole = plan.complete(values) if plan else values
    return Scores(
        whole.reshape(*n_tokens.shape, len(prefixes), -1),
        n_tokens,
        Usage(sum(map(len, prefixes)), 0),
        int(np.isfinite(values).sum()),
        report(plan, values, whole, audit_share, prune_nats) if plan else None,
    )


def _columns(
    engine: Engine, prefixes: Sequence[TokenIds], asked: Callable[[int], dict[int, Continuation]], temperature: float
) -> Iterator[tuple[int, dict[int, TokenLogProbs]]]:
    """Score columns, as many side by side as the engine takes; those that are done come first."""

    def one(column: int) -> tuple[int, dict[int, TokenLogProbs]]:
        rows = asked(column)
        scored = engine.score(prefixes[column], list(rows.values()), temperature=temperature)
        return column, dict(zip(rows, check_scores(engine.identity, list(rows.values()), scored), strict=True))

    columns = range(len(prefixes))
    if engine.n_at_once == 1:
        yield from map(one, columns)
        return
    with ThreadPoolExecutor(engine.n_at_once) as threads:
        futures = [threads.submit(one, column) for column in columns]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            threads.shutdown(cancel_futures=True)


def _check_pruning(prune_nats: float, audit_share: float) -> None:
    if not 0 <= prune_nats < 1:
        raise InputError(f"prune_nats={prune_nats}; expected a tolerance of 0 (score all) to 1 nat, such as 0.01")
    if not 0 <= audit_share < 1:
        raise InputError(f"audit_share={audit_share}; expected a share of entries from 0 to below 1, such as 0.03")
