"""The generated pages: ``python -m discovery.reference`` writes them, a test fails when they are stale."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from discovery.cli import main
from discovery.config import section_types
from discovery.errors import error_table


def pages() -> dict[str, str]:
    """Return the text of every generated file by its path in the repository."""
    return {
        "config.toml": _config_file(),
        "docs/configuration.md": _configuration_page(),
        "docs/errors.md": _errors_page(),
        "docs/command-line.md": _command_page(),
    }


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return repr(value)


def _keys(kind: type) -> Iterator[tuple[str, Any, str, bool]]:
    instance = kind()
    for field in dataclasses.fields(kind):
        value = getattr(instance, field.name)
        yield field.name, value, field.metadata["help"], field.metadata["secret"]


def _config_file() -> str:
    lines = [
        "# Discovery's settings, each at its default. Every key can also be set by the environment,",
        "# as DISCOVERY_<SECTION>__<KEY>. Unknown keys are refused. State lives in DISCOVERY_HOME.",
    ]
    for section, kind in section_types().items():
        if section == "sources":
            continue
        lines += ["", f"[{section}]"]
        for name, value, meaning, secret in _keys(kind):
            if secret:
                lines.append(f"# {name}: {meaning}")
            else:
                lines.append(f"{name} = {_toml(value)}  # {meaning}")
    lines += [
        "",
        "# What `discovery index run` reads: as many of these tables as you have places and catalogues.",
        "# [[sources.assets]]",
        '# name = "studio"',
        '# uri = "/photos"                     # or s3://bucket/prefix',
        '# exclude = ["**/drafts/**"]',
        "#",
        "# [[sources.products]]",
        '# name = "shop"',
        '# path = "/exports/products.csv"',
        '# format = "magento"                  # or "table", with options; see docs/catalogues.md',
    ]
    return "\n".join(lines) + "\n"


def _configuration_page() -> str:
    lines = [
        "# Configuration",
        "",
        "Generated from `discovery/config.py`. Precedence: environment, then file, then default. The file is",
        "`--config`, else `DISCOVERY_CONFIG`, else `./config.toml`. `DISCOVERY_HOME` says where the embedded",
        "engine, its data, thumbnails and locks live.",
    ]
    for section, kind in section_types().items():
        if section == "sources":
            continue
        lines += [
            "",
            f"## [{section}]",
            "",
            "| key | default | environment | what it is |",
            "|---|---|---|---|",
        ]
        for name, value, meaning, secret in _keys(kind):
            default = "by environment only" if secret else f"`{_toml(value)}`"
            variable = f"DISCOVERY_{section.upper()}__{name.upper()}"
            lines.append(f"| `{name}` | {default} | `{variable}` | {_cell(meaning)} |")
    for section, kind in section_types().items():
        for name, table in _tables(kind):
            lines += ["", f"## [[{section}.{name}]]", "", "| key | what it is |", "|---|---|"]
            lines += [f"| `{key}` | {_cell(meaning)} |" for key, _, meaning, _ in _keys(table)]
    return "\n".join(lines) + "\n"


def _tables(kind: type) -> Iterator[tuple[str, type]]:
    """Yield the keys of a section that are tables of their own, as many as one likes."""
    for name, hint in typing.get_type_hints(kind).items():
        inner = next(iter(typing.get_args(hint)), None)
        if dataclasses.is_dataclass(inner) and isinstance(inner, type):
            yield name, inner


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _errors_page() -> str:
    lines = [
        "# Errors",
        "",
        "Generated from `discovery/errors.py`. Over HTTP they are `application/problem+json` with this",
        "`code`; on the command line one line on standard error and the exit code. `code` is for programs;",
        "`title` and `detail` are for people, in the language of `Accept-Language` where it is German.",
        "",
        "| code | HTTP | exit | try again | meaning |",
        "|---|---|---|---|---|",
    ]
    for kind in error_table():
        again = f"after {kind.retry_after} s" if kind.retry_after is not None else "no"
        row = (f"`{kind.code}`", str(kind.status), str(kind.exit_code), again, kind.title)
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def _command_page() -> str:
    lines = ["# Command line", "", "Generated from the commands' own help.", ""]
    for path, command in _commands("discovery", main):
        context = click.Context(command, info_name=path, terminal_width=80)
        lines += [f"## {path}", "", "```text", command.get_help(context), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    children: Mapping[str, click.Command] = getattr(command, "commands", {})
    for name in sorted(children):
        yield from _commands(f"{path} {name}", children[name])


def write(root: Path) -> list[str]:
    """Write every generated page below ``root``; return the paths that changed."""
    changed = []
    for path, text in pages().items():
        file = root / path
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


if __name__ == "__main__":
    for path in write(Path(__file__).parent.parent):
        click.echo(f"wrote {path}")
