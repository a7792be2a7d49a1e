"""Which systems have names? One word chooses between what runs offline and the paper's experiment.

| name | planner, writer | compressor | search |
|---|---|---|---|
| `offline` | rules | sentences by TF-IDF | World Factbook |
| `pocket` | rules | SmolLM2-135M | World Factbook |
| `paper` | GPT-4o | Qwen-2.5-3B | the web, by a provider |
| `paper-14b` | GPT-4o | Qwen-2.5-14B | the same |
| `paper-baseline` | GPT-4o | none: pages up to the window | the same |

A stage is named by a word, as in `WORDS`, or by a model: an engine and a name with a space between them, `local
smollm2-135m-instruct` or `chat:https://api.openai.com/v1 gpt-4o`. A model of `data/models.csv` goes by its name there.
The paper's lengths of notes and reports are not published; those here are ours.
"""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from agentbits import compute, engines, prices, search
from agentbits.engines.base import Engine, Sampling
from agentbits.errors import InputError, UnknownNameError
from agentbits.prices import Price
from agentbits.research import notes, plans, reports, tasks
from agentbits.research.bills import Machine
from agentbits.research.calls import Model
from agentbits.research.notes import Compressor
from agentbits.research.plans import Planner
from agentbits.research.reports import Window, Writer
from agentbits.research.scenarios import GPT_4O_WINDOW_TOKENS
from agentbits.research.system import System
from agentbits.search import N_CHARACTERS

_CHAT = "chat:"
_GPT_4O = f"{_CHAT}https://api.openai.com/v1 gpt-4o"
_PLAN_TOKENS = 1_000
_CHARACTERS_PER_TOKEN = 4.0
WORDS = {"planner": "by fields", "compressor": "tf-idf, first words, none", "writer": "listed"}

Connect = Callable[[str], Engine]


@dataclass(frozen=True)
class Settings:
    """Everything that a system is made from, as words and numbers; a run's folder keeps them.

    Attributes
    ----------
    planner, compressor, writer : a word of `WORDS`, or an engine and a model
    search, n_characters : as `search.connect` takes them
    n_queries, k : queries, and results of each
    note_size : words of a rule, tokens of a model
    report_tokens : longest report
    window_tokens : of the writer, prompt and report together; 0 for its own limit
    temperature, seed : of all models
    n_together : pages that are compressed at once
    """

    planner: str = WORDS["planner"]
    compressor: str = "tf-idf"
    writer: str = WORDS["writer"]
    search: str = "factbook"
    n_characters: int = N_CHARACTERS
    n_queries: int = 8
    k: int = 2
    note_size: int = 80
    report_tokens: int = 2_000
    window_tokens: int = 0
    temperature: float = 0.0
    seed: int = 0
    n_together: int = 8


_PAPER = Settings(
    planner=_GPT_4O,
    compressor="vllm-reuse Qwen-2.5-3B",
    writer=_GPT_4O,
    search="tavily",
    k=10,
    note_size=512,
    report_tokens=4_096,
    window_tokens=GPT_4O_WINDOW_TOKENS,
)
NAMED = {
    "offline": Settings(),
    "pocket": Settings(compressor="local smollm2-135m-instruct", k=1, note_size=96),
    "paper": _PAPER,
    "paper-14b": replace(_PAPER, compressor="vllm-reuse Qwen-2.5-14B"),
    "paper-baseline": replace(_PAPER, compressor="none"),
}


def named(name: str, **changes: Any) -> Settings:
    """Return the settings of a name, some of them changed.

    Raises
    ------
    UnknownNameError
        No system or no setting has this name.
    """
    if name not in NAMED:
        raise UnknownNameError("system", name, NAMED)
    if wrong := set(changes) - set(asdict(NAMED[name])):
        raise UnknownNameError("setting", min(wrong), asdict(NAMED[name]))
    return replace(NAMED[name], **changes)


