"""What experts and thoughts cost follows from what is active and what is written."""

import pytest

from agentbits import compute
from agentbits.errors import InputError, UnknownNameError
from agentbits.findings import experts

MIXTURE, DENSE = "Qwen3-30B-A3B", "Qwen-3-14B"


def test_the_closed_form_agrees_with_a_run_that_is_counted() -> None:
    found = experts.counted(40, seed=1)
    assert found.counted_flops == found.form_flops < found.all_experts_flops


def test_a_mixture_costs_by_its_active_parameters_and_holds_all() -> None:
    table = experts.costs([DENSE, MIXTURE], 6000, 150).set_index("model")
    assert list(table.columns) == [name for name in experts.COSTS_COLUMNS if name != "model"]
    assert table.loc[MIXTURE, "billions"] > 2 * table.loc[DENSE, "billions"]
    assert table.loc[MIXTURE, "active_billions"] < 3.5 < table.loc[DENSE, "active_billions"]
    assert table.loc[MIXTURE, "tflops"] < table.loc[DENSE, "tflops"] / 3
    shape = compute.load(MIXTURE)
    assert table.loc[MIXTURE, "tflops"] == pytest.approx(compute.generation_flops(shape, 6000, 150) / 1e12)
    assert table["reading_share"].between(0.9, 1).all()


def test_thoughts_cost_as_many_tokens_as_they_have() -> None:
    table = experts.thoughts("Qwen-3-8B", 6000, 150, [0, 150, 1350]).set_index("thinking_tokens")
    assert table["times_paper"].tolist() == pytest.approx([1, 2, 10])
    assert table.loc[0, "times"] == 1
    assert 1 < table.loc[150, "times"] < table.loc[1350, "times"] < 2
    assert len(experts.thoughts("Qwen-3-8B", 6000, 150, [])) == 0


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(InputError, match=r"thinking_tokens=\[-1\]; expected lengths of at least 0"):
        experts.thoughts("Qwen-3-8B", 6000, 150, [-1])
    with pytest.raises(InputError, match=r"n_generated_tokens is 0"):
        experts.costs([DENSE], 6000, 0)
    with pytest.raises(InputError, match=r"n_logits is 1 for 0 tokens"):
        experts.counted(0)
    with pytest.raises(UnknownNameError, match=r"unknown"):
        experts.costs(["unknown-7B"], 6000, 1)
