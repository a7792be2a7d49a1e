"""Rounded weights are on the grid, near what they were, and a model of their own."""

import pytest
import torch
from safetensors.torch import load_file

from agentbits import engines, places
from agentbits.engines import weights
from agentbits.engines.rounded import rounded, rounded_rows
from agentbits.errors import InputError

MODEL = "scribe-xs"


@pytest.fixture
def build(tmp_path, monkeypatch):
    monkeypatch.setattr("agentbits.engines.rounded.build_dir", lambda: tmp_path)
    return tmp_path


@pytest.mark.parametrize("n_bits", [2, 4, 8])
def test_each_row_has_its_own_grid(n_bits: int) -> None:
    matrix = torch.randn(5, 64, generator=torch.Generator().manual_seed(0)) * torch.logspace(-2, 2, 5)[:, None]
    found = rounded_rows(matrix, n_bits)
    step = matrix.abs().amax(dim=1, keepdim=True) / (2 ** (n_bits - 1) - 1)
    assert ((found - matrix).abs() <= step / 2 * (1 + 1e-5)).all()
    assert torch.allclose(found / step, (found / step).round(), atol=1e-4)
    assert torch.equal(found.abs().amax(dim=1) > 0, torch.ones(5, dtype=torch.bool))
    assert max(len(set(row.tolist())) for row in found) <= 2**n_bits - 1


def test_empty_rows_and_vectors_stay() -> None:
    assert torch.equal(rounded_rows(torch.zeros(2, 3), 4), torch.zeros(2, 3))
    vector = torch.tensor([0.1, 0.23], dtype=torch.bfloat16)
    assert torch.equal(rounded_rows(vector, 2), vector.float())


def test_a_copy_runs_by_its_path_under_its_own_name_and_digest(build) -> None:
    folder = rounded(MODEL, 8)
    assert folder.is_relative_to(build)
    assert rounded(MODEL, 8) == folder
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    own, copy = (engines.connect("local", name).identity for name in (MODEL, str(folder)))
    assert copy.model == f"{MODEL}-8bit"
    assert copy.digest != own.digest
    before, after = (load_file(weights.find(name).folder / "model.safetensors") for name in (MODEL, str(folder)))
    assert before.keys() == after.keys()
    assert all(tensor.dtype == torch.float32 for tensor in after.values())
    worst = max((before[name].float() - after[name]).abs().max() / before[name].abs().max() for name in before)
    assert 0 < worst <= 1 / 127


def test_the_committed_weights_are_left_alone(build) -> None:
    before = weights.find(MODEL).digest
    rounded(MODEL, 2)
    assert weights.find(MODEL).digest == before
    assert places.build_dir() != build


@pytest.mark.parametrize("n_bits", [1, 17])
def test_too_few_and_too_many_bits_are_refused(n_bits: int) -> None:
    with pytest.raises(InputError, match=rf"n_bits is {n_bits}; expected 2 to 16 bits a weight"):
        rounded(MODEL, n_bits)
