"""A run over products: one thread plans and builds, another writes with two requests under way."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from discovery.config import Settings
from discovery.engine.writer import Put
from indexers.build import BUILD, LONGEST_ID, is_storable, product_document
from indexers.catalogue import Catalogue
from indexers.channel import Channel, Halted
from indexers.plan import Outcome, StoredState, plan
from indexers.records import Problem, ProductRecord
from indexers.roster import token
from indexers.run import PRODUCTS, Run, Terms
from indexers.summary import RunSummary

REQUESTS_AT_ONCE = 2
BATCHES_AHEAD = 4
METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class _Built:
    sku: str
    put: Put
    new: bool
    pending: bool


class ProductRun:
    """One run over one catalogue."""

    def __init__(self, source: str, catalogue: Catalogue, settings: Settings, terms: Terms) -> None:
        self._run = Run(PRODUCTS, source, catalogue, settings, terms)
        self._catalogue = catalogue
        self._built: Channel[list[_Built]] = Channel(BATCHES_AHEAD, self._run.halt)

    def index(self, items: Iterable[ProductRecord | Problem]) -> RunSummary:
        """Index what ``items`` lists; see ``pipeline.index_products``."""
        run = self._run
        run.progress.say("reading")
        try:
            run.begin()
            if run.terms.dry_run:
                self._plan(items)
                return run.end(interrupted=False)
            thread = threading.Thread(target=run.guarded(self._write), name="index-write", daemon=True)
            interrupted = run.work(lambda: self._plan(items), [thread])
        except KeyboardInterrupt:
            interrupted = True
        except BaseException:
            run.abandon()
            raise
        return run.end(interrupted=interrupted)

    def _plan(self, items: Iterable[ProductRecord | Problem]) -> None:
        batches: Iterator[list[ProductRecord]] = self._run.batches(items)
        for records in batches:
            due = self._due(records)
            if self._run.terms.dry_run:
                self._run.tally.add(METADATA, len(due))
                continue
            with self._run.tally.stage("building"):
                built = self._build(due)
            if built:
                self._built.send(built)
        self._built.close()

    def _due(self, records: Sequence[ProductRecord]) -> list[tuple[ProductRecord, StoredState | None]]:
        """Return the records that must be written, with what is stored of them."""
        run = self._run
        known: dict[str, ProductRecord] = {}
        for record in records:
            if not is_storable(record.sku):
                self._fail(record, f"the sku must be text of 1 to {LONGEST_ID} bytes")
            elif not run.roster.see(record.sku):
                self._fail(record, "the source lists this sku twice")
            elif run.roster.is_unchanged(record.sku, (token(record.version, BUILD, None),)):
                run.unchanged()
            else:
                known[record.sku] = record
        with run.tally.stage("planning"):
            states = self._catalogue.products.states(list(known)) if run.exists else {}
        due = []
        for sku, record in known.items():
            state = states.get(sku)
            if state is not None and state.source != run.source:
                self._fail(
                    record, f"the sku belongs to source {state.source!r} already; rename it in one of them"
                )
                continue
            outcome = plan(record.version, BUILD, state, started=run.started)
            if outcome is Outcome.NOTHING:
                run.unchanged()
            elif outcome is Outcome.STALE:
                run.stale()
            else:
                due.append((record, state))
        return due

    def _build(self, due: Sequence[tuple[ProductRecord, StoredState | None]]) -> list[_Built]:
        run, index = self._run, self._catalogue.names.products
        known = [record.sku for record, state in due if state is not None or self._catalogue.has_elder]
        stored = self._catalogue.products.documents(known)
        built = []
        for record, state in due:
            try:
                document = product_document(
                    record, stored.get(record.sku), build=BUILD, started=run.started, judge=run.judge
                )
                put = Put(index, document.id, document.to_source(), run.version)
            except (ValueError, OverflowError) as error:
                self._fail(record, str(error))
            else:
                pending = document.run is not None and document.run.pending
                built.append(_Built(record.sku, put, state is None, pending))
        return built

    def _write(self) -> None:
        run = self._run
        writer = self._catalogue.writer(threads=REQUESTS_AT_ONCE, pause=run.halt.wait)
        sent: deque[_Built] = deque()
        with run.tally.stage("writing"):
            for outcome in writer.write(self._operations(sent)):
                built = sent.popleft()
                if outcome.status == "written":
                    run.written(built.sku, METADATA, new=built.new, pending=built.pending)
                    run.settle_if_due()
                elif outcome.status == "newer":
                    run.stale()
                else:
                    run.fail(Problem(run.source, built.sku, outcome.reason or "the engine refused it"))

    def _operations(self, sent: deque[_Built]) -> Iterator[Put]:
        """Yield what is to be written; end when the run stops, so that what is under way is still counted."""
        while True:
            try:
                batches = self._built.receive(1)
            except Halted:
                return
            if not batches:
                return
            for built in batches[0]:
                sent.append(built)
                yield built.put

    def _fail(self, record: ProductRecord, reason: str) -> None:
        key = record.sku or f"row {record.row}"
        self._run.fail(Problem(self._run.source, key, f"row {record.row}: {reason}"))
