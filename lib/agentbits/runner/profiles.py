"""Which parameters does a profile set?

A profile is a file `data/profiles/<name>.yaml`; only parameters differ between a laptop and a cluster.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import yaml

from agentbits.errors import RunError, UnknownNameError
from agentbits.places import project_root

_REQUIRED = ("name", "tier", "description", "parameters")
_OPTIONAL = ("notebooks",)


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

    name: str
    tier: str
    description: str
    parameters: Mapping[str, object]
    notebooks: Mapping[str, Mapping[str, object]] = field(default_factory=dict[str, Mapping[str, object]])


def load(name: str) -> Profile:
    """Read the profile called `name`.

    Raises
    ------
    UnknownNameError
        No such file; the message lists the profiles that exist.
    RunError
        The file does not say what a profile must say.
    """
    files = {path.stem: path for path in (project_root() / "data" / "profiles").glob("*.yaml")}
    if name not in files:
        raise UnknownNameError("profile", name, files)
    return _profile(files[name], _mapping_in(files[name]))


def _mapping_in(file: Path) -> Mapping[str, object]:
    try:
        content: object = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise RunError(f"profile {file.name} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise RunError(f"profile {file.name} holds {type(content).__name__}; expected a mapping")
    return cast("dict[str, object]", content)


def _profile(file: Path, content: Mapping[str, object]) -> Profile:
    missing = [key for key in _REQUIRED if key not in content]
    unknown = [key for key in content if key not in _REQUIRED + _OPTIONAL]
    if missing or unknown:
        raise RunError(
            f"profile {file.name} lacks {missing or 'nothing'} and has the unknown keys {unknown or 'none'}; "
            f"expected {list(_REQUIRED)} and, if wanted, {list(_OPTIONAL)}"
        )
    if content["name"] != file.stem:
        raise RunError(f"profile {file.name} calls itself {content['name']!r}; write `name: {file.stem}`")
    notebooks = _checked(file, "notebooks", content.get("notebooks", {}))
    return Profile(
        name=file.stem,
        tier=str(content["tier"]),
        description=str(content["description"]),
        parameters=_checked(file, "parameters", content["parameters"]),
        notebooks={stem: _checked(file, f"notebooks.{stem}", values) for stem, values in notebooks.items()},
    )


def _checked(file: Path, key: str, values: object) -> Mapping[str, object]:
    if not isinstance(values, dict):
        raise RunError(f"profile {file.name}: {key} is {values!r}; expected a mapping of names to values")
    return cast("dict[str, object]", values)
