"""Which parameters does a notebook declare?

A notebook has one cell tagged `parameters`, of lines `name: type = literal  # help`. papermill reads it with
a regular expression that silently drops or cuts a line it does not understand (two `=`, a `#` inside the
literal, `int | None`), and an undeclared parameter is only warned about; hence the second look here.
"""

import ast
import json
from pathlib import Path
from types import GenericAlias
from typing import Any, cast

from pydantic import JsonValue, TypeAdapter

from agentbits.errors import ParameterTypeError, RunError

_FORM = "write `name: type = literal  # help` on one line, with no other `=` and no `#` inside the literal"
_TYPES = "int, float, bool, str, list, list[...], dict or dict[str, ...]"

# A list or mapping of anything holds what papermill can write as a literal: it would turn a date, or a key, into text.
_KINDS = {"int": int, "float": float, "bool": bool, "str": str, "list": list[JsonValue], "dict": dict[str, JsonValue]}


def declared(notebook: Path) -> dict[str, str]:
    """Return the types of the parameters that `notebook` declares, as written there, by name.

    Raises
    ------
    RunError
        The file is not a notebook, or papermill cannot read a line of its parameters cell.
    ParameterTypeError
        A parameter has no type, or one that a command line cannot give.
    """
    from nbformat import ValidationError  # both take seconds, which `agentbits --help` need not wait for
    from papermill.inspection import inspect_notebook

    try:
        seen = inspect_notebook(literal_path(str(notebook)))
        written = _literals(notebook)
    except (ValueError, KeyError, SyntaxError, ValidationError) as error:
        fault = str(error).splitlines()[0]  # a ValidationError goes on for pages
        raise RunError(
            f"notebook {notebook.stem} cannot be read ({fault}); save it again from Jupyter, with a parameters "
            f"cell that holds nothing but lines `name: type = literal  # help`"
        ) from error
    return {name: _type(notebook.stem, name, value, seen) for name, value in written.items()}


def defaults(notebook: Path) -> dict[str, object]:
    """Return the values that `notebook` has where nobody sets its parameters, by name."""
    return {name: ast.literal_eval(value) for name, value in _literals(notebook).items() if value is not None}


def literal_path(path: str) -> str:
    """Return the path such that papermill, which formats every path, leaves its braces alone."""
    return path.replace("{", "{{").replace("}", "}}")


def _literals(notebook: Path) -> dict[str, ast.expr | None]:
    """Return what the parameters cell assigns, as Python itself reads it."""
    cells = cast("list[dict[str, Any]]", json.loads(notebook.read_text(encoding="utf-8"))["cells"])
    source = next(("".join(c["source"]) for c in cells if "parameters" in c["metadata"].get("tags", [])), "")
    found: dict[str, ast.expr | None] = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            found[statement.target.id] = statement.value
        elif isinstance(statement, ast.Assign):
            found.update({t.id: statement.value for t in statement.targets if isinstance(t, ast.Name)})
    return found


def _type(stem: str, name: str, value: ast.expr | None, seen: dict[str, Any]) -> str:
    try:
        default = cast("object", ast.literal_eval(value or ""))
        readable = name in seen and ast.literal_eval(seen[name]["default"]) == default
    except (ValueError, SyntaxError):
        readable, default = False, None
    if not readable:
        raise RunError(f"parameter {name!r} of {stem} cannot be read by papermill; {_FORM}")
    annotation = str(seen[name]["inferred_type_name"])
    try:
        coerced(default, annotation)
    except (TypeError, ValueError) as error:
        raise ParameterTypeError(
            f"parameter {name!r} of {stem} is declared {annotation} with the default {default!r}; "
            f"declare one of {_TYPES}, and a default of that type"
        ) from error
    return annotation


def coerced(value: object, annotation: str) -> object:
    """Return `value` as an instance of a type as a notebook writes it, for example `list[int]`.

    Only an int becomes something else, a float where one is declared; a bool is not an int.

    Raises
    ------
    TypeError
        The annotation is none that we know.
    ValueError
        The value has another type, or is an int too large for a float.
    """
    kind = _kind(ast.parse(annotation, mode="eval").body)
    return cast("object", TypeAdapter(kind).validate_python(value, strict=True))


def _kind(annotation: ast.expr) -> Any:
    match annotation:
        case ast.Name(name) if name in _KINDS:
            return _KINDS[name]
        case ast.Subscript(ast.Name("list"), element):
            return GenericAlias(list, _kind(element))
        case ast.Subscript(ast.Name("dict"), ast.Tuple(elts=[ast.Name("str"), element])):
            return GenericAlias(dict, (str, _kind(element)))
        case _:
            raise TypeError(f"{ast.unparse(annotation)} is no type of a parameter")
