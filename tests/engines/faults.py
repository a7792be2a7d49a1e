"""A switch for faults in front of a real server: ASGI middleware, also loaded by vLLM (`--middleware faults.Switch`).

POST /faults sets a plan, a list of names; each request for an answer takes the next of them, and after the last all
is well. GET /faults tells when requests came. `models` and `spelling` stay until the next plan.
"""

import asyncio
import json
import time
from typing import Any

LASTING = ("models", "spelling")


class Switch:
    """Wraps an ASGI application."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.plan: list[str] = []
        self.seen_s: list[float] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"] == "/faults":
            await self._control(scope, receive, send)
        elif scope["path"] == "/v1/models" and "models" in self.plan:
            await _send(send, 200, {"data": [{"id": "another-model"}]})
        elif scope["method"] == "POST":
            self.seen_s.append(time.monotonic())
            await self._faulty(self._next(), scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _next(self) -> str:
        for name in self.plan:
            if name in LASTING:
                return name
        return self.plan.pop(0) if self.plan else ""

    async def _control(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "POST":
            body = b""
            while True:
                message = await receive()
                body += message.get("body", b"")
                if not message.get("more_body"):
                    break
            self.plan, self.seen_s = json.loads(body), []
        await _send(send, 200, {"left": self.plan, "seen_s": self.seen_s})

    async def _faulty(self, fault: str, scope: Any, receive: Any, send: Any) -> None:
        if fault in REPLIES:
            status, headers, body = REPLIES[fault]
            await _send(send, status, body, headers)
            return
        if fault == "slow":
            await asyncio.sleep(1.5)
        inner: list[Any] = []

        async def collect(message: Any) -> None:
            inner.append(message)

        await self.app(scope, receive, collect)
        body = b"".join(message.get("body", b"") for message in inner)
        if fault == "cut":
            await _start(send, 200, len(body))
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            raise ConnectionError("cut on purpose")
        if fault in CHANGES:
            answer = json.loads(body)
            CHANGES[fault](answer)
            body = json.dumps(answer).encode()
        await _start(send, inner[0]["status"], len(body))
        await send({"type": "http.response.body", "body": body})


REPLIES: dict[str, tuple[int, dict[str, str], Any]] = {
    "429": (429, {"Retry-After": "1"}, {"error": "too many requests"}),
    "429-later": (429, {"Retry-After": "86400"}, {"error": "come back tomorrow"}),
    "429-at": (429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, {"error": "too many requests"}),
    "500": (500, {}, {"error": "out of order"}),
    "401": (401, {}, {"error": "no such key: sk-secret"}),
    "400": (400, {}, {"error": "no such parameter"}),
    "too-long": (400, {}, {"error": "this model's maximum context length is 4096 tokens"}),
    "list": (200, {}, ["not", "an", "object"]),
}


def _values(answer: Any) -> list[Any]:
    return answer["choices"][0]["logprobs"]["token_logprobs"]


def _respell(answer: Any) -> None:
    answer["choices"][0]["text"] = "quite another text"


CHANGES: dict[str, Any] = {
    "fewer": lambda answer: _values(answer).pop(),
    "null": lambda answer: _values(answer).__setitem__(-1, None),
    "nan": lambda answer: _values(answer).__setitem__(-1, float("nan")),
    "minus-infinity": lambda answer: _values(answer).__setitem__(-1, -9999.0),
    "no-logprobs": lambda answer: answer["choices"][0].pop("logprobs"),
    "no-usage": lambda answer: answer.pop("usage"),
    "no-choice": lambda answer: answer.__setitem__("choices", []),
    "no-ids": lambda answer: answer["choices"][0].__setitem__("token_ids", None),
    "aborted": lambda answer: answer["choices"][0].__setitem__("finish_reason", "abort"),
    "chatty": lambda answer: answer["usage"].__setitem__("completion_tokens", 900),
    "odd": lambda answer: answer["choices"].__setitem__(0, {"logprobs": ["odd"], "finish_reason": "stop"}),
    "spelling": _respell,
}


async def _start(send: Any, status: int, n_bytes: int, headers: dict[str, str] | None = None) -> None:
    listed = {"content-type": "application/json", "content-length": str(n_bytes)} | (headers or {})
    encoded = [(name.lower().encode(), value.encode()) for name, value in listed.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})


async def _send(send: Any, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
    body = json.dumps(content).encode()
    await _start(send, status, len(body), headers)
    await send({"type": "http.response.body", "body": body})
