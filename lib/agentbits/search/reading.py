"""What does a page say? Its main text, by `trafilatura`; cut, with flags for what a reader should know.

The language is the one that `py3langid` guesses from enough text, else the one that the page claims.
"""

import codecs
import logging
import re
from dataclasses import dataclass, replace

from agentbits.errors import InputError
from agentbits.search.base import N_CHARACTERS, Flag, Page
from agentbits.search.quoting import speaks, visible

READABLE = re.compile(r"text/|application/(xhtml\+xml|xml|json)\b", re.IGNORECASE)
# Charsets that pages are written in; Python has codecs of other purposes, which a page could name.
_CHARSET = re.compile(
    rb"charset=[\"' ]*((utf-?8|us-ascii|iso-8859|iso-2022|windows-|cp\d|latin|gb|big5|shift|euc|koi8|mac)[\w.:-]*)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[a-z/!?]", re.IGNORECASE)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Where a charset or the mark of HTML is looked for, and bytes of no text.
_HEAD_BYTES = 4096
# With fewer letters a guess is noise.
_ENOUGH_LETTERS = 200
_SNIPPET_CHARACTERS = 200
# What the extractor's parts raise where a page is built to break them.
_BROKEN = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
# What it cannot parse is told by a flag; without a handler it would be printed too.
logging.getLogger("trafilatura").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class _Text:
    title: str
    text: str
    claimed: str | None = None


def page(
    url: str,
    body: bytes,
    *,
    content_type: str = "",
    title: str = "",
    snippet: str = "",
    n_characters: int = N_CHARACTERS,
    is_cut: bool = False,
) -> Page:
    """Read a page's bytes.

    Parameters
    ----------
    content_type : as the server named it; empty for a file, whose bytes decide
    title, snippet : what a result list said; the title gives way to the page's own
    is_cut : there were more bytes

    Raises
    ------
    InputError
        No character left.
    """
    bare = Page(title or url, url, "", snippet)
    source = _decoded(body, content_type)
    if source is None:
        return flagged(bare, "binary", f"{content_type or 'what its bytes hold'} is no text", n_characters)
    try:
        found = _from_html(source) if _is_html(source, content_type) else _Text("", source)
    except _BROKEN as error:
        return flagged(bare, "failed", f"its HTML cannot be read ({type(error).__name__})", n_characters)
    language = _language(found)
    read = Page(found.title or title or url, url, found.text, snippet, language)
    return flagged(read, "cut" if is_cut else None, f"only its first {len(body):,} bytes were read", n_characters)


def flagged(page: Page, flag: Flag | None = None, why: str = "", n_characters: int = N_CHARACTERS) -> Page:
    """Return a page cut, without invisible characters, and with its flags: `flag` with its reason, then all others.

    Raises
    ------
    InputError
        No character left.
    """
    check_length(n_characters)
    title, snippet = (" ".join(visible(text).split()) for text in (page.title, page.snippet))
    whole = visible(page.text.replace("\r\n", "\n")).strip()
    text = whole[:n_characters].rstrip()
    found: dict[Flag, list[str]] = {flag: [why]} if flag else {}
    if not text and flag in {None, "cut"}:
        found["empty"] = ["it holds no text"]
    if len(text) < len(whole):
        found.setdefault("cut", []).append(f"{len(text):,} of {len(whole):,} characters are kept")
    if page.language not in {None, "en"}:
        found["foreign"] = [f"its language seems to be {page.language!r}"]
    if kinds := speaks(f"{title}\n{snippet}\n{text}"):
        found["instructions"] = [f"it {' and '.join(kinds)}"]
    snippet = snippet or " ".join(text[: 2 * _SNIPPET_CHARACTERS].split())[:_SNIPPET_CHARACTERS]
    told = "; ".join(reason for reasons in found.values() for reason in reasons)
    return replace(page, title=title, text=text, snippet=snippet, flags=tuple(found), why=told)


def check_length(n_characters: int) -> int:
    """Return it where a page would keep something; raises InputError."""
    if n_characters < 1:
        raise InputError(f"n_characters={n_characters}; a page keeps at least 1 character")
    return n_characters


def _is_html(source: str, content_type: str) -> bool:
    told, marks = (
        (content_type, ("html", "xml")) if content_type else (source[:_HEAD_BYTES], ("<html", "<!doctype html"))
    )
    return any(mark in told.lower() for mark in marks)


def _decoded(body: bytes, content_type: str) -> str | None:
    """Return the characters, in the charset that is claimed or found; None where these are none."""
    if content_type and not READABLE.match(content_type):
        return None
    if body.startswith(_UTF_16):
        return body.decode("utf-16", "replace")
    head = body[:_HEAD_BYTES]
    if b"\0" in head:
        return None
    if claimed := _CHARSET.search(content_type.encode()) or _CHARSET.search(head):
        try:
            return body.decode(claimed[1].decode("ascii", "replace"), "replace")
        except LookupError:
            pass
    try:  # whole, or cut within a character
        return codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return _guessed(body)


def _guessed(body: bytes) -> str | None:
    from trafilatura.utils import decode_file

    try:
        return decode_file(body)
    except ValueError:
        return None


def _from_html(source: str) -> _Text:
    from trafilatura import extract, html2txt, load_html

    tree = load_html(source)
    if tree is None:
        return _Text("", "" if _TAG.search(source) else source)
    title, claimed = tree.findtext(".//title") or "", tree.get("lang") or None
    text = extract(tree, include_comments=False) or html2txt(source)
    return _Text(title, text, claimed[:2].lower() if claimed else None)


def _language(found: _Text) -> str | None:
    text = found.text[:N_CHARACTERS]
    if sum(map(str.isalpha, text)) < _ENOUGH_LETTERS:
        return found.claimed
    from py3langid import classify

    return str(classify(text)[0])
