"""What does a verdict rest on, and what did that cost? The way from a claim to the rows, as MyST text.

A notebook of findings marks its main figure with the target `figure-<stem>`.
"""

from collections.abc import Sequence
from itertools import groupby

from agentbits import places, results
from agentbits.claims.audits import Audit
from agentbits.claims.register import Claim
from agentbits.errors import ResultError
from agentbits.markdown import escaped, table

_HEADS = ("notebook", "claims", "figure", "command", "minutes", "tokens read", "written", "scored", "API bill ($)")
_OWN_MACHINE = ("local", "toy", "vllm")


def evidence_table(claims: Sequence[Claim], audits: Sequence[Audit]) -> str:
    """Return one row a notebook that tests claims: its figure, how to repeat it, and what its committed run took."""
    named = sorted((one.notebook, one.id) for one in (*claims, *audits))
    grouped = {stem: [key for _, key in pairs] for stem, pairs in groupby(named, key=lambda pair: pair[0])}
    return table(_HEADS, [_row(stem, keys) for stem, keys in grouped.items()])


def links(stem: str) -> str:
    """Return links to the figure and the notebook that test a claim, or that they are planned."""
    notebook = _notebook(stem)
    return notebook if notebook.endswith("(planned)") else f"{notebook}, {_figure(stem)}"


def _notebook(stem: str) -> str:
    name, there = escaped(stem.replace("_", " ")), places.project_root() / "notebooks" / f"{stem}.ipynb"
    return f"[{name}](notebooks/{stem}.ipynb)" if there.is_file() else f"{name} (planned)"


def _figure(stem: str) -> str:
    return f"{{ref}}`figure <figure-{stem}>`"


def _row(stem: str, keys: Sequence[str]) -> list[str]:
    notebook, anchors = _notebook(stem), ", ".join(map(_anchor, keys))
    if notebook.endswith("(planned)"):
        return [notebook, anchors, *["–"] * 7]
    return [notebook, anchors, _figure(stem), f"`agentbits run {stem[:2]} --profile committed`", *_costs(stem)]


def _anchor(key: str) -> str:
    return f"[{escaped(key)}](#claim-{key.replace('.', '-')})"


def _costs(stem: str) -> list[str]:
    """Return minutes, tokens and dollars of the committed run; dashes where there is none."""
    try:
        manifest = results.read_manifest(places.results_dir(stem))
    except ResultError:
        return ["–"] * 5
    counts = [f"{manifest.get(name, 0):,}" for name in ("prompt_tokens", "generated_tokens", "scored_tokens")]
    own = manifest.get("engine", {}).get("engine", "local") in _OWN_MACHINE
    return [f"{manifest.get('wall_s', 0) / 60:.1f}", *counts, "0 (own machine)" if own else "see the run's page"]
