"""Where sets come from: pins, a hub on loopback, no network, files that are damaged, renamed or of another form."""

import hashlib
import io
import json
import os
import pickle
import re
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pytest
from pyarrow import parquet

from agentbits.datasets import duplicates, financebench, fineweb, hub, longhealth, planting, qasper, wildchat
from agentbits.errors import AgentbitsError, DataError, DataFormatError, DataMissingError, InputError
from agentbits.records import Document

SETS = (longhealth, financebench, qasper, wildchat, fineweb)
CARD = hub.Card("Larks", "owner/larks", "0" * 40, "CC0", "nobody")


def table(n_rows: int = 12) -> bytes:
    stream = io.BytesIO()
    columns = {"text": [f"row {n}" for n in range(n_rows)], "n": list(range(n_rows)), "other": ["x"] * n_rows}
    parquet.write_table(pa.table(columns), stream, row_group_size=5)
    return stream.getvalue()


@pytest.mark.parametrize("module", SETS, ids=lambda module: module.CARD.name)
def test_every_set_is_pinned_and_has_a_twin(module: ModuleType) -> None:
    card = module.CARD
    assert re.fullmatch("[0-9a-f]{40}", card.revision)
    assert card.licence
    assert re.search(r"20\d\d, .*arXiv:\d{4}\.\d{5}$", card.citation)
    assert isinstance(module.twin, partial)
    assert (module.twin.func, module.pool.func) == (planting.population, duplicates.pool)
    assert module.twin.args == module.pool.args
    (item, *_) = module.twin(1, seed=3)
    assert item.document.facts
    assert "twin of" in item.document.source


def test_importing_a_set_is_light() -> None:
    names = ", ".join(module.__name__.rpartition(".")[2] for module in SETS)
    code = f"import sys; from agentbits.datasets import {names}; print([m for m in {{heavy}} if m in sys.modules])"
    heavy = ["datasets", "huggingface_hub", "pyarrow", "pandas", "torch", "transformers"]
    done = subprocess.run([sys.executable, "-c", code.format(heavy=heavy)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# What goes wrong, and what is said.


def http_error(status: int) -> Exception:
    from huggingface_hub.utils import httpx

    request = httpx.Request("GET", "https://huggingface.co/x")
    return httpx.HTTPStatusError("not so", request=request, response=httpx.Response(status, request=request))


def connect_error() -> Exception:
    from huggingface_hub.utils import httpx

    return httpx.ConnectError("Name or service not known")


def not_in_cache() -> Exception:
    from huggingface_hub.errors import LocalEntryNotFoundError

    return LocalEntryNotFoundError("cannot find the requested files in the local cache")


def broken_json() -> Exception:
    with pytest.raises(ValueError, match="Expecting") as caught:
        json.loads("{")
    return caught.value


REMEDY = "set HF_HUB_OFFLINE=0 and connect, pass path=<a copy>, or use the set's twin"
GONE = r"renamed or withdrawn\? https://huggingface\.co/datasets/owner/larks was its place"


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (ConnectionError("offline mode is enabled"), DataMissingError, "no network"),
        (connect_error(), DataMissingError, "no network"),
        (not_in_cache(), DataMissingError, "no network"),
        (TimeoutError("too slow"), DataMissingError, "no network"),
        (http_error(404), DataMissingError, GONE),
        (http_error(401), DataMissingError, GONE),
        (FileNotFoundError("Unable to find 'hf://…'"), DataMissingError, GONE),
        (broken_json(), DataFormatError, r"half downloaded, or another kind of file\? Remove it and load again"),
        (pa.ArrowInvalid("magic bytes\nand more"), DataFormatError, r"magic bytes\); half downloaded"),
        (OSError("Corrupt snappy compressed data."), DataFormatError, "half downloaded"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"), DataFormatError, "half downloaded"),
    ],
)
def test_every_failure_is_named_and_has_a_remedy(error: Exception, kind: type[DataError], said: str) -> None:
    with (
        pytest.raises(kind, match=rf"Larks.*the place.*{type(error).__name__}.*{said}") as caught,
        hub.named_errors(CARD, "the place"),
    ):
        raise error
    assert caught.value.__cause__ is error
    if kind is DataMissingError:
        assert REMEDY in str(caught.value)


def test_errors_are_one_family() -> None:
    assert issubclass(DataMissingError, DataError)
    assert issubclass(DataFormatError, DataError)
    assert issubclass(DataError, AgentbitsError)
    assert str(pickle.loads(pickle.dumps(DataFormatError("so")))) == "so"  # noqa: S301


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError, match="mine"), hub.named_errors(CARD, "the place"):
        raise KeyError("mine")


