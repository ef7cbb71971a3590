"""From drafts to product records: limits, duplicates, versions, and what parents gain from their variants."""

from __future__ import annotations

import dataclasses
import hashlib
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from indexers.records import Problem, ProductRecord
from indexers.sources.markup import plain_text, plain_words
from indexers.sources.roles import ALTERNATE, references, with_hero
from indexers.sources.rows import Fault
from mappings.documents import ImageReference

SCHEMA = "1"
"""Part of every version; raise it when the same row would give another record."""

MOST_SKU_CHARACTERS = 256
MOST_NAME_CHARACTERS = 1_000
MOST_WORD_CHARACTERS = 512
MOST_TEXT_CHARACTERS = 100_000
MOST_VALUE_CHARACTERS = 10_000

_STATUS = {
    "1": "active",
    "true": "active",
    "enabled": "active",
    "0": "inactive",
    "false": "inactive",
    "disabled": "inactive",
}


@dataclass(slots=True)
class Draft:
    """A row on its way to a record: texts as the catalogue gives them, and what was wrong so far.

    ``hero`` and ``images`` are picture paths; ``fields`` says which column gave a field, for messages.
    """

    file: str
    row: int
    sku: str
    name: str = ""
    description: str = ""
    brand: str = ""
    family: str = ""
    categories: tuple[str, ...] = ()
    price: float | None = None
    currency: str = ""
    status: str = ""
    parent: str = ""
    identifiers: tuple[str, ...] = ()
    created: datetime | None = None
    modified: datetime | None = None
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hero: str = ""
    images: tuple[str, ...] = ()
    faults: list[Fault] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Where the row stands: ``<file>:<row>``."""
        return f"{self.file}:{self.row}"


class Ledger:
    """Turns the drafts of one catalogue into records, and remembers which SKUs it has seen."""

    def __init__(self, source: str, image_source: str | None, columns: Mapping[str, str]) -> None:
        """``columns`` maps a field to the column that gives it, for problems; a missing one is itself."""
        self._source = source
        self._image_source = image_source
        self._columns = columns
        self._places: dict[str, str] = {}

    def place(self, sku: str) -> str | None:
        """Return where the row of ``sku`` stands, if a record has been made of it."""
        return self._places.get(sku)

    def missing_parent(self, parent: str, variant: str) -> Problem:
        """Return the problem of a variant whose parent is not in the catalogue."""
        reason = f"names the parent {parent!r}, which is not in the catalogue"
        fault = self._fault("parent", reason, fatal=False)
        return self.problem(self._places[variant], fault, variant)

    def problem(self, place: str, fault: Fault, sku: str = "") -> Problem:
        """Return ``fault`` as this source's problem."""
        return Problem(self._source, place, fault.reason, fault.column, fault.fatal, sku or None)

    def take(self, draft: Draft) -> Iterator[ProductRecord | Problem]:
        """Yield what is wrong with ``draft``, and its record unless that was fatal."""
        faults = draft.faults
        if not faults or not any(fault.fatal for fault in faults):
            self._check(draft)
        if faults:
            for fault in faults:
                yield self.problem(draft.place, fault, draft.sku)
            if any(fault.fatal for fault in faults):
                return
        self._places[draft.sku] = draft.place
        yield self._record(draft)

    def _check(self, draft: Draft) -> None:
        faults, sku = draft.faults, draft.sku
        if not sku:
            faults.append(self._fault("sku", "is empty, expected a SKU"))
            return
        if len(sku.encode()) > MOST_SKU_CHARACTERS:
            reason = f"is longer than {MOST_SKU_CHARACTERS} bytes: {sku[:40]}…"
            draft.sku = ""
            faults.append(self._fault("sku", reason))
            return
        if not sku.isprintable():
            faults.append(self._fault("sku", f"holds a line break or control character: {sku!r}"))
            return
        if sku in self._places:
            faults.append(
                self._fault("sku", f"repeats {sku!r} of {self._places[sku]}; the first one is kept")
            )
            return
        if not draft.name:
            faults.append(self._fault("name", "is empty; the sku stands in for it", fatal=False))
            draft.name = sku
        elif len(draft.name) > MOST_NAME_CHARACTERS:
            faults.append(self._cut("name", MOST_NAME_CHARACTERS))
            draft.name = draft.name[:MOST_NAME_CHARACTERS]
        if len(draft.description) > MOST_TEXT_CHARACTERS:
            faults.append(self._cut("description", MOST_TEXT_CHARACTERS))
            draft.description = draft.description[:MOST_TEXT_CHARACTERS]
        words = _words(draft)
        if max(map(len, words)) > MOST_SKU_CHARACTERS:
            self._shorten(draft)
        if "&" in "".join(words):
            _unescape(draft)

    def _shorten(self, draft: Draft) -> None:
        """Leave out what is longer than its field may be, saying so."""
        words = dict.fromkeys(("brand", "family", "currency", "status"), MOST_WORD_CHARACTERS)
        for name, most in {**words, "parent": MOST_SKU_CHARACTERS}.items():
            if len(getattr(draft, name)) > most:
                draft.faults.append(self._too_long(name, most))
                setattr(draft, name, "")
        for name, most in (("categories", MOST_WORD_CHARACTERS), ("identifiers", MOST_SKU_CHARACTERS)):
            given = getattr(draft, name)
            if any(len(text) > most for text in given):
                draft.faults.append(self._too_long(name, most))
                setattr(draft, name, tuple(text for text in given if len(text) <= most))
        for code, values in draft.attributes.items():
            if any(len(value) > MOST_VALUE_CHARACTERS for value in values):
                draft.faults.append(self._too_long(code, MOST_VALUE_CHARACTERS))
                draft.attributes[code] = tuple(v for v in values if len(v) <= MOST_VALUE_CHARACTERS)
        draft.attributes = {code: values for code, values in draft.attributes.items() if values}

    def _record(self, draft: Draft) -> ProductRecord:
        parent = draft.parent if draft.parent != draft.sku else ""
        return stamped(
            ProductRecord(
                source=self._source,
                row=draft.row,
                sku=draft.sku,
                name=plain_text(draft.name) or draft.sku,
                version="",
                parent=parent or None,
                variant=bool(parent),
                identifiers=draft.identifiers,
                description=plain_text(draft.description) or None,
                brand=draft.brand or None,
                family=draft.family or None,
                categories=draft.categories,
                price=draft.price,
                currency=draft.currency or None,
                status=_STATUS.get(draft.status.lower(), draft.status) or None,
                created=draft.created,
                modified=draft.modified,
                attributes=types.MappingProxyType(draft.attributes),
                images=with_hero(draft.hero, draft.images) if draft.hero else references(draft.images),
                image_source=self._image_source,
            )
        )

    def _fault(self, name: str, reason: str, *, fatal: bool = True) -> Fault:
        return Fault(reason, self._columns.get(name, name), fatal)

    def _cut(self, name: str, most: int) -> Fault:
        return self._fault(name, f"is longer than {most} characters and was cut", fatal=False)

    def _too_long(self, name: str, most: int) -> Fault:
        return self._fault(name, f"is longer than {most} characters and was left out", fatal=False)


