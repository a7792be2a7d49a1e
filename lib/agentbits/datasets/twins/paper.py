"""What would QASPER ask of a research paper that nobody wrote?

A short paper about a model that is built from parts. Each question is about one or two parts of its own: how one was
trained, what the variant without it scores (a row of the table), whether it is switched on. Other parts and earlier
systems get statements and rows of the same kind. In two hops a question calls a part by where it comes from.

| kind | asks for | options |
|---|---|---|
| extractive | one property, or one score | values of the list |
| unanswerable | the same, of a paper that does not state it | CANNOT is right |
| free-form | two scores of one variant | two values of each, combined |
| yes/no | which variant scores higher, or whether a part is on | Yes, No |

All but yes/no are graded by token F1. Symbols: V values a fact · K options · s share of the extractive questions that
are unanswerable · Unit: bits.
"""

from collections.abc import Mapping
from math import log2
from typing import Any, NamedTuple

from agentbits.datasets import layout, options
from agentbits.datasets.planting import Knobs, Planter
from agentbits.datasets.twins.draft import SECTIONS, Draft
from agentbits.records import Document, Item, Question

_SOURCE = ("agentbits, twin of QASPER", "CC BY 4.0", "agentbits")
_N_OPTIONS = 4


class _Asked(NamedTuple):
    """A question with its answer, before the paper is put together; CANNOT where nothing was planted."""

    kind: str
    text: str
    answer: str
    options: tuple[str, ...]
    bits: float
    evidence: tuple[str, ...] = ()
    fact_ids: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()


def write(planter: Planter, knobs: Knobs) -> tuple[Item, ...]:
    """Return the questions about one paper, of all kinds in an order of its own, over and over.

    Raises
    ------
    InputError
        More parts than there are names for, or a share of unanswerable questions above 1/K.
    """
    draft = Draft(planter, knobs)
    chosen = knobs.asked(tuple(dict.fromkeys(kind for _, kind in _FORMS)))
    forms = planter.shuffled("forms", [form for form, kind in _FORMS if kind in chosen])
    asked = [forms[number % len(forms)](draft, f"q{number}") for number in range(knobs.n_questions)]
    document = _document(draft)
    return tuple(
        Item(
            f"{document.id}/q{number}",
            document,
            Question(f"q{number}", one.text[0].upper() + one.text[1:]),
            one.answer,
            one.kind,
            "options" if one.kind == "yes/no" else "f1",
            one.options,
            one.accepted,
            one.evidence,
            fact_ids=one.fact_ids,
            answer_bits=one.bits,
        )
        for number, one in enumerate(asked)
    )


def _property(draft: Draft, name: str) -> _Asked:
    return _extracted(draft, name, draft.planter.choice(f"{name}/property", draft.text["properties"]), "")


def _score(draft: Draft, name: str) -> _Asked:
    return _extracted(draft, name, draft.text["score"], draft.planter.choice(f"{name}/measure", draft.text["measures"]))


def _extracted(draft: Draft, name: str, about: Mapping[str, Any], measure: str) -> _Asked:
    planter, share, values, part = draft.planter, draft.knobs.absent_share, draft.values(about), draft.part()
    question = draft.worded(f"{name}/question", about["questions"], part=part.asked, measure=measure)
    is_absent = planter.share(f"{name}/absent") < share
    planted = None if is_absent else draft.plant(name, about, part, values, measure)
    wrong = planted.wrong if planted else draft.others(name, about, values, measure)
    answer = planted.value if planted else options.CANNOT
    shown = options.choose(
        answer,
        wrong,
        n_options=min(_N_OPTIONS, len(values)),
        absent_share=share,
        is_absent=is_absent,
        chance=planter.share(f"{name}/shown"),
    )
    bits = options.entropy_bits(log2(len(values)), share)
    if not planted:
        return _Asked("unanswerable", question, answer, shown, bits)
    accepted = tuple(other.format(value=answer, measure=measure) for other in about["accepted"])
    return _Asked("extractive", question, answer, shown, bits, (*part.link, planted.sentence), (name,), accepted)


