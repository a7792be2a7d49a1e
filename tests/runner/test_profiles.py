import pytest

from agentbits.errors import InputError, UnknownNameError
from agentbits.runner import profiles


def write(root, name, text):
    (root / "data" / "profiles" / f"{name}.yaml").write_text(text)


def test_a_profile_sets_parameters_for_all_and_for_one(root):
    write(
        root,
        "desk",
        "name: desk\ntier: desk\ndescription: d\nparameters: {n: 3}\nnotebooks: {01_coin: {n: 4}}",
    )
    profile = profiles.load("desk")
    assert (profile.tier, profile.parameters, profile.notebooks) == ("desk", {"n": 3}, {"01_coin": {"n": 4}})


def test_unknown_profile_lists_the_known(root):
    write(root, "desk", "")
    with pytest.raises(UnknownNameError, match=r"^unknown profile 'dask'; known: desk, toy$"):
        profiles.load("dask")


def test_a_profile_is_never_looked_for_elsewhere(root):
    (root / "data" / "other.yaml").write_text("name: other")
    with pytest.raises(UnknownNameError, match=r"unknown profile '\.\./other'"):
        profiles.load("../other")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: [", r"profile odd\.yaml is not YAML"),
        ("- name", r"profile odd\.yaml: given \['name'\]: Input should be an object"),
        ("name: odd\ntier: toy\nparameters: {}", "profile odd.yaml, description: Field required; see the profiles"),
        ("name: odd\ntier: toy\ndescription: d\nparameters: {}\nparams: {}", "params: given {}: Unexpected keyword"),
        ("name: toy\ntier: toy\ndescription: d\nparameters: {}", "calls itself 'toy'; write `name: odd`"),
        ("name: odd\ntier: toy\ndescription: d\nparameters: 3", "parameters: given 3: Input should be an object"),
        (
            "name: odd\ntier: toy\ndescription: d\nparameters: {}\nnotebooks: {01_coin: 3}",
            "notebooks, 01_coin: given 3: Input should be an object",
        ),
    ],
)
def test_a_damaged_profile_says_what_is_wrong(root, text, message):
    write(root, "odd", text)
    with pytest.raises(InputError, match=message):
        profiles.load("odd")


def test_the_profiles_of_this_checkout_can_be_read(monkeypatch):
    monkeypatch.delenv("AGENTBITS_ROOT", raising=False)
    assert profiles.load("pocket").parameters == {"engine": "local", "model": "smollm2-135m-instruct"}
    assert {"desk", "paper"} <= set(profiles.known())
    assert profiles.load("toy").parameters == {"engine": "toy", "model": "toy"}
