"""Query rules that people keep by the API: one record each, changed only over what was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from discovery.engine.records import Records
from discovery.errors import EngineConflict, IndexMissing, NotFound
from mappings.registry import RULES

MOST_KEPT = 1000
_TRIES = 5


@dataclass(frozen=True, slots=True)
class KeptRule:
    """A rule as it is kept: its table, and who wrote it when."""

    id: str
    table: Mapping[str, Any]
    by: str
    at: datetime


class RuleRecords:
    """The kept rules of one prefix. What a table may hold is for the room that reads it to say."""

    def __init__(
        self,
        records: Records,
        prefix: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records = records
        self._index = RULES.write_alias(prefix)
        self._clock = clock

    def all(self) -> tuple[KeptRule, ...]:
        """Return every kept rule, by id; none where nothing was indexed yet."""
        try:
            found = self._records.search(self._index, {"size": MOST_KEPT, "sort": [{"id": "asc"}]})
        except IndexMissing:
            return ()
        return tuple(_kept(hit["_source"]) for hit in found["hits"]["hits"])

    def put(self, id: str, table: Mapping[str, Any], by: str) -> KeptRule:
        """Keep a rule, in the place of one of that id; it is seen when this returns.

        Raises:
            IndexMissing: nothing was indexed yet.
            EngineConflict: others write the same rule, again and again.
        """
        for _ in range(_TRIES):
            stored = self._records.get(self._index, id)
            source = {
                "id": id,
                "action": table["action"],
                "rule": dict(table),
                "by": by,
                "at": self._clock().isoformat(),
            }
            try:
                self._records.put(self._index, id, source, stored)
            except EngineConflict:
                continue
            return _kept(source)
        raise EngineConflict(f"the rule {id!r} is being changed by others; try again")

    def delete(self, id: str) -> KeptRule:
        """Take a rule away and return it.

        Raises:
            NotFound: there is none of that id.
        """
        stored = self._records.get(self._index, id)
        if stored is None:
            raise NotFound(f"there is no query rule {id[:100]!r}")
        self._records.delete(self._index, id, stored)
        return _kept(stored.source)


def _kept(source: Mapping[str, Any]) -> KeptRule:
    return KeptRule(source["id"], source["rule"], source["by"], datetime.fromisoformat(source["at"]))
