"""Polite, patient and wary: robots.txt, pauses, redirects, sizes, private hosts."""

import socket
from typing import Any

import pytest

from agentbits.errors import InputError
from agentbits.search import fetching
from agentbits.search.fetching import Fetcher, UnreadError

HERE = ("127.0.0.1",)


def fetcher(**options: Any) -> Fetcher:
    return Fetcher(**{"pause_s": 0.0, "private_hosts": HERE} | options)


def refusal(url: str, **options: Any) -> tuple[str, str]:
    with pytest.raises(UnreadError) as caught:
        fetcher(**options).page(url)
    return caught.value.flag, str(caught.value)


def test_a_page_comes_by_name(site: Any) -> None:
    site.put("/a?b=1", "hello", kind="text/plain")
    answer = fetcher().page(f"{site.url}/a?b=1#part")
    assert (answer.body, answer.content_type, answer.is_cut) == (b"hello", "text/plain", False)
    assert [asked.path for asked in site.asked] == ["/robots.txt", "/a?b=1"]
    assert all(asked.headers["User-Agent"].startswith("agentbits/") for asked in site.asked)


def test_robots_are_respected_and_asked_for_once(site: Any) -> None:
    site.put("/robots.txt", "\ufeffUser-agent: agentbits\nDisallow: /private\n", kind="text/plain")
    site.put("/private/a", "secret")
    site.put("/open", "open")
    visitor = fetcher()
    with pytest.raises(UnreadError, match=rf"robots.txt of {site.url} keeps agentbits out") as caught:
        visitor.page(f"{site.url}/private/a")
    assert caught.value.flag == "refused"
    assert visitor.page(f"{site.url}/open").body == b"open"
    assert [asked.path for asked in site.asked] == ["/robots.txt", "/open"]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_robots_that_may_not_be_read_shut_the_host(site: Any, status: int) -> None:
    site.put("/robots.txt", "", status=status)
    assert refusal(f"{site.url}/a")[0] == "refused"
    assert site.paths() == []


def test_a_host_that_asks_for_long_pauses_is_left_alone(site: Any) -> None:
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 600", kind="text/plain")
    assert refusal(f"{site.url}/a") == ("refused", f"robots.txt of {site.url} asks for 600 s between requests")


class Clock:
    """A time in which only sleep passes."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)

    def monotonic(self) -> float:
        return sum(self.slept_s)


@pytest.mark.parametrize(("rules", "pauses_s"), [("", [0, 1, 1, 1]), ("User-agent: *\nCrawl-delay: 7", [0, 1, 7, 7])])
def test_requests_to_one_host_keep_their_distance(
    site: Any, monkeypatch: pytest.MonkeyPatch, rules: str, pauses_s: list[float]
) -> None:
    site.put("/robots.txt", rules, kind="text/plain")
    site.put("/a", "a")
    clock = Clock()
    monkeypatch.setattr(fetching, "time", clock)
    visitor = fetcher(pause_s=1.0)
    for _ in range(3):
        visitor.page(f"{site.url}/a")
    assert clock.slept_s == pauses_s


def test_redirects_are_followed_within_the_rules(site: Any) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /shut", kind="text/plain")
    site.put("/a", "", status=301, Location="/b#x")
    site.put("/b", "b")
    assert fetcher().page(f"{site.url}/a").body == b"b"
    site.put("/c", "", status=302, Location="/shut")
    assert refusal(f"{site.url}/c")[0] == "refused"
    site.put("/loop", "", status=307, Location="/loop")
    assert refusal(f"{site.url}/loop") == ("failed", "it redirects more than 5 times")
    site.put("/file", "", status=302, Location="file:///etc/passwd")
    assert refusal(f"{site.url}/file")[1] == "'file:///etc/passwd' is no address of a page; expected http(s)://host/…"
    site.put("/inside", "", status=302, Location="http://localhost:1/")
    assert refusal(f"{site.url}/inside") == ("refused", "localhost is no public host")


@pytest.mark.parametrize(
    "url", ["", "ftp://h/a", "javascript:alert(1)", "http://", "http://user:word@h/", "http://[::1", "no address"]
)
def test_addresses_that_are_none(url: str) -> None:
    flag, why = refusal(url)
    assert flag == "refused"
    assert "is no address of a page; expected http(s)://host/…" in why


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1", "[::1]", "0.0.0.0"])  # noqa: S104
def test_private_hosts_are_not_visited(host: str) -> None:
    flag, why = refusal(f"http://{host}:9/a", private_hosts=())
    assert (flag, why) == ("refused", f"{host.strip('[]')} is no public host")


def test_a_name_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    flag, why = refusal("http://nobody.example/a")
    assert flag == "failed"
    assert why.startswith("no address is known of nobody.example (")


def test_not_more_bytes_than_wanted(site: Any) -> None:
    site.put("/large", b"x" * 5_000_000, kind="text/plain")
    answer = fetcher(max_bytes=1_000_000).page(f"{site.url}/large")
    assert (len(answer.body), answer.is_cut) == (1_000_000, True)


def test_a_binary_is_not_read(site: Any) -> None:
    site.put("/a.pdf", b"%PDF" * 1_000, kind="application/pdf")
    answer = fetcher().page(f"{site.url}/a.pdf")
    assert (answer.body, answer.content_type) == (b"", "application/pdf")


def test_a_host_that_takes_too_long(site: Any) -> None:
    site.put("/slow", "x", wait_s=2)
    assert refusal(f"{site.url}/slow", timeout_s=0.3) == ("failed", "no answer within 0.3 s")
    site.put("/drip", b"x" * 1_000_000, kind="text/plain", wait_s=0.2)
    assert refusal(f"{site.url}/drip", timeout_s=0.5) == ("failed", "not all of it within 0.5 s")


def test_a_host_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind((*HERE, 0))
        port = free.getsockname()[1]
    flag, why = refusal(f"http://127.0.0.1:{port}/a")
    assert flag == "failed"
    assert why.startswith("ConnectError")


@pytest.mark.parametrize("status", [404, 410, 500, 204])
def test_an_answer_that_is_no_page(site: Any, status: int) -> None:
    site.put("/a", "", status=status)
    assert refusal(f"{site.url}/a") == ("failed", f"the server answered {status}")


def test_numbers_out_of_range() -> None:
    with pytest.raises(InputError, match=r"pause_s=-1, timeout_s=20, max_bytes=2000000; expected a pause of 0 or more"):
        Fetcher(pause_s=-1)
