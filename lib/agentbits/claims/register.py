"""What did the paper claim, and how near must ours come? One entry of `data/paper/claims.yaml` a claim.

`data/paper/README.md` describes the fields. Reading is strict: a misspelt field, or a verdict without the run
that reached it, would otherwise be shown to readers as if it were a finding.

Units: each `Published` names its own; a tolerance is a fraction (`relative`) or in that unit (`absolute`).
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import inf, isfinite
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from agentbits import places
from agentbits.claims import fields

Mark = Literal["abs", "fig", "rel", "we", "?"]
Tier = Literal["pocket", "desk", "paper"]
Kind = Literal["relative", "absolute", "direction", "ordering"]
World = Literal["paper_models", "our_world"]
Word = Literal["not yet tested", "holds", "holds in direction", "fails", "undecided", "not testable here"]

_TIERS: tuple[Tier, ...] = get_args(Tier)
_REACHED: tuple[Word, ...] = ("holds", "holds in direction", "fails", "undecided")


@dataclass(frozen=True)
class Tolerance:
    """How near is near enough: a fraction, an amount, "up" or "down", or names with the largest first."""

    kind: Kind
    value: float | str | tuple[str, ...]


@dataclass(frozen=True)
class Published:
    """One quantity of the paper: a value in a unit or, where the paper prints none, a direction in words."""

    quantity: str
    tolerance: Tolerance
    value: float | None = None
    direction: str = ""
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Verdict:
    """What was found, and the tier and name of the run that found it."""

    verdict: Word
    tier: Tier | None = None
    run: str = ""


@dataclass(frozen=True)
class Claim:
    """One claim of the paper; the main quantity comes first, and `tier` is the lowest that can test it."""

    id: str
    claim: str
    published: tuple[Published, ...]
    mark: Mark
    where: str
    rule: str
    reason: str
    written: date
    notebook: str
    tier: Tier
    verdicts: Mapping[World, Verdict]

    @property
    def notebook_exists(self) -> bool:
        """Whether the notebook that tests the claim is written yet."""
        return (places.project_root() / "notebooks" / f"{self.notebook}.ipynb").is_file()


def load(path: Path | None = None) -> tuple[Claim, ...]:
    """Return all claims of `path`, by default `data/paper/claims.yaml`, in the file's order.

    Raises
    ------
    InputError
        The file cannot be read or an entry breaks a rule; the message names file, claim and field.
    """
    file = path or places.project_root() / "data" / "paper" / "claims.yaml"
    try:
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise fields.wrong(str(file), str(error), "YAML with a list `claims`", "restore it from git") from error
    claims: tuple[Claim, ...] = fields.record(raw, file.name, {"claims": fields.list_of(_claim)})["claims"]
    for name, count in Counter(claim.id for claim in claims).items():
        if count > 1:
            raise fields.wrong(f"{file.name}, claim {name}", f"its id {count} times", "once", "rename one")
    return claims


def check_verdict(verdict: Verdict, world: World, needs: Tier, at: str = "verdict") -> None:
    """Refuse a verdict that its run cannot support; `needs` is the claim's tier.

    A run below the claim's tier has not seen the paper's models, so nothing can hold on them by it; and our
    world of small models can agree with the paper in direction only.
    """
    word, tier, run = verdict.verdict, verdict.tier, verdict.run
    reached = word in _REACHED
    if (tier is not None, run != "") != (reached, reached):
        expected = "a tier and a run" if reached else "neither tier nor run"
        raise fields.wrong(at, f"{word!r}, tier {tier!r}, run {run!r}", f"{expected} with this verdict")
    if world == "our_world" and word == "holds":
        raise fields.wrong(at, "'holds'", "'holds in direction', all that our world can show")
    below = tier is not None and _TIERS.index(tier) < _TIERS.index(needs)
    if world == "paper_models" and below and word in ("holds", "holds in direction"):
        todo = "write it under our_world, or run the claim's own models"
        raise fields.wrong(at, f"{word!r} from a {tier} run", f"a run of tier {needs} or above", todo)


def _claim(raw: Any, at: str) -> Claim:
    if isinstance(raw, dict) and "id" in raw:
        at = f"{at.partition(',')[0]}, claim {raw['id']}"
    claim = Claim(**fields.record(raw, at, _CLAIM))
    for world, verdict in claim.verdicts.items():
        check_verdict(verdict, world, claim.tier, f"{at}, verdicts, {world}")
    return claim


def _published(raw: Any, at: str) -> Published:
    optional = {"value": _number, "direction": _text, "unit": _text, "note": _text}
    read = Published(**fields.record(raw, at, {"quantity": _text, "tolerance": _tolerance}, optional))
    kind = read.tolerance.kind
    if read.value is not None:
        fits = kind in ("relative", "absolute") and not read.direction
    else:
        fits = kind != "relative" and read.direction != "" and (kind != "absolute" or read.unit != "")
    if not fits:
        given = f"value {read.value}, direction {read.direction!r}, unit {read.unit!r}, {kind} tolerance"
        expected = "value and relative or absolute, or direction and any but relative (absolute: and a unit)"
        raise fields.wrong(at, given, expected)
    return read


def _tolerance(raw: Any, at: str) -> Tolerance:
    read = fields.record(raw, at, {"kind": fields.one_of(get_args(Kind)), "value": lambda value, _: value})
    return Tolerance(read["kind"], _TOLERANCE_VALUES[read["kind"]](read["value"], f"{at}, value"))


def _verdict(raw: Any, at: str) -> Verdict:
    word = fields.one_of(get_args(Word))
    if isinstance(raw, str):
        return Verdict(word(raw, at))
    return Verdict(**fields.record(raw, at, {"verdict": word, "tier": fields.one_of(_TIERS), "run": _text}))


def _verdicts(raw: Any, at: str) -> Mapping[World, Verdict]:
    found = fields.record(raw, at, dict.fromkeys(get_args(World), _verdict))
    return {world: found[world] for world in get_args(World)}


_text = fields.value("some text", lambda raw: isinstance(raw, str) and raw.strip() != "")
_key = fields.value(
    "small letters, digits, '.', '-' and '_'",
    lambda raw: isinstance(raw, str) and re.fullmatch(r"[a-z0-9][a-z0-9._-]*", raw) is not None,
)
_number = fields.value("a number", lambda raw: type(raw) in (int, float) and isfinite(raw))
_positive = fields.value("a number above 0", lambda raw: type(raw) in (int, float) and 0 < raw < inf)
_day = fields.value("a day, as 2026-11-23", lambda raw: type(raw) is date)

_TOLERANCE_VALUES: dict[Kind, fields.Check] = {
    "relative": _positive,
    "absolute": _positive,
    "direction": fields.one_of(("up", "down")),
    "ordering": fields.list_of(_text),
}
_CLAIM: fields.Fields = {
    "id": _key,
    "claim": _text,
    "published": fields.list_of(_published),
    "mark": fields.one_of(get_args(Mark)),
    "where": _text,
    "rule": _text,
    "reason": _text,
    "written": _day,
    "notebook": _key,
    "tier": fields.one_of(_TIERS[1:]),
    "verdicts": _verdicts,
}