def test_a_record_that_lacks_fields() -> None:
    assert hub.checked(CARD, {"a": 1, "b": 2}, ("b",), "x") == {"a": 1, "b": 2}
    with pytest.raises(
        DataFormatError, match=r"Larks: x lacks c, d; found a, b; expected what owner/larks holds at 0000"
    ):
        hub.checked(CARD, {"a": 1, "b": 2}, ("c", "b", "d"), "x")
    with pytest.raises(DataFormatError, match=r"lacks c; found nothing;"):
        hub.checked(CARD, {}, ("c",), "x")


def test_an_empty_document() -> None:
    assert CARD.document("k", "t", "words", "from", ("a",)) == Document(
        "k", "t", "words", "from", "CC0", "nobody", (), ("a",)
    )
    with pytest.raises(DataFormatError, match=r"Larks: document 'k' is empty; take it out of the copy, or draw others"):
        CARD.document("k", "t", " \n\t", "from")


def test_where_a_document_says_it_is_from(tmp_path: Path) -> None:
    assert CARD.source(None) == f"Larks: owner/larks@{'0' * 40}"
    path = tmp_path / "copy.json"
    path.write_bytes(b"{}")
    assert CARD.source(path) == f"Larks: copy.json, a copy of owner/larks, SHA-256 {hashlib.sha256(b'{}').hexdigest()}"
    with pytest.raises(DataMissingError, match=r"gone\.json"):
        CARD.source(tmp_path / "gone.json")


# Drawing.


def test_a_draw_is_seeded_and_a_longer_one_starts_with_it() -> None:
    groups = [f"d{n}" for n in range(30)]
    assert hub.drawn(CARD, groups, None, 5) == groups
    for seed in range(5):
        longest = hub.drawn(CARD, groups, 30, seed)
        assert sorted(longest) == sorted(groups)
        assert all(hub.drawn(CARD, groups, n, seed) == longest[:n] for n in range(1, 31))
    assert len({tuple(hub.drawn(CARD, groups, 3, seed)) for seed in range(20)}) == 20
    for n_documents in (0, -1, 31):
        with pytest.raises(InputError, match=rf"n_documents={n_documents}; Larks has 30 here: choose 1 to 30"):
            hub.drawn(CARD, groups, n_documents, 0)
    with pytest.raises(DataFormatError, match=r"Larks holds no question here; expected what owner/larks holds"):
        hub.drawn(CARD, [], None, 0)


def test_files_are_streamed_in_an_order_that_the_seed_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    asked: list[str] = []

    class System:
        def open(self, place: str) -> io.BytesIO:
            asked.append(place)
            return io.BytesIO(table(1))

    monkeypatch.setattr(huggingface_hub, "HfFileSystem", System)
    files = [f"data/{n}.parquet" for n in range(14)]
    orders: set[tuple[str, ...]] = set()
    for seed in range(10):
        asked.clear()
        rows = hub.rows(CARD, files, ("text",), seed=seed)
        assert next(rows) == {"text": "row 0"}
        assert len(asked) == 1, "the next file is opened when this one is used up"
        assert list(rows) == [{"text": "row 0"}] * 13
        assert set(asked) == {f"hf://datasets/owner/larks@{'0' * 40}/{file}" for file in files}
        orders.add(tuple(asked))
    assert len(orders) == 10


