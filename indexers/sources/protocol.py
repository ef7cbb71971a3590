"""What a run reads from: sources of assets and sources of products, and how one is opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from discovery.config import AssetSourceSettings, ProductSourceSettings
from discovery.errors import FieldProblem, InputInvalid
from indexers.records import AssetRecord, Problem, ProductRecord
from indexers.sources.bucket import open_bucket
from indexers.sources.folder import FolderSource
from indexers.sources.magento import open_magento
from indexers.sources.options import check_options
from indexers.sources.patterns import PathPatterns, category_rule
from indexers.sources.shelving import Shelf
from indexers.sources.table import open_table

COMMON_OPTIONS = {
    "include": "patterns of paths to read, separated by commas",
    "exclude": "patterns of paths to leave out, separated by commas",
    "categories": "a regular expression over the path with named groups",
}
"""Settings of every assets source that may also be given as options, for use without a config file."""


class AssetSource(Protocol):
    """A place where assets lie."""

    @property
    def name(self) -> str:
        """The source's name."""
        ...

    def items(self) -> Iterator[AssetRecord | Problem]:
        """Yield every asset as the listing comes to it, and a problem for all that cannot be one.

        What a fatal problem names is unknown, not gone: the asset at its key, or, where the key ends in
        ``/``, every asset below it.

        Raises:
            SourceUnavailable: when the place cannot be listed, or the listing breaks midway; an
                iterator that ends without it has seen everything.
        """
        ...


class ProductSource(Protocol):
    """A product catalogue."""

    @property
    def name(self) -> str:
        """The source's name."""
        ...

    def items(self) -> Iterator[ProductRecord | Problem]:
        """Yield every product, and a problem for each row that cannot be taken, or only in part.

        A row's fatal problem carries the SKU where the row tells it: that product is unknown, not gone.

        Raises:
            SourceUnavailable: when a file cannot be read, or not to its end. Of several files the
                readable ones are yielded first, so an iterator that ends without it has seen everything.
            InputInvalid: for a file without a required column, or options that do not fit it.
        """
        ...


def open_asset_source(settings: AssetSourceSettings, max_bytes: int) -> AssetSource:
    """Return the source at ``settings.uri``; nothing is read yet.

    A path or a ``file://`` address is a folder, any other address a bucket. No asset of more than
    ``max_bytes`` bytes is read.

    Raises:
        InputInvalid: for an address, pattern or option that cannot be used, naming it.
    """
    options = dict(settings.options)
    include = settings.include or _listed(options.pop("include", ""))
    exclude = settings.exclude or _listed(options.pop("exclude", ""))
    categories = settings.categories or options.pop("categories", "")
    for name in COMMON_OPTIONS:
        options.pop(name, None)
    shelf = Shelf(settings.name, PathPatterns(include, exclude), category_rule(categories), max_bytes)
    folder = _local_path(settings.uri)
    if folder is None:
        return open_bucket(settings.uri, options, shelf)
    check_options(options, COMMON_OPTIONS, "folder sources")
    return FolderSource(folder, shelf)


def open_product_source(settings: ProductSourceSettings) -> ProductSource:
    """Return the catalogue at ``settings.path``: a file, a folder of files or a pattern (``dir/*.csv``).

    Raises:
        InputInvalid: for a format, path or option that cannot be used, naming it.
    """
    path = _local_path(settings.path)
    if path is None:
        message = "expected a local file, folder or pattern of files"
        raise InputInvalid(f"path: {message}", (FieldProblem("path", message),))
    formats: dict[str, Callable[[str, Path, Mapping[str, str]], ProductSource]] = {
        "magento": open_magento,
        "table": open_table,
    }
    if settings.format not in formats:
        message = f"expected one of {', '.join(formats)}, found {settings.format!r}"
        raise InputInvalid(f"format: {message}", (FieldProblem("format", message),))
    return formats[settings.format](settings.name, path, settings.options)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _local_path(uri: str) -> Path | None:
    """Return the path that ``uri`` names, or ``None`` for an address of another kind."""
    if not uri:
        message = "is required"
        raise InputInvalid(f"uri: {message}", (FieldProblem("uri", message),))
    if uri.startswith("file://"):
        return Path(unquote(urlsplit(uri).path))
    if re.match(r"[A-Za-z][A-Za-z0-9+.:-]*://", uri):
        return None
    return Path(uri).expanduser()
