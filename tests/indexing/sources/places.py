"""Places where assets lie, for the contract suite: a local folder, fsspec's memory, and S3 on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import fsspec  # type: ignore[import-untyped]

from discovery.config import AssetSourceSettings
from indexers.records import AssetRecord, Problem
from indexers.sources.protocol import AssetSource, open_asset_source


class Place(Protocol):
    """Somewhere files can be put, taken away, and addressed."""

    @property
    def uri(self) -> str: ...

    @property
    def options(self) -> Mapping[str, str]: ...

    def put(self, key: str, data: bytes) -> None: ...

    def remove(self, key: str) -> None: ...


@dataclass
class FolderPlace:
    root: Path
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        return str(self.root)

    def put(self, key: str, data: bytes) -> None:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def remove(self, key: str) -> None:
        (self.root / key).unlink()


@dataclass
class MemoryPlace:
    uri: str
    options: Mapping[str, str] = field(default_factory=dict)

    def put(self, key: str, data: bytes) -> None:
        fsspec.filesystem("memory").pipe(f"{self.uri}/{key}", data)

    def remove(self, key: str) -> None:
        fsspec.filesystem("memory").rm(f"{self.uri}/{key}")


@dataclass
class S3Place:
    client: Any
    bucket: str
    prefix: str
    options: Mapping[str, str]

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def put(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}", Body=data)

    def remove(self, key: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}")


def source_at(place: Place, *, max_bytes: int = 1_000_000, **settings: Any) -> AssetSource:
    options = {**place.options, **settings.pop("options", {})}
    return open_asset_source(
        AssetSourceSettings(name="studio", uri=place.uri, options=options, **settings), max_bytes
    )


def listed(source: AssetSource) -> tuple[dict[str, AssetRecord], list[Problem]]:
    items = list(source.items())
    records = [item for item in items if isinstance(item, AssetRecord)]
    assert len({record.key for record in records}) == len(records)
    return {record.key: record for record in records}, [i for i in items if isinstance(i, Problem)]
