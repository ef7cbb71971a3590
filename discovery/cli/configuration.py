"""``discovery config``: what the settings are, and whether they hold together."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from discovery.cli.invocation import Group, Invocation, pass_invocation
from discovery.config import SECTIONS, Settings


@click.group("config", cls=Group)
def config_group() -> None:
    """Show or check the settings."""


def _document(settings: Settings) -> dict[str, Any]:
    document: dict[str, Any] = {"file": settings.file, "home": settings.home}
    for name in SECTIONS:
        document[name] = _section(getattr(settings, name))
    return document


def _section(section: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in dataclasses.fields(section):
        value = getattr(section, field.name)
        if field.metadata["secret"]:
            value = "(set)" if value else ""
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            value = [_section(item) for item in value]
        values[field.name] = value
    return values


@config_group.command()
@pass_invocation
def show(invocation: Invocation) -> None:
    """Print every setting as it counts: environment over file over default."""
    settings = invocation.settings()
    document = _document(settings)
    lines = [f"file = {settings.file or 'none'}", f"home = {settings.home}"]
    for name in SECTIONS:
        lines += [f"{name}.{key} = {value}" for key, value in document[name].items()]
    invocation.emit(document, lines)


@config_group.command("check")
@pass_invocation
def check_settings(invocation: Invocation) -> None:
    """Read the settings and tell everything that is wrong with them. Exit code 2 if anything is."""
    settings = invocation.settings()
    invocation.emit({"ok": True, "file": settings.file}, [f"config: {settings.file or 'defaults'}: ok"])
