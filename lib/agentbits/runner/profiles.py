"""Which parameters does a profile set?

A profile is a file `data/profiles/<name>.yaml`; only parameters differ between a laptop and a cluster.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    tier: Text
    description: str
    parameters: Mapping[str, Any]
    notebooks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


def load(name: str) -> Profile:
    """Read the profile called `name`.

    Raises
    ------
    UnknownNameError
        No such file; the message lists the profiles that exist.
    InputError
        The file does not say what a profile must say.
    """
    files = {path.stem: path for path in (project_root() / "data" / "profiles").glob("*.yaml")}
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
