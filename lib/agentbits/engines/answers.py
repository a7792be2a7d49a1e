"""What does a server's answer say beside what was asked for? What it cost, how long to wait, or that it broke off."""

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from agentbits.records import Usage


class PassingError(Exception):
    """Something that may be gone the next time; `pause_s` is what the server asks to wait, None for nothing."""

    def __init__(self, what: str, *, pause_s: float | None = None) -> None:
        super().__init__(what)
        self.pause_s = pause_s


def content(response: httpx2.Response) -> dict[str, Any]:
    """Return the JSON object that a server sent; raises PassingError where it sent none."""
    try:
        found: object = json.loads(response.content)
    except ValueError:
        raise PassingError("an answer that is no JSON") from None
    if not isinstance(found, dict):
        raise PassingError("an answer that is no JSON object")
    return found


def retry_after_s(response: httpx2.Response) -> float | None:
    """Return the pause that a server asks for, in either of the two forms that HTTP has."""
    asked = response.headers.get("Retry-After", "")
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def usage(answer: dict[str, Any]) -> Usage | None:
    """Return the tokens that an answer says it cost, the cached among the prompt's; None where it does not say."""
    told = answer.get("usage") or answer.get("meta_info") or {}
    cached = (told.get("prompt_tokens_details") or told).get("cached_tokens") or 0
    counts = [told.get("prompt_tokens"), told.get("completion_tokens"), cached]
    whole = [count for count in counts if isinstance(count, int)]
    return Usage(*whole) if len(whole) == len(counts) else None
