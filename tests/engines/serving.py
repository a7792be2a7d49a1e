"""A real HTTP server over the local engine: the parts of vLLM's and SGLang's interfaces that the engines use."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from faults import Switch

from agentbits.engines import Continuation, Encoded, Sampling
from agentbits.engines.local import LocalEngine
from agentbits.errors import AgentbitsError


@dataclass(frozen=True)
class Served:
    """Where a model is served, under which name, and where its tokenizer lies."""

    url: str
    model: str
    folder: Path

    def fail(self, *plan: str) -> None:
        """Set the switch."""
        httpx2.post(f"{self.url.removesuffix('/v1')}/faults", json=plan).raise_for_status()

    def seen_s(self) -> list[float]:
        """Return when requests came since the switch was set."""
        return httpx2.get(f"{self.url.removesuffix('/v1')}/faults").json()["seen_s"]


class App:
    """An ASGI application; `owner` is what it calls itself in its list of models."""

    def __init__(self, engine: LocalEngine, name: str, owner: str = "vllm", key: str = "") -> None:
        self.engine, self.name, self.owner, self.key = engine, name, owner, key
        self.asked: list[dict[str, Any]] = []
        self.most_at_once = 0
        self._now = 0
        self._model = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if self.key and headers.get("authorization") != f"Bearer {self.key}":
            status, answer = 401, {"error": "who are you?"}
        else:
            status, answer = await self._answer(scope["path"], json.loads(body) if body else {})
        content = json.dumps(answer).encode()
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if path == "/v1/models":
            limit = self.engine.identity.context_limit_tokens
            return 200, {"data": [{"id": self.name, "owned_by": self.owner, "max_model_len": limit}]}
        known = {"/v1/completions": self._complete, "/generate": self._native, "/v1/chat/completions": self._chat}
        if path not in known:
            return 404, {"error": f"no {path}"}
        self.asked.append(body)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            async with self._model:
                return 200, await asyncio.to_thread(known[path], body)
        except AgentbitsError as error:
            return 400, {"error": str(error)}
        finally:
            self._now -= 1

    def _scored(self, ids: list[int]) -> list[float]:
        (values,) = self.engine.score((), [Continuation(tuple(ids[:1]), tuple(ids[1:]))])
        return values.tolist()

    def _note(self, ids: list[int], max_tokens: int, temperature: float, seed: int) -> Any:
        ((note,),) = self.engine.generate([Encoded((), tuple(ids))], Sampling(max_tokens, temperature, seed))
        return note

    def _complete(self, body: dict[str, Any]) -> dict[str, Any]:
        ids = body["prompt"]
        usage = {"prompt_tokens": len(ids), "completion_tokens": 1}
        if body.get("echo"):
            logprobs = {"token_logprobs": [None, *self._scored(ids)]}
            return {"choices": [{"text": self.engine.decode(tuple(ids)), "logprobs": logprobs}], "usage": usage}
        note = self._note(ids, body["max_tokens"], body["temperature"], body.get("seed", 0))
        usage["completion_tokens"] = len(note.token_ids)
        logprobs = {"token_logprobs": list(note.token_log_prob_nats)}
        choice = {"token_ids": list(note.token_ids), "finish_reason": note.finish_reason, "logprobs": logprobs}
        return {"choices": [choice], "usage": usage}

    def _native(self, body: dict[str, Any]) -> dict[str, Any]:
        ids, settings = body["input_ids"], body["sampling_params"]
        told: dict[str, Any] = {"prompt_tokens": len(ids), "completion_tokens": 0, "cached_tokens": 1}
        if settings["max_new_tokens"] == 0:
            start = body["logprob_start_len"]
            pairs = list(zip([None, *self._scored(ids)], ids, strict=True))
            told["input_token_logprobs"] = [[None, ids[start], None], *([v, t, None] for v, t in pairs[start + 1 :])]
        else:
            note = self._note(ids, settings["max_new_tokens"], settings["temperature"], settings["sampling_seed"])
            nats = note.token_log_prob_nats or [0.0] * len(note.token_ids)
            told["output_token_logprobs"] = [[v, t, None] for v, t in zip(nats, note.token_ids, strict=True)]
            told |= {"finish_reason": {"type": note.finish_reason}, "completion_tokens": len(note.token_ids)}
        return {"text": "", "meta_info": told}

    def _chat(self, body: dict[str, Any]) -> dict[str, Any]:
        heard = " / ".join(f"{message['role']}: {message['content']}" for message in body["messages"])
        usage = {"prompt_tokens": 70, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 64}}
        choice = {"message": {"content": f" {heard} "}, "finish_reason": "stop"}
        return {"choices": [choice], "usage": usage}


async def _live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


@contextlib.contextmanager
def serve(app: App) -> Iterator[str]:
    """Run the application behind the fault switch; yields its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(Switch(app), log_level="critical"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        server.should_exit = True
        thread.join()
