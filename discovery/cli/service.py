"""``discovery serve``, ``demo`` and ``check``: the service itself."""

from __future__ import annotations

import dataclasses
import sys
import threading
from collections.abc import Callable

import click

from discovery.audit.runner import Terms
from discovery.cli.audit import audit_lines
from discovery.cli.index import link_lines, linked_after, progress_line, summary_lines
from discovery.cli.invocation import PROBLEMS_FOUND, Command, Invocation, pass_invocation, say
from discovery.cli.schedule import longest_stop, scheduler_command
from discovery.config import AssetSourceSettings, ProductSourceSettings, Settings
from discovery.demo import CATALOGUE
from discovery.errors import ModelUnavailable
from discovery.scheduler.beside import Beside
from discovery.web.app import create_app
from discovery.web.server import serve as serve_http
from discovery.wiring import Service

DEMO = "demo"


@click.command(cls=Command)
@click.option("--host", default=None, help="Address to listen on, in place of web.host.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=None, help="Port, in place of web.port; 0: any."
)
@click.option("--no-scheduler", is_flag=True, help="Serve alone; a scheduler runs elsewhere, or none.")
@pass_invocation
def serve(invocation: Invocation, host: str | None, port: int | None, no_scheduler: bool) -> None:
    """Serve the search page and the API until Ctrl-C, with a scheduler beside it."""
    settings = _listening(invocation.settings(), host, port)
    if no_scheduler:
        _serve(Service(settings))
        return
    scheduler = Beside(scheduler_command(invocation), longest_stop(settings.schedule), say)
    try:
        _serve(Service(settings), began=scheduler.start)
    finally:
        scheduler.stop()


def _listening(settings: Settings, host: str | None, port: int | None) -> Settings:
    web = settings.web
    changed = dataclasses.replace(
        web, host=web.host if host is None else host, port=web.port if port is None else port
    )
    return dataclasses.replace(settings, web=changed)


def _serve(service: Service, then: tuple[str, ...] = (), began: Callable[[], None] = lambda: None) -> None:
    """Serve; the model loads meanwhile, and until it is there words alone find things."""
    loading = threading.Thread(target=_load, args=(service,), name="load-model", daemon=True)
    loading.start()
    app = create_app(service.web_services(), service.settings)
    loading.join()

    def announce(line: str) -> None:
        click.echo(line)
        for more in then:
            say(more.format(address=line.removeprefix("ready ")))
        sys.stdout.flush()
        began()

    try:
        with service.audit_worker:
            serve_http(app, service.settings.web, announce)
    finally:
        service.close()


def _load(service: Service) -> None:
    try:
        service.base_embedder()
    except ModelUnavailable as error:
        say(f"discovery: {error.kind.title}: {error.detail}; searching by words alone")


@click.command(cls=Command)
@click.option("--host", default=None, help="Address to listen on, in place of web.host.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=None, help="Port, in place of web.port; 0: any."
)
@click.option("--no-serve", is_flag=True, help="Index the demo catalogue and end.")
@pass_invocation
def demo(invocation: Invocation, host: str | None, port: int | None, no_serve: bool) -> None:
    """Index the demo catalogue and serve it, without a scheduler: it stays the same at any hour."""
    service = Service(_listening(invocation.settings(), host, port))
    pictures = AssetSourceSettings(name=DEMO, uri=str(CATALOGUE / "assets"))
    table = ProductSourceSettings(name=DEMO, path=str(CATALOGUE / "products.csv"), options={"assets": DEMO})
    say("demo: starting the engine")
    service.engine.ping()
    say("demo: indexing the demo catalogue")
    with progress_line("demo pictures") as line:
        summaries = [service.index_assets(pictures, line)]
    with progress_line("demo products") as line:
        summaries.append(service.index_products(table, line))
    for source in (pictures, table):
        service.known.keep(source)
    links = linked_after(service, summaries)
    told = [line for summary in summaries for line in summary_lines(summary)]
    with progress_line("demo audit") as line:
        audited = service.audit.run(Terms(links=service.link_states, progress=line))
    for text in [*told, *(link_lines(links) if links else []), *audit_lines(audited)[-1:]]:
        say(text)
    if no_serve:
        invocation.emit({"runs": [summary.as_json() for summary in summaries]}, ["demo: indexed"])
        return
    _serve(service, _THREE_CALLS)


_SAMPLE = next(iter(sorted(CATALOGUE.glob("assets/*/*_front.jpg"))), CATALOGUE)
_THREE_CALLS = (
    "",
    "Open {address} in a browser, or try:",
    "  curl '{address}/api/v1/search?q=blue+mug&facets=colour'",
    "  curl '{address}/api/v1/search?in=products&q=oak&facets=family&filter.has_asset=true'",
    f"  curl -F image=@{_SAMPLE} '{{address}}/api/v1/similar'",
    "Ctrl-C stops the service and the engine.",
)


@click.command(cls=Command)
@pass_invocation
def check(invocation: Invocation) -> None:
    """Look at configuration, engine, model and index; tell what is wrong and what to do."""
    service = Service(invocation.settings())
    _ = service.rule_book  # a rules file that is wrong is configuration that is wrong
    checks = service.readiness()
    problems = [
        family.problem for family in service.lifecycle.status(service.embedder().recipe) if family.problem
    ]
    lines = [
        f"{'ok     ' if one.ok else 'problem'}  {one.name}{': ' + one.reason if one.reason else ''}"
        for one in checks
    ]
    lines += [f"problem  {problem}" for problem in problems]
    invocation.emit({"checks": checks, "problems": problems}, ["ok       configuration", *lines])
    if problems or not all(one.ok for one in checks):
        sys.exit(PROBLEMS_FOUND)
