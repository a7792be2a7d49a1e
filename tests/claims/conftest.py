import copy
from datetime import date
from typing import Any

import pytest
import yaml

TOLERANCE = {"kind": "relative", "value": 0.1}
ENTRY: dict[str, Any] = {
    "id": "one-2.5",
    "claim": "Larger is shorter.",
    "published": [{"quantity": "length", "value": 2.0, "unit": "×", "tolerance": TOLERANCE}],
    "mark": "abs",
    "where": "abstract",
    "rule": "Within a tenth.",
    "reason": "That is our error.",
    "written": date(2026, 11, 23),
    "notebook": "06_one",
    "tier": "desk",
    "paper_models": "not yet tested",
    "our_world": "not yet tested",
}


@pytest.fixture
def entry():
    """A valid entry of the file, with other values for some of its fields."""

    def changed(**fields: Any) -> dict[str, Any]:
        return copy.deepcopy(ENTRY) | fields

    return changed


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A checkout that has no notebook and no claim."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "data" / "paper").mkdir(parents=True)
    (tmp_path / "_config.yml").touch()
    monkeypatch.setenv("AGENTBITS_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def write(root):
    """Make these entries the claims of the checkout."""

    def written(*entries: Any) -> None:
        text = yaml.safe_dump({"claims": list(entries)}, allow_unicode=True)
        (root / "data" / "paper" / "claims.yaml").write_text(text, encoding="utf-8")

    return written
