"""Is an entry of the claims file well formed? Checks for single values, lists and records.

A `Check` takes a value as YAML gave it and the place it stands at, and returns it or raises `InputError`.
"""

from collections.abc import Callable
from typing import Any

from agentbits.errors import InputError

Check = Callable[[Any, str], Any]
Fields = dict[str, Check]


def wrong(at: str, given: str, expected: str, todo: str = "see data/paper/README.md") -> InputError:
    """Return the error for a value that does not fit: where, what it is, what it should be, what to do."""
    return InputError(f"{at}: given {given}, expected {expected}; {todo}")


def value(expected: str, fits: Callable[[Any], bool]) -> Check:
    """Return a check that a value fits; `expected` says in words what does."""

    def check(raw: Any, at: str) -> Any:
        if not fits(raw):
            raise wrong(at, repr(raw), expected)
        return raw

    return check


def one_of(words: tuple[str, ...]) -> Check:
    """Return a check that a value is one of `words`."""
    return value(f"one of: {', '.join(words)}", lambda raw: raw in words)


def list_of(item: Check) -> Check:
    """Return a check of a list of at least one item; it returns a tuple."""

    def check(raw: Any, at: str) -> Any:
        if not isinstance(raw, list) or not raw:
            raise wrong(at, repr(raw), "a list of at least one")
        return tuple(item(entry, f"{at} {number}") for number, entry in enumerate(raw, 1))

    return check


def record(raw: Any, at: str, needed: Fields, optional: Fields | None = None) -> dict[str, Any]:
    """Return a mapping's checked fields; neither a field too many nor one too few passes."""
    fields = needed | (optional or {})
    if not isinstance(raw, dict):
        raise wrong(at, repr(raw), f"a mapping of {', '.join(fields)}")
    if unknown := [str(name) for name in raw if name not in fields]:
        raise wrong(at, f"unknown field {', '.join(unknown)}", f"only {', '.join(fields)}")
    if missing := [name for name in needed if name not in raw]:
        raise wrong(at, f"only {', '.join(raw)}" if raw else "nothing", f"also {', '.join(missing)}")
    return {name: fields[name](entry, f"{at}, {name}") for name, entry in raw.items()}
