"""Engines under test: the toy language and tiny models always, the packaged model where it is installed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from architectures import ARCHITECTURES, build

from agentbits.engines import Engine, connect
from agentbits.engines.local import LocalEngine


@pytest.fixture(scope="session", params=["toy", *ARCHITECTURES, pytest.param("smollm2", marks=pytest.mark.model)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Return each engine; loaded once for the whole session."""
    if request.param == "toy":
        return connect("toy", "toy")
    if request.param == "smollm2":
        return request.getfixturevalue("smollm2")
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
