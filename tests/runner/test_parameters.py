import re

import pytest

from agentbits.errors import ParameterTypeError, RunError, UnknownNameError
from agentbits.runner.parameters import assign, pairs
from agentbits.runner.profiles import Profile

TYPES = """\
n: int = 3  # how many
rate: float = 0.5  # share
on: bool = True  # switch
name: str = "a"  # text
sizes: list[int] = [1]  # some
table: dict[str, float] = {}  # more
anything: list = []  # plain
run_dir: str = ""  # results
"""
EMPTY = Profile("toy", "toy", "", {})


@pytest.fixture
def typed(notebook):
    return notebook("01_coin", parameters=TYPES)


def test_pairs_split_at_the_first_equal_sign_and_the_last_wins():
    assert pairs(["a=1", "b=x=y", "a=2", "c="]) == {"a": "2", "b": "x=y", "c": ""}


def test_a_pair_without_equal_sign_is_refused():
    with pytest.raises(ParameterTypeError, match=r"^-p 'seed' has no '='; write -p name=value$"):
        pairs(["seed"])


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("n", "7", 7),
        ("n", 7, 7),
        ("rate", "2", 2.0),
        ("rate", 2, 2.0),
        ("rate", "1e-3", 0.001),
        ("on", "false", False),
        ("on", "True", True),
        ("name", "7", "7"),
        ("name", "", ""),
        ("sizes", "[1, 2]", [1, 2]),
        ("sizes", [3], [3]),
        ("table", "{a: 1, b: .5}", {"a": 1.0, "b": 0.5}),
        ("anything", "[a, null, {b: [1.5, true]}]", ["a", None, {"b": [1.5, True]}]),
    ],
)
def test_text_becomes_the_declared_type(typed, name, given, value):
    converted = assign([typed], EMPTY, {name: given})["01_coin"][name]
    assert (converted, type(converted)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "given", "declared", "kind", "expected"),
    [
        ("n", "many", "int", "str", "a whole number, such as 3"),
        ("n", "0.5", "int", "str", "a whole number, such as 3"),
        ("n", True, "int", "bool", "a whole number, such as 3"),
        ("rate", "fast", "float", "str", "a number, such as 0.5"),
        ("rate", False, "float", "bool", "a number, such as 0.5"),
        ("on", "maybe", "bool", "str", "true or false"),
        ("on", 1, "bool", "int", "true or false"),
        ("name", 7, "str", "int", "text"),
        ("sizes", "[1, a]", "list[int]", "str", "a list, such as '[1, 2]'"),
        ("sizes", "[1", "list[int]", "str", "a list, such as '[1, 2]'"),
        ("sizes", "[true]", "list[int]", "str", "a list, such as '[1, 2]'"),
        ("table", "{1: 2}", "dict[str, float]", "str", "a mapping, such as '{a: 1}'"),
        ("table", "a", "dict[str, float]", "str", "a mapping, such as '{a: 1}'"),
        ("anything", "[2026-01-31]", "list", "str", "a list, such as '[1, 2]'"),
    ],
)
def test_another_type_is_refused_by_name_type_value_and_remedy(typed, name, given, declared, kind, expected):
    with pytest.raises(ParameterTypeError) as caught:
        assign([typed], EMPTY, {name: given})
    assert str(caught.value) == (
        f"parameter '{name}' of 01_coin is declared {declared}; given {given!r} ({kind}) with -p; give {expected}"
    )


def test_all_notebooks_are_checked_and_every_fault_is_told(typed, notebook):
    other = notebook("02_note", parameters="n: str = 'a'  # text\nrate: float = 1.0  # r\nrun_dir: str = ''  # r")
    profile = Profile("toy", "toy", "", {"n": 3, "rate": "high"})
    with pytest.raises(ParameterTypeError) as caught:
        assign([typed, other], profile, {})
    lines = str(caught.value).splitlines()
    assert [re.findall(r"'\w+' of \w+", line)[0] for line in lines] == [
        "'rate' of 01_coin",
        "'n' of 02_note",
        "'rate' of 02_note",
    ]
    assert lines[1].endswith("declared str; given 3 (int) by profile toy; give text")


def test_unknown_parameter_lists_the_known_of_all_notebooks(typed, notebook):
    other = notebook("02_note")
    message = "unknown parameter 'sead'; known: anything, bias, model, n, n_tosses, name, on, rate, seed, sizes, table"
    with pytest.raises(UnknownNameError, match=f"^{message}$"):
        assign([typed, other], EMPTY, {"sead": "1"})


def test_an_override_goes_to_the_notebooks_that_declare_it(typed, notebook):
    values = assign([typed, notebook("02_note")], EMPTY, {"seed": "1"})
    assert "seed" not in values["01_coin"]
    assert values["02_note"]["seed"] == 1


def test_a_profile_goes_to_the_notebooks_that_declare_it_and_the_nearer_wins(typed, notebook):
    profile = Profile("toy", "toy", "", {"seed": 1, "n": 1, "n_tosses": 1}, {"01_coin": {"n": 2}})
    values = assign([typed, notebook("02_note")], profile, {"n_tosses": "5"})
    assert values["01_coin"] == {"n": 2, "run_dir": "_build/runs/toy/01_coin"}
    assert (values["02_note"]["seed"], values["02_note"]["n_tosses"]) == (1, 5)


def test_what_a_profile_sets_for_one_notebook_must_be_declared_there(typed):
    profile = Profile("toy", "toy", "", {}, {"01_coin": {"seed": 1}})
    with pytest.raises(UnknownNameError, match="unknown parameter of 01_coin in profile toy 'seed'; known: anything"):
        assign([typed], profile, {})


def test_the_runner_sets_run_dir_and_profile_without_a_path_of_the_machine(notebook):
    values = assign([notebook("02_note")], EMPTY, {})
    assert values["02_note"] == {"run_dir": "_build/runs/toy/02_note", "profile": "toy"}


@pytest.mark.parametrize(("name", "remedy"), [("run_dir", "leave it out"), ("profile", "choose it with --profile")])
def test_what_the_runner_sets_cannot_be_given(notebook, name, remedy):
    path = notebook("02_note")
    with pytest.raises(RunError, match=f"parameter '{name}' is set by the runner; {remedy}"):
        assign([path], EMPTY, {name: "x"})


def test_a_misspelt_parameter_of_a_profile_is_refused(notebook):
    path = notebook("02_note")
    profile = Profile("toy", "toy", "", {"n_toses": 9})
    with pytest.raises(UnknownNameError, match=r"unknown parameter in profile toy 'n_toses'; known: .*n_tosses"):
        assign([path], profile, {})


def test_a_notebook_without_a_place_for_results_is_refused(notebook):
    path = notebook("01_coin", parameters="seed: int = 0  # draw\n")
    with pytest.raises(RunError, match=r"01_coin has no parameter 'run_dir', .* add the line `run_dir: str = \"\"`"):
        assign([path], EMPTY, {})
