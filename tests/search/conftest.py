"""A small web on this machine, whose every page and fault the tests set."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Asked:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: Any
    at_s: float


@dataclass
class Site:
    """A host: what it answers, by path, and what it was asked.

    A path may hold a list of answers, given one after the other, the last of them for good.
    """

    url: str
    answers: dict[str, list[tuple[int, dict[str, str], bytes, float]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def put(
        self,
        path: str,
        body: str | bytes | object,
        *,
        status: int = 200,
        kind: str = "",
        wait_s: float = 0,
        **headers: str,
    ) -> None:
        """Answer a path; kind is text/html for text and application/json for other objects where none is given."""
        content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        kind = kind or ("text/html" if isinstance(body, (str, bytes)) else "application/json")
        named = {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
        self.answers.setdefault(path, []).append((status, named, content, wait_s))

    def paths(self) -> list[str]:
        """Return what was asked for, robots.txt left out."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            site.asked.append(Asked(self.path, dict(self.headers.items()), body, time.monotonic()))
            listed = site.answers.get(self.path) or site.answers.get(self.path.partition("?")[0])
            status, headers, content, wait_s = (
                (listed.pop(0) if len(listed) > 1 else listed[0]) if listed else (404, {}, b"", 0.0)
            )
            self.send_response(status)
            for name, value in headers.items():
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            try:
                for start in range(0, len(content), 100_000):
                    time.sleep(wait_s)
                    self.wfile.write(content[start : start + 100_000])
            except OSError:  # the visitor has seen enough
                pass

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002

    return Handler


@pytest.fixture
def site() -> Iterator[Site]:
    """Return a host that answers 404 until it is told more."""
    site = Site("")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the machine's user may have set."""
    for name in ("TAVILY_API_KEY", "EXA_API_KEY", "SERPER_API_KEY", "BRAVE_API_KEY", "SEARXNG_URL"):
        monkeypatch.delenv(name, raising=False)


ARTICLE = (
    "<html lang='en'><head><title>The {word} trade</title><script>var hidden = 1;</script></head><body>"
    "<nav><a href='/'>Home</a></nav><article><h1>The {word} trade</h1>"
    + "<p>The price of {word} rose in every port last year, and the harvest was the largest in a decade. "
    "Merchants say that the demand from abroad will last for some time.</p>"
    * 3
    + "</article><footer>All rights reserved</footer></body></html>"
)


@pytest.fixture
def article() -> str:
    """Return an English page with a field for a word."""
    return ARTICLE
