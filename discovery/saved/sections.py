"""What saved searches find, as parts of an audit report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from discovery.audit.model import About
from discovery.audit.reports.model import NO_SEARCH, Section
from discovery.errors import InputInvalid, NotFound
from discovery.saved.model import SavedSearch
from discovery.saved.searches import SavedSearches
from discovery.search.request import Hit, SearchPage, SearchRequest, Viewer
from mappings.documents import AssetDocument

Ask = Callable[[SearchRequest, Viewer], SearchPage]


def sections(
    searches: SavedSearches, ask: Ask, ids: Sequence[str], most: int, page: int
) -> tuple[Section, ...]:
    """Return a section for each id, with so many items at most; what is wrong with a search it says."""
    return tuple(_section(searches, ask, one, most, page) for one in ids)


def _section(searches: SavedSearches, ask: Ask, id: str, most: int, page: int) -> Section:
    try:
        one = searches.get(id)
    except NotFound:
        return Section(id, id, broken=NO_SEARCH)
    try:
        request = searches.read(one.request)
        total, items = _found(ask, request, most, page)
    except InputInvalid as error:
        return Section(id, one.name, one.note, one.owner, broken=error.detail)
    return Section(id, one.name, one.note, one.owner, total, items, _broken(one))


def _found(ask: Ask, request: SearchRequest, most: int, page: int) -> tuple[int, tuple[About, ...]]:
    items: list[About] = []
    asked = replace(request, facets=(), size=min(page, most))
    while True:
        answer = ask(asked, Viewer())
        items += _items(answer.hits)
        if answer.next is None or len(items) >= most:
            return answer.total, tuple(items[:most])
        asked = replace(asked, after=answer.next)


def _items(hits: Sequence[Hit]) -> Iterator[About]:
    for hit in hits:
        document = hit.document
        if isinstance(document, AssetDocument):
            picture = document.id if document.media.width is not None else None
            name = document.source.title or document.source.key
            family = next(iter(document.product.family), None)
            yield About("asset", document.id, name, document.source.name, family, picture)
        else:
            links = sorted(document.assets.links, key=lambda link: link.role != "hero")
            picture = next((link.id for link in links), None)
            source = document.source
            yield About("product", source.sku, source.title, source.name, source.family, picture)


def _broken(one: SavedSearch) -> str | None:
    return one.broken.reason if one.broken is not None else None
