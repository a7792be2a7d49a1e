"""Which parameters does a profile set?

A profile is a file `data/profiles/<name>.yaml`; only parameters differ between a laptop and a cluster.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml
from pydantic import ConfigDict

from agentbits.errors import InputError, UnknownNameError
from agentbits.forms import STRICT, Text, checked
from agentbits.places import project_root


@dataclass(frozen=True)
class Profile:
    """Values for the notebooks' parameters, under one name.

    Parameters
    ----------
    name
        The file's stem.
    tier
        What the numbers may be compared with: `toy`, `pocket`, `desk` or `paper`.
    description
        One sentence for people.
    parameters
        Values for every notebook that declares them.
    notebooks
        Values for one notebook, by its stem; they win over `parameters`.
    plan
        What is assumed of machine and lengths when a run is priced (`findings.workload.Assumed`); empty where nothing
        is.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    tier: Text
    description: str
    parameters: Mapping[str, Any]
    notebooks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    plan: Mapping[str, Any] = field(default_factory=dict[str, Any])


def known() -> dict[str, Path]:
    """Return the files of all profiles, by their names."""
    return {path.stem: path for path in sorted((project_root() / "data" / "profiles").glob("*.yaml"))}


def load(name: str) -> Profile:
    """Read the profile called `name`.

    Raises
    ------
    UnknownNameError
        No such file; the message lists the profiles that exist.
    InputError
        The file does not say what a profile must say.
    """
    files = known()
    if name not in files:
        raise UnknownNameError("profile", name, files)
    try:
        content: object = yaml.safe_load(files[name].read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputError(f"profile {name}.yaml is not YAML: {error}; mend the file") from error
    profile = checked(Profile, content, f"profile {name}.yaml", "see the profiles beside it")
    if profile.name != name:
        raise InputError(f"profile {name}.yaml calls itself {profile.name!r}; write `name: {name}`")
    return profile
