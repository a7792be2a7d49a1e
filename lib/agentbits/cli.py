"""How is agentbits used from a command line?"""

import signal
import sys
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from agentbits import __version__
from agentbits.errors import AgentbitsError, ParameterTypeError, UnknownNameError
from agentbits.runner import TIMEOUT_S

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

_Profile = Annotated[str, typer.Option(help="Name of a file in data/profiles.")]
_Timeout = Annotated[float, typer.Option(min=1, help="Seconds that one notebook may take.")]
_Force = Annotated[bool, typer.Option("--force", help="Run unchanged notebooks, too.")]


@app.callback(invoke_without_command=True)
def agentbits(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False
) -> None:
    """Measure how many bits a compressor's note carries."""
    if version:
        Console().print(f"agentbits {__version__}", highlight=False)
        raise typer.Exit


@app.command()
def run(
    notebook: Annotated[
        list[str] | None, typer.Argument(help="Names, numbers or paths; none means all.", show_default=False)
    ] = None,
    *,
    profile: _Profile = "pocket",
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="Value of a notebook's parameter; repeatable."),
    ] = None,
    timeout: _Timeout = TIMEOUT_S,
    force: _Force = False,
) -> None:
    """Run notebooks into _build/runs, those that did not change left out."""
    from agentbits.runner.parameters import pairs
    from agentbits.runner.run import run_notebooks

    overrides = pairs(param or [])
    run_notebooks(notebook or [], profile, overrides, timeout_s=timeout, force=force, console=Console())


@app.command()
def book(*, profile: _Profile = "pocket", timeout: _Timeout = TIMEOUT_S, force: _Force = False) -> None:
    """Run all notebooks that changed, then build the book."""
    from agentbits.runner.run import make_book

    make_book(profile, timeout_s=timeout, force=force, console=Console())


@app.command()
def plan(
    notebook: Annotated[
        list[str] | None, typer.Argument(help="Names; none means all of the profile.", show_default=False)
    ] = None,
    *,
    profile: _Profile = "pocket",
) -> None:
    """Say what runs would cost in minutes, FLOPs and dollars, and what that assumes."""
    from rich.table import Table

    from agentbits.runner import costs, profiles

    table = Table(*costs.HEADS, title=f"profile {profile}")
    for row in costs.rows(costs.costs(profile, notebook or [])):
        table.add_row(*row)
    console = Console()
    console.print(table)
    for line in costs.told(costs.assumptions(profiles.load(profile))):
        console.print(line, markup=False, highlight=False)


@app.command()
def findings(*, timeout: _Timeout = 10 * TIMEOUT_S, force: _Force = False) -> None:
    """Run the notebooks of the profile `committed`, and put their tables into data/results."""
    from agentbits.runner.keep import PROFILE, committed, keep
    from agentbits.runner.run import run_notebooks

    stems = committed()
    run_notebooks(stems, PROFILE, {}, timeout_s=timeout, force=force, console=Console())
    for stem in stems:
        keep(stem)


@app.command()
def scribes(
    model: Annotated[list[str] | None, typer.Argument(help="Names; none means all.", show_default=False)] = None,
) -> None:
    """Train the models of data/models that are not there, going on where an earlier run was stopped."""
    from agentbits.scribes.making import make

    made = make(model or [])
    Console().print(f"trained: {', '.join(made)}" if made else "all are there", highlight=False)


@app.command()
def research(
    task: Annotated[list[int] | None, typer.Argument(help="Numbers; none means all.", show_default=False)] = None,
    *,
    system: Annotated[str, typer.Option(help="Name of a system; the paper's is `paper`.")] = "offline",
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="Value of a setting; repeatable."),
    ] = None,
    bench: Annotated[str, typer.Option(help="Folder of a copy of DeepResearch Bench, for its tasks.")] = "",
    folder: Annotated[str, typer.Option(help="Where the run is kept; _build/research/<system> by default.")] = "",
    recordings: Annotated[str, typer.Option(help="Folder of what the web answered, to be given again.")] = "",
    ceiling_usd: Annotated[float | None, typer.Option(help="What the run may spend in all.")] = None,
    usd_per_search: Annotated[float, typer.Option(help="Fee of a query.")] = 0.0,
) -> None:
    """Write research reports, going on where an earlier run was stopped."""
    from agentbits.research.command import command
    from agentbits.runner.parameters import pairs

    done = command(
        task or [],
        system,
        pairs(param or []),
        bench=bench,
        folder=folder,
        recordings=recordings,
        ceiling_usd=ceiling_usd,
        usd_per_search=usd_per_search,
    )
    for line in done.lines:
        Console(soft_wrap=True).print(line, markup=False, highlight=False)


def main() -> None:
    """Run the command line; errors of ours are one message, not a traceback.

    The exit status is 1 where something failed, 2 where a name or a value was wrong, 130 after Ctrl-C or a
    request to terminate.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except AgentbitsError as error:
        Console(stderr=True).print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, UnknownNameError | ParameterTypeError) else 1)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
