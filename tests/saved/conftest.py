"""Saved searches over the hand-made shop in a real engine, and a real mail server's inbox."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from discovery.config import MailSettings, SearchSettings
from discovery.curation.collections import Collections
from discovery.engine.client import Engine
from discovery.engine.indices import AliasChange, Indices
from discovery.engine.percolator import Percolator
from discovery.engine.reader import Reader
from discovery.engine.records import Records
from discovery.engine.writer import Delete, Writer
from discovery.mail.mailing import Mailing
from discovery.saved.alerts import Alerts, Looked
from discovery.saved.model import Alert, SavedSearch
from discovery.saved.searches import SavedSearches
from discovery.web.schemas import load, search_schema
from mappings.fields import Side
from mappings.registry import ASSETS, COLLECTIONS, PRODUCTS, RUNS, body, watching_body
from tests.audit.conftest import Clock
from tests.audit.test_mail import Box, serving
from tests.search.catalogue import Document, create, fill
from tests.search.conftest import serve_over

ANA, BEN = "ana@vessbrook.example", "ben@vessbrook.example"
MORNING = datetime(2026, 6, 15, 6, tzinfo=UTC)


class Desk:
    """A shop that is filled bit by bit, and everything that looks at its saved searches."""

    def __init__(self, engine: Engine, prefix: str, mail: MailSettings, box: Box) -> None:
        self.engine, self.prefix, self.box = engine, prefix, box
        self.clock = Clock()
        self.clock.now = MORNING
        create(engine, prefix)
        indices = Indices(engine)
        for family in (COLLECTIONS, RUNS):
            name = family.generation(prefix, "1")
            indices.create(
                name, body(family, shards=1, replicas=0, vectors=None, created="2026-01-01T00:00:00Z")
            )
            indices.swap_aliases([AliasChange("add", family.write_alias(prefix), name)])
        self.records, self.reader = Records(engine), Reader(engine)
        self.collections = Collections(self.records, self.reader, prefix)
        self.mail = mail
        self.over()

    def over(self, **given: Any) -> None:
        """Serve from now on by a search service that is given these."""
        schema = search_schema(SearchSettings())
        self.service = serve_over(self.engine, self.prefix, collections=self.collections.names, **given)
        self.searches = SavedSearches(
            self.records,
            self.reader,
            self.service,
            lambda raw: load(schema, raw),
            self.prefix,
            clock=self.clock,
        )

    def percolator(self, side: Side) -> Percolator:
        family = ASSETS if side == "assets" else PRODUCTS
        return Percolator(self.engine, f"{self.prefix}-watching-{side}", watching_body(family))

    def fill(self, *documents: Document) -> None:
        fill(self.engine, self.prefix, documents)

    def lose(self, *documents: Document) -> None:
        writer = Writer(self.engine)
        list(writer.write([Delete(ASSETS.generation(self.prefix, "1"), one.id) for one in documents]))
        writer.refresh(ASSETS.generation(self.prefix, "1"))

    def save(
        self, alert: Alert = Alert.EACH_RUN, owner: str = ANA, name: str = "Saved", **request: Any
    ) -> str:
        return self.searches.create(name, owner, None, request, alert, "ana").id

    def get(self, id: str) -> SavedSearch:
        return self.searches.get(id)

    def round(self, token: int = 1, **mail: Any) -> Looked:
        """Look as the job does; the next round is a quarter of an hour later."""
        mailing = Mailing(
            self.records, RUNS.write_alias(self.prefix), patience=self.clock.now - MORNING, kind="alert"
        )
        settings = dataclasses.replace(self.mail, **mail)
        alerts = Alerts(self.searches, self.reader, self.percolator, mailing, settings, self.prefix)
        done = alerts.round(self.clock.now, token)
        self.clock.forward(minutes=15)
        return done

    def letters(self) -> Sequence[tuple[str, str, str]]:
        """Return to whom, about what and in what words each letter was, and empty the box."""
        told = [(m["To"], m["Subject"], m.get_body(("plain",)).get_content()) for m in self.box.mails]
        self.box.mails.clear()
        return told


@pytest.fixture
def desk(engine: Engine, prefix: str) -> Iterator[Desk]:
    box = Box()
    with serving(box) as mail:
        yield Desk(engine, prefix, mail, box)
