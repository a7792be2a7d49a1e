"""The faults of a server, by the same tests, in front of a real one."""

from test_api import *  # noqa: F403
