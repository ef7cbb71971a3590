"""``discovery schedule``: the scheduler's process, its job table, and one turn of a job."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from datetime import datetime

import click

from discovery.cli.invocation import Group, Invocation, pass_invocation, say
from discovery.config import ScheduleSettings
from discovery.errors import InputInvalid
from discovery.scheduler.child import grace_seconds, take_turn, with_parent
from discovery.scheduler.loop import Scheduler
from discovery.scheduler.model import JobView, Turn
from discovery.wiring import Service


@click.group("schedule", cls=Group)
def schedule_group() -> None:
    """Run jobs when they are due: indexing, comparing, cleaning up."""


@schedule_group.command()
@click.argument("id", metavar="JOB")
@pass_invocation
def ask(invocation: Invocation, id: str) -> None:
    """Ask for a run of a job now; a scheduler takes it up at its next look."""
    state = Service(invocation.settings()).job_board.ask(id)
    assert state.asked is not None
    told = {"job": state.job, "asked": state.asked}
    invocation.emit(told, [f"{state.job}: asked for at {state.asked:%Y-%m-%d %H:%M:%S} UTC"])


@schedule_group.command()
@click.option("--with-parent", is_flag=True, hidden=True, help="End when standard input does.")
@pass_invocation
def run(invocation: Invocation, with_parent: bool) -> None:
    """Run the scheduler until Ctrl-C. Any number may run, on any machines; each job runs on one of them."""
    settings = invocation.settings()
    if with_parent:
        _with_parent(settings.schedule)
    service = Service(settings, progress=False)
    scheduler = Scheduler(
        service.jobs(), service.ready_ledger, lambda turn: _turn_command(invocation, turn), settings.schedule
    )
    if not with_parent:
        logging.getLogger("discovery.scheduler").setLevel(logging.INFO)
        say(f"schedule: running as {scheduler.owner}; Ctrl-C stops it")
    scheduler.run()


@schedule_group.command("list")
@pass_invocation
def list_(invocation: Invocation) -> None:
    """Tell every job: when it is due, whether it runs, what its last run came to."""
    views = Service(invocation.settings()).job_board.jobs()
    invocation.emit({"jobs": views}, [line for view in views for line in _lines(view)])


@schedule_group.command(hidden=True)
@click.argument("id")
@click.option("--due", required=True)
@click.option("--token", required=True, type=int)
@click.option("--cause", required=True, type=click.Choice(["due", "asked"]))
@pass_invocation
def job(invocation: Invocation, id: str, due: str, token: int, cause: str) -> None:
    """Take one turn of a job; its scheduler calls this and listens."""
    settings = invocation.settings()
    service = Service(settings, progress=False)
    found = next((one for one in service.jobs() if one.id == id), None)
    if found is None:
        raise InputInvalid(f"there is no job {id!r}")
    turn = Turn(id, datetime.fromisoformat(due), token, "asked" if cause == "asked" else "due")
    take_turn(found, turn, settings.schedule.lease_seconds)


def scheduler_command(invocation: Invocation) -> Sequence[str]:
    """Return the command line of a scheduler that ends with the process that began it."""
    return [*_command(invocation, "run"), "--with-parent"]


def longest_stop(settings: ScheduleSettings) -> float:
    """Return how many seconds a scheduler may take to end what it runs, and itself."""
    return 2 * grace_seconds(settings.lease_seconds) + 5


def _with_parent(settings: ScheduleSettings) -> None:
    with_parent(longest_stop(settings))


def _turn_command(invocation: Invocation, turn: Turn) -> Sequence[str]:
    told = ["--due", turn.due.isoformat(), "--token", str(turn.token), "--cause", turn.cause]
    return [*_command(invocation, "job"), turn.job, *told]


def _command(invocation: Invocation, name: str) -> list[str]:
    file = ["--config", str(invocation.file)] if invocation.file else []
    return [sys.executable, "-m", "discovery", "schedule", name, *file]


def _lines(view: JobView) -> list[str]:
    state = view.state
    when = f"{view.next_due:%Y-%m-%d %H:%M:%S} UTC" if view.next_due else "when asked for"
    lines = [f"{view.id}: {view.title}; {view.trigger or 'off'}; next {when}"]
    if state is not None and state.running:
        lines.append(f"  running since {state.started:%Y-%m-%d %H:%M:%S} UTC on {state.owner}")
    if state is not None and state.asked is not None:
        lines.append(f"  asked for at {state.asked:%Y-%m-%d %H:%M:%S} UTC")
    for one in view.runs[:1]:
        told = f": {one.reason}" if one.reason else ""
        lines.append(f"  last: {one.outcome} at {one.finished:%Y-%m-%d %H:%M:%S} UTC{told}")
    return lines