def build(settings: Settings, *, connect: Connect | None = None, **options: Any) -> System:
    """Return the system of some settings.

    Parameters
    ----------
    connect : opens a model by its line; None for `engine`
    options : what else the search takes, such as a folder of recordings

    Raises
    ------
    InputError
        A stage that is neither a word nor a model.
    AgentbitsError
        As `engines.connect` and `search.connect` raise them.
    """
    models = _Models(settings, connect or engine)
    return System(
        models.planner(),
        search.connect(settings.search, n_characters=settings.n_characters, **options),
        models.compressor(),
        models.writer(),
        settings.n_queries,
        settings.k,
        settings.n_together,
    )


class _Models:
    """Opens what the settings name, each model once."""

    def __init__(self, settings: Settings, connect: Connect) -> None:
        self._settings, self._connect = settings, cache(connect)

    def planner(self) -> Planner:
        line = self._settings.planner
        return (
            tasks.by_fields() if line == WORDS["planner"] else plans.ByModel(self._model("planner", line, _PLAN_TOKENS))
        )

    def compressor(self) -> Compressor | None:
        line, size = self._settings.compressor, self._settings.note_size
        if line == "none":
            return None
        rules = {"tf-idf": notes.Sentences, "first words": notes.FirstWords}
        return rules[line](size) if line in rules else notes.ByModel(self._model("compressor", line, size))

    def writer(self) -> Writer:
        line = self._settings.writer
        if line == WORDS["writer"]:
            return reports.Listed()
        estimated = _CHARACTERS_PER_TOKEN if line.startswith(_CHAT) else None
        window = Window(self._settings.window_tokens or None, estimated)
        return reports.ByModel(self._model("writer", line, self._settings.report_tokens), window)

    def _model(self, stage: str, line: str, max_tokens: int) -> Model:
        if not re.fullmatch(r"\S+ \S+", line) or line in WORDS.values():
            known = f"{WORDS[stage]}, or an engine and a model, such as 'local smollm2-135m-instruct'"
            raise InputError(f"{stage}={line!r}; expected {known}")
        sampling = Sampling(max_tokens, self._settings.temperature, self._settings.seed)
        return Model(self._connect(line), sampling)


def engine(line: str) -> Engine:
    """Open a model by an engine and a name; errors as `engines.connect` has them."""
    where, _, name = line.partition(" ")
    if where.startswith(_CHAT):
        price = _price(line)
        billed = {"provider": price.provider, "key_variable": f"{price.provider.upper()}_API_KEY"} if price else {}
        model = price.provider_model if price else name
        return engines.connect(where.removeprefix(_CHAT), model, needs_scores=False, **billed)
    model, _, commit = name.partition("@")
    row = compute.load(model) if model in compute.known() else None
    return engines.connect(where, row.hub_id if row else model, revision=commit or (row.revision if row else ""))


def rates(settings: Settings, system: System) -> dict[str, Price | Machine]:
    """Return what each model costs: its provider's last price, and nothing where it runs here.

    A model on a server whose price is not listed is left out, so that no ceiling is held against a guess.
    """
    lines = (settings.planner, settings.compressor, settings.writer)
    found: dict[str, Price | Machine] = {}
    for line, part in zip(lines, (system.planner, system.compressor, system.writer), strict=True):
        if isinstance(part, plans.ByModel | notes.ByModel | reports.ByModel):
            if price := _price(line):
                found[part.model.name] = price
            elif "://" not in line:
                found[part.model.name] = Machine(0.0)
    return found


def _price(line: str) -> Price | None:
    """Return the last price of a model at whoever runs its server; None where none is listed."""
    where, _, name = line.partition(" ")
    host = urlsplit(where.removeprefix(_CHAT)).hostname or ""
    rows = [row for row in prices.read() if row.model == name and row.provider in host] if host else []
    return max(rows, key=lambda row: row.seen_on, default=None)
