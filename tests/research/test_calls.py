"""Calls: what they take, who pays, and what stops them."""

from dataclasses import replace
from datetime import date

import pytest
from scripted import Scripted

from agentbits.engines import Sampling
from agentbits.errors import CeilingError, InputError, ServerError, UnknownNameError
from agentbits.memo import Memo
from agentbits.prices import Price
from agentbits.prompts import Prompt
from agentbits.records import Usage
from agentbits.research.bills import Machine, Spent
from agentbits.research.calls import Model, Purse

DOLLAR = Price("scripted", "p", "scripted", date(2026, 1, 1), 0, None, 1.0, None, 10.0, None, None, "test")
PROMPT = Prompt("", "x" * 99, "?", "")


def test_what_a_call_took_is_written_down() -> None:
    purse = Purse({"scripted": DOLLAR})
    [said] = Model(Scripted(lambda *_: " four "), Sampling()).ask("write", [PROMPT], purse)
    assert (said.text, said.is_cut, said.error) == ("four", False, None)
    assert (said.spent.stage, said.spent.model, said.spent.usage) == ("write", "scripted", Usage(101, 6))
    assert said.spent.seconds is not None
    assert purse.spent_usd == pytest.approx(161e-6)


def test_a_call_that_fails_takes_no_other_with_it() -> None:
    engine = Scripted(lambda text, _: ServerError("down") if "bad" in text else "good")
    said = Model(engine, Sampling()).ask("compress", [PROMPT, replace(PROMPT, question="bad"), PROMPT], Purse())
    assert [one.text for one in said] == ["good", "", "good"]
    assert isinstance(said[1].error, ServerError)


def test_nobody_knows_the_seconds_of_what_a_memo_answered(tmp_path) -> None:
    model = Model(Memo(Scripted(lambda *_: "note"), tmp_path / "memo.sqlite"), Sampling())
    [[first], [again]] = [model.ask("compress", [PROMPT], Purse()) for _ in range(2)]
    assert first.spent.seconds is not None
    assert again.spent.seconds is None
    assert first.spent.usage == again.spent.usage


def test_the_ceiling_is_held_against_the_most_that_calls_can_cost() -> None:
    engine = Scripted(lambda *_: "note")
    purse = Purse({"scripted": DOLLAR}, ceiling_usd=0.001)
    model = Model(engine, Sampling(max_tokens=80))
    model.ask("compress", [PROMPT], purse)
    with pytest.raises(
        CeilingError, match=r"the next calls can cost 0.0009 USD; spent 0.0001, ceiling_usd=0.001: raise it"
    ):
        model.ask("compress", [PROMPT], purse)
    assert len(engine.prompts) == 1


def test_searches_are_paid_for_and_own_machines_are_not() -> None:
    purse = Purse({"own": Machine(5.0)}, usd_per_search=0.01, ceiling_usd=0.02)
    purse.check([Spent("compress", "own", Usage(10**9, 10**9)), Spent("search", "web", n_searches=2)])
    with pytest.raises(CeilingError, match=r"can cost 0.0300 USD"):
        purse.check([Spent("search", "web", n_searches=3)])
    with pytest.raises(UnknownNameError, match="unknown model 'other'; known: own"):
        purse.check([Spent("plan", "other", Usage(1, 1))])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"ceiling_usd": 0.0, "usd_per_search": 1.0},
            r"ceiling_usd=0.0, usd_per_search=1.0; expected a ceiling above 0",
        ),
        (
            {"usd_per_search": -1.0},
            r"usd_per_search=-1.0; expected a ceiling above 0, or none, and a fee of at least 0",
        ),
        ({"ceiling_usd": 1.0}, r"ceiling_usd=1, but nobody bills: no model has a price and a search no fee"),
    ],
)
def test_a_purse_that_makes_no_sense_is_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Purse(**given)  # type: ignore[arg-type]


def test_a_record_tells_all_that_answers_depend_on() -> None:
    told = Model(Scripted(lambda *_: ""), Sampling(7, 0.5, seed=3)).told
    assert told == "scripted (scripted, 00000000, none; at most 7 tokens, T=0.5, seed 3)"
