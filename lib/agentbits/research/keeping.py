"""What is done already? One folder a task; each record is a JSON file that is whole or not there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from agentbits.errors import ResultError
from agentbits.results import write_json

T = TypeVar("T")


@dataclass(frozen=True)
class Folder:
    """Where the records of a task lie."""

    path: Path

    def find(self, name: str, kind: type[T]) -> T | None:
        """Return a record; None where there is none yet.

        Raises
        ------
        ResultError
            It is damaged, or of another version.
        """
        file = self._file(name)
        try:
            return TypeAdapter(kind).validate_json(file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            (why, *_) = str(error).splitlines()
            raise ResultError(f"{file} cannot be read ({why}); remove it, and it is made again") from error

    def keep(self, name: str, record: Any) -> None:
        """Write a record, in place of an earlier one."""
        file = self._file(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, TypeAdapter(type(record)).dump_python(record, mode="json"))

    def once(self, name: str, kind: type[T], make: Callable[[], T]) -> T:
        """Return a record, made and kept where there was none."""
        if (found := self.find(name, kind)) is not None:
            return found
        made = make()
        self.keep(name, made)
        return made

    def _file(self, name: str) -> Path:
        return self.path / f"{name}.json"
