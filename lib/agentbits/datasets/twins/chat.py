"""What has an assistant to remember of one user's many chats?

The twin of WildChat as the paper uses it: about ten chats make one synthetic user, and the questions are about memory
(paper §4). Persona facts are told in passing and updated in later chats; the current value wins. Outdated values and
other people's values come from the list that the right one comes from, each drawn independently: now and then an update
confirms what was told before.

Symbols: V values a fact · K options · s share of questions that the chats do not answer · Unit: bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log2

from agentbits.datasets import layout, options
from agentbits.datasets.planting import Knobs, Planter, words
from agentbits.errors import InputError
from agentbits.records import Document, Item, Question

_SOURCE = ("agentbits, twin of WildChat", "CC BY 4.0", "agentbits")
_N_OPTIONS = 4
_N_CHATS = 10
_CHAT_WORDS = 40  # a document too short for ten chats of this length has fewer


@dataclass(frozen=True)
class _Told:
    """A planted value and the sentence that tells it."""

    fact_id: str
    value: str
    sentence: str


@dataclass(frozen=True)
class _Memory:
    """What is told on one topic: of the person asked for, oldest first, nothing where absent; and of others.

    `person` is a relation, empty for the user; `link` says by which name the chats call that person.
    """

    topic: str
    person: str
    link: tuple[str, ...]
    own: tuple[_Told, ...]
    others: tuple[_Told, ...]


def write(planter: Planter, knobs: Knobs) -> tuple[Item, ...]:
    """Return the questions about one user's chats: for `current` values, for `former` ones, and `absent` ones.

    The first, third … distractor of a fact is an outdated value of the same person, the rest are other people's; where
    the value is absent all are other people's. With `hops=2` a question names a relation ("the user's sister") and the
    chats a first name, which one more sentence ties to it. Each chat is one of the document's parts.

    Raises
    ------
    InputError
        More questions than topics and kinds, more distractors than other people, or a share above 1/K.
    """
    text, kinds = words("chat"), knobs.asked(("current", "former")[: 1 + (knobs.n_distractors > 0)])
    n_questions, n_people = len(text["topics"]) * len(kinds), len(text["relations"]) - 1
    if knobs.n_questions > n_questions or knobs.n_distractors > n_people:
        raise InputError(
            f"n_questions={knobs.n_questions}, n_distractors={knobs.n_distractors}; expected at most {n_questions} "
            f"questions with these distractors (so many differ), and {n_people} distractors (one for each other person)"
        )
    calls = planter.shuffled("names", text["names"]) if knobs.hops == 2 else [f"my {r}" for r in text["relations"]]
    called = dict(zip(text["relations"], calls, strict=False))
    topics = planter.shuffled("topics", tuple(text["topics"]))[: knobs.n_questions]
    memories = [_memory(planter, knobs, topic, called) for topic in topics]
    parts = _chats(planter, knobs, memories)
    document = Document(
        f"chat-{planter.number}", "Chats of one user", "\n\n".join(parts), *_SOURCE, tuple(planter.facts), parts
    )
    orders = {topic: planter.shuffled(f"kinds/{topic}", kinds) for topic in topics}
    asked = [(memory, orders[memory.topic][turn]) for turn in range(len(kinds)) for memory in memories]
    return tuple(_item(planter, knobs, document, *pair) for pair in asked[: knobs.n_questions])


@cache
def _values(topic: str, n_values: int) -> tuple[str, ...]:
    return tuple(words("chat")["topics"][topic]["values"][:n_values])


def _memory(planter: Planter, knobs: Knobs, topic: str, called: Mapping[str, str]) -> _Memory:
    first, *others = planter.shuffled(f"people/{topic}", tuple(called))
    is_absent = planter.share(f"absent/{topic}") < knobs.absent_share
    n_former = 0 if is_absent else (knobs.n_distractors + 1) // 2

    def told(fact_id: str, person: str, opening: str) -> _Told:
        value = planter.fact(fact_id, _values(topic, knobs.n_values))
        whose, clauses = f"{called[person]}'s" if person else "my", words("chat")["topics"][topic]["said"]
        return _Told(fact_id, value, _sentence(planter, knobs, fact_id, opening, clauses, whose=whose, value=value))

    person = first if knobs.hops == 2 else ""
    fields = {"relation": person, "name": called[first]}
    link = (_sentence(planter, knobs, f"{topic}/link", "mentions", words("chat")["links"], **fields),) if person else ()
    ids = () if is_absent else (*(f"{topic}/former {age}" for age in range(n_former, 0, -1)), topic)
    own = tuple(told(fact_id, person, "updates" if turn else "mentions") for turn, fact_id in enumerate(ids))
    others = others[: knobs.n_distractors - n_former]
    return _Memory(topic, person, link, own, tuple(told(f"{topic}/{other}", other, "mentions") for other in others))


def _sentence(planter: Planter, knobs: Knobs, key: str, opening: str, clauses: Sequence[str], **fields: str) -> str:
    opened = planter.choice(f"opening/{key}", words("chat")[opening][: knobs.n_wordings])
    return opened.format(said=planter.choice(f"clause/{key}", clauses[: knobs.n_wordings]).format(**fields))


def _chats(planter: Planter, knobs: Knobs, memories: Sequence[_Memory]) -> tuple[str, ...]:
    """Return chats in which what is told of one person on one topic stands in different chats, oldest first."""
    strands = [[told.sentence for told in memory.own] for memory in memories]
    strands += [[sentence] for m in memories for sentence in (*m.link, *(told.sentence for told in m.others))]
    longest = max(map(len, strands))
    n_chats = max(longest + 2, min(_N_CHATS, knobs.n_words // _CHAT_WORDS))
    start = round((knobs.depth or 0) * (n_chats - longest))
    told = range(n_chats) if knobs.depth is None else range(start, start + longest)
    chats: list[list[str]] = [[] for _ in range(n_chats)]
    for number, strand in enumerate(strands):
        places = sorted(planter.shuffled(f"places/{number}", told)[: len(strand)])
        for place, sentence in zip(places, strand, strict=True):
            reply = planter.choice(f"reply/{number}/{place}", words("chat")["replies"])
            chats[place].append(f"User: {sentence}\nAssistant: {reply}")
    free = planter.shuffled("free", [place for place in range(n_chats) if knobs.depth is None or place not in told])
    n_missing = knobs.n_words - 2 * n_chats - sum(map(layout.n_words, chats)) - _CHAT_WORDS // 2  # half an exchange
    for exchange in layout.filler(planter, "filler", words("chat")["filler"], n_missing):
        chats[min(free, key=lambda place: len(chats[place]))].append(exchange)
    mixed = [planter.shuffled(f"chat/{place}", chat) for place, chat in enumerate(chats) if chat]
    return tuple("\n".join((f"Chat {number}", *chat)) for number, chat in enumerate(mixed, start=1))


def _item(planter: Planter, knobs: Knobs, document: Document, memory: _Memory, kind: str) -> Item:
    name, values, share = f"{memory.topic}-{kind}", _values(memory.topic, knobs.n_values), knobs.absent_share
    wording = planter.choice(f"question/{name}", words("chat")["questions"][kind][: knobs.n_wordings])
    who = f"the user's {memory.person}" if memory.person else "the user"
    question = Question(name, wording.format(who=who, noun=words("chat")["topics"][memory.topic]["noun"]))
    told = memory.own[-1 if kind == "current" else -2 :]
    in_chats = planter.shuffled(f"told/{name}", [told.value for told in (*memory.own, *memory.others)])
    wrong = tuple(dict.fromkeys([*in_chats, *planter.shuffled(f"wrong/{name}", values)]))
    answer, chance = told[0].value if told else options.CANNOT, planter.share(f"shown/{name}")
    shown = options.choose(
        answer, wrong, n_options=min(_N_OPTIONS, len(values)), absent_share=share, is_absent=not told, chance=chance
    )
    return Item(
        f"{document.id}/{name}",
        document,
        question,
        answer,
        kind if told else "absent",
        "perplexity",
        shown,
        evidence=(*memory.link, *(said.sentence for said in told)) if told else (),
        fact_ids=(told[0].fact_id,) if told else (),
        answer_bits=options.entropy_bits(log2(len(values)), share),
    )