def test_only_the_rows_and_columns_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(table())
    found = list(hub.rows(CARD, (), ("text",), [("n", ">=", 4), ("n", "<", 7)], path))
    assert found == [{"text": f"row {n}"} for n in (4, 5, 6)]
    with pytest.raises(DataFormatError, match=r"t\.parquet lacks language, m; found text, n, other; expected"):
        list(hub.rows(CARD, (), ("text", "language"), [("m", "==", 4)], path))
    with pytest.raises(DataMissingError, match=r"none\.parquet \(FileNotFoundError"):
        list(hub.rows(CARD, (), ("text",), path=tmp_path / "none.parquet"))
    path.write_bytes(table()[:300])
    with pytest.raises(DataFormatError, match=r"t\.parquet cannot be read \(ArrowInvalid: .*half downloaded"):
        list(hub.rows(CARD, (), ("text",), path=path))


def test_no_more_than_a_row_group_is_held(tmp_path: Path) -> None:
    """Row groups of 1 MB that do not compress, 60 of them; a scanner of Arrow would hold them all."""
    path = tmp_path / "t.parquet"
    schema = pa.schema({"text": pa.binary(), "n": pa.int64()})
    with parquet.ParquetWriter(path, schema, use_dictionary=False) as writer:
        for number in range(60):
            writer.write_table(pa.table({"text": [os.urandom(10_000) for _ in range(100)], "n": [number] * 100}))
    assert path.stat().st_size > 60e6
    before, held = pa.total_allocated_bytes(), 0
    tracemalloc.start()
    try:
        for _ in hub.rows(CARD, (), ("text",), [("n", ">", 0)], path):
            held = max(held, pa.total_allocated_bytes() - before + tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert 1e6 < held < 10e6


def test_a_page_of_a_table_that_was_damaged(tmp_path: Path) -> None:
    content = bytearray(table(2_000))
    middle = len(content) // 2
    content[middle : middle + 40] = b"\xff" * 40
    path = tmp_path / "t.parquet"
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match=r"t\.parquet cannot be read .*half downloaded"):
        list(hub.rows(CARD, (), ("text", "n"), path=path))


