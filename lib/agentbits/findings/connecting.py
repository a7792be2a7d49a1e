"""Which engine runs which model? One line of text says it for all models of a notebook.

`vllm-reuse dtype=bfloat16 gpt-4o=chat:https://api.openai.com/v1 ceiling_usd=20`: all models run in vLLM but one, which
is asked by messages and may cost 20 USD. Words are

- an engine, as `engines.connect` names it, or `chat:<address>` for a server that only writes: the engine of all;
- `<model>=<engine>`: the engine of one;
- `dtype=`, `max_model_len=`, `tensor_parallel_size=`: of models that run here; `ceiling_usd=`: of each on a server.

Models of `data/models.csv` go by their names there, any other by its Hub id; `<name>@<commit>` says which weights. A
provider of data/prices.csv gets the key in `<PROVIDER>_API_KEY`, any other server that in `AGENTBITS_API_KEY`.
"""

import gc
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from agentbits import compute, engines, prices
from agentbits.engines.base import Continuation, Encoded, Engine, Identity, Sampling, TokenLogProbs
from agentbits.errors import InputError
from agentbits.memo import Memo
from agentbits.prices import Price
from agentbits.prompts import Prompt
from agentbits.records import Summary, TokenIds, Usage

_OPTIONS: dict[str, Callable[[str], Any]] = {
    "dtype": str,
    "max_model_len": int,
    "tensor_parallel_size": int,
    "ceiling_usd": float,
}
_TAKEN = {"local": ("dtype",), "vllm": ("dtype", "max_model_len", "tensor_parallel_size"), "http": ("ceiling_usd",)}
_ENGINES = ("local", "toy", "vllm", "ray", "http://", "https://")
_CHAT = "chat:"


@dataclass(frozen=True)
class Route:
    """How a model is reached: its engine, its name there, its commit, and what else the engine is told."""

    engine: str
    model: str
    revision: str
    options: dict[str, Any]

    @property
    def address(self) -> str:
        """Return the server's; empty where the model runs here."""
        address = self.engine.removeprefix(_CHAT)
        return address if address.startswith("http") else ""

    @property
    def only_writes(self) -> bool:
        """Say whether it is reached by messages, which cannot score."""
        return self.engine.startswith(_CHAT)


def route(line: str, name: str) -> Route:
    """Return what a line says about one model.

    Raises
    ------
    InputError
        A word that is neither engine, nor option, nor a model's engine.
    """
    of_all, routes, options = "", dict[str, str](), dict[str, Any]()
    for word in line.split():
        key, equals, value = word.partition("=")
        if equals and key in _OPTIONS:
            options[key] = _value(line, key, value)
        elif equals:
            routes[key] = _engine(line, value)
        else:
            of_all = _engine(line, word, of_all)
    model, _, commit = name.partition("@")
    row = compute.load(model) if model in compute.known() else None
    engine = routes.get(model, of_all or "local")
    taken = next((names for kind, names in _TAKEN.items() if engine.removeprefix(_CHAT).startswith(kind)), ())
    return Route(
        engine,
        row.hub_id if row else model,
        commit or (row.revision if row else ""),
        {key: value for key, value in options.items() if key in taken},
    )


def _value(line: str, key: str, value: str) -> Any:
    try:
        return _OPTIONS[key](value)
    except ValueError:
        raise InputError(f"engine={line!r}: {key}={value!r}; expected a number") from None


def _engine(line: str, word: str, before: str = "") -> str:
    if before or not word.removeprefix(_CHAT).startswith(_ENGINES):
        raise InputError(
            f"engine={line!r}: {word!r} is not understood; expected one engine ({', '.join(_ENGINES[:4])}, "
            f"http(s)://…, chat:http(s)://…), then <model>=<engine> for other models, and {'=, '.join(_OPTIONS)}="
        )
    return word


