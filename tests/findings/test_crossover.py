"""Break-even is where the two bills meet: exactly, and near what the weights alone say."""

import numpy as np
import pytest

from agentbits.compute import generation_flops, prefill_flops
from agentbits.errors import InputError
from agentbits.findings import crossover
from agentbits.findings.models import model

SMALL, LARGE = "Qwen-2.5-1.5B", "Qwen-2.5-7B"


@pytest.mark.parametrize(("read", "written"), [(8, 50), (32, 200), (128, 900), (200, 900)])
def test_the_longest_affordable_note_is_the_last_that_costs_no_more(read: int, written: int) -> None:
    most = crossover.affordable_tokens(SMALL, LARGE, read, written)
    budget = generation_flops(model(SMALL).shape, read, written)
    assert generation_flops(model(LARGE).shape, read, most) <= budget
    assert generation_flops(model(LARGE).shape, read, most + 1) > budget


def test_a_model_can_afford_its_own_note_and_a_smaller_one_no_more_than_it() -> None:
    assert crossover.affordable_tokens(SMALL, SMALL, 100, 50) == 50
    assert crossover.affordable_tokens(LARGE, SMALL, 100, 50) == 50


def test_behind_a_document_no_note_is_short_enough() -> None:
    table = crossover.break_even(SMALL, LARGE, (8, 6_000), (50, 900))
    assert list(table.columns) == list(crossover.COLUMNS)
    long = table[table["context_tokens"] == 6_000]
    assert (long["large_tokens"] == 0).all()
    assert long["length_ratio"].isna().all()
    short = table[table["context_tokens"] == 8]
    assert (short["length_ratio"] > 4).all()


def test_the_longest_prompt_is_exact_and_near_what_weights_say() -> None:
    small, large = model(SMALL).shape, model(LARGE).shape
    longest = crossover.longest_context_tokens(SMALL, LARGE, 900)
    for read, pays in ((longest, True), (longest + 1, False)):
        assert (generation_flops(large, read, 1) <= generation_flops(small, read, 900)) == pays
    reading, writing = ([prefill_flops(shape, 1, n_logits=n) for shape in (small, large)] for n in (0, 1))
    r, h = reading[1] / reading[0], writing[0] / reading[0]
    assert longest / 900 == pytest.approx(h / (r - 1), rel=0.05)


def test_a_note_of_one_token_leaves_nothing_to_save() -> None:
    assert crossover.longest_context_tokens(SMALL, LARGE, 1) == 0


def test_limits_of_all_pairs() -> None:
    names = (SMALL, "Qwen-2.5-3B", LARGE)
    table = crossover.limits(names, 6_000, 900)
    assert list(table.columns) == list(crossover.LIMITS_COLUMNS)
    assert len(table) == 3
    assert np.allclose(table["share"], table["longest_context_tokens"] / 900)
    own = table[table["pair"] == f"{LARGE} for {SMALL}"].iloc[0]
    assert own["least_excess"] > 200
    assert own["share"] < 1


def test_no_prompt_is_refused() -> None:
    with pytest.raises(InputError, match="n_prompt_tokens is 0; expected an integer of at least 1"):
        crossover.affordable_tokens(SMALL, LARGE, 0, 10)