def test_json_of_another_shape(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('[{"a": 1, "b": 2, "c": 3}]')
    with pytest.raises(DataFormatError, match=r"t\.json cannot be read \(ValueError: .*another kind of file"):
        hub.parsed(CARD, path)
    path.write_text('{"a": 1}')
    assert hub.parsed(CARD, path) == {"a": 1}


# A hub on loopback, spoken to by the libraries themselves.


class Hub(ThreadingHTTPServer):
    """Holds owner/larks at commit 000…; a test may change its files."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        small = b'{"id": 1}\n{"id": 2}\n'
        self.files = {"data/0.parquet": table(), "data/1.parquet": table()[:300], "small.jsonl": small}


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        path = unquote(self.path.partition("?")[0])
        if path == "/raw/larks.json":
            return self.answer(200, b'{"id": 1}')
        if not path.startswith(("/api/datasets/owner/larks/", "/datasets/owner/larks/")):
            return self.answer(401)
        if path.startswith("/api/"):
            return self.answer(200, json.dumps(self.tree() if "/tree/" in path else self.about()).encode())
        content = self.server.files.get(path.partition(f"/resolve/{'0' * 40}/")[2])
        return self.answer(404, headers={"X-Error-Code": "EntryNotFound"}) if content is None else self.part(content)

    def do_HEAD(self) -> None:
        self.do_GET()

    def about(self) -> dict[str, Any]:
        return {"id": "owner/larks", "sha": "0" * 40, "siblings": [], "private": False, "tags": []}

    def tree(self) -> list[dict[str, Any]]:
        return [{"type": "file", "path": k, "size": len(v), "oid": k} for k, v in self.server.files.items()]

    def part(self, content: bytes) -> None:
        headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": "0" * 40}  # noqa: S324
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if not wanted:
            return self.answer(200, content, headers)
        start, end = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
        headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        return self.answer(206, content[start : end + 1], headers)

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def served() -> Iterator[Hub]:
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


TRIES = """
import json
from dataclasses import replace
from agentbits.datasets import hub
from agentbits.errors import DataError
card = hub.Card("Larks", "owner/larks", "0" * 40, "CC0", "nobody")
renamed = replace(card, repository="owner/sparrows")
def tried(what):
    try:
        return what()
    except DataError as error:
        return f"{type(error).__name__}: {error}"
print(json.dumps([tried(what) for what in [
    lambda: [row["text"] for row in hub.rows(card, ["data/0.parquet"], ("text",), [("n", ">", 8)])],
    lambda: list(hub.rows(card, ["data/1.parquet"], ("text",))),
    lambda: list(hub.rows(card, ["data/2.parquet"], ("text",))),
    lambda: list(hub.rows(renamed, ["data/0.parquet"], ("text",))),
    lambda: list(hub.lines(card, hub.kept(card, "small.jsonl"), ("id",))),
    lambda: str(hub.kept(card, "large.jsonl")),
    lambda: str(hub.kept(renamed, "small.jsonl")),
]]))
"""


def asked(code: str, home: Path, **environment: str) -> list[Any]:
    """Run code in a process of its own: the libraries read their settings when they are imported."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "HF_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_hub_that_answers(served: Hub, tmp_path: Path) -> None:
    streamed, half, no_file, renamed, small, no_small, renamed_small = asked(
        TRIES, tmp_path, HF_ENDPOINT=served.address
    )
    assert streamed == ["row 9", "row 10", "row 11"]
    assert small == [{"id": 1}, {"id": 2}]
    assert re.search(r"^DataFormatError: Larks: hf://datasets/owner/larks@0+/data/1\.parquet cannot be read", half)
    for said in (no_file, renamed, no_small, renamed_small):
        assert re.search(r"^DataMissingError: Larks cannot be had from .*; renamed or withdrawn\? https://hugg", said)
    assert "owner/sparrows was its place" in renamed

    served.files.clear()  # nothing is fetched a second time; what was streamed left nothing behind
    _, _, _, _, small, _, _ = asked(TRIES, tmp_path, HF_ENDPOINT=served.address)
    assert small == [{"id": 1}, {"id": 2}]
    _, _, _, _, small, _, _ = asked(TRIES, tmp_path, HF_HUB_OFFLINE="1")
    assert small == [{"id": 1}, {"id": 2}]
    left = {path.name for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size > 0}
    assert not any(name.endswith((".parquet", ".arrow")) for name in left)


def test_no_set_without_a_network(tmp_path: Path) -> None:
    code = """
import json
from agentbits.datasets import financebench, fineweb, longhealth, qasper, wildchat
from agentbits.errors import DataMissingError
said = []
for module in (longhealth, financebench, qasper, wildchat, fineweb):
    try:
        module.load(1)
    except DataMissingError as error:
        said.append(str(error))
print(json.dumps(said))
"""
    said = asked(code, tmp_path, HF_HUB_OFFLINE="1")
    assert len(said) == 5
    for module, words in zip(SETS, said, strict=True):
        assert words.startswith(f"{module.CARD.name} cannot be had from ")
        assert module.CARD.revision in words
        assert words.endswith(f"no network? Else {REMEDY}, which needs neither")


def test_an_address_with_a_digest(served: Hub) -> None:
    digest = hashlib.sha256(b'{"id": 1}').hexdigest()
    assert hub.fetched(CARD, f"{served.address}/raw/larks.json", digest) == {"id": 1}
    with pytest.raises(
        DataFormatError, match=rf"raw/larks\.json has SHA-256 {digest}, not 1234; pass path=<a good copy>"
    ):
        hub.fetched(CARD, f"{served.address}/raw/larks.json", "1234")
    with pytest.raises(DataMissingError, match=r"HTTPStatusError: Client error '401.*renamed or withdrawn\?"):
        hub.fetched(CARD, f"{served.address}/elsewhere", digest)


def test_an_address_where_nobody_answers() -> None:
    with pytest.raises(DataMissingError, match=r"http://127\.0\.0\.1:9/x \(ConnectError: .*no network\?"):
        hub.fetched(CARD, "http://127.0.0.1:9/x", "")
