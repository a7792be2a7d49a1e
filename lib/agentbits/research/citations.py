"""What is left of a report without its citations?

RACE judges what a report says, so the benchmark has a language model take out all that cites before it compares. Here
rules do it, the same for both reports and for every run:

| taken out | such as |
|---|---|
| marks | `[1]`, `[1, 2]`, `[3-5]`, `[^note]`, `【4†L1-L9】`, `[[1]](https://…)` |
| sources in brackets | `(source: the ministry)`, `[Source: …]` |
| targets of links | `[the ministry](https://…)` leaves its words; a link that only names a source goes whole |
| addresses | `https://…`, `<https://…>`, `(www.…)` |
| definitions of footnotes | `[^note]: …`, and lines that begin with a mark and hold an address |
| lists of references | a heading `References`, `Sources`, `Bibliography`, …, and all to the next of its rank |

Code stays as it is. Names and years in brackets stay, too: `(Minsk, 1994)` may be content. `[2024]` and `[0, 1]` are no
marks, and `[1, 2]` is one, even where an interval was meant.
"""

import re

_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]+`)", re.DOTALL)
_NAMES = r"references?|sources?|bibliography|works cited|literature cited|citations|footnotes|参考文献|参考资料|来源"
_END = r"[ \t*_:：]*#*[ \t]*$"
_HEADING = re.compile(
    rf"^(?:(?P<rank>#{{1,6}})[ \t*_]*(?:\d+[.)]?[ \t*_]+)?|\*\*|)(?:{_NAMES}){_END}", re.IGNORECASE | re.MULTILINE
)
_ADDRESS = r"<?(?:https?://|www\.)[^\s<>()\[\]]*+(?:\([^\s<>()]*+\)[^\s<>()\[\]]*+)*+>?"
_NUMBERS = r"\[(?:\^[^\]\s]++|\^?[1-9]\d{0,2}(?:\s*[,;–-]\s*\^?[1-9]\d{0,2})*+)\]|【[^】\n]*+】"
_WORDS = r"(?P<words>(?>[^\[\]\n]++|\[[^\[\]\n]*+\])*+)"
_TARGET = r"\(\s*(?:<[^<>\n]*+>|(?>[^()\s]++|\([^()\s]*+\))*+)(?:\s+\"[^\"\n]*+\")?\s*\)"
_LINK = re.compile(rf"(?P<gap>[ \t]*)(?P<opened>\([ \t]*)?!?\[{_WORDS}\]{_TARGET}(?P<closed>[ \t]*\))?")
_ONLY_CITES = re.compile(
    rf"\s*(?:\[?\^?\d{{1,3}}\]?|sources?|links?|refs?\.?|references?|{_ADDRESS})?\s*", re.IGNORECASE
)
_DEFINITION = re.compile(
    r"^[ \t]*(?:\[\^[^\]\s]+\]:|[-*]?[ \t]*\[\d{1,3}\]:?(?=[^\n]*(?:https?://|www\.))).*\n?", re.MULTILINE
)
_SOURCE = re.compile(r"[ \t]*(?:\(sources?:[^()\n]*+(?:\([^()\n]*+\)[^()\n]*+)*+\)|\[sources?:[^\[\]\n]*+\])", re.I)
_MARK = re.compile(rf"^(?:{_NUMBERS})[ \t]*|[ \t]*(?:<sup>[ \t]*(?:{_NUMBERS})+[ \t]*</sup>|{_NUMBERS})", re.MULTILINE)
_PLACE = re.compile(rf"[ \t]*\(\s*{_ADDRESS}\s*\)|[ \t]*{_ADDRESS}", re.IGNORECASE)
_EMPTY = re.compile(r"[ \t]*\([ \t]*[,;][ \t,;]*\)")


def stripped(report: str) -> str:
    """Return a report without its citations; stripping it again changes nothing."""
    text = _once(report)
    while text != report:
        report, text = text, _once(text)
    return text


def _once(text: str) -> str:
    """Return a text with what one pass finds taken out; a pass can bring more to light, as in `[[1]]`."""
    parts = _CODE.split(_without_lists(text))
    return "".join(part if number % 2 else _inline(part) for number, part in enumerate(parts)).strip()


def _without_lists(text: str) -> str:
    while heading := _HEADING.search(text):
        rank = len(heading["rank"] or "######")
        following = re.compile(rf"^#{{1,{rank}}}(?!#)", re.MULTILINE).search(text, heading.end())
        text = text[: heading.start()] + (text[following.start() :] if following else "")
    return text


def _inline(text: str) -> str:
    for pattern in (_DEFINITION, _SOURCE):
        text = pattern.sub("", text)
    text = _PLACE.sub(_behind, _MARK.sub("", _LINK.sub(_words, text)))
    return re.sub(r"\n{3,}", "\n\n", _EMPTY.sub("", text))


def _words(link: re.Match[str]) -> str:
    """Return what is left of a link, or of one in brackets: its words, nothing where they only name a source."""
    gap, opened, words, closed = (link[name] or "" for name in ("gap", "opened", "words", "closed"))
    if not _ONLY_CITES.fullmatch(words):
        return gap + opened + words + closed
    return "" if bool(opened) == bool(closed) else gap + opened + closed


def _behind(address: re.Match[str]) -> str:
    """Return the punctuation that follows an address; it belongs to the sentence."""
    return address[0][len(address[0].rstrip(".,;:!?")) :]
