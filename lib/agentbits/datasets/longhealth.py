"""What do the letters say about a patient? LongHealth: 20 fictional patients, 400 questions with five options.

The context is all letters of one patient, in order; the options are kept from document and question, since the
compressor must not see them (paper §4). Nothing of the set may be reposted, so nothing of it lies in this project.
`twin` and `pool` write patients of our own.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import partial

from agentbits.datasets import duplicates, hub, planting
from agentbits.datasets.twins.clinical import write
from agentbits.errors import DataFormatError
from agentbits.records import Item, Question

CARD = hub.card("longhealth")
_ADDRESS = f"https://raw.githubusercontent.com/{CARD.repository}/{CARD.revision}/data/benchmark_v5.json"
_DIGEST = "82d34d9da47ab279d7aa89a6bdf298c0ac79f1e506e1dd0a3ea69a1ad5e2cb45"
_OPTIONS = ("answer_a", "answer_b", "answer_c", "answer_d", "answer_e")

twin = partial(planting.population, write)
pool = partial(duplicates.pool, write)


def load(n_documents: int | None = None, *, seed: int = 0, path: hub.File = None) -> tuple[Item, ...]:
    """Return the questions about some patients.

    Fetched from GitHub each time, checked against its SHA-256, and kept nowhere.

    Parameters
    ----------
    n_documents : patients; None for all 20
    seed : of the draw
    path : a copy of `data/benchmark_v5.json`

    Raises
    ------
    InputError
        More patients than there are.
    DataMissingError, DataFormatError
        The set cannot be had, or has another form.
    """
    patients = hub.fetched(CARD, _ADDRESS, _DIGEST) if path is None else hub.parsed(CARD, path)
    source, some = CARD.source(path), hub.drawn(CARD, list(patients.items()), n_documents, seed)
    return tuple(item for key, patient in some for item in _items(key, patient, source))


def _items(key: str, patient: hub.Row, source: str) -> Iterator[Item]:
    hub.checked(CARD, patient, ("texts", "questions"), key)
    letters = dict(sorted(patient["texts"].items(), key=lambda letter: (len(letter[0]), letter[0])))
    document = CARD.document(key, key, "\n\n".join(letters.values()), source)
    for number, row in enumerate(patient["questions"]):
        hub.checked(CARD, row, ("question", "correct", *_OPTIONS), f"question {number} of {key}")
        question = Question(str(number), row["question"])
        options = tuple(row[name].strip() for name in _OPTIONS)
        # `correct` repeats an option's words, give or take a slip of the pen.
        answer = next(iter(get_close_matches(row["correct"].strip(), options, n=1, cutoff=0.8)), None)
        if answer is None:
            raise DataFormatError(f"{CARD.name}: the answer to question {number} of {key} is none of its options")
        told = tuple(letter for name, letter in letters.items() if name in (row.get("answer_location") or ()))
        yield Item(f"{key}/{number}", document, question, answer, "multiple choice", "options", options, evidence=told)
