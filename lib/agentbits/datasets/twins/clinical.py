"""What do a patient's letters say, and what do they not?

A document is the file of one patient: dated letters from several departments. A *topic* is something that letters
state, such as the dose of a drug. Each question asks for one topic in one letter; in `n_distractors` other letters the
same topic stands with values of its own, so that only letter and topic together lead to the answer. There are three
forms, and the statement of each carries one planted fact.

lookup : the letter states the value
negation : the letter states that of five candidates four were found and one, the value, was not
ordering : the letter dates five events; the value is the first or the last of them, or the one before a sixth

A question of any form is *absent* where the letter that it names does not have the statement. The candidates of a
negation and an ordering are the same in every document, and each is the answer equally often: options tell nothing.
After LongHealth (paper §4): five options, kept from the compressor.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from math import log2
from typing import NamedTuple

from agentbits.datasets import layout, options, planting
from agentbits.datasets.planting import Knobs, Planter
from agentbits.errors import InputError
from agentbits.records import Document, Item, Question


class Topic(NamedTuple):
    """Something that letters state: how one asks for it, in which ways, and with which values."""

    id: str
    kind: str
    question: str
    wordings: list[str]
    values: tuple[str, ...]
    places: list[int]
    anchor: list[str]


class Letter(NamedTuple):
    """A letter's date, its first line, and what it was written after."""

    day: date
    head: str
    event: str


class Statement(NamedTuple):
    """What the letter at `place` says of a topic; no text where it is silent."""

    place: int
    value: str = ""
    text: str = ""


def write(planter: Planter, knobs: Knobs) -> tuple[Item, ...]:
    """Write one patient's letters and return the questions about them.

    Raises
    ------
    InputError
        More questions than topics, more distractors than there are other letters, or a share of absent questions
        above one over the number of options.
    """
    return _written(planter, knobs, n_turns=1)


def write_all(planter: Planter, knobs: Knobs) -> tuple[Item, ...]:
    """Write the same letters, and ask for each topic in every letter that states it.

    Raises
    ------
    InputError
        As `write`.
    """
    return _written(planter, knobs, n_turns=knobs.n_distractors + 1)


def _written(planter: Planter, knobs: Knobs, *, n_turns: int) -> tuple[Item, ...]:
    letters = _letters(planter, knobs)
    kinds = knobs.asked(("lookup", "negation", "ordering"))
    known = [topic for topic in _topics(knobs.n_values, knobs.n_wordings) if topic.kind in kinds]
    topics = planter.shuffled("topics", known)
    if knobs.n_questions > len(topics):
        raise InputError(f"n_questions={knobs.n_questions}; the letters have {len(topics)} topics, each asked for once")
    said = [(topic, _statements(planter, knobs, topic, letters)) for topic in topics[: knobs.n_questions]]
    document = _document(planter, knobs, letters, [statement for _, statements in said for statement in statements])
    return tuple(
        _item(planter, knobs, document, topic, letters, statements[turn:] + statements[:turn])
        for topic, statements in said
        for turn in range(n_turns)
    )


@cache
def _topics(n_values: int, n_wordings: int) -> tuple[Topic, ...]:
    return tuple(
        Topic(
            id=name.replace(" ", "-"),
            kind=group["kind"],
            question=group["question"].replace("{name}", name),
            wordings=[wording.replace("{name}", name) for wording in group["wordings"][:n_wordings]],
            values=tuple(group["values"][:n_values]),
            places=group.get("places", []),
            anchor=group.get("anchor", []),
        )
        for group in planting.words("clinical")["groups"]
        for name in group["names"]
    )


