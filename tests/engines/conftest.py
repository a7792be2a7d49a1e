"""Engines under test: the toy language and tiny models always, the packaged model where it is installed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from architectures import ARCHITECTURES, build
from serving import App, Served, serve

from agentbits.engines import Engine, connect
from agentbits.engines.local import LocalEngine

# What a server answers for is held to the same rules as what runs here.
SERVED = {"api": "vllm", "api-sglang": "sglang"}
COPYISTS = ("up-4m", "flat-4m")
# Our own trained models, as many as there are.
TRAINED = sorted(path.name for path in (Path(__file__).parents[2] / "data" / "models").iterdir() if path.is_dir())


@pytest.fixture(
    scope="session",
    params=["toy", *COPYISTS, *SERVED, *ARCHITECTURES, *TRAINED, pytest.param("smollm2", marks=pytest.mark.model)],
)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Return each engine; loaded once for the whole session."""
    if request.param in SERVED:
        folder = request.getfixturevalue("folder_of")("qwen2")
        with serve(App(LocalEngine.load(str(folder)), "tiny", SERVED[request.param])) as url:
            yield connect(url, "tiny", tokenizer=str(folder))
    else:
        yield _opened(request)


def _opened(request: pytest.FixtureRequest) -> Engine:
    if request.param == "toy" or request.param in COPYISTS:
        return connect("toy", request.param)
    if request.param == "smollm2":
        return request.getfixturevalue("smollm2")
    if request.param in TRAINED:
        return connect("local", request.param)
    return LocalEngine.load(str(request.getfixturevalue("folder_of")(request.param)))


@pytest.fixture(scope="session")
def smollm2() -> Engine:
    return connect("local", "smollm2-135m-instruct")


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return where a tiny model lies; written when it is first asked for."""
    written: dict[str, Path] = {}

    def find(name: str) -> Path:
        if name not in written:
            written[name] = build(name, tmp_path_factory.mktemp("models") / name)
        return written[name]

    return find


@pytest.fixture(scope="module")
def served(folder_of: Callable[[str], Path]) -> Iterator[Served]:
    """Return a server of a tiny model, behind the switch for faults."""
    folder = folder_of("llama3")
    with serve(App(LocalEngine.load(str(folder)), "tiny")) as url:
        yield Served(url, "tiny", folder)
