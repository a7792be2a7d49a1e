"""What did the web answer? Kept in a folder, so that a run can be repeated without a network and without paying twice.

Each answer is two files, named by a hash of what was asked: `<hash>.json` says what was asked and how it was answered,
the other, ending as its type does, holds the bytes. No header that was sent is kept, so no key is.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agentbits.errors import DataFormatError, DataMissingError

_ENDINGS = {"json": ".json", "html": ".html", "plain": ".txt"}


@dataclass(frozen=True)
class Request:
    """What is asked: a GET, or a POST of a JSON object."""

    url: str
    body: Mapping[str, Any] | None = None

    @property
    def method(self) -> str:
        """Return the verb."""
        return "GET" if self.body is None else "POST"

    @property
    def key(self) -> str:
        """Return 24 hex digits of the SHA-256 of method, address and body."""
        asked = json.dumps([self.method, self.url, self.body], sort_keys=True)
        return hashlib.sha256(asked.encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes
    ----------
    location : where a redirect points
    is_cut : the server had more bytes than were wanted
    pause_s : what it asks to wait
    """

    status: int
    content_type: str
    body: bytes
    location: str = ""
    is_cut: bool = False
    pause_s: float | None = None


@dataclass(frozen=True)
class Recordings:
    """A folder of answers.

    Attributes
    ----------
    offline : what is not in the folder is an error; else it is asked for and put there
    """

    folder: Path
    offline: bool = False

    def find(self, request: Request) -> Answer | None:
        """Return the kept answer; None where there is none yet.

        Raises
        ------
        DataMissingError
            There is none, and `offline` is set.
        DataFormatError
            The files are damaged.
        """
        told = self.folder / f"{request.key}.json"
        if not told.exists():
            if self.offline:
                raise DataMissingError(
                    f"{self.folder.name} has no recorded answer to {request.method} {request.url[:200]}; record it "
                    "with offline=False and a network, or ask what was recorded"
                )
            return None
        try:
            kept = json.loads(told.read_text(encoding="utf-8"))
            body = (self.folder / Path(kept["file"]).name).read_bytes()
            answer = Answer(**kept["answer"], body=body)
        except (ValueError, TypeError, LookupError, OSError) as error:
            raise DataFormatError(f"{told} cannot be read ({error!r}); remove it and record again") from error
        if hashlib.sha256(body).hexdigest() != kept["sha256"]:
            raise DataFormatError(f"{told} is about other bytes than {kept['file']}; remove both and record again")
        return answer

    def keep(self, request: Request, answer: Answer) -> None:
        """Write an answer; whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kind = answer.content_type.partition(";")[0].rpartition("/")[2]
        file = f"{request.key}.body{_ENDINGS.get(kind, '.bin')}"
        told = {
            "request": {"method": request.method, "url": request.url, "body": request.body},
            "answer": {name: value for name, value in asdict(answer).items() if name != "body"},
            "file": file,
            "sha256": hashlib.sha256(answer.body).hexdigest(),
            "seen_on": datetime.now(UTC).date().isoformat(),
        }
        self._write(file, answer.body)
        self._write(f"{request.key}.json", json.dumps(told, indent=1, ensure_ascii=False).encode())

    def _write(self, name: str, content: bytes) -> None:
        part = self.folder / f"{name}.part"
        part.write_bytes(content)
        part.replace(self.folder / name)
