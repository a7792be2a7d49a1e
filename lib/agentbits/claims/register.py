"""What did the paper claim, and how near must ours come? One entry of `data/paper/claims.yaml` a claim.

`data/paper/README.md` describes the fields. Reading is strict: a misspelt field, or a verdict without the run
that reached it, would otherwise be shown to readers as if it were a finding. What our world says is not written there
but follows from a rule and from what lies in `data/results`.

Units: each `Published` names its own; a tolerance is a fraction (`relative`) or in that unit (`absolute`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args

import yaml
from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag

from agentbits import places
from agentbits.claims import committed
from agentbits.claims.our_world import Key, Rule
from agentbits.errors import InputError, ResultError, UnknownNameError
from agentbits.forms import STRICT, Text, checked
from agentbits.records import Quoted

Mark = Literal["abs", "fig", "rel", "we", "?"]
Tier = Literal["pocket", "desk", "paper"]
Kind = Literal["relative", "absolute", "direction", "ordering"]
World = Literal["paper_models", "our_world"]
Word = Literal["not yet tested", "holds", "holds in direction", "does not hold", "undecided", "not testable here"]

_TIERS: tuple[Tier, ...] = get_args(Tier)
_REACHED: tuple[Word, ...] = ("holds", "holds in direction", "does not hold", "undecided")
_TODO = "see data/paper/README.md"


@dataclass(frozen=True)
class Tolerance:
    """How near is near enough: a fraction, an amount, "up" or "down", or names with the largest first."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    kind: Kind
    value: Annotated[float, Field(gt=0)] | Literal["up", "down"] | tuple[Text, ...]

    def __post_init__(self) -> None:
        fits: dict[str, set[type]] = {"direction": {str}, "ordering": {tuple}}
        if type(self.value) not in fits.get(self.kind, {int, float}) or self.value == ():
            expected = "relative and absolute take a number above 0, direction up or down, ordering names"
            raise InputError(f"{self.kind} tolerance with {self.value!r}; {expected}")


@dataclass(frozen=True)
class Published:
    """One quantity of the paper: a value in a unit or, where the paper prints none, a direction in words."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    quantity: Text
    tolerance: Tolerance
    value: float | None = None
    direction: str = ""
    unit: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        kind = self.tolerance.kind
        if self.value is not None:
            fits = kind in ("relative", "absolute") and not self.direction
        else:
            fits = kind != "relative" and self.direction != "" and (kind != "absolute" or self.unit != "")
        if not fits:
            raise InputError(
                f"value {self.value}, direction {self.direction!r}, unit {self.unit!r}, {kind} tolerance; expected "
                "value and relative or absolute, or direction and any but relative (absolute: and a unit)"
            )

    @property
    def words(self) -> str:
        """Return the value with its unit, or the direction."""
        return self.direction if self.value is None else amount(self.value, self.unit)


def amount(value: float, unit: str = "") -> str:
    """Return a number with its unit, typeset."""
    number = f"{value:g}".replace("-", "−")
    return f"{number}{unit}" if unit == "×" else f"{number}\N{NO-BREAK SPACE}{unit}".strip()


@dataclass(frozen=True)
class Verdict:
    """What was found, the tier and name of the run that found it, and the numbers that it rests on, as sentences."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    verdict: Word
    tier: Tier | None = None
    run: str = ""
    because: tuple[Text, ...] = ()


def _spelt_out(raw: Any) -> Any:
    return {"verdict": raw} if isinstance(raw, str) else raw


def _tagged(raw: Any) -> str:
    return "rule" if isinstance(raw, dict) and "verdict" not in raw else "verdict"


