import copy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentbits import claims
from agentbits.claims import Found

MANIFEST = '{"schema": 1, "status": "completed", "parameters": {"seed": 0}}'
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
    (tmp_path / "data" / "paper" / "audits.yaml").write_text("audits: []")
    monkeypatch.setenv("AGENTBITS_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def commit():
    """The function that makes numbers those of a committed run."""

    def committed(folder: Path, found: dict[str, dict[str, Found]], manifest: str = MANIFEST) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        claims.table(found).to_parquet(folder / "claims.parquet")
        (folder / "manifest.json").write_text(manifest)

    return committed


@pytest.fixture
def write(root):
    """Make these entries the claims of the checkout."""

    def written(*entries: Any) -> None:
        text = yaml.safe_dump({"claims": list(entries)}, allow_unicode=True)
        (root / "data" / "paper" / "claims.yaml").write_text(text, encoding="utf-8")

    return written
