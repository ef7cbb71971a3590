"""The log as other rooms see it: kept, cleaned up, and told as a report."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

from discovery.config import Settings
from discovery.engine.client import Engine
from discovery.errors import InputInvalid
from discovery.search.request import (
    Condition,
    Filters,
    Mode,
    SearchPage,
    SearchRequest,
    Suggestions,
    Viewer,
)
from discovery.search_log.gaps import GapReport, Today, lacking, make_report, troubled
from discovery.search_log.log import SearchLog
from discovery.search_log.model import RolledUp, Row
from discovery.search_log.recorder import Batch, Kept
from discovery.usage.rollup import Progress
from discovery.usage.service import Silent
from mappings.documents import ProductDocument
from mappings.fields import Side

MOST_QUERIES = 200
"""Queries that a report looks at, those most often in vain; for each the catalogue is asked again."""

MOST_PRODUCTS = 20
"""Products that are named of one query."""

REPORT_SECONDS = 60.0
"""How long a report is told again to whoever asks next: a page of it is cut from the same list."""

ALL = Viewer()
"""Who asks in a report's name: it is for those who see everything."""


class Search(Protocol):
    """The read side, as far as a report asks it."""

    def search(self, request: SearchRequest, viewer: Viewer) -> SearchPage:
        """Answer a search by words."""

    def suggest(self, side: Side, q: str) -> Suggestions:
        """Complete a text, or correct it."""


class SearchLogService:
    """Everything that people and jobs do with the log of searches."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        search: Search,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._search = search
        self._settings = settings.search_log
        self._ended = tuple(settings.audit.discontinued)
        self._log = SearchLog(
            engine,
            settings.engine.prefix,
            bulk_documents=settings.index.bulk_documents,
            retries=settings.index.retries,
        )
        self._making = threading.Lock()
        self._made: GapReport | None = None

    def keep(self, batch: Batch) -> Kept:
        """Keep what was recorded here; the same once, however often."""
        return self._log.keep(batch)

    def clean_up(self) -> int:
        """Remove what is older than it may be; return how much that was."""
        return self._log.remove(self._clock() - timedelta(days=self._settings.retention_days))

    def gaps(self, progress: Progress | None = None) -> GapReport:
        """Return what is asked for and not found; of the last minute, if it was asked for then.

        Raises:
            IndexMissing: nothing has been indexed yet.
        """
        with self._making:
            now = self._clock()
            if self._made is None or (now - self._made.made).total_seconds() >= REPORT_SECONDS:
                log = self._log.rolled_up(MOST_QUERIES)
                looked_at = self._looked_at(log, progress or Silent())
                self._made = make_report(
                    log, looked_at, made=now, retention_days=self._settings.retention_days
                )
            return self._made

    def _looked_at(self, log: RolledUp, progress: Progress) -> Iterator[tuple[Row, Today]]:
        rows = troubled(log)
        progress.expect(len(rows))
        for row in rows:
            try:
                yield row, self._today(row.q)
            except InputInvalid:
                continue  # a query that is longer than queries may be by now
            finally:
                progress.advance(1)

    def _today(self, q: str) -> Today:
        pictures = self._by_words("assets", q, 1).total
        products = self._by_words("products", q, 1).total
        if not products:
            better = None if pictures else self._search.suggest("products", q).did_you_mean
            return Today(pictures, 0, did_you_mean=better)
        unusable = (
            (Condition("hero_usable", any=(False,)),),
            (Condition("completeness", lt=100),),
        )
        sold = (Condition("status", none=self._ended),) if self._ended else ()
        lack = self._by_words("products", q, MOST_PRODUCTS, Filters(sold, unusable))
        documents = [hit.document for hit in lack.hits]
        listed = tuple(lacking(one) for one in documents if isinstance(one, ProductDocument))
        return Today(pictures, products, lack.total, listed)

    def _by_words(self, side: Side, q: str, size: int, filters: Filters | None = None) -> SearchPage:
        request = SearchRequest(side, q, Mode.TEXT, filters or Filters(), size=size, understand=True)
        return self._search.search(request, ALL)
