"""vLLM, a vLLM server and a Ray pool are held to what the protocol promises, by the same tests as all engines."""

from test_conformance import *  # noqa: F403
