"""Engines under test: the toy language always, the packaged model where it is installed."""

from collections.abc import Iterator

import pytest

from agentbits.engines import Engine, connect


@pytest.fixture(scope="session", params=["toy", pytest.param("local", marks=pytest.mark.model)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Yield each engine; loaded once for the whole session."""
    yield connect("toy", "toy") if request.param == "toy" else request.getfixturevalue("smollm2")


@pytest.fixture(scope="session")
def smollm2() -> Engine:
    return connect("local", "smollm2-135m-instruct")
