"""The words of Deep Research: frozen, and with pages as data."""

import pytest

from agentbits import prompts
from agentbits.prompts import Template
from agentbits.research.prompts import TEMPLATES
from agentbits.search import RULE

FROZEN = {
    "plan": (1, "a8072c1ebca4"),
    "compress-page": (1, "2eabf6cb5530"),
    "report": (1, "7b9cd3777f5a"),
    "report-baseline": (1, "f21f14540d54"),
}


def test_no_words_change_without_a_new_version() -> None:
    """After a change that is meant, raise the template's version and write the new hash here."""
    assert {name: (template.version, template.hash) for name, template in TEMPLATES.items()} == FROZEN


def test_names_are_unique() -> None:
    assert not TEMPLATES.keys() & prompts.TEMPLATES.keys()


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_a_context_ends_where_no_token_crosses(template: Template) -> None:
    assert template.context == template.context.rstrip()
    assert template.question.startswith("\n\n")


@pytest.mark.parametrize("name", ["compress-page", "report", "report-baseline"])
def test_whoever_reads_pages_is_told_that_they_are_data(name: str) -> None:
    assert RULE in TEMPLATES[name].system