@dataclass(frozen=True)
class Claim:
    """One claim of the paper; the main quantity comes first, and `tier` is the lowest that can test it."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    id: Key
    claim: Text
    published: Annotated[tuple[Published, ...], Field(min_length=1)]
    mark: Mark
    where: Text
    rule: Text
    reason: Text
    written: date
    notebook: Key
    tier: Literal["desk", "paper"]
    paper_models: Annotated[Verdict, BeforeValidator(_spelt_out)]
    our_world: Annotated[
        Annotated[Rule, Tag("rule")] | Annotated[Verdict, BeforeValidator(_spelt_out), Tag("verdict")],
        Discriminator(_tagged),
    ]

    def __post_init__(self) -> None:
        check_verdict(self.paper_models, "paper_models", self.tier)
        if isinstance(self.our_world, Verdict):
            check_verdict(self.our_world, "our_world", self.tier)

    @property
    def verdicts(self) -> Mapping[World, Verdict]:
        """Return both verdicts; that of a rule follows from the results of the claim's notebook, once there are any."""
        ours = self.our_world if isinstance(self.our_world, Verdict) else self._decided(self.our_world)
        return {"paper_models": self.paper_models, "our_world": ours}

    def _decided(self, rule: Rule) -> Verdict:
        try:
            found = committed.numbers(self.notebook, self.id)
        except ResultError as error:
            return Verdict("not yet tested", because=(str(error),))
        if found is None:
            return Verdict("not yet tested")
        word, because = rule.decide(found)
        return Verdict(word, "pocket", self.notebook, tuple(because))


def load(path: Path | None = None) -> tuple[Claim, ...]:
    """Return all claims of `path`, by default `data/paper/claims.yaml`, in the file's order.

    Raises
    ------
    InputError
        The file cannot be read or an entry breaks a rule; the message names file, claim and field.
    """
    file = path or places.project_root() / "data" / "paper" / "claims.yaml"
    try:
        entries: list[Any] = yaml.safe_load(file.read_text(encoding="utf-8"))["claims"]
    except (OSError, TypeError, KeyError, yaml.YAMLError) as error:
        raise InputError(f"{file}: {error!r}; expected YAML with a list `claims`; restore it from git") from error
    names = [entry.get("id", number) if isinstance(entry, dict) else number for number, entry in enumerate(entries, 1)]
    claims = tuple(
        checked(Claim, entry, f"{file.name}, claim {name}", _TODO) for name, entry in zip(names, entries, strict=True)
    )
    for name, count in Counter(claim.id for claim in claims).items():
        if count > 1:
            raise InputError(f"{file.name}, claim {name}: its id is given {count} times; rename one")
    return claims


def published(claim: str, number: int = 0) -> Quoted:
    """Return what the paper printed for a claim, with its mark; `number` 0 is its main quantity.

    Raises
    ------
    UnknownNameError
        No such claim.
    InputError
        It has fewer quantities.
    """
    claims = {one.id: one for one in load()}
    if claim not in claims:
        raise UnknownNameError("claim", claim, claims)
    known = claims[claim].published
    if not 0 <= number < len(known):
        raise InputError(f"claim {claim!r} has {len(known)} quantities; expected a number from 0 to {len(known) - 1}")
    return Quoted(known[number].words, claims[claim].mark, known[number].value)


def check_verdict(verdict: Verdict, world: World, needs: Tier) -> None:
    """Refuse a verdict that its run cannot support; `needs` is the claim's tier.

    A run below the claim's tier has not seen the paper's models, so nothing can hold on them by it; and our
    world of small models can agree with the paper in direction only.
    """
    word, tier, run = verdict.verdict, verdict.tier, verdict.run
    reached = word in _REACHED
    if (tier is not None, run != "") != (reached, reached):
        expected = "a tier and a run" if reached else "neither tier nor run"
        raise InputError(f"{world}: {word!r}, tier {tier!r}, run {run!r}; expected {expected} with this verdict")
    if world == "our_world" and word == "holds":
        raise InputError(f"{world}: 'holds'; expected 'holds in direction', all that our world can show")
    below = tier is not None and _TIERS.index(tier) < _TIERS.index(needs)
    if world == "paper_models" and below and word in ("holds", "holds in direction"):
        raise InputError(
            f"{world}: {word!r} from a {tier} run; expected a run of tier {needs} or above; write it under our_world, "
            "or run the claim's own models"
        )
