"""What does an annual report say, and what follows from it?

The twin of FinanceBench: reports of invented companies over two or three fiscal years. Raw lines are planted facts, and
the ledger follows from them (`ledger`). Income statement and balance sheet are plain-text tables, the cash flow is
prose, and around them stand passages that answer nothing, on numbered pages.

A question asks for a line of a year (`extracted`), for a quotient (`ratio`), or whether one rose since the year before
(`judgement`). It has no answer where it is about years that the report does not cover. First years lie on a circle of
twelve; uncovered years begin four to eight years further on, so that the year does not tell whether it is covered.

Symbols: V values of a line · K options · s share of questions without an answer · Unit: millions of USD.
"""

from collections import Counter
from functools import partial
from itertools import chain, cycle

from agentbits.datasets import layout, options
from agentbits.datasets.planting import Knobs, Planter, words
from agentbits.datasets.twins import ledger
from agentbits.errors import InputError
from agentbits.records import Document, Item, Question

_LONG = 1000  # words from which on a report has three years
_PAGE_BLOCKS = 4


def write(planter: Planter, knobs: Knobs) -> tuple[Item, ...]:
    """Return the questions about one report, which covers three years from 1,000 words on, and two below.

    Distractors are figures of the same line and year by competitors, sold segments and joint ventures. With `hops=2` a
    question names a year by what happened in it.

    Raises
    ------
    InputError
        More questions than there are, or a share of absent ones above 1/K.
    """
    report = _Report(planter, knobs)
    kinds = knobs.asked(("extracted", "ratio", "judgement"))
    tasks = [task for task in ledger.tasks().values() if task.kind in kinds]
    pairs = [(task, year) for task in tasks for year in range(task.back, report.n_years)]
    if knobs.n_questions > len(pairs):
        raise InputError(f"n_questions={knobs.n_questions}; a report has answers to {len(pairs)}: ask fewer")
    # Times the number of its kind, a share is about the place within the kind: kinds are asked for equally often.
    n_of = Counter(task.kind for task, _ in pairs)
    pairs.sort(key=lambda pair: planter.share(f"turn/{pair[0].name}/{pair[1]}") * n_of[pair[0].kind])
    asked = [report.ask(*pair) for pair in pairs[: knobs.n_questions]]
    document = report.document()
    return tuple(item(document=document) for item in asked)


