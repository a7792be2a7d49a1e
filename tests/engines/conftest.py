"""Engines under test: the toy language always, the packaged model where it is installed."""

import pytest

from agentbits.engines import Engine, connect


@pytest.fixture(scope="session", params=["toy", pytest.param("local", marks=pytest.mark.model)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Return each engine; loaded once for the whole session."""
    return connect("toy", "toy") if request.param == "toy" else request.getfixturevalue("smollm2")


@pytest.fixture(scope="session")
def smollm2() -> Engine:
    return connect("local", "smollm2-135m-instruct")
