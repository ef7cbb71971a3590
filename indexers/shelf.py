"""The links that no catalogue declares, as they are kept: one document for each asset that was judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from discovery.engine.reader import Reader
from mappings.documents import LinkDocument

_HOLDING = ("id", "source", "name", "state", "judged", "digest", "pending", "sku", "applied", "refused")


class LinkShelf:
    """Questions to the links index."""

    def __init__(self, reader: Reader, index: str) -> None:
        self._reader = reader
        self.index = index

    def documents(self, ids: Iterable[str]) -> dict[str, LinkDocument]:
        """Return what is known of assets, as last written, by id; all but the proposals."""
        found = self._reader.multi_get(self.index, list(ids), includes=_HOLDING)
        return {ident: LinkDocument.from_source(source) for ident, source in found.items()}

    def about(self, skus: Sequence[str]) -> list[LinkDocument]:
        """Return the assets that were linked to any of ``skus`` or refused it, as of the last refresh."""
        given = sorted(skus)
        either = [{"terms": {"applied.sku": given}}, {"terms": {"refused": given}}]
        query = {"bool": {"should": either, "minimum_should_match": 1}}
        hits = self._reader.scan(self.index, query, _HOLDING)
        return sorted((LinkDocument.from_source(hit["_source"]) for hit in hits), key=lambda one: one.id)

    def pending(self) -> set[str]:
        """Return the ids of assets whose sides have yet to be told."""
        return {hit["_id"] for hit in self._reader.scan(self.index, {"term": {"pending": True}}, ())}

    def scan(self) -> Iterator[LinkDocument]:
        """Yield every asset that was judged, without its proposals."""
        for hit in self._reader.scan(self.index, None, _HOLDING):
            yield LinkDocument.from_source(hit["_source"])
