"""Tasks of our own, in the benchmark's form: four dimensions with weights, weighted criteria in each."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agentbits.research.criteria import Criterion, Task

REAL = os.environ.get("AGENTBITS_REAL_DATA")
ROW = {
    "id": 7,
    "prompt": "Which ferry should the island buy?",
    "dimension_weight": {"comprehensiveness": 0.4, "insight": 0.3, "instruction_following": 0.2, "readability": 0.1},
    "criterions": {
        "comprehensiveness": [
            {"criterion": "Costs", "explanation": "Are all costs told?", "weight": 0.75},
            {"criterion": "Routes", "explanation": "Are all routes told?", "weight": 0.25, "comment": "few"},
        ],
        "insight": [{"criterion": "Reasons", "explanation": "Does it say why?", "weight": 1}],
        "instruction_following": [{"criterion": "Choice", "explanation": "Does it choose?", "weight": 1.0}],
        "readability": [{"criterion": "Order", "explanation": "Is it easy to follow?", "weight": 1.0}],
    },
}


@pytest.fixture
def make_task() -> Callable[..., Task]:
    def make(number: int = 7, **changes: object) -> Task:
        criteria = {
            name: tuple(Criterion(c["criterion"], c["explanation"], float(c["weight"])) for c in ones)
            for name, ones in ROW["criterions"].items()
        }
        fields = {"prompt": ROW["prompt"], "weights": ROW["dimension_weight"], "criteria": criteria}
        return Task(number, **(fields | changes))

    return make


@pytest.fixture
def task(make_task: Callable[..., Task]) -> Task:
    return make_task()


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a folder in the benchmark's form, with our task under several numbers."""

    def write(*numbers: int, **changes: object) -> Path:
        rows = [ROW | {"id": number} | changes for number in numbers]
        asked = [{"id": n, "topic": "Ships", "language": "en", "prompt": ROW["prompt"]} for n in numbers]
        written = [{"id": n, "prompt": ROW["prompt"], "article": f"Report {n} [1]."} for n in numbers]
        for name, lines in (("criteria", rows), ("query", asked), ("reference", written)):
            text = "".join(json.dumps(line) + "\n" for line in lines)
            (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def real() -> Path:
    if not REAL:
        pytest.skip("AGENTBITS_REAL_DATA is not set to a folder of real data")
    return Path(REAL, "deep_research_bench")
