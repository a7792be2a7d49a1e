"""Options and settings of the whole suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regenerate-goldens",
        action="store_true",
        help="write the golden notebooks in tests/expected anew instead of comparing with them",
    )
