"""Does a file that people write say what it must? pydantic checks; the message names place, value and remedy.

A form is a dataclass with `STRICT` as its `__pydantic_config__`: no field too many, none too few, no type converted.
"""

import json
from typing import Annotated, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from agentbits.errors import InputError

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
Text = Annotated[str, Field(pattern=r"\S")]

_Form = TypeVar("_Form")


def checked(kind: type[_Form], raw: object, at: str, todo: str) -> _Form:
    """Return `raw`, as YAML or CSV gave it, as an instance of `kind`.

    Parameters
    ----------
    at, todo : where it stands, and what to do about a fault

    Raises
    ------
    InputError
        It has another form; of several faults the first is told.
    """
    try:
        return TypeAdapter(kind).validate_json(json.dumps(raw, default=str, ensure_ascii=False))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ", ".join([at, *(str(part + 1) if isinstance(part, int) else part for part in fault["loc"])])
        given = "" if fault["type"] == "missing" else f"given {fault['input']!r}: "
        raise InputError(f"{place}: {given}{fault['msg']}; {todo}") from error
