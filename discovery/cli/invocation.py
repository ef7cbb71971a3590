"""What every command shares: ``--config``, ``--json``, exit codes, progress on standard error.

Exit codes: 0 done; 1 done, and it found problems; 2 wrong usage, configuration or input; 3 the engine
cannot be reached; 130 interrupted. With ``--json`` standard output holds one JSON document and nothing
else.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from discovery import config
from discovery.config import Settings
from discovery.errors import DiscoveryError, InputInvalid

PROBLEMS_FOUND = 1
INTERRUPTED = 130


@dataclass(slots=True)
class Invocation:
    """What was said on the command line besides the command's own arguments."""

    file: Path | None = None
    json: bool = False

    def settings(self) -> Settings:
        """Read the settings that this invocation runs with."""
        return config.load(self.file)

    def emit(self, document: Any, lines: Sequence[str]) -> None:
        """Print the result: the document with ``--json``, else the lines."""
        if self.json:
            click.echo(json.dumps(document, default=_plain, ensure_ascii=False, indent=2))
        else:
            for line in lines:
                click.echo(line)


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)


def say(text: str) -> None:
    """Tell the user something that is no result, on standard error."""
    click.echo(text, err=True)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    return str(value)


def _shared_options() -> list[click.Parameter]:
    def keep_file(context: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            context.ensure_object(Invocation).file = Path(value)

    def keep_json(context: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            context.ensure_object(Invocation).json = True

    file = click.Option(
        ["--config"], metavar="PATH", callback=keep_file, expose_value=False, help="Settings file."
    )
    as_json = click.Option(
        ["--json"], is_flag=True, callback=keep_json, expose_value=False, help="Print one JSON document."
    )
    return [file, as_json]


class Command(click.Command):
    """A command that takes ``--config`` and ``--json`` after its own name too."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.params += _shared_options()


class Group(click.Group):
    """A group of such commands."""

    command_class = Command

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.params += _shared_options()


Group.group_class = Group


@contextmanager
def errors_told() -> Iterator[None]:
    """Turn this project's errors into lines on standard error and the table's exit code."""
    # A plain kill ends as Ctrl-C does, so that what was started is stopped too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except DiscoveryError as error:
        for line in _lines(error):
            say(line)
        sys.exit(error.kind.exit_code)
    except KeyboardInterrupt:
        say("discovery: interrupted")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe has seen enough; that is no failure, and closing must not raise again.
        sys.stderr.close()
        sys.exit(0)


def _lines(error: DiscoveryError) -> list[str]:
    """Return what is wrong, each thing once: several problems below each other, one in a line."""
    title = error.kind.title
    problems = [f"{problem.field}: {problem.message}" for problem in error.problems]
    if len(problems) > 1:
        more = [] if problems[0] in error.detail else [f"  {error.detail}"]
        return [f"discovery: {title}:", *more, *(f"  {problem}" for problem in problems)]
    return [f"discovery: {error.detail}" if title in error.detail else f"discovery: {title}: {error.detail}"]


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """Return repeated ``key=value`` arguments as a dictionary.

    Raises:
        InputInvalid: for one without ``=``, named.
    """
    parsed = {}
    for text in given:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise InputInvalid(f"{option} {text!r}: expected key=value")
        parsed[key] = value
    return parsed


class ProgressLine:
    """One line on standard error with count, rate and time left; it appears only when work takes a while."""

    def __init__(self, label: str) -> None:
        self._bar: tqdm[Any] = tqdm(
            desc=label, total=0, unit=" items", delay=1.5, leave=False, dynamic_ncols=True, file=sys.stderr
        )

    def expect(self, items: int) -> None:
        """Raise the number of items that are to be done."""
        self._bar.total = (self._bar.total or 0) + items

    def advance(self, items: int) -> None:
        """Count items as done."""
        if not self._bar.n:
            self._bar.unpause()  # starting the engine or loading the model is no part of the rate
        self._bar.update(items)

    def say(self, stage: str) -> None:
        """Show what is being done."""
        self._bar.set_postfix_str(stage, refresh=False)

    def close(self) -> None:
        """Take the line away."""
        self._bar.close()
