"""``discovery engine``: the private engine of this home."""

from __future__ import annotations

import sys

import click

from discovery.cli.invocation import PROBLEMS_FOUND, Group, Invocation, pass_invocation
from discovery.config import Settings
from discovery.engine.embedded import EmbeddedEngine
from discovery.errors import InputInvalid
from discovery.wiring import EMBEDDED, embedded_engine


@click.group("engine", cls=Group)
def engine_group() -> None:
    """Provision, start and stop the embedded engine."""


def _embedded(settings: Settings) -> EmbeddedEngine:
    if settings.engine.url != EMBEDDED:
        raise InputInvalid(f"engine.url is {settings.engine.url}: that cluster is run by you, not from here")
    return embedded_engine(settings)


@engine_group.command()
@pass_invocation
def provision(invocation: Invocation) -> None:
    """Fetch and verify the engine's parts; what is there already is left alone."""
    settings = invocation.settings()
    if settings.engine.url != EMBEDDED:
        own = f"engine: {settings.engine.url} is run by you: there is nothing to fetch"
        invocation.emit({"files": 0, "bytes": 0, "folder": None}, [own])
        return
    fetched = embedded_engine(settings).provision(progress=True)
    done = f"fetched {fetched.files} files" if fetched.files else "every part is in place"
    invocation.emit(
        {"files": fetched.files, "bytes": fetched.bytes, "folder": fetched.library},
        [f"engine: {done} ({fetched.library})"],
    )


@engine_group.command()
@pass_invocation
def start(invocation: Invocation) -> None:
    """Start the engine and leave it running until ``discovery engine stop``."""
    address = _embedded(invocation.settings()).start(progress=True, keep=True)
    how = "joined the running engine" if address.joined else "started"
    invocation.emit(address, [f"engine: {how}: {address.url} (pid {address.pid})"])


@engine_group.command()
@click.option("--force", is_flag=True, help="Do not wait for the processes that use it.")
@pass_invocation
def stop(invocation: Invocation, force: bool) -> None:
    """Stop the engine, or let it stop with the last process that uses it."""
    down = _embedded(invocation.settings()).stop(force=force)
    said = "stopped" if down else "still in use; it stops with the last process that uses it"
    invocation.emit({"stopped": down}, [f"engine: {said}"])


@engine_group.command()
@pass_invocation
def status(invocation: Invocation) -> None:
    """Tell whether the engine runs, and where its data and log are. Exit code 1 if it does not run."""
    found = _embedded(invocation.settings()).status()
    lines = [f"engine: {'running at ' + str(found.url) if found.running else 'not running'}"]
    lines += [f"  log    {found.log}", f"  data   {found.data}", f"  parts  {found.parts}"]
    if found.running:
        lines += [f"  java   {found.java}", f"  heap   {found.heap_mb} MB", f"  users  {len(found.users)}"]
    invocation.emit(found, lines)
    if not found.running:
        sys.exit(PROBLEMS_FOUND)
