"""Which parameters does a notebook declare?

A notebook has one cell tagged `parameters`, of lines `name: type = literal  # help`. papermill reads it with
a regular expression that silently drops or cuts a line it does not understand (two `=`, a `#` inside the
literal, `int | None`), and an undeclared parameter is only warned about; hence the second look here.
"""

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from agentbits.errors import ParameterTypeError, RunError

_FORM = "write `name: type = literal  # help` on one line, with no other `=` and no `#` inside the literal"
_TYPES = "int, float, bool, str, list, list[...], dict or dict[str, ...]"


@dataclass(frozen=True)
class Parameter:
    """One line of the parameters cell.

    Parameters
    ----------
    name, type, help
        As written; `help` is the comment.
    default
        The literal's value.
    """

    name: str
    type: str
    default: object
    help: str


def declared(notebook: Path) -> dict[str, Parameter]:
    """Return the parameters that `notebook` declares, by name.

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
    return {name: _parameter(notebook.stem, name, value, seen) for name, value in written.items()}


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


def _parameter(stem: str, name: str, value: ast.expr | None, seen: dict[str, Any]) -> Parameter:
    try:
        default = cast("object", ast.literal_eval(value or ""))
        readable = name in seen and ast.literal_eval(seen[name]["default"]) == default
    except (ValueError, SyntaxError):
        readable, default = False, None
    if not readable:
        raise RunError(f"parameter {name!r} of {stem} cannot be read by papermill; {_FORM}")
    annotation = str(seen[name]["inferred_type_name"])
    try:
        coerced(default, parsed(annotation))
    except (TypeError, OverflowError) as error:
        raise ParameterTypeError(
            f"parameter {name!r} of {stem} is declared {annotation} with the default {default!r}; "
            f"declare one of {_TYPES}, and a default of that type"
        ) from error
    return Parameter(name, annotation, default, str(seen[name]["help"]))


def parsed(annotation: str) -> ast.expr:
    """Return the syntax tree of a type as written, for example `list[int]`."""
    return ast.parse(annotation, mode="eval").body


def coerced(value: object, annotation: ast.expr) -> object:
    """Return `value` as an instance of the annotated type.

    Only an int becomes something else, a float where one is declared; a bool is not an int.

    Raises
    ------
    TypeError
        The value has another type, or the annotation is none that we know.
    OverflowError
        An int is too large for a float.
    """
    match annotation, value:
        case (ast.Name("bool"), bool()) | (ast.Name("str"), str()) | (ast.Name("float"), float()):
            return value
        case (ast.Name("int"), int()) if not isinstance(value, bool):
            return value
        case (ast.Name("float"), int()) if not isinstance(value, bool):
            return float(value)
        case (ast.Name("list"), list()) | (ast.Name("dict"), dict()) if _is_plain(value):
            return value
        case ast.Subscript(ast.Name("list"), element), list():
            return [coerced(item, element) for item in cast("list[object]", value)]
        case ast.Subscript(value=ast.Name("dict"), slice=ast.Tuple(elts=[ast.Name("str"), element])), dict():
            return {_text(key): coerced(v, element) for key, v in cast("dict[object, object]", value).items()}
        case _:
            raise TypeError(f"{value!r} is no {ast.unparse(annotation)}")


def _is_plain(value: object) -> bool:
    """Tell whether papermill can write the value as a literal: it would turn a date, or a key, into text."""
    if isinstance(value, list):
        return all(_is_plain(item) for item in cast("list[object]", value))
    if isinstance(value, dict):
        items = cast("dict[object, object]", value).items()
        return all(isinstance(key, str) and _is_plain(item) for key, item in items)
    return value is None or isinstance(value, bool | int | float | str)


def _text(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"the key {key!r} is no str")
    return key
