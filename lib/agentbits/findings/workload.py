"""What do models do in a run? Tokens and FLOPs of each, from lengths that are assumed before it starts.

A document is read once for all its questions, except by a server, where every call pays for all that it reads. Writing
a note and scoring one behind a context that is in the cache take the same FLOPs (`compute`).

Symbols: N documents of a pool · M notes on each · K pools · Units: tokens, FLOPs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import ConfigDict

from agentbits.compute import decode_flops, prefill_flops
from agentbits.errors import InputError, UnknownNameError
from agentbits.findings.connecting import route
from agentbits.findings.models import model
from agentbits.forms import STRICT, Text


@dataclass(frozen=True)
class Assumed:
    """What nobody knows before a run: the machine, and how long things are.

    Attributes
    ----------
    gpu, peak_flops_per_s, bandwidth_bytes_per_s : one GPU, products of bfloat16 without sparsity
    utilisation, notes_together : u and n
    usd_per_hour, load_s : of one GPU; to load a model once
    call_s, calls_together : of a server
    document_tokens, n_documents, questions_a_document : by set, whole sets for a run on all documents
    note_tokens, question_tokens, answer_tokens : means; the question with its options and the template, the answer as
        it is written or the options that are scored
    sources : where the numbers are from, or that they are assumed
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    gpu: Text
    peak_flops_per_s: float
    bandwidth_bytes_per_s: float
    utilisation: float
    notes_together: int
    usd_per_hour: float
    load_s: float
    call_s: float
    calls_together: int
    document_tokens: Mapping[str, int]
    n_documents: Mapping[str, int]
    questions_a_document: Mapping[str, float]
    note_tokens: int
    question_tokens: int
    answer_tokens: int
    sources: Mapping[str, Text]

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, int | float) and value <= 0:
                raise InputError(f"{name} is {value}; expected a number above 0")

    def of(self, name: str, known: str) -> float:
        """Return what is assumed of a set, by the name of the field.

        Raises
        ------
        UnknownNameError
            Nothing is.
        """
        if name not in getattr(self, known):
            raise UnknownNameError(f"dataset among the plan's {known}", name, getattr(self, known))
        return getattr(self, known)[name]


@dataclass(frozen=True)
class Work:
    """What one model does in a run.

    Attributes
    ----------
    model, engine : by name, and the line that says what runs it
    role : notes, answers, array or proxy; a model is loaded once for each
    n_calls : answers and notes that it writes, or arrays' rows that it scores
    read_tokens, written_tokens, scored_tokens : in all calls, tokens that are in a cache not counted
    reading_flops, writing_flops : of prefill and scoring, and of decoding; 0 where the model's size is unknown
    longest_tokens : the longest prompt, by which prices may differ
    """

    model: str
    engine: str
    role: str
    n_calls: int
    read_tokens: int
    written_tokens: int
    scored_tokens: int = 0
    reading_flops: float = 0.0
    writing_flops: float = 0.0
    longest_tokens: int = 1


def notes(name: str, engine: str, n_documents: int, n_items: int, document_tokens: int, assumed: Assumed) -> Work:
    """Return the work of a compressor that writes one note an item."""
    asked, written = assumed.question_tokens, assumed.note_tokens
    n_readings = n_items if route(engine, name).address else n_documents
    flops = _flops(name, lambda shape: n_readings * prefill_flops(shape, document_tokens, n_logits=0))
    flops += _flops(name, lambda shape: n_items * prefill_flops(shape, asked, n_cached_tokens=document_tokens))
    return Work(
        name,
        engine,
        "notes",
        n_items,
        n_readings * document_tokens + n_items * asked,
        n_items * written,
        reading_flops=flops,
        writing_flops=n_items * _flops(name, lambda shape: decode_flops(shape, document_tokens + asked, written - 1)),
        longest_tokens=document_tokens + asked,
    )


def answers(name: str, engine: str, n_items: int, assumed: Assumed, *, writes: bool) -> Work:
    """Return the work of a predictor that answers each item from a note, by writing or by scoring options."""
    prompt, said = assumed.note_tokens + assumed.question_tokens, assumed.answer_tokens
    reading = n_items * _flops(name, lambda shape: prefill_flops(shape, prompt))
    saying = n_items * _flops(name, lambda shape: decode_flops(shape, prompt, said))
    return Work(
        name,
        engine,
        "answers",
        n_items,
        n_items * prompt,
        n_items * said * writes,
        n_items * said * (not writes),
        reading + saying * (not writes),
        saying * writes,
        longest_tokens=prompt,
    )


def array(name: str, engine: str, n_pools: int, n_contexts: int, n_notes: int, tokens: int, assumed: Assumed) -> Work:
    """Return the work of a compressor that writes M notes on each of N documents and scores all under all, K times."""
    rows, length = n_pools * n_contexts, assumed.note_tokens
    prompt, n_scored = tokens + assumed.question_tokens, rows * n_contexts * n_notes
    behind = _flops(name, lambda shape: decode_flops(shape, prompt, length))
    return Work(
        name,
        engine,
        "array",
        rows * n_notes,
        2 * rows * prompt,
        rows * n_notes * length,
        n_scored * length,
        reading_flops=2 * rows * _flops(name, lambda shape: prefill_flops(shape, prompt)) + n_scored * behind,
        writing_flops=rows * n_notes * behind,
        longest_tokens=prompt,
    )


def array_scores(name: str, engine: str, n_contexts: int, n_notes: int, tokens: int, assumed: Assumed) -> Work:
    """Return the work of a proxy that scores that many notes of others behind each of some contexts."""
    prompt, scored = tokens + assumed.question_tokens, n_contexts * n_notes
    flops = n_contexts * _flops(name, lambda shape: prefill_flops(shape, prompt))
    flops += scored * _flops(name, lambda shape: decode_flops(shape, prompt, assumed.note_tokens))
    n_scored = scored * assumed.note_tokens
    return Work(name, engine, "proxy", n_contexts, n_contexts * prompt, 0, n_scored, flops, 0.0, prompt)


def _flops(name: str, count: Callable[[Any], float]) -> float:
    try:
        return float(count(model(name).shape))
    except UnknownNameError:
        return 0.0