def _letters(planter: Planter, knobs: Knobs) -> list[Letter]:
    """Return at least three letters, one for every 500 words, and enough for all distractors."""
    words = planting.words("clinical")
    most, n_letters = len(words["reasons"]), max(3, knobs.n_distractors + 1, knobs.n_words // 500)
    if knobs.n_distractors >= most:
        raise InputError(f"n_distractors={knobs.n_distractors}; each takes a letter of its own: at most {most - 1}")
    day, letters = date(2010, 1, 1) + timedelta(planter.choice("first letter", range(4000))), list[Letter]()
    for reason, event in planter.shuffled("reasons", words["reasons"])[:n_letters]:
        department = planter.choice(f"department/{event}", words["departments"])
        letters.append(Letter(day, words["head"].format(date=_said(day), department=department, reason=reason), event))
        day += timedelta(planter.choice(f"gap/{event}", range(40, 300)))
    return letters


def _statements(planter: Planter, knobs: Knobs, topic: Topic, letters: Sequence[Letter]) -> list[Statement]:
    """Return what the letter that is asked for says, and then what others say."""
    is_absent = planter.share(f"absent/{topic.id}") < knobs.absent_share
    asked, *others = planter.shuffled(f"letters/{topic.id}", range(len(letters)))[: knobs.n_distractors + 1]
    first = Statement(asked) if is_absent else _statement(planter, topic, letters, asked)
    return [first, *(_statement(planter, topic, letters, place) for place in others)]


def _statement(planter: Planter, topic: Topic, letters: Sequence[Letter], place: int) -> Statement:
    """Plant a fact and put it into words."""
    key, day = f"{topic.id}/{place}", letters[place].day
    value = planter.fact(key, topic.values)
    wording = planter.choice(f"wording/{key}", topic.wordings)
    others = [other for other in planter.shuffled(f"others/{key}", topic.values) if other != value]
    if topic.kind != "ordering":
        listed = " and ".join(filter(None, [", ".join(others[:-1]), others[-1]]))
        return Statement(place, value, wording.format(date=_said(day), value=value, others=listed))
    turn = planter.choice(f"turn/{key}", topic.places)
    events = [*others[:turn], value, *topic.anchor, *others[turn:]]
    ago = sorted(planter.shuffled(f"ago/{key}", range(1, 31))[: len(events)], reverse=True)
    dated = [wording.format(date=_said(day - timedelta(n)), value=event) for n, event in zip(ago, events, strict=True)]
    return Statement(place, value, " ".join(planter.shuffled(f"told/{key}", dated)))


def _document(planter: Planter, knobs: Knobs, letters: Sequence[Letter], said: Sequence[Statement]) -> Document:
    words = planting.words("clinical")
    slots = {slot: planter.choice(f"slot/{slot}", values) for slot, values in words["slots"].items()}
    birth = _said(date(1930, 1, 1) + timedelta(planter.choice("birth", range(25_000))))
    passages = [words["header"].format(birth=birth, **slots)]
    for place, letter in enumerate(letters):
        texts = [statement.text for statement in said if statement.place == place and statement.text]
        passages += [letter.head, *planter.shuffled(f"order/{place}", texts)]
    filler = layout.filler(planter, "filler", words["filler"], knobs.n_words - layout.n_words(passages))
    rest = [passage.format(**slots) for passage in filler]
    return Document(
        id=f"clinical-{planter.number}",
        title=f"{slots['first']} {slots['last']}",
        text="\n\n".join([*passages[:2], *layout.arranged(planter, "layout", passages[2:], rest, knobs.depth)]),
        source="agentbits, twin of LongHealth",
        licence="CC BY 4.0",
        citation="agentbits",
        facts=tuple(planter.facts),
    )


def _item(
    planter: Planter, knobs: Knobs, document: Document, topic: Topic, letters: Sequence[Letter], said: list[Statement]
) -> Item:
    """Return the question for the first of the statements; the values of the others are wrong options."""
    asked, *others = said
    letter, is_absent, share = letters[asked.place], not asked.text, knobs.absent_share
    wrong = list(dict.fromkeys([*(s.value for s in others), *planter.shuffled(f"wrong/{topic.id}", topic.values)]))
    n_options, chance = min(5, len(wrong)), planter.share(f"cannot/{topic.id}")
    shown = options.choose(
        asked.value, wrong, n_options=n_options, absent_share=share, is_absent=is_absent, chance=chance
    )
    key, opening = f"{topic.id}/{asked.place}", planting.words("clinical")["openings"][knobs.hops - 1]
    return Item(
        id=f"{document.id}/{key}",
        document=document,
        question=Question(key, opening.format(date=_said(letter.day), event=letter.event, question=topic.question)),
        answer=shown[0],
        kind="absent" if is_absent else topic.kind,
        metric="options",
        options=shown,
        evidence=() if is_absent else (letter.head, asked.text),
        fact_ids=() if is_absent else (key,),
        answer_bits=options.entropy_bits(log2(len(topic.values)), share),
    )


def _said(day: date) -> str:
    return f"{day.day} {planting.words('clinical')['months'][day.month - 1]} {day.year}"
