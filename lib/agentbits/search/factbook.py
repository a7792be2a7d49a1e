"""What does the World Factbook say under each heading? A page a section of a country, as `France: Economy`.

Its address is `factbook:<code>/<section>`, such as `factbook:fr/economy`.
"""

import json
import re
from typing import Any

from bs4 import BeautifulSoup

from agentbits.datasets import factbook
from agentbits.search.base import N_CHARACTERS, Page
from agentbits.search.reading import flagged

# Entries that are no country and carry no name where countries do.
_NAMES = {"ee": "European Union", "xx": "World"}


def pages(n_characters: int = N_CHARACTERS) -> list[Page]:
    """Return the sections of all countries that say something, in the order of their codes.

    Raises
    ------
    ModelMissingError
        The package is not installed.
    InputError
        No character left.
    """
    found: list[Page] = []
    for code, file in factbook.entries():
        entry = json.loads(file.read_text(encoding="utf-8"))
        country = _NAMES.get(code) or factbook.title(entry, code)
        for section, fields in entry.items():
            text = _clean("\n".join(line for name, node in fields.items() if (line := _line(name, node))))
            url = f"factbook:{code}/{section.lower().replace(' ', '-')}"
            if text:
                found.append(flagged(Page(f"{country}: {section}", url, text, language="en"), None, "", n_characters))
    return found


def _line(name: str, node: dict[str, Any]) -> str:
    """Return a field with all its parts on one line, in HTML; empty where it says nothing."""
    parts = _parts("", node)
    return f"{name}: {'; '.join(parts)}" if parts else ""


def _parts(name: str, node: dict[str, Any]) -> list[str]:
    own = [f"{name}: {node['text']}" if name else node["text"]] if node.get("text") else []
    for key, value in node.items():
        if isinstance(value, dict):
            own += _parts(key, value)
        elif key != "text" and value:
            own.append(value if key == "note" else f"{key}: {value}")
    return own


def _clean(html: str) -> str:
    """Return the words of HTML, a field a line."""
    spaced = re.sub(r"(<br|</p)", r" \1", html)
    return "\n".join(" ".join(line.split()) for line in BeautifulSoup(spaced, "html.parser").get_text().split("\n"))
