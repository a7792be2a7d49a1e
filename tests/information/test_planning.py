"""A plan says what a run then needs, and a channel planned for has the bias that was planned."""

from dataclasses import astuple
from math import e, exp, log

import numpy as np
import pytest

from agentbits import information
from agentbits.channels import Gaussian, sampled_array
from agentbits.errors import InputError

BITS = 1 / log(2)


@pytest.mark.parametrize(
    ("nats", "fewest", "gaussian"), [(2, (e**2 - 1) / 0.2, (e**4 - 1) / 0.2), (4, (e**4 - 1) / 0.2, (e**8 - 1) / 0.2)]
)
def test_contexts_follow_the_first_order_bias(nats: float, fewest: float, gaussian: float) -> None:
    plan = information.plan(nats * BITS, 0.1 * BITS)
    assert (plan.n_contexts_at_least, plan.n_contexts) == (np.ceil(fewest), np.ceil(gaussian))


def test_no_plan_is_too_small_for_a_point() -> None:
    assert information.plan(0.2, 0.1).n_contexts == 24


def test_more_questions_need_fewer_notes_each() -> None:
    one, twenty = (information.plan(1, 0.15, error_bits=0.02, n_questions=q) for q in (1, 20))
    assert twenty.n_summaries == pytest.approx(one.n_summaries / 20, abs=1)


def test_cells_and_tokens_are_counted() -> None:
    plan = information.plan(1.0, 0.2, n_questions=3, note_tokens=50, context_tokens=700)
    n, m = plan.n_contexts, plan.n_summaries
    assert (plan.n_notes, plan.cells) == (3 * n * m, 3 * n * n * m)
    assert (plan.written_tokens, plan.scored_tokens) == (50 * plan.n_notes, 50 * plan.cells)
    assert plan.read_tokens == 2 * n * 700


def test_a_plan_keeps_its_promise_on_a_gaussian() -> None:
    plan = information.plan(1.5, 0.15, error_bits=0.1)
    channel, rng = Gaussian.of_information(1.5, 24), np.random.default_rng(0)
    found = [
        information.estimate(
            sampled_array(channel, plan.n_contexts, plan.n_summaries, rng=rng), estimand="population",
            scorer_is_sampler=True,
        ).lower_bits
        for _ in range(150)
    ]  # fmt: skip
    error = np.std(found) / np.sqrt(150)
    assert 0.07 - 2 * error < 1.5 - np.mean(found) < 0.15 + 2 * error


def test_a_smaller_error_takes_more_notes_not_more_contexts() -> None:
    rough, fine = information.plan(1.0, 0.2, error_bits=0.2), information.plan(1.0, 0.2, error_bits=0.02)
    assert fine.n_contexts == rough.n_contexts
    assert fine.n_summaries > rough.n_summaries >= 2
    assert fine.n_summaries == np.ceil(2 * 1.0 * log(2) / (fine.n_contexts * (0.02 * log(2)) ** 2))


def test_hopeless_plans_are_still_numbers() -> None:
    assert information.plan(20, 0.1).n_contexts > exp(27)
    assert all(isinstance(number, int) for number in astuple(information.plan(20, 0.1)))


def test_absurd_plans_are_refused() -> None:
    with pytest.raises(InputError, match="expected_bits is 600; no plan for more than 100 bits can be had"):
        information.plan(600, 0.1)
    with pytest.raises(InputError, match="bias_bits is nan; a plan needs a positive number"):
        information.plan(2, float("nan"))


@pytest.mark.parametrize("name", ["bias_bits", "error_bits", "n_questions", "note_tokens", "context_tokens"])
def test_nothing_is_not_a_plan(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} is 0; a plan needs a positive number"):
        information.plan(**{"expected_bits": 2.0, "bias_bits": 0.1, name: 0})
