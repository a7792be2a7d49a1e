"""What do we say of the paper's arithmetic? One entry of `data/paper/audits.yaml` a claim of ours.

An audit is judged as our world judges the paper's claims: by bounds that were written before the run, from the table
`claims` in the committed results of its notebook.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import yaml
from pydantic import ConfigDict, Field

from agentbits import places
from agentbits.claims import committed
from agentbits.claims.our_world import Decision, Key, Measure, Rule
from agentbits.errors import InputError, ResultError
from agentbits.forms import STRICT, Text, checked

AuditWord = Literal["not yet tested", "holds", "does not hold", "undecided"]


@dataclass(frozen=True)
class Audit:
    """One claim of ours; `of` names the claims of the paper that it is about."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    id: Key
    claim: Text
    of: Annotated[tuple[Key, ...], Field(min_length=1)]
    measures: Annotated[tuple[Measure, ...], Field(min_length=1)]
    reason: Text
    notebook: Key
    written: date

    @property
    def rule(self) -> Rule:
        """Return the rule; nothing stands in for anything."""
        return Rule("nothing", self.measures, self.reason, self.written)

    def decided(self) -> tuple[AuditWord, Sequence[str]]:
        """Return the verdict from the committed results, and the numbers that it rests on, as sentences."""
        try:
            found = committed.numbers(self.notebook, self.id)
        except ResultError as error:
            return "not yet tested", [str(error)]
        if found is None:
            return "not yet tested", [f"{measure.quantity}: expected {measure.expected}" for measure in self.measures]
        word, because = self.rule.decide(found)
        return said(word), because


def said(word: Decision) -> AuditWord:
    """Return a rule's decision in the words of audits, which have no paper's models to hold on as well."""
    return "holds" if word == "holds in direction" else word


def load(path: Path | None = None) -> tuple[Audit, ...]:
    """Return all audits of `path`, by default `data/paper/audits.yaml`, in the file's order.

    Raises
    ------
    InputError
        The file cannot be read or an entry breaks a rule; the message names file, audit and field.
    """
    file = path or places.project_root() / "data" / "paper" / "audits.yaml"
    try:
        entries: list[Any] = yaml.safe_load(file.read_text(encoding="utf-8"))["audits"]
    except (OSError, TypeError, KeyError, yaml.YAMLError) as error:
        raise InputError(f"{file}: {error!r}; expected YAML with a list `audits`; restore it from git") from error
    return tuple(
        checked(Audit, entry, f"{file.name}, audit {number}", "see data/paper/README.md")
        for number, entry in enumerate(entries, 1)
    )