class _Report:
    """A report while it is written.

    Attributes
    ----------
    calendar : the fiscal years that it covers, and then those that it does not
    named, events : what questions call a year after what happened in it, and the sentence that tells that
    years : all lines of each covered year
    blocks : what is planted, in pieces that are not torn
    told : the passages that tell a line of a year
    """

    def __init__(self, planter: Planter, knobs: Knobs) -> None:
        self.planter, self.knobs, self.text = planter, knobs, words("finance")
        self.company, *others = planter.shuffled("names", self.text["names"])
        self.others, self.n_years = cycle(others), 3 if knobs.n_words >= _LONG else 2
        start, jump = planter.choice("start", range(12)), planter.choice("jump", range(4, 9))
        self.calendar = [[f"FY{2004 + n % 12 + year}" for year in range(self.n_years)] for n in (start, start + jump)]
        happened = planter.shuffled("events", self.text["events"]) if knobs.hops == 2 else []
        events, ways = dict(zip(chain(*self.calendar), happened, strict=False)), self.text["told events"]
        self.named = {year: f"the fiscal year in which the company {event}" for year, event in events.items()}
        self.events = {year: self._worded(f"event/{year}", ways, event=e, year=year) for year, e in events.items()}
        self.years, self.blocks = self._years(), [*self.events.values()]
        self.told = self._told()

    def ask(self, task: ledger.Task, year: int) -> partial[Item]:
        """Write a question and its distractors; all of an item but the document."""
        key, share, is_judged = f"{task.name}/{year}", self.knobs.absent_share, task.kind == "judgement"
        is_absent = self.planter.share(f"absent/{key}") < share
        shown, years = self._options(task, year, is_absent=is_absent), self.calendar[is_absent]
        when, before = (self.named.get(name, name) for name in (years[year], years[year - task.back]))
        fields = {"company": self.company, "when": when, "before": before, **task._asdict()}
        question = self._worded(f"question/{key}", self.text["questions"][task.kind], **fields)
        passages = [told for name, told in self.events.items() if self.named[name] in question]
        passages += [told for line in task.shown for n in (year - task.back, year) for told in self.told[line, n]]
        planted = [f"{line}/{year - n - back}" for n in range(1 + is_judged) for line, back, *_ in task.terms]
        return partial(
            Item,
            id=f"finance-{self.planter.number}/{key}",
            question=Question(key, question),
            answer=shown[0],
            kind="absent" if is_absent else task.kind,
            metric="options" if is_judged else "number",
            options=shown,
            evidence=() if is_absent else tuple(dict.fromkeys(passages)),
            fact_ids=() if is_absent else tuple(planted),
            answer_bits=options.entropy_bits(ledger.answers(task.name, self.knobs.n_values).bits, share),
        )

    def document(self) -> Document:
        """Add filler and turn pages."""
        planter, knobs, title = self.planter, self.knobs, f"{self.company}, annual report for {self.calendar[0][-1]}"
        head = f"{title}\nAll amounts are in millions of USD."
        missing = knobs.n_words - layout.n_words([head, *self.blocks])
        fill = {slot: planter.choice(f"slot/{slot}", values) for slot, values in self.text["slots"].items()}
        rest = [passage.format(**fill) for passage in layout.filler(planter, "filler", self.text["filler"], missing)]
        blocks = [head, *layout.arranged(planter, "layout", planter.shuffled("blocks", self.blocks), rest, knobs.depth)]
        n_pages = -(-len(blocks) // _PAGE_BLOCKS)
        for page in range(n_pages):
            blocks.insert(page * (_PAGE_BLOCKS + 1), f"Page {page + 1} of {n_pages}")
        key, text, facts = f"finance-{planter.number}", "\n\n".join(blocks), tuple(planter.facts)
        return Document(key, title, text, "agentbits, twin of FinanceBench", "CC BY 4.0", "agentbits", facts)

    def _worded(self, name: str, wordings: list[str], /, **fields: object) -> str:
        return self.planter.choice(f"worded/{name}", wordings[: self.knobs.n_wordings]).format(**fields)

    def _years(self) -> list[dict[str, int]]:
        planter, raw = self.planter, list[dict[str, str]]()
        for n, part in enumerate(planter.shuffled("remainders", range(3))[: self.n_years]):
            lists = {line: ledger.values(line, self.knobs.n_values, part) for line in self.text["raw"]}
            raw.append({line: planter.fact(f"{line}/{n}", values) for line, values in lists.items()})
        opening = {line: planter.choice(f"opening/{line}", values) for line, values in self.text["opening"].items()}
        return ledger.complete(raw, opening)

    def _told(self) -> dict[tuple[str, int], tuple[str, ...]]:
        """Add tables and prose, and return the passages that tell a line of a year."""
        told: dict[tuple[str, int], tuple[str, ...]] = {}
        head = f"{'USD millions':<29}" + "".join(f"{year:>8}" for year in self.calendar[0])
        for title, lines in self.text["tables"].items():
            rows = [f"{line.capitalize():<29}" + "".join(f"{year[line]:>8,}" for year in self.years) for line in lines]
            told |= {(line, n): (head, rows[at]) for at, line in enumerate(lines) for n in range(self.n_years)}
            self.blocks.append("\n".join([title, head, *rows]))
        for n, year in enumerate(self.years):
            fields = {**year, "year": self.calendar[0][n]}
            said = {line: self._worded(f"{line}/{n}", ways, **fields) for line, ways in self.text["prose"].items()}
            told |= {(line, n): (sentence,) for line, sentence in said.items()}
            self.blocks.append(" ".join(said.values()))
        return told

    def _options(self, task: ledger.Task, year: int, *, is_absent: bool) -> tuple[str, ...]:
        """Write the distractors, and return the options with the right one first."""
        planter, knobs, key, line = self.planter, self.knobs, f"{task.name}/{year}", task.terms[0][0]
        near, known = list[str](), ledger.answers(task.name, knobs.n_values)
        for turn in range(knobs.n_distractors):
            value = planter.choice(f"figure/{key}/{turn}", ledger.values(line, knobs.n_values))
            fields = {"other": next(self.others), "line": line, "year": self.calendar[is_absent][year], "value": value}
            self.blocks.append(self._worded(f"distractor/{key}/{turn}", self.text["distractors"], **fields))
            near.append(f"${value} million")
        right = None if is_absent else task.answer(self.years, year)
        value, *wrong = known.options(right, planter.share(f"case/{key}"))
        wrong = planter.shuffled(f"wrong/{key}", known.said if task.kind == "extracted" else wrong)
        if task.kind == "extracted":  # any value is as likely as any other, so those of the text come first
            near += [task.answer(self.years, n) for n in range(self.n_years)]
            wrong = list(dict.fromkeys([*near, *wrong]))
        k, share, chance = known.n_options, knobs.absent_share, planter.share(f"shown/{key}")
        return options.choose(value, wrong, n_options=k, absent_share=share, is_absent=is_absent, chance=chance)
