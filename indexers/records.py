"""What sources hand to a run: frozen records, one per asset or product, and one per row that is wrong."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mappings.documents import ImageReference


@dataclass(frozen=True, slots=True)
class AssetRecord:
    """One file as its listing shows it; nothing has been read yet.

    ``version`` changes whenever the file or its sidecar may have changed (size, time, entity tag).
    ``read`` returns the bytes, ``sidecar`` the bytes and kind (``"xmp"`` or ``"json"``) of a file
    beside it, if there is one; both raise ``SourceUnavailable``, or ``ImageUnreadable`` for a file
    above the limit.
    """

    source: str
    key: str
    uri: str
    size: int
    modified: datetime | None
    version: str
    categories: tuple[str, ...]
    read: Callable[[], bytes]
    sidecar: Callable[[], tuple[bytes, str] | None]


@dataclass(frozen=True, slots=True)
class ProductRecord:
    """One product or variant of a catalogue.

    ``attributes`` maps a code (``mappings.documents.attribute_code``) to its values; ``images`` are the
    pictures it names, by path relative to the assets source ``image_source`` (``None``: any).
    ``version`` changes whenever anything else here does.
    """

    source: str
    row: int
    sku: str
    name: str
    version: str
    parent: str | None = None
    variant: bool = False
    identifiers: tuple[str, ...] = ()
    description: str | None = None
    brand: str | None = None
    family: str | None = None
    categories: tuple[str, ...] = ()
    price: float | None = None
    currency: str | None = None
    status: str | None = None
    created: datetime | None = None
    modified: datetime | None = None
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: types.MappingProxyType({}))
    images: tuple[ImageReference, ...] = ()
    image_source: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One file or row that could not be taken, or was taken in part.

    ``key`` is the file's key or ``"<file>:<row>"``; ``field`` the column or tag, if one is to blame;
    ``fatal`` is false where the item was indexed without the bad value. ``sku`` names the product where a
    bad row still tells it: what is known to be there, if badly, is not gone.
    """

    source: str
    key: str
    reason: str
    field: str | None = None
    fatal: bool = True
    sku: str | None = None
