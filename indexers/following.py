"""One generation kept up with another: what was written there since is carried over here.

The generation that serves is the only one that writers know. Another one, that is to serve soon or has just
served, *follows* it: it remembers up to which sequence number of each shard it has taken over what the other
holds, and takes the rest when it must be equal. So nobody writes twice, nothing that is killed between two
writes can leave them apart, and a document with vectors of another model is never copied as it is.

A document's blocks are carried over by their owners: what usage and curation say is the leader's, what the
source said is of whichever was indexed later, what the other side says is worked out anew from what this
generation holds. Vectors are this generation's own; a picture that has none here waits for the next run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from discovery.config import AuditSettings
from discovery.engine.indices import Indices
from discovery.engine.writer import Delete, Operation, Put
from discovery.errors import EngineRejected
from discovery.picture_sets.standing import SetJudge
from indexers.casting import Cast
from indexers.catalogue import Catalogue
from indexers.paging import pages
from indexers.plan import StoredState
from indexers.progress import Progress
from indexers.projection import Projection
from indexers.run import ASSETS, PRODUCTS
from mappings.documents import AssetDocument, Curation, ProductDocument

AT_ONCE = 250
STAMP = "migration"
CLOCKS_APART = timedelta(minutes=10)
"""By how much the clocks of those who write may differ."""

WITHOUT_VECTORS = {
    "bool": {
        "filter": [{"exists": {"field": "media.perceptual_hash"}}, {"term": {"run.version": ""}}],
        "must_not": [{"exists": {"field": "media.recipe"}}],
    }
}
"""Pictures that were carried over from a generation of another model, and are yet to be looked at."""

_DOCUMENTS: Mapping[str, type[AssetDocument | ProductDocument]] = {
    ASSETS: AssetDocument,
    PRODUCTS: ProductDocument,
}
_VECTORS = ("recipe", "vector", "look", "base", "base_look")
_UNREVIEWED = Curation().status


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation of both sides, by its indices' own names, and the catalogue behind them."""

    assets: str
    products: str
    catalogue: Catalogue

    def sides(self) -> dict[str, str]:
        """Return the index of each side."""
        return {ASSETS: self.assets, PRODUCTS: self.products}


@dataclass(frozen=True, slots=True)
class Carried:
    """How many documents were carried over and taken away, and how many pictures wait for vectors."""

    written: int
    removed: int
    waiting: int


