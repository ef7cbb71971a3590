"""The command's top level: every group and command by name."""

from __future__ import annotations

import logging

import click

from discovery.cli.audit import audit_group
from discovery.cli.collections import collections_group
from discovery.cli.configuration import config_group
from discovery.cli.duplicates import duplicates_group
from discovery.cli.engine import engine_group
from discovery.cli.index import index_group
from discovery.cli.invocation import Group, errors_told
from discovery.cli.link import link_group
from discovery.cli.model import model_group
from discovery.cli.schedule import schedule_group
from discovery.cli.search import search, similar
from discovery.cli.search_gaps import search_gaps
from discovery.cli.searches import searches_group
from discovery.cli.service import check, demo, serve
from discovery.cli.transfer import export, import_
from discovery.cli.usage import usage_group


class _Main(Group):
    def invoke(self, context: click.Context) -> object:
        with errors_told():
            return super().invoke(context)


@click.group(cls=_Main)
@click.version_option(package_name="discovery")
def main() -> None:
    """Find, connect and trust creative assets and products."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # The client warns of every reply that is no success; those that matter come as errors of our own.
    logging.getLogger("opensearch").setLevel(logging.ERROR)
    # The hub's client prints its own warnings.
    logging.getLogger("huggingface_hub").propagate = False


for _command in (
    demo,
    serve,
    check,
    config_group,
    engine_group,
    model_group,
    index_group,
    link_group,
    duplicates_group,
    audit_group,
    usage_group,
    schedule_group,
    search,
    similar,
    search_gaps,
    searches_group,
    collections_group,
    export,
    import_,
):
    main.add_command(_command)
