"""Reading one indexed file again, from where its source said it lies and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import fsspec  # type: ignore[import-untyped]

from discovery.config import AssetSourceSettings
from discovery.errors import NotFound
from indexers.sources.bucket import BucketSource, RemoteFile, public_address
from indexers.sources.folder import FolderSource, LocalFile
from indexers.sources.protocol import open_asset_source
from mappings.documents import AssetSource


def read_original(asset: AssetSource, known: Iterable[AssetSourceSettings], max_bytes: int) -> bytes:
    """Return the bytes of an indexed file.

    ``known`` are the sources that the service has; a file of any other is not read, so that an address
    in the index leads nowhere that nobody configured.

    Raises:
        NotFound: the source is unknown, or the file is no longer in it.
        SourceUnavailable: the place cannot be read.
        ImageUnreadable: the file has more than ``max_bytes`` bytes.
    """
    source = _source(asset, known, max_bytes)
    if isinstance(source, FolderSource):
        return LocalFile(str(_inside(source.root, asset)), asset.key)(max_bytes)
    fs, path = _remote(source, asset)
    size = source.attempt(lambda: int(fs.size(path) or 0), asset.key)
    return RemoteFile(source, fs, path, asset.key, size)(max_bytes)


def open_original(asset: AssetSource, known: Iterable[AssetSourceSettings]) -> Path | BinaryIO:
    """Return the path of an indexed file, or a stream where it lies elsewhere; of any size.

    Raises:
        NotFound, SourceUnavailable: as :func:`read_original`.
    """
    source = _source(asset, known, 0)
    if isinstance(source, FolderSource):
        return _inside(source.root, asset)
    fs, path = _remote(source, asset)
    stream: BinaryIO = source.attempt(lambda: fs.open(path, "rb"), asset.key)
    return stream


def _source(
    asset: AssetSource, known: Iterable[AssetSourceSettings], max_bytes: int
) -> FolderSource | BucketSource:
    settings = next((source for source in known if source.name == asset.name), None)
    if settings is None:
        raise NotFound(
            f"the source {asset.name!r} is not known here; add it to config.toml, or index it again"
        )
    source = open_asset_source(settings, max_bytes)
    assert isinstance(source, FolderSource | BucketSource)
    return source


def _inside(root: Path, asset: AssetSource) -> Path:
    """Return the file's real path; the address may name another spelling of the key, never another place."""
    address = unquote(urlsplit(asset.uri).path, errors="surrogateescape")
    path = Path(os.path.realpath(address))
    if not path.is_relative_to(os.path.realpath(root)) or not path.is_file():
        raise NotFound(f"{asset.key!r} is no longer in the source {asset.name!r}")
    return path


def _remote(source: BucketSource, asset: AssetSource) -> tuple[Any, str]:
    """Return the file system and the path in it; a listing that was cached would hide what is new."""
    key = asset.uri.removeprefix(f"{public_address(source.uri).rstrip('/')}/")
    fs, root = source.attempt(
        lambda: fsspec.core.url_to_fs(source.uri, use_listings_cache=False, **source.options)
    )
    path = f"{root.rstrip('/')}/{key}"
    if ".." in key.split("/") or not source.attempt(lambda: fs.exists(path), key):
        raise NotFound(f"{asset.key!r} is no longer in the source {asset.name!r}")
    return fs, path