class Following:
    """One generation, ``here``, that follows another, ``leader``; ``cast`` brings vectors to its model."""

    def __init__(
        self,
        indices: Indices,
        leader: Generation,
        here: Generation,
        cast: Cast | None,
        recipe: str,
        audit: AuditSettings,
        progress: Progress,
    ) -> None:
        self._indices = indices
        self._leader = leader
        self._here = here
        self._cast = cast
        self._recipe = recipe
        self._audit = audit
        self._progress = progress
        # One side alone can be replaced; the other is the leader's own then.
        self._sides = [side for side, name in here.sides().items() if name != leader.sides()[side]]
        self._alike = {side: self._mapping(leader, side) == self._mapping(here, side) for side in self._sides}

    def begin(self, made_by: str) -> None:
        """Take note of where the leader stands, before anything of it is copied."""
        now = datetime.now(UTC).isoformat()
        for side in self._sides:
            index = self._leader.sides()[side]
            stamp = {"by": made_by, "filled": False, "since": now, **self._standing(index)}
            self._indices.restamp(self._here.sides()[side], {STAMP: stamp})

    def filled(self) -> None:
        """Say that all that the leader had at the beginning has been copied."""
        for side in self._sides:
            self._stamp(side, {"filled": True})

    def follows(self) -> bool:
        """Return whether this generation knows what it has of this leader."""
        return all(self._told(side).get("follows") == self._leader.sides()[side] for side in self._sides)

    def catch_up(self) -> Carried:
        """Carry over what the leader has written and taken away since; may be cut short and run again.

        Raises:
            EngineRejected: the engine does not take a document.
        """
        standing = {side: self._standing(self._leader.sides()[side]) for side in self._sides}
        began = datetime.now(UTC).isoformat()
        self._leader.catalogue.refresh()
        self._here.catalogue.refresh()
        written = removed = 0
        for side in self._sides:
            told = self._told(side)
            written += self._write_changed(side, told.get("checkpoints", {}))
            removed += self._remove_gone(side, datetime.fromisoformat(told["since"]) - CLOCKS_APART)
        if written or removed:
            # Nobody else knows this generation: there is nobody to keep off.
            judge = SetJudge(self._audit)
            Projection(self._here.catalogue, nullcontext, judge).settle()
            self._here.catalogue.refresh()
        for side in self._sides:
            self._stamp(side, {**standing[side], "since": began})
        return Carried(written, removed, self.waiting())

    def waiting(self) -> int:
        """Return how many pictures wait for vectors."""
        return self._here.catalogue.reader.count(self._here.assets, WITHOUT_VECTORS)

    def _write_changed(self, side: str, since: Mapping[str, int]) -> int:
        reader, target = self._here.catalogue.reader, self._here.sides()[side]
        written = 0
        for page in pages(reader.scan(self._leader.sides()[side], page=AT_ONCE, since=since), AT_ONCE):
            known = reader.multi_get(target, [hit["_id"] for hit in page])
            sources = {hit["_id"]: self._as_here(side, hit["_source"]) for hit in page}
            if side == ASSETS:
                self._bring_vectors(sources, known)
            else:
                _keep_pictures(sources, known)
            self._write(
                [Put(target, ident, _carried(one, known.get(ident))) for ident, one in sources.items()]
            )
            written += len(page)
            self._progress.advance(len(page))
        return written

    def _as_here(self, side: str, source: dict[str, Any]) -> dict[str, Any]:
        """Return a document of the leader's as this generation's mapping knows it."""
        if self._alike[side]:
            return source
        document: type[AssetDocument | ProductDocument] = _DOCUMENTS[side]
        return document.from_source(source).to_source()

    def _bring_vectors(
        self, sources: Mapping[str, dict[str, Any]], known: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Give assets vectors of this generation's model, in place; those of unknown bytes have none."""
        due = []
        for ident, source in sources.items():
            media = source["media"]
            if not media.get("recipe") or media["recipe"] == self._recipe:
                continue
            here = known.get(ident, {}).get("media", {})
            if self._cast is not None:
                due.append(media)
                continue
            for name in _VECTORS:
                media.pop(name, None)
            if here.get("recipe") == self._recipe and here.get("checksum") == media["checksum"]:
                media |= {name: here[name] for name in _VECTORS if name in here}
            else:
                source["run"] = {**source["run"], "version": ""}
        if self._cast is not None:
            self._cast.apply(due)

    def _remove_gone(self, side: str, since: datetime) -> int:
        catalogue = self._here.catalogue
        gone: dict[str, datetime] = {}
        for ident, at in self._leader.catalogue.removed(side, since):
            gone[ident] = max(at, gone.get(ident, at))
        removed = 0
        for page in pages(sorted(gone), AT_ONCE):
            back = catalogue.reader.multi_get(self._leader.sides()[side], page, includes=("id",))
            known = catalogue.reader.multi_get(self._here.sides()[side], page, includes=("run",))
            due = [
                Delete(self._here.sides()[side], ident)
                for ident in page
                if ident in known and ident not in back and _indexed(known[ident]) <= gone[ident]
            ]
            self._write(due)
            removed += len(due)
        return removed

    def _write(self, operations: Sequence[Operation]) -> None:
        for outcome in self._here.catalogue.writer().write(operations):
            if outcome.status == "failed":
                raise EngineRejected(f"{outcome.id} could not be carried over: {outcome.reason}")

    def _standing(self, index: str) -> dict[str, Any]:
        return {"follows": index, "checkpoints": self._leader.catalogue.reader.checkpoints(index)}

    def _mapping(self, generation: Generation, side: str) -> Any:
        return self._indices.mapping_meta(generation.sides()[side]).get("mapping")

    def _told(self, side: str) -> Mapping[str, Any]:
        told: Mapping[str, Any] = self._indices.mapping_meta(self._here.sides()[side]).get(STAMP, {})
        return told

    def _stamp(self, side: str, facts: Mapping[str, Any]) -> None:
        self._indices.restamp(self._here.sides()[side], {STAMP: {**self._told(side), **facts}})


def _carried(source: dict[str, Any], known: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the leader's document as it is to stand here in place of ``known``; it is pending."""
    if known is not None and _indexed(known) > _indexed(source):
        status = source["source"].get("status") or _UNREVIEWED
        decided = source["curation"].get("status", _UNREVIEWED) != status
        said = {"status": known["source"].get("status") or _UNREVIEWED}
        curation = source["curation"] if decided else {**source["curation"], **said}
        mine = {block: known[block] for block in ("source", "media", "run") if block in known}
        source = {**source, **mine, "curation": curation}
    return {**source, "run": {**source.get("run", {}), "pending": True}}


def _keep_pictures(sources: Mapping[str, dict[str, Any]], known: Mapping[str, Mapping[str, Any]]) -> None:
    """Let products carry the vectors that they carry here; their projection brings what they should."""
    for ident, source in sources.items():
        here = known.get(ident, {}).get("assets", {})
        side = {name: value for name, value in source["assets"].items() if name not in _VECTORS}
        source["assets"] = side | {name: here[name] for name in _VECTORS if name in here}


def _indexed(source: Mapping[str, Any]) -> datetime:
    return StoredState.from_source(source).indexed
