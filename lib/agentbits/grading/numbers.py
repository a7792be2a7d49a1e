"""Is this the right number, whatever its unit and scale?

$1.577 billion · 1,577 million · USD 1,577,000,000 · (1,577) · −3.2% · 25 bps · 9.5x

A number without a scale of its own may be read in the one that the question asks for ("in USD millions", "in
percent"): where millions are asked for, 1,577 and 1,577,000,000 and $1.577 billion are one answer. Without such a
question 12.5 is not 12.5%, and 0.125 is. Two currencies, or a currency and a percentage, are never the same. A number
in parentheses is negative at the beginning and behind "is", ":", "=", a currency sign or the like, elsewhere a remark.

Right means: within `relative` of the reference, or equal to it once rounded to the digits that the reference shows.
What may be a year has to be met.

Which number of a text is meant? The final part is read, or else what stands behind the last "therefore", or else all.
Dates, pages and the like are blotted out; years and the numbers of the question itself are left out, where others
remain. Then the first of these that is there: the one behind the last "=", the one that opens the part, the only one in
the unit of the reference, the only one. Several that say the same ("$1.577 billion (1,577 million)") are one; a range,
or several that differ, are ambiguous. Written-out numbers ("three") and decimal commas are not read.
"""

import re
from collections.abc import Collection
from typing import Any, NamedTuple

from agentbits.errors import InputError
from agentbits.grading.grades import ENGLISH, Grade, abstains, decided, final, pattern, unfound, ungraded
from agentbits.records import Item

_NO_AMOUNT, _AMOUNT, _NEGATIVE, _LEAD, _RANGE = map(pattern, ("no_amount", "amount", "negative", "lead", "range"))
_ASKS_SCALE, _ASKS_PERCENT, _MENTIONS_PERCENT = map(pattern, ("asks_scale", "asks_percent", "mentions_percent"))
# Leaves room for how floats round.
_SLACK = 1 + 1e-9


class Amount(NamedTuple):
    """A number as written.

    Attributes
    ----------
    value : with its sign and scale; 12.5% is 0.125
    unit : `%` (basis points, too), a currency, or nothing
    is_scaled : whether a word of scale stands with it
    half_digit : half of what the last digit shown stands for
    place : where it begins and ends in the text
    """

    value: float
    unit: str
    is_scaled: bool
    half_digit: float
    place: tuple[int, int]


def by_number(item: Item, text: str, *, relative: float = 0.01) -> Grade:
    """Grade the number in a text.

    Parameters
    ----------
    relative : the largest error, as a share of the right number; 0 leaves only rounding

    Raises
    ------
    InputError
        A reference answer that does not state one number, or a tolerance outside 0 to 1.
    """
    if not 0 <= relative < 1:
        raise InputError(f"relative={relative}; expected a share from 0 to below 1")
    question = item.question.text
    answers = [answer for answer in (item.answer, *item.accepted) if not abstains(answer)]
    rights = [right for right in map(_stated, answers) if right]
    if len(rights) < len(answers):
        raise InputError(f"item {item.id!r}: {answers} do not state one number each; grade it by words or by a judge")
    concluded, units = final(text, concluding=True), {right.unit for right in rights}
    if early := ungraded(item.answer, text) or ungraded(item.answer, concluded):
        return early
    given = _stated(concluded, units, question) or _stated(final(text), units, question)
    if not given or (is_year(given) and not any(1900 <= right.value <= 2100 for right in rights)):
        return unfound(item.answer, text, "no number, or several and none named as the answer")
    outcome = "right" if any(agree(given, right, question, relative) for right in rights) else "wrong"
    return decided(outcome, f"{given.value:g} {given.unit} against {item.answer}: {text}")


def _stated(text: str, units: Collection[str] = (), question: str = "") -> Amount | None:
    """Return the amount that a text states; None where there is none, or none is named among several."""
    seen, found = _amounts(text)
    asked = {(amount.value, amount.unit) for amount in _amounts(question)[1]}
    found = [amount for amount in found if not is_year(amount)] or found
    found = [amount for amount in found if (amount.value, amount.unit) not in asked] or found
    starts = [match.end() for start in (seen.rfind("=") + 1, 0) if (match := _LEAD.match(seen, start))]
    groups = [[amount for amount in found if amount.place[0] == start] for start in starts]
    for group in (*groups, [amount for amount in found if amount.unit in units], found):
        finest = min(group, key=lambda amount: amount.half_digit, default=None)
        if finest and all(abs(finest.value - amount.value) <= amount.half_digit * _SLACK for amount in group):
            around = (seen[: amount.place[0]] + "\0" + seen[amount.place[1] :] for amount in group)
            return None if any(map(_RANGE.search, around)) else finest
    return None


def amounts(text: str) -> list[Amount]:
    """Return the amounts in a text; years are among them, dates and pages are not."""
    return _amounts(text)[1]


def _amounts(text: str) -> tuple[str, list[Amount]]:
    """Return a text with what is no amount blotted out, and the amounts in it."""
    seen = _NO_AMOUNT.sub(lambda noise: " " * len(noise[0]), text).replace("≈", "=")
    return seen, [_amount(match, seen[: match.start()]) for match in _AMOUNT.finditer(seen)]


def _amount(match: re.Match[str], before: str) -> Amount:
    unit = _named("units", match["unit"] or match["money"], "")
    factor = float(_named("scales", match["scale"], 1)) * {"%": 0.01, "bps": 0.0001}.get(unit, 1.0)
    digits = match["digits"].replace(",", "")
    half_digit = 0.5 * factor * 10.0 ** -len(digits.partition(".")[2])
    sign = -1 if match["sign"] or match["after"] or (match["open"] and _NEGATIVE.search(before)) else 1
    value, is_scaled = sign * float(digits) * factor, bool(match["scale"])
    return Amount(value, unit.replace("bps", "%"), is_scaled, half_digit, match.span())


def _named(kind: str, written: str | None, otherwise: Any) -> Any:
    names = (name for name, spelled in ENGLISH[kind].items() if re.fullmatch(spelled, written or "", re.IGNORECASE))
    return next(names, otherwise)


def is_year(amount: Amount) -> bool:
    """Say whether a number may be a year."""
    return amount.half_digit == 0.5 and not amount.unit and 1900 <= amount.value <= 2100


def agree(given: Amount, right: Amount, question: str = "", relative: float = 0.01) -> bool:
    """Say whether a number is the right one, in the scale that a question asks for; parameters as for `by_number`."""
    may_agree = not (given.unit and right.unit) or given.unit == right.unit
    asked = _asked(question, right)
    target = right.value * _scales(right, asked)[-1]
    # Nothing but 0 rounds to 0.
    rounding = right.half_digit * abs(target / right.value) if right.value else 0.0
    tolerance = rounding if is_year(right) else max(relative * abs(target), rounding)
    return may_agree and any(abs(target - given.value * k) <= tolerance * _SLACK for k in _scales(given, asked))


def _asked(question: str, right: Amount) -> float:
    """Return the scale in which the question wants its number."""
    if right.unit != "%" and (scale := _ASKS_SCALE.search(question)):
        return _named("scales", scale["scale"], 1)
    return 0.01 if (_MENTIONS_PERCENT if right.unit == "%" else _ASKS_PERCENT).search(question) else 1.0


def _scales(amount: Amount, asked: float) -> tuple[float, ...]:
    is_settled = amount.is_scaled or amount.unit == "%" or (amount.unit and asked < 1)
    return (1.0,) if is_settled else (1.0, asked)
