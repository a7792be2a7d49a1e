"""Our products are torch's, whatever the layout, and no layout falls into oneDNN's slow kernel."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from agentbits.engines import products


def drawn(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64).to(dtype)


LAYOUTS = {
    "rows": lambda m, n: drawn(m, n),
    "columns": lambda m, n: drawn(n, m).T,
    "a head of several": lambda m, n: drawn(m, 3, n)[:, 1],
    "a stretch of rows": lambda m, n: drawn(m + 5, n)[2 : 2 + m],
    "a stretch of columns": lambda m, n: drawn(m, n + 5)[:, 2 : 2 + n],
}


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([*LAYOUTS]),
)
def test_a_product_is_the_textbooks(rows: list[int], n: int, m: int, layout: str) -> None:
    inputs, weight, bias = drawn(*rows, n), LAYOUTS[layout](m, n), drawn(m)
    exact = inputs.double() @ weight.double().T
    np.testing.assert_allclose(products.linear(inputs, weight), exact, atol=1e-4)
    np.testing.assert_allclose(products.linear(inputs, weight, bias), exact + bias, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_arithmetic_is_left_to_torch(dtype: torch.dtype) -> None:
    inputs, weight = drawn(3, 8, dtype=dtype), drawn(5, 8, dtype=dtype)
    assert torch.equal(products.linear(inputs, weight), torch.nn.functional.linear(inputs, weight))


def test_a_build_without_onednn_multiplies_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_ONEDNN", None)
    inputs, weight = drawn(3, 8), drawn(5, 8)
    assert torch.equal(products.linear(inputs, weight), torch.nn.functional.linear(inputs, weight))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_onednn_sees_no_layout_that_it_is_slow_on(monkeypatch: pytest.MonkeyPatch, layout: str) -> None:
    seen = []
    monkeypatch.setattr(products, "_ONEDNN", lambda inputs, weight, *_: seen.append(weight) or inputs @ weight.T)
    products.linear(drawn(2, 8), LAYOUTS[layout](6, 8))
    (weight,) = seen
    assert weight.is_contiguous() or weight.T.is_contiguous()


@torch.inference_mode()
def test_layers_are_exchanged_where_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(8, 6), torch.nn.LayerNorm(6), torch.nn.Linear(6, 4, bias=False))
    inputs, weights = drawn(2, 3, 8), [model[0].weight, model[2].weight]
    expected, linear, calls = model(inputs), products.linear, []
    monkeypatch.setattr(products, "linear", lambda *given, **named: calls.append(named) or linear(*given, **named))
    products.exchange(model)
    np.testing.assert_allclose(model(inputs), expected, atol=1e-5)
    assert [call["weight"] for call in calls] == weights
    assert [model[0].weight, model[2].weight] == weights
