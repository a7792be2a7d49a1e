"""What can go wrong? Every named error, as one tree.

    AgentbitsError
    ├── InputError                 what was given cannot be worked on (also a ValueError)
    │   ├── ArrayError             a log-probability array of the wrong shape, type or content
    │   ├── EmptyNoteError         a note without a token cannot be scored
    │   └── ContextTooLongError    prompt and note exceed the model's window
    ├── EngineError                the engine did not do what its protocol promises
    │   ├── IncompleteScoreError   fewer finite log-probabilities than tokens
    │   ├── OutOfMemoryError       not even the smallest piece of the work fits
    │   ├── PackageMissingError    the engine needs a package that is not installed
    │   ├── ActorsLostError        no actor of a pool is left
    │   ├── CeilingError           the next call could cost more than the run may
    │   └── ServerError            a server did not answer, or not as it should
    │       ├── KeyRefusedError    the server does not know the key
    │       └── CannotScoreError   the server gives no log-probabilities of given tokens
    ├── ModelError                 the weights cannot be had
    │   ├── ModelMissingError      package, folder or repository absent
    │   ├── DigestError            bytes differ from the pinned SHA-256
    │   ├── ModelCacheError        the converted copy cannot be written
    │   ├── TokenizerError         a server reads other tokens than its model's tokenizer writes
    │   └── ArchitectureError      a model that the local engine would read wrongly
    ├── DataError                  a data set cannot be had
    │   ├── DataMissingError       no network, no such file, or the set was renamed or withdrawn
    │   └── DataFormatError        a file is damaged, empty, or not of the form that is expected
    ├── MemoError                  the memo's file is busy, full or unreadable
    ├── ResearchError              a task of Deep Research has no plan or no page to go on with
    ├── ResultError                a run folder or table is absent, damaged or already written
    └── RunError                   a notebook run cannot start or did not finish
        ├── UnknownNameError       no such profile, notebook, parameter or engine; lists the known
        ├── ParameterTypeError     a parameter's value has the wrong type
        ├── CellError              a cell raised
        └── RunTimeoutError        the notebook ran past its limit

Each message says what was given, what was expected, and what to do.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any


class AgentbitsError(Exception):
    """Root of all errors that this library raises on purpose.

    Attributes
    ----------
    finished : what a call of an engine had computed, and perhaps paid for, before it failed: scores by the number of
        the continuation, notes by the numbers of prompt and sample
    """

    finished: Mapping[Any, Any] = MappingProxyType({})


class InputError(AgentbitsError, ValueError):
    """What was given cannot be worked on."""


class ArrayError(InputError):
    """A log-probability array has the wrong shape, type or content."""


class EmptyNoteError(InputError):
    """A note without a token cannot be scored."""


class ContextTooLongError(InputError):
    """Prompt and note exceed the model's window."""


class EngineError(AgentbitsError):
    """The engine did not do what its protocol promises."""


class IncompleteScoreError(EngineError):
    """The engine returned fewer finite log-probabilities than there are tokens."""


class OutOfMemoryError(EngineError):
    """Not even the smallest piece of the work fits into memory."""


class PackageMissingError(EngineError):
    """The engine needs a package that is not installed."""


class ActorsLostError(EngineError):
    """No actor of a pool is left to do the work."""


class CeilingError(EngineError):
    """The next call could cost more than the run may."""


class ServerError(EngineError):
    """A server did not answer, or not as it should."""


class KeyRefusedError(ServerError):
    """The server does not know the key."""


class CannotScoreError(ServerError):
    """The server gives no log-probabilities of given tokens."""


class ModelError(AgentbitsError):
    """The weights cannot be had."""


class ModelMissingError(ModelError):
    """The package, folder or repository that holds the weights is absent."""


class DigestError(ModelError):
    """The bytes found differ from the pinned SHA-256."""


class ModelCacheError(ModelError):
    """The converted copy of a model cannot be written or read."""


class TokenizerError(ModelError):
    """A server reads other tokens than its model's tokenizer writes."""


class ArchitectureError(ModelError):
    """The local engine would read this kind of model wrongly."""


class DataError(AgentbitsError):
    """A data set cannot be had."""


class DataMissingError(DataError):
    """There is no network, no such file, or the set was renamed, withdrawn or closed."""


class DataFormatError(DataError):
    """A file is damaged, empty, or not of the form that is expected."""


class MemoError(AgentbitsError):
    """The memo's file cannot be read or written now; it is left as it is."""


class ResearchError(AgentbitsError):
    """A task of Deep Research has no plan, or no page, to go on with."""


class ResultError(AgentbitsError):
    """A run folder or table is absent, damaged or already written."""


class RunError(AgentbitsError):
    """A notebook run cannot start or did not finish."""


class UnknownNameError(RunError):
    """No profile, notebook, parameter or engine has this name."""

    def __init__(self, kind: str, given: str, known: Iterable[str]) -> None:
        self._said = (kind, given, sorted(known))
        super().__init__(f"unknown {kind} {given!r}; known: {', '.join(self._said[2]) or 'none'}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes."""
        return type(self), self._said


class ParameterTypeError(RunError):
    """A parameter's value does not have the type that the notebook declares."""


class CellError(RunError):
    """A cell of a notebook raised."""


class RunTimeoutError(RunError):
    """A notebook ran past its time limit."""
