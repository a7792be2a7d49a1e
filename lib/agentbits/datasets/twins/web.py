"""What does a web page say between its menu and its footer, and what can be made of it?

The twin of FineWeb as the paper uses it: two questions and three creative tasks a page, compressed without any of them
(paper §4). The page is about an event. Its facts are planted; distractors are the same statements about other events,
among the related links. A creative task has to mention planted values that its wording does not give away.

Symbols: V values a fact · K options · s share of questions that the page does not answer · Unit: bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import log2

from agentbits.datasets import layout, options
from agentbits.datasets.planting import Knobs, Planter, words
from agentbits.errors import InputError
from agentbits.records import Document, Item, Question

_SOURCE = ("agentbits, twin of FineWeb", "CC BY 4.0", "agentbits")
_N_OPTIONS = 4
_CYCLE = ("extractive", "email", "extractive", "rap", "poem")
_NAMED_TOGETHER = 3  # what a creative task has to mention


@dataclass(frozen=True)
class _Page:
    """A page while it is written: what is told of its event by topic, and of others."""

    event: str
    what: str
    link: tuple[str, ...]
    told: dict[str, str]
    values: dict[str, str]
    others: dict[str, list[str]]
    elsewhere: list[str]


def write(planter: Planter, knobs: Knobs) -> tuple[Item, ...]:
    """Return the tasks about one page: `extractive`, `absent`, `email`, `rap` and `poem`, five in a round.

    With `hops=2` a task names the event by who organises it.

    Raises
    ------
    InputError
        More questions than topics, more distractors than other events, or a share of absent ones above 1/K.
    """
    text, chosen = words("web"), knobs.asked(tuple(dict.fromkeys(_CYCLE)))
    cycle = planter.shuffled("cycle", [kind for kind in _CYCLE if kind in chosen])
    kinds = [cycle[number % len(cycle)] for number in range(knobs.n_questions)]
    n_asked, n_topics = kinds.count("extractive"), len(text["topics"])
    # Those that are asked for come first, so that what creative tasks name is never absent.
    if n_asked > n_topics - _NAMED_TOGETHER or knobs.n_distractors >= len(text["events"]):
        raise InputError(
            f"n_questions={knobs.n_questions}, n_distractors={knobs.n_distractors}; expected at most "
            f"{n_topics - _NAMED_TOGETHER} extractive questions, two of five, and {len(text['events']) - 1} distractors"
        )
    topics = planter.shuffled("topics", tuple(text["topics"]))
    asked, named = topics[:n_asked], topics[n_asked:]
    absent = {topic for topic in asked if planter.share(f"absent/{topic}") < knobs.absent_share}
    page = _page(planter, knobs, topics, absent)
    document = _document(planter, knobs, page)
    waiting = iter(asked)
    return tuple(
        _extractive(planter, knobs, document, page, next(waiting))
        if kind == "extractive"
        else _creative(planter, knobs, document, page, (f"{kind}-{place}", kind), named)
        for place, kind in enumerate(kinds)
    )


@cache
def _values(topic: str, n_values: int) -> tuple[str, ...]:
    return tuple(words("web")["topics"][topic]["values"][:n_values])


def _page(planter: Planter, knobs: Knobs, topics: Sequence[str], absent: set[str]) -> _Page:
    text = words("web")
    event, *other_events = planter.shuffled("events", text["events"])
    organiser = planter.choice("organiser", text["organisers"])
    values: dict[str, str] = {}
    told: dict[str, str] = {}
    others: dict[str, list[str]] = {}
    elsewhere: list[str] = []
    for topic in topics:
        said = text["topics"][topic]["said"][: knobs.n_wordings]
        if topic not in absent:
            values[topic] = planter.fact(topic, _values(topic, knobs.n_values))
            told[topic] = _sentence(planter.choice(f"said/{topic}", said), event, values[topic])
        others[topic] = [
            planter.choice(f"other/{topic}/{n}", _values(topic, knobs.n_values)) for n in range(knobs.n_distractors)
        ]
        for n, value in enumerate(others[topic]):
            elsewhere.append(_sentence(planter.choice(f"other said/{topic}/{n}", said), other_events[n], value))
    invitation = planter.choice("invitation", text["invites"][: knobs.n_wordings])
    link = invitation.format(organiser=organiser, event=event)
    reference = planter.choice("reference", text["references"][: knobs.n_wordings]).format(organiser=organiser)
    what = reference if knobs.hops == 2 else f"the {event}"
    return _Page(event, what, (link[0].upper() + link[1:],), told, values, others, elsewhere)


def _sentence(wording: str, event: str, value: str) -> str:
    sentence = wording.format(event=event, value=value)
    return sentence[0].upper() + sentence[1:] if wording[0] != "{" else sentence


def _document(planter: Planter, knobs: Knobs, page: _Page) -> Document:
    text = words("web")
    top = [planter.choice(name, text[name]) for name in ("menu", "cookies")]
    title = page.event[0].upper() + page.event[1:]
    below = [text["related"], *planter.shuffled("related", page.elsewhere)] if page.elsewhere else []
    readers = planter.shuffled("readers", text["readers"])[:2]
    bottom = [*below, text["comments"], *readers, planter.choice("footer", text["footer"])]
    planted = planter.shuffled("order", [*page.link, *page.told.values()])
    missing = knobs.n_words - layout.n_words([*top, title, *bottom, *planted])
    article = layout.arranged(
        planter, "article", planted, layout.filler(planter, "filler", text["filler"], missing), knobs.depth
    )
    whole = "\n\n".join([*top, title, *article, *bottom])
    return Document(f"web-{planter.number}", title, whole, *_SOURCE, tuple(planter.facts))


def _extractive(planter: Planter, knobs: Knobs, document: Document, page: _Page, topic: str) -> Item:
    values, share, is_absent = _values(topic, knobs.n_values), knobs.absent_share, topic not in page.told
    wording = planter.choice(f"question/{topic}", words("web")["topics"][topic]["questions"][: knobs.n_wordings])
    question = Question(topic, wording.format(what=page.what))
    wrong = tuple(dict.fromkeys([*page.others[topic], *planter.shuffled(f"wrong/{topic}", values)]))
    shown = options.choose(
        page.values.get(topic, options.CANNOT),
        wrong,
        n_options=min(_N_OPTIONS, len(values)),
        absent_share=share,
        is_absent=is_absent,
        chance=planter.share(f"shown/{topic}"),
    )
    link = page.link if knobs.hops == 2 else ()
    return Item(
        f"{document.id}/{topic}",
        document,
        question,
        options.CANNOT if is_absent else page.values[topic],
        "absent" if is_absent else "extractive",
        "f1",
        shown,
        evidence=() if is_absent else (*link, page.told[topic]),
        fact_ids=() if is_absent else (topic,),
        answer_bits=options.entropy_bits(log2(len(values)), share),
    )


def _creative(
    planter: Planter, knobs: Knobs, document: Document, page: _Page, task: tuple[str, str], topics: Sequence[str]
) -> Item:
    name, kind = task
    chosen = planter.shuffled(f"named/{name}", topics)[:_NAMED_TOGETHER]
    short = [words("web")["topics"][topic]["short"] for topic in chosen]
    listed = f"{', '.join(short[:-1])} and {short[-1]}"
    wording = planter.choice(f"task/{name}", words("web")["tasks"][kind][: knobs.n_wordings])
    return Item(
        f"{document.id}/{name}",
        document,
        Question(name, wording.format(what=page.what, list=listed)),
        "",
        kind,
        "names",
        evidence=(*(page.link if knobs.hops == 2 else ()), *(page.told[topic] for topic in chosen)),
        must_name=tuple(page.values[topic] for topic in chosen),
        fact_ids=tuple(chosen),
        answer_bits=sum(fact.bits for fact in document.facts if fact.id in chosen),
    )