def connect(line: str, name: str) -> Engine:
    """Open a model as a line says; one from the Hub when it is first asked.

    Raises
    ------
    InputError
        The line is not understood, or a Hub model has no commit.
    AgentbitsError
        As `engines.connect`, at once or when the model is first asked.
    """
    found = route(line, name)
    if found.address:
        return _served(found)
    if "/" not in found.model or found.engine == "toy":
        return engines.connect(found.engine, found.model, revision=found.revision, **found.options)
    if not found.revision and not Path(found.model).is_dir():
        raise InputError(
            f"{name} is {found.model} on the Hub, and no commit of it is known: a result must name its weights. Take "
            f"one that https://huggingface.co/{found.model}/commits/main lists, and name the model {name}@<commit>, or "
            "write it into the column `revision` of data/models.csv"
        )
    return Waiting(found)


def listed(found: Route) -> Price | None:
    """Return the last price of a model on its server, where data/prices.csv knows one of whoever runs the address."""
    host = urlsplit(found.address).hostname or ""
    rows = [row for row in prices.read() if row.model == found.model and row.provider in host]
    return max(rows, key=lambda row: row.seen_on, default=None)


def _served(found: Route) -> Engine:
    """Open a model on a server, by the name that it has there; no provider gets another's key."""
    last = listed(found)
    billed = {"provider": last.provider, "key_variable": f"{last.provider.upper()}_API_KEY"} if last else {}
    options: dict[str, Any] = found.options | billed
    model = last.provider_model if last else found.model
    if found.only_writes:
        return engines.connect(found.address, model, needs_scores=False, **options)
    return engines.connect(found.address, model, revision=found.revision, tokenizer=found.model, **options)


def spent(memos: Iterable[Memo]) -> dict[str, Any]:
    """Return what a run's manifest says of its calls: usage, scored_tokens and n_memo_hits (`results.Run.finish`)."""
    used = list(dict.fromkeys(memos))
    return {
        "usage": sum((one.usage for one in used), Usage(0, 0)),
        "scored_tokens": sum(one.scored_tokens for one in used),
        "n_memo_hits": sum(one.n_hits for one in used),
    }


class Waiting:
    """An engine that loads its model when it is first asked, and lets it go when another is: one fits where ten do not.

    Parameters
    ----------
    found : of a model that runs in this process
    """

    _loaded: ClassVar[tuple["Waiting", Engine] | None] = None

    def __init__(self, found: Route) -> None:
        self._route = found
        self._identity: Identity | None = None

    def _engine(self) -> Engine:
        held = Waiting._loaded
        if held and held[0] is self:
            return held[1]
        Waiting._loaded = held = None
        gc.collect()
        if "torch" in sys.modules:
            sys.modules["torch"].cuda.empty_cache()
        found = self._route
        engine = engines.connect(found.engine, found.model, revision=found.revision, **found.options)
        Waiting._loaded = (self, engine)
        return engine

    @property
    def n_at_once(self) -> int:
        """Return how many calls may run side by side."""
        return self._engine().n_at_once

    @property
    def identity(self) -> Identity:
        """Say which model this is; known without loading once it was loaded."""
        self._identity = self._identity or self._engine().identity
        return self._identity

    def encode(self, prompt: Prompt) -> Encoded:
        """Render a prompt by the model's own chat template."""
        return self._engine().encode(prompt)

    def tokens(self, text: str) -> TokenIds:
        """Return a text's tokens as they stand in an answer."""
        return self._engine().tokens(text)

    def decode(self, token_ids: TokenIds) -> str:
        """Return the text of some tokens."""
        return self._engine().decode(token_ids)

    def generate(self, prompts: Sequence[Encoded], sampling: Sampling) -> list[tuple[Summary, ...]]:
        """Draw notes."""
        return self._engine().generate(prompts, sampling)

    def score(
        self, prefix: TokenIds, continuations: Sequence[Continuation], *, temperature: float = 1.0
    ) -> list[TokenLogProbs]:
        """Return log p of each continuation's scored tokens."""
        return self._engine().score(prefix, continuations, temperature=temperature)
