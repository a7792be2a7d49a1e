"""What is worth remembering of a user's chats? WildChat: conversations of people with ChatGPT.

Ten conversations in English, of 4 to 8 turns, make one synthetic user; each chat is compressed alone (paper §4). The
paper's questions were written by GPT-4o and are not published. In their place stands what the data itself holds: the
last exchange of one chat is taken out, its user's words are the question and its reply is the reference whose
perplexity is measured. Questions that a model wrote can be given instead. `twin` and `pool` write chats of our own.
"""

import random
from collections.abc import Sequence
from functools import partial
from itertools import islice

from agentbits.datasets import duplicates, hub, planting
from agentbits.datasets.twins.chat import write
from agentbits.errors import InputError
from agentbits.records import Document, Item, Question

CARD = hub.card("wildchat")
_FILES = [f"data/train-{number:05d}-of-00014.parquet" for number in range(14)]
N_CHATS = 10
_WANTED = (("language", "==", "English"), ("turn", ">=", 4), ("turn", "<=", 8))

twin = partial(planting.population, write)
pool = partial(duplicates.pool, write)


def load(
    n_documents: int = 100, *, seed: int = 0, path: hub.File = None, questions: hub.File = None, flagged: bool = False
) -> tuple[Item, ...]:
    """Return one question for each of some users, each made of the next ten conversations that fit.

    Streamed; nothing is kept. Conversations with an empty turn, of which the set has some, are passed over.

    Parameters
    ----------
    n_documents : users
    seed : of the order of the set's files, and of which chat loses its last exchange
    path : a copy of one of its Parquet files
    questions : JSONL with `id` (of a user), `question`, `answer`; the chats are then whole
    flagged : also take what is marked toxic, or had personal data removed

    Raises
    ------
    InputError
        Fewer users than asked for, or a question about another.
    DataMissingError, DataFormatError
        The set cannot be had, or has another form.
    """
    where = _WANTED if flagged else (*_WANTED, ("toxic", "==", False), ("redacted", "==", False))
    rows = hub.rows(CARD, _FILES, ("conversation",), where, path, seed)
    chats = list(islice(filter(None, (_chat(row["conversation"]) for row in rows)), max(n_documents, 0) * N_CHATS))
    if not 1 <= n_documents * N_CHATS <= len(chats):
        raise InputError(f"n_documents={n_documents}; found {len(chats)} chats that fit, {N_CHATS} for each user")
    source = CARD.source(path)
    users = {f"wildchat-{seed}-{n}": chats[n * N_CHATS : (n + 1) * N_CHATS] for n in range(n_documents)}
    if questions is None:
        return tuple(_held_out(key, user, source) for key, user in users.items())
    return tuple(hub.written(CARD, questions, [_document(key, user, source) for key, user in users.items()]))


def _chat(messages: Sequence[hub.Row]) -> tuple[str, ...]:
    """Return what user and assistant say in turn; nothing where one of them says nothing or speaks twice."""
    in_turn = [message["role"] for message in messages] == ["user", "assistant"] * (len(messages) // 2)
    said = tuple((message["content"] or "").strip() for message in messages)
    return said if in_turn and all(said) else ()


def _document(key: str, chats: Sequence[Sequence[str]], source: str) -> Document:
    spoken = [[f"{('User', 'Assistant')[turn % 2]}: {words}" for turn, words in enumerate(chat)] for chat in chats]
    parts = tuple("\n\n".join(chat) for chat in spoken)
    text = "\n\n".join(f"Chat {number}\n\n{part}" for number, part in enumerate(parts, 1))
    return CARD.document(key, key, text, source, parts)


def _held_out(key: str, chats: Sequence[Sequence[str]], source: str) -> Item:
    """Take the last exchange out of one chat, and ask for it."""
    which = random.Random(key).randrange(len(chats))  # noqa: S311 (a seeded draw, not a secret)
    *before, asked, reply = chats[which]
    document = _document(key, [*chats[:which], before, *chats[which + 1 :]], source)
    question, told = Question("reply", asked), (document.parts[which],)
    return Item(f"{key}/reply", document, question, reply, "held-out reply", "perplexity", evidence=told)
