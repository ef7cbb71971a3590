"""The sources a service knows: those of ``config.toml``, and those that were given on the command line.

The latter are kept in the ``runs`` index, so that a rebuild fills from them too and originals can be read.
"""

from __future__ import annotations

import dataclasses
import types
from typing import Any
from urllib.parse import urlsplit

from discovery.config import AssetSourceSettings, ProductSourceSettings, SourcesSettings
from discovery.engine.client import Engine
from discovery.engine.records import Records
from discovery.errors import IndexMissing
from indexers.run import ASSETS, PRODUCTS
from mappings.registry import RUNS

_MOST = 1000
_KIND = "source"

_SETTINGS: dict[str, type[AssetSourceSettings] | type[ProductSourceSettings]] = {
    ASSETS: AssetSourceSettings,
    PRODUCTS: ProductSourceSettings,
}


class KnownSources:
    """All sources of one prefix. A source of the configuration goes before a kept one of the same name."""

    def __init__(self, engine: Engine, prefix: str, configured: SourcesSettings) -> None:
        self._records = Records(engine)
        self._prefix = prefix
        self._configured = configured

    def assets(self) -> tuple[AssetSourceSettings, ...]:
        """Return every assets source, the configured ones first."""
        return (*self._configured.assets, *self._kept(ASSETS, {s.name for s in self._configured.assets}))

    def products(self) -> tuple[ProductSourceSettings, ...]:
        """Return every catalogue, the configured ones first."""
        return (
            *self._configured.products,
            *self._kept(PRODUCTS, {s.name for s in self._configured.products}),
        )

    def keep(self, source: AssetSourceSettings | ProductSourceSettings) -> None:
        """Remember a source for later runs; one with a password in its address is not written down."""
        side = ASSETS if isinstance(source, AssetSourceSettings) else PRODUCTS
        if isinstance(source, AssetSourceSettings) and urlsplit(source.uri).password is not None:
            return
        index = RUNS.write_alias(self._prefix)
        ident = _id(side, source.name)
        record = {"kind": _KIND, "side": side, "source": source.name, "settings": _plain(source)}
        stored = self._records.get(index, ident)
        if stored is None or stored.source != record:
            self._records.put(index, ident, record, stored)

    def forget(self, name: str) -> None:
        """Remove a kept source of either side."""
        index = RUNS.write_alias(self._prefix)
        for side in (ASSETS, PRODUCTS):
            stored = self._records.get(index, _id(side, name))
            if stored is not None:
                self._records.delete(index, _id(side, name), stored)

    def _kept(self, side: str, configured: set[str]) -> tuple[Any, ...]:
        body = {
            "size": _MOST,
            "query": {"bool": {"filter": [{"term": {"kind": _KIND}}, {"term": {"side": side}}]}},
            "sort": [{"source": "asc"}],
        }
        try:
            found = self._records.search(RUNS.read_alias(self._prefix), body)["hits"]["hits"]
        except IndexMissing:
            return ()
        kept = (hit["_source"] for hit in found)
        return tuple(
            _settings(side, record["settings"]) for record in kept if record["source"] not in configured
        )


def _id(side: str, name: str) -> str:
    return f"{_KIND}:{side}:{name}"


def _plain(source: AssetSourceSettings | ProductSourceSettings) -> dict[str, Any]:
    values = {field.name: getattr(source, field.name) for field in dataclasses.fields(source)}
    values["options"] = dict(source.options)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _settings(side: str, values: dict[str, Any]) -> AssetSourceSettings | ProductSourceSettings:
    given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    given["options"] = types.MappingProxyType(dict(values["options"]))
    return _SETTINGS[side](**given)