def _pair(draft: Draft, name: str) -> _Asked:
    """Ask for two scores of one variant; the options combine two values of each."""
    about, part = draft.text["score"], draft.part()
    values, measures = draft.values(about), draft.planter.shuffled(f"{name}/measures", draft.text["measures"])[:2]
    both = [draft.plant(f"{name}/{m}", about, part, values, m) for m in measures]
    question = draft.worded(
        f"{name}/question", draft.text["pairs"], part=part.asked, measure=measures[0], second=measures[1]
    )
    answer = " and ".join(one.value for one in both)
    others = [(one.value, next(value for value in one.wrong if value != one.value)) for one in both]
    shown = tuple(f"{first} and {second}" for first in others[0] for second in others[1])
    evidence = (*part.link, *(one.sentence for one in both))
    return _Asked("free-form", question, answer, shown, 2 * log2(len(values)), evidence, tuple(o.name for o in both))


def _comparison(draft: Draft, name: str) -> _Asked:
    """Ask which of two variants scores higher; which of the two lists is whose is a choice, so that both are alike."""
    about, parts = draft.text["score"], (draft.part(), draft.part())
    measure, first = draft.planter.choice(f"{name}/measure", draft.text["measures"]), draft.planter.choice(name, (0, 1))
    lists = [tuple(about["values"][(first + n) % 2 :: 2][: draft.knobs.n_values]) for n in (0, 1)]
    both = [draft.plant(f"{name}/{n}", about, parts[n], lists[n], measure) for n in (0, 1)]
    asked = {"part": parts[0].asked, "second": parts[1].asked, "measure": measure}
    question = draft.worded(f"{name}/question", draft.text["comparisons"], **asked)
    answer = "Yes" if float(both[0].value) > float(both[1].value) else "No"
    evidence = tuple(sentence for part, one in zip(parts, both, strict=True) for sentence in (*part.link, one.sentence))
    return _Asked("yes/no", question, answer, ("Yes", "No"), 1.0, evidence, tuple(one.name for one in both))


def _switch(draft: Draft, name: str) -> _Asked:
    about, part = draft.text["switch"], draft.part()
    planted = draft.plant(name, about, part, tuple(about["values"]), "")
    question = draft.worded(f"{name}/question", about["questions"], part=part.asked)
    answer = "Yes" if planted.value == about["values"][0] else "No"
    return _Asked("yes/no", question, answer, ("Yes", "No"), 1.0, (*part.link, planted.sentence), (name,))


_FORMS = (
    (_property, "extractive"),
    (_score, "extractive"),
    (_pair, "free-form"),
    (_comparison, "yes/no"),
    (_switch, "yes/no"),
    (_property, "extractive"),
)


def _shared_out(filler: list[str], depth: float | None) -> dict[str, list[str]]:
    """Give filler to all sections alike, or a share `depth` to the first and the rest to the last."""
    if depth is None:
        return {section: filler[n :: len(SECTIONS)] for n, section in enumerate(SECTIONS)}
    n_before = round(depth * len(filler))
    return {section: list[str]() for section in SECTIONS} | {
        SECTIONS[0]: filler[:n_before],
        SECTIONS[-1]: filler[n_before:],
    }


def _document(draft: Draft) -> Document:
    """Put the sections together; filler goes to sections, and there before, between or behind what is told."""
    planter, knobs, text = draft.planter, draft.knobs, draft.text
    leads = {section: draft.worded(f"lead/{section}", wordings) for section, wordings in text["leads"].items()}
    title = draft.worded("title", text["titles"])
    planted = [sentence for told in draft.told.values() for sentence in told]
    missing = knobs.n_words - layout.n_words([title, *leads, *leads.values(), text["table"], *planted])
    filler = [passage.format(task=draft.task) for passage in layout.filler(planter, "filler", text["filler"], missing)]
    share = _shared_out(filler, knobs.depth)
    blocks = [title, f"Abstract\n{leads['Abstract']}"]
    for section in SECTIONS:
        told = planter.shuffled(f"told/{section}", draft.told[section])
        told = ["\n".join([text["table"], *told])] if section == "Ablation" and told else told
        passages = layout.arranged(planter, f"passages/{section}", told, share[section], knobs.depth)
        blocks.append("\n".join([section, leads[section], *passages]))
    return Document(f"paper-{planter.number}", title, "\n\n".join(blocks), *_SOURCE, tuple(planter.facts))
