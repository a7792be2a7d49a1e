"""What ran, when, and with what? One folder a run: a manifest and tidy tables.

Tables are Parquet with a sentence on each column in the file itself; every write is whole or absent, and a table
that stands is never overwritten. Figures, verdicts and pages read these files and nothing else.

A folder may lie on shared storage: wherever fsspec reaches, by an address such as s3://bucket/runs/1.
"""

import io
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from agentbits import provenance
from agentbits.engines.base import Identity
from agentbits.errors import ResultError
from agentbits.places import build_dir, project_root
from agentbits.records import Bits, Summary, Usage

_MANIFEST = "manifest.json"
_NOTHING = Usage(0, 0)


@dataclass(frozen=True)
class Run:
    """An open run folder; `start` makes one."""

    folder: Path | UPath
    manifest: Mapping[str, Any]
    _started_s: float = field(default_factory=time.monotonic, repr=False)

    def add(self, name: str, frame: pd.DataFrame, columns: Mapping[str, str]) -> None:
        """Write one table.

        Parameters
        ----------
        columns : a sentence on each column, unit included; exactly the frame's columns

        Raises
        ------
        ResultError
            A column without a sentence (or the reverse), or a table that already stands.
        """
        path = self.folder / f"{name}.parquet"
        if set(columns) != set(frame.columns):
            odd = sorted(set(columns) ^ set(map(str, frame.columns)))
            raise ResultError(f"table {name!r}: {', '.join(odd)} not both in the frame and described; describe each")
        if path.exists():
            raise ResultError(f"{path} already stands; results are added, not overwritten: start a new run")
        table = pa.Table.from_pandas(frame, preserve_index=False)
        described = [f.with_metadata({"description": columns[f.name]}) for f in table.schema]
        content = io.BytesIO()
        pq.write_table(table.cast(pa.schema(described, metadata=table.schema.metadata)), content)
        _put(path, content.getvalue())

    def finish(
        self,
        *,
        engine: Identity | None = None,
        prompt_hashes: Mapping[str, str] | None = None,
        usage: Usage = _NOTHING,
        scored_tokens: int = 0,
        n_memo_hits: int = 0,
    ) -> None:
        """Complete the manifest: which engine, which words, how many tokens and seconds.

        Parameters
        ----------
        engine : None for a run without a language model
        usage : of generation; `scored_tokens` counts each note once for every context it was scored under
        n_memo_hits : notes and scores that an earlier run had already paid for
        """
        closing = {
            "status": "completed",
            "engine": asdict(engine) if engine else {},
            "prompt_hashes": dict(prompt_hashes or {}),
            "prompt_tokens": usage.prompt_tokens,
            "cached_tokens": usage.cached_tokens,
            "generated_tokens": usage.generated_tokens,
            "scored_tokens": scored_tokens,
            "n_memo_hits": n_memo_hits,
            "wall_s": round(time.monotonic() - self._started_s, 3),
            "finished_at": _now(),
        }
        write_json(self.folder / _MANIFEST, {**self.manifest, **closing})


def start(notebook: str, run_dir: str, parameters: Mapping[str, Any]) -> Run:
    """Open the folder of a run and write down what is known before it.

    Parameters
    ----------
    notebook : its stem
    run_dir : folder, relative to the checkout or absolute, or an address that fsspec knows; empty makes a new one below
        `_build/runs/adhoc`
    parameters : as the notebook runs with them; never a key or a password

    Raises
    ------
    ResultError
        The folder holds a completed run.
    """
    unnamed = build_dir() / "runs" / "adhoc" / f"{notebook}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    folder = (UPath(run_dir) if "://" in run_dir else project_root() / run_dir) if run_dir else unnamed
    if (folder / _MANIFEST).exists() and read_manifest(folder)["status"] == "completed":
        raise ResultError(f"{folder} holds a completed run; results are added, not overwritten: name another run_dir")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {
        "schema": provenance.SCHEMA,
        "notebook": notebook,
        "status": "running",
        "started_at": _now(),
        "parameters": dict(parameters),
        "git_commit": provenance.git_commit(),
        "packages": provenance.installed_versions(),
        "machine": provenance.machine(),
    }
    write_json(folder / _MANIFEST, manifest)
    return Run(folder, manifest)


BITS_COLUMNS = {
    "lower_bits": "contrast estimate of I(X;Z|q), bits",
    "error_bits": "its standard error, bits",
    "ceiling_bits": "log2 N, bits",
    "averaged_bits": "the same with the labels of the notes averaged out, bits",
    "sampler_z": "their difference in standard deviations of chance; beyond 10 the scorer is not the sampler",
    "lower_limit_bits": "one-sided lower confidence limit, bits",
    "point_bits": "best value where the status allows one, bits",
    "upper_bits": "upper bound where the scorer is the sampler, bits",
    "mean_own_weight": "mean share of the own term in the mixture",
    "status": "point, lower bound only or saturated",
}


def bits_table(labels: Mapping[str, Sequence[object]], estimates: Sequence[Bits]) -> pd.DataFrame:
    """Return one row an estimate: its labels, then the columns that `BITS_COLUMNS` describes."""
    numbers = {name: [getattr(estimate, name) for estimate in estimates] for name in BITS_COLUMNS}
    return pd.DataFrame({**labels, **numbers}).astype(dict.fromkeys(set(BITS_COLUMNS) - {"status"}, float))


def notes_table(
    document_ids: Sequence[str], question_ids: Sequence[str], notes: Sequence[Sequence[Sequence[Summary]]]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the table of all notes, (Q, N, M), and a sentence on each column."""
    rows = [
        [question, document, sample, note.text, len(note.token_ids), note.finish_reason]
        for question, answers in zip(question_ids, notes, strict=True)
        for document, own in zip(document_ids, answers, strict=True)
        for sample, note in enumerate(own)
    ]
    columns = {
        "question": "question asked",
        "document": "document that the note was written from",
        "sample": "number of the note on this document and question, from 0",
        "note": "its text",
        "tokens": "its length, end token included",
        "finish_reason": "stop, or length where the limit cut it",
    }
    return pd.DataFrame(rows, columns=list(columns)), columns


def read_manifest(folder: Path | UPath) -> dict[str, Any]:
    """Return a run's manifest.

    Raises
    ------
    ResultError
        It is absent or damaged.
    """
    path = folder / _MANIFEST
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, TypeError, ValueError) as error:
        raise ResultError(f"{path} cannot be read ({error}); run the notebook again") from error


def read_table(folder: Path | UPath, name: str) -> pd.DataFrame:
    """Return a run's table.

    Raises
    ------
    ResultError
        It is absent or damaged; the message lists the tables there are.
    """
    path = folder / f"{name}.parquet"
    try:
        return pd.read_parquet(io.BytesIO(path.read_bytes()))
    except (OSError, pa.ArrowInvalid) as error:
        there = ", ".join(sorted(file.stem for file in folder.glob("*.parquet"))) or "none"
        raise ResultError(f"{path} cannot be read; tables there: {there}; run the notebook again") from error


def write_json(path: Path | UPath, content: Mapping[str, Any]) -> None:
    """Write a JSON file that is whole or absent at any instant."""
    _put(path, (json.dumps(content, indent=1, sort_keys=True) + "\n").encode())


def _put(path: Path | UPath, content: bytes) -> None:
    """Write a file that is whole or absent; an object store keeps nothing of a write that was cut."""
    if not isinstance(path, Path):
        path.write_bytes(content)
        return
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