def _words(draft: Draft) -> list[str]:
    """Return the short texts of a draft, for a quick look at all of them."""
    words = [draft.brand, draft.family, draft.currency, draft.status, draft.parent]
    words += draft.categories
    words += draft.identifiers
    for values in draft.attributes.values():
        words += values
    return words


def _unescape(draft: Draft) -> None:
    draft.brand, draft.family = plain_words(draft.brand), plain_words(draft.family)
    draft.categories = tuple(map(plain_words, draft.categories))
    cleaned = {code: tuple(filter(None, map(plain_words, given))) for code, given in draft.attributes.items()}
    draft.attributes = {code: values for code, values in cleaned.items() if values}


def stamped(record: ProductRecord) -> ProductRecord:
    """Return ``record`` with its version: a digest of all but its source and row number.

    A row that only moved is unchanged; a new way of making records (:data:`SCHEMA`) changes them all.
    """
    said = repr(
        (
            SCHEMA,
            record.sku,
            record.name,
            record.parent,
            record.identifiers,
            record.description,
            record.brand,
            record.family,
            record.categories,
            record.price,
            record.currency,
            record.status,
            record.created,
            record.modified,
            sorted(record.attributes.items()),
            [(image.path, image.role) for image in record.images],
            record.image_source,
        )
    )
    object.__setattr__(
        record, "version", hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=8).hexdigest()
    )
    return record


@dataclass(slots=True)
class _Gains:
    """What the variants of one parent bring, in order of appearance, and the first of them."""

    first: str
    attributes: dict[str, dict[str, None]] = field(default_factory=dict)
    images: dict[str, None] = field(default_factory=dict)


def with_gains(
    items: Iterable[ProductRecord | Problem],
    own: frozenset[str],
    missing: Callable[[str, str], Problem],
) -> Iterator[ProductRecord | Problem]:
    """Pass ``items`` on, parents last, each with the attribute values and pictures of its variants.

    So a search for "purple jacket" finds the jacket although only its variants are purple. A variant's
    pictures are alternates of its parent; attributes in ``own`` are not handed up. For a parent that is
    not there, ``missing(parent, variant)`` is yielded with the SKUs of both, its first variant's.
    """
    held: list[ProductRecord] = []
    gains: dict[str, _Gains] = {}
    for item in items:
        if isinstance(item, Problem):
            yield item
        elif item.parent is None:
            held.append(item)
        else:
            _gather(gains.setdefault(item.parent, _Gains(item.sku)), item, own)
            yield item
    for record in held:
        gained = gains.pop(record.sku, None)
        yield _enriched(record, gained) if gained else record
    for sku, gained in gains.items():
        yield missing(sku, gained.first)


def _gather(gains: _Gains, variant: ProductRecord, own: frozenset[str]) -> None:
    for code, values in variant.attributes.items():
        if code not in own:
            gains.attributes.setdefault(code, {}).update(dict.fromkeys(values))
    gains.images.update(dict.fromkeys(image.path for image in variant.images))


def _enriched(record: ProductRecord, gained: _Gains) -> ProductRecord:
    attributes = dict(record.attributes)
    for code, values in gained.attributes.items():
        attributes[code] = tuple(dict.fromkeys((*attributes.get(code, ()), *values)))
    named = {image.path for image in record.images}
    added = [path for path in gained.images if path not in named]
    if record.images:
        images = (*record.images, *(ImageReference(path, ALTERNATE) for path in added))
    else:
        images = references(added)
    return stamped(dataclasses.replace(record, attributes=types.MappingProxyType(attributes), images=images))
