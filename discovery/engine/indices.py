"""Indices and aliases: made, listed, moved between, settled and taken away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from discovery.engine.client import Engine
from discovery.engine.failures import ensure_whole, translated
from discovery.errors import IndexMissing

SETTLE_TIMEOUT_SECONDS = 3600
FACTS = "*.aliases,*.mappings._meta,*.settings.index.creation_date"


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """One index: when it was made (UTC), documents, bytes on disk (primaries), aliases, ``_meta``, health."""

    name: str
    created: datetime
    documents: int
    bytes: int
    aliases: tuple[str, ...]
    meta: Mapping[str, Any]
    health: str


@dataclass(frozen=True, slots=True)
class AliasChange:
    """Point an alias at an index, or away from it; ``write`` makes it the one index that writes go to."""

    act: Literal["add", "remove"]
    alias: str
    index: str
    write: bool = False


class Indices:
    """What may be done to whole indices."""

    def __init__(self, engine: Engine) -> None:
        self._client = engine.client
        self._timeout = SETTLE_TIMEOUT_SECONDS

    def create(self, name: str, body: Mapping[str, Any]) -> None:
        """Create an index of a whole body (settings, mappings, aliases).

        Raises:
            EngineConflict: one of this name exists.
            EngineRejected: the body is not taken, with the engine's reason.
        """
        with translated():
            self._client.indices.create(index=name, body=body)

    def exists(self, name: str) -> bool:
        """Return whether an index or alias of this name exists."""
        with translated():
            return bool(self._client.indices.exists(index=name))

    def delete(self, names: Iterable[str]) -> None:
        """Delete indices by their whole names; one that is gone already is no error."""
        for name in names:
            with translated():
                self._client.indices.delete(index=name, params={"ignore_unavailable": "true"})

    def list(self, prefix: str) -> list[IndexFacts]:
        """Return the indices whose names begin with ``prefix``, by name."""
        pattern = f"{prefix}*"
        with translated():
            facts = self._client.indices.get(index=pattern, params={"filter_path": FACTS})
            rows = self._client.cat.indices(
                index=pattern,
                format="json",
                bytes="b",
                params={"h": "index,health,docs.count,pri.store.size"},
            )
        sizes = {row["index"]: row for row in rows}
        found = []
        for name in sorted(facts.keys() & sizes.keys()):
            entry, row = facts[name], sizes[name]
            made = int(entry["settings"]["index"]["creation_date"]) / 1000
            found.append(
                IndexFacts(
                    name=name,
                    created=datetime.fromtimestamp(made, UTC),
                    documents=int(row["docs.count"] or 0),
                    bytes=int(row["pri.store.size"] or 0),
                    aliases=tuple(sorted(entry.get("aliases", ()))),
                    meta=entry.get("mappings", {}).get("_meta", {}),
                    health=row["health"],
                )
            )
        return found

    def mapping_meta(self, name: str) -> dict[str, Any]:
        """Return the ``_meta`` stamp of one index.

        Raises:
            IndexMissing: there is none of this name.
        """
        with translated():
            reply = self._client.indices.get_mapping(index=name)
        if not reply:
            raise IndexMissing(f"no such index [{name}]; index something first")
        meta: dict[str, Any] = next(iter(reply.values()))["mappings"].get("_meta", {})
        return meta

    def put_mapping(
        self, name: str, properties: Mapping[str, Any], meta: Mapping[str, Any] | None = None
    ) -> None:
        """Add fields to an index (and replace its stamp, if one is given).

        Raises:
            EngineRejected: a field is there already as something else; only additions are possible.
        """
        body: dict[str, Any] = {"properties": properties}
        if meta is not None:
            body["_meta"] = meta
        with translated():
            self._client.indices.put_mapping(index=name, body=body)

    def restamp(self, name: str, facts: Mapping[str, Any]) -> None:
        """Change what the stamp of one index says; a fact that is ``None`` is taken out."""
        stamp = {**self.mapping_meta(name), **facts}
        self.put_mapping(name, {}, {fact: said for fact, said in stamp.items() if said is not None})

    def swap_aliases(self, actions: Sequence[AliasChange]) -> None:
        """Make all these changes in one step that no search and no write can fall between.

        Raises:
            IndexMissing: an index, or an alias to take away, does not exist; nothing was changed.
        """
        with translated():
            self._client.indices.update_aliases(
                body={"actions": [_alias_action(action) for action in actions]}
            )

    def aliases(self, prefix: str) -> dict[str, tuple[str, ...]]:
        """Return the indices behind each alias whose name begins with ``prefix``."""
        with translated():
            reply = self._client.indices.get_alias(name=f"{prefix}*")
        found: dict[str, list[str]] = {}
        for index, entry in reply.items():
            for alias in entry["aliases"]:
                found.setdefault(alias, []).append(index)
        return {alias: tuple(sorted(indices)) for alias, indices in sorted(found.items())}

    @contextmanager
    def bulk_loading(self, name: str) -> Iterator[None]:
        """Leave an index unrefreshed while much is written to it; afterwards refresh it and set it back."""
        self.put_settings(name, {"refresh_interval": "-1"})
        try:
            yield
        finally:
            self.put_settings(name, {"refresh_interval": None})
            self.refresh(name)

    def put_settings(self, name: str, settings: Mapping[str, Any]) -> None:
        """Change settings of an index that may be changed while it is open; None means the default."""
        with translated():
            self._client.indices.put_settings(index=name, body={"index": dict(settings)})

    def refresh(self, name: str) -> None:
        """Make everything written so far visible to searches."""
        with translated():
            self._client.indices.refresh(index=name)

    def force_merge(self, name: str, segments: int = 1) -> None:
        """Merge an index into few segments, which makes vector search faster; waits (minutes when large)."""
        with translated():
            reply = self._client.indices.forcemerge(
                index=name, max_num_segments=segments, request_timeout=SETTLE_TIMEOUT_SECONDS
            )
        ensure_whole(reply)

    def close_leftovers(self, prefix: str) -> tuple[str, ...]:
        """Delete every index whose name begins with ``prefix`` and return their names; for tests."""
        if not prefix:
            return ()
        names = tuple(facts.name for facts in self.list(prefix))
        self.delete(names)
        return names


def _alias_action(change: AliasChange) -> dict[str, Any]:
    target: dict[str, Any] = {"index": change.index, "alias": change.alias}
    if change.act == "add" and change.write:
        target["is_write_index"] = True
    return {change.act: target if change.act == "add" else {**target, "must_exist": True}}
