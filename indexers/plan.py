"""What a run has to do about one item. Pure: it looks at what the source says and at what is stored."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


class Outcome(enum.Enum):
    """What happens to one item."""

    EMBED = "embed"
    METADATA = "metadata"
    NOTHING = "nothing"
    GONE = "gone"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class StoredState:
    """What the index holds of one item, as far as a plan needs it.

    ``recipe`` and ``checksum`` are ``None`` for products; ``recipe`` also for files that have no vector.
    """

    source: str
    key: str
    version: str
    build: str
    indexed: datetime
    checksum: str | None = None
    recipe: str | None = None

    @classmethod
    def from_source(cls, source: Mapping[str, Any]) -> StoredState:
        """Read the state from a ``_source`` that holds at least :data:`STATE_FIELDS`.

        A document without the indexer's own block, which only another program can have written, counts as
        made by no build, so that it is made anew.
        """
        run, media, said = source.get("run", {}), source.get("media", {}), source.get("source", {})
        return cls(
            source=said.get("name", ""),
            key=said.get("key", ""),
            version=run.get("version", ""),
            build=run.get("build", ""),
            indexed=datetime.fromisoformat(run.get("indexed", "1970-01-01T00:00:00Z")),
            checksum=media.get("checksum"),
            recipe=media.get("recipe"),
        )


STATE_FIELDS = ("source.name", "source.key", "run", "media.checksum", "media.recipe")


def plan(
    version: str | None,
    build: str,
    stored: StoredState | None,
    recipe: str | None = None,
    *,
    started: datetime,
    checksum: str | None = None,
) -> Outcome:
    """Name what to do about one item.

    ``version`` is the source's token for it, ``None`` where a complete listing did not have it. ``build``
    names the code and settings that make documents, ``recipe`` the model (``None`` for products),
    ``started`` the run's start. ``checksum`` is that of the bytes, once they have been read; without it,
    ``EMBED`` means "read the bytes and ask again".
    """
    if stored is not None and stored.indexed > started:
        return Outcome.STALE
    if version is None:
        return Outcome.GONE
    if stored is None:
        return Outcome.EMBED
    # A file without a vector keeps having none until its bytes change.
    same_recipe = stored.recipe is None or stored.recipe == recipe
    if stored.version == version and stored.build == build and same_recipe:
        return Outcome.NOTHING
    return Outcome.METADATA if same_recipe and checksum == stored.checksum else Outcome.EMBED
