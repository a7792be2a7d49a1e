"""What notes retain, from all documents that there can be: between what they name and what there is to know."""

from dataclasses import replace

import pytest

from agentbits import engines, information, scoring
from agentbits.datasets import duplicates
from agentbits.datasets.duplicates import Pool
from agentbits.datasets.twins import clinical
from agentbits.engines.base import Engine, Sampling
from agentbits.errors import InputError
from agentbits.prompts import COMPRESS
from agentbits.scribes import lessons, truth

KNOBS = replace(lessons.knobs("longhealth"), kinds=("lookup",), absent_share=0.0, n_values=6)
SAMPLING = Sampling(max_tokens=60, seed=3)


@pytest.fixture(scope="module")
def scribe() -> Engine:
    return engines.connect("local", "scribe-s")


@pytest.fixture(scope="module")
def every() -> Pool:
    return duplicates.every(clinical.write, n_facts=2, seed=1, knobs=KNOBS)


@pytest.fixture(scope="module")
def found(scribe: Engine, every: Pool) -> truth.Truth:
    return truth.retained(scribe, every, SAMPLING)


def test_it_lies_between_what_is_named_and_what_there_is_to_know(found: truth.Truth) -> None:
    assert found.there_bits == pytest.approx(2 * 2.585, abs=1e-3)
    assert found.named_bits - 3 * found.named_error_bits <= found.asked_bits <= found.bits + 1e-9
    assert found.asked_bits <= found.there_bits / 2
    assert 0.8 < found.named_share <= 1
    assert 0 < found.error_bits < 0.2
    assert found.note_tokens > 2


def test_the_arrays_estimate_agrees_with_it(scribe: Engine, every: Pool, found: truth.Truth) -> None:
    prompts = [scribe.encode(COMPRESS.fill(item.document, item.question)) for item in every.items[0]]
    notes = scribe.generate(prompts, SAMPLING)
    scores = scoring.fill(scribe, [prompts], [notes], progress=False)
    bits = information.estimate(scores.log_prob_nats(), estimand="pool", scorer_is_sampler=True)
    # The same notes on the same documents: the two differ by the draw of notes alone.
    assert bits.lower_bits == pytest.approx(found.bits, abs=4 * found.error_bits)
    assert bits.averaged_bits == pytest.approx(found.bits, abs=4 * found.error_bits)


def test_it_is_the_same_every_time(scribe: Engine, every: Pool, found: truth.Truth) -> None:
    assert truth.retained(scribe, every, SAMPLING) == found


def test_a_note_that_everything_would_give_retains_nothing(every: Pool) -> None:
    """The toy model forgets most of these documents: what it says of them is close to the same."""
    toy = truth.retained(engines.connect("toy", "toy"), every, Sampling(max_tokens=2, seed=0))
    assert -0.01 <= toy.asked_bits < 0.5


def test_other_pools_and_samplings_are_refused(scribe: Engine, every: Pool) -> None:
    drawn = duplicates.pool(clinical.write, 36, n_facts=2, seed=1, knobs=KNOBS)
    with pytest.raises(InputError, match=r"36 documents of a population of 36; .* needs each of them once: make"):
        truth.retained(scribe, drawn, SAMPLING)
    turned = replace(every, items=every.items[::-1])
    with pytest.raises(InputError, match=r"the first question asks for .*; choose a seed whose first question asks"):
        truth.retained(scribe, turned, SAMPLING)
    with pytest.raises(InputError, match=r"2 notes each at temperature 1.0; expected one, drawn above 0"):
        truth.retained(scribe, every, replace(SAMPLING, n_samples=2))
