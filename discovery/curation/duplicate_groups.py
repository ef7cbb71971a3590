"""Groups of files that hold the same picture, as they were found: kept to be listed and decided about.

Found again by every pass over the catalogue, so that nothing is lost with them; what people said of their
files is kept elsewhere (``duplicate_decisions``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from discovery.curation.duplicate_listing import GroupsPage, GroupsQuery, ListedGroup, search_body
from discovery.curation.duplicate_words import Choice, SaidOfPair
from discovery.duplicates.groups import Group, Pair, State, groups_of, state_of
from discovery.duplicates.prints import Print
from discovery.duplicates.verdict import Cut, Kind, Likeness
from discovery.engine.cursors import cursor_of
from discovery.engine.reader import Reader
from discovery.engine.writer import Delete, Operation, Put, Writer
from discovery.errors import EngineRejected, FieldProblem, NotFound
from mappings.documents import AssetDocument
from mappings.fields import FEATURES
from mappings.registry import ASSETS, DUPLICATES

LONGEST_ID = 512

_SHOWN = ("id", "source", "media", "product.links", "curation", "usage")


class DuplicateGroups:
    """The groups of one prefix. ``said`` returns what people said of some assets."""

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        prefix: str,
        said: Callable[[Sequence[str]], Sequence[SaidOfPair]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._index = DUPLICATES.write_alias(prefix)
        self._assets = ASSETS.read_alias(prefix)
        self._said = said
        self._clock = clock

    def members(self, id: str) -> tuple[str, ...]:
        """Return the assets of a group, its suggested keeper first; none where there is no such group."""
        source = self._reader.get(self._index, id) if _is_id(id) else None
        return () if source is None else tuple(source["members"])

    def page(self, query: GroupsQuery) -> GroupsPage:
        """Return one page.

        Raises:
            InputInvalid: naming every filter that is wrong.
            IndexMissing: nothing has been indexed yet.
        """
        reply = self._reader.search(self._index, search_body(query))
        hits = reply["hits"]["hits"]
        more = len(hits) == query.size
        return GroupsPage(
            int(reply["hits"]["total"]["value"]),
            tuple(self._listed([hit["_source"] for hit in hits])),
            cursor_of(hits[-1]["sort"]) if more else None,
        )

    def one(self, id: str) -> ListedGroup:
        """Return one group.

        Raises:
            NotFound: there is none of that id.
        """
        source = self._reader.get(self._index, id) if _is_id(id) else None
        if source is None:
            problem = FieldProblem("id", "no such group")
            raise NotFound(f"there is no group of duplicates {id[:100]!r}", (problem,))
        (listed,) = self._listed([source])
        return listed

    def replace(self, pairs: Iterable[Pair], *, whole: bool = True) -> int:
        """Keep what a pass over all assets found in place of what was kept; return how many groups there are.

        Pairs that people decided about are found no more, and stay as long as an asset of theirs is there.
        Where the pass did not look at all (not ``whole``), so do the others, while their files are the same.
        """
        stored = [hit["_source"] for hit in self._reader.scan(self._index)]
        ids = sorted({ident for source in stored for ident in source["members"]})
        decided = {one.ids for one in self._said(ids)} if ids else set()
        found = self._reader.multi_get(self._assets, ids, includes=("media.checksum",)) if ids else {}
        sums = {ident: source["media"]["checksum"] for ident, source in found.items()}

        def stays(pair: Pair) -> bool:
            if pair.ids in decided:
                return not pair.ids.isdisjoint(sums)
            return not whole and all(sums.get(one.id) == one.checksum for one in (pair.kept, pair.lesser))

        old = [pair for source in stored for pair in _group(source).pairs if stays(pair)]
        return self._keep([*old, *pairs], stored)

    def add(self, pairs: Sequence[Pair]) -> int:
        """Keep some more pairs, with the groups that their files are in; return how many groups that is."""
        ids = sorted({ident for pair in pairs for ident in pair.ids})
        stored = self._about(ids)
        return self._keep([*(pair for one in stored for pair in _group(one).pairs), *pairs], stored)

    def refresh(self, assets: Sequence[str]) -> None:
        """See how the groups of some assets stand, after people said something of them."""
        stored = self._about(assets)
        self._keep([pair for one in stored for pair in _group(one).pairs], stored)

    def _about(self, assets: Sequence[str]) -> list[dict[str, Any]]:
        self._writer.refresh(self._index)
        return [
            hit["_source"] for hit in self._reader.scan(self._index, {"terms": {"members": list(assets)}})
        ]

    def _keep(self, pairs: Sequence[Pair], stored: Sequence[Mapping[str, Any]]) -> int:
        known = {ident: source["id"] for source in stored for ident in source["members"]}
        found = {source["id"]: source["found"] for source in stored}
        now = self._clock().isoformat()
        groups = list(groups_of(pairs, known))
        said = self._said(sorted({one.id for group in groups for one in group.members})) if groups else ()
        operations: list[Operation] = [
            Put(self._index, group.id, _source(group, _state(group, said), found.get(group.id, now), now))
            for group in groups
        ]
        gone = found.keys() - {group.id for group in groups}
        operations += [Delete(self._index, ident) for ident in sorted(gone)]
        for outcome in self._writer.write(operations):
            if outcome.status == "failed":
                raise EngineRejected(f"the group {outcome.id!r} could not be kept: {outcome.reason}")
        self._writer.refresh(self._index)
        return len(groups)

    def _listed(self, sources: Sequence[Mapping[str, Any]]) -> Iterator[ListedGroup]:
        groups = [_group(source) for source in sources]
        ids = sorted({one.id for group in groups for one in group.members})
        found = self._reader.multi_get(self._assets, ids, _SHOWN, FEATURES["assets"]) if ids else {}
        assets = {ident: AssetDocument.from_source(source) for ident, source in found.items()}
        said = self._said(ids) if ids else ()
        for source, group in zip(sources, groups, strict=True):
            members = {one.id for one in group.members}
            yield ListedGroup(
                group=group,
                state=State(source["state"]),
                found=datetime.fromisoformat(source["found"]),
                seen=datetime.fromisoformat(source["seen"]),
                assets={ident: assets[ident] for ident in members if ident in assets},
                said=tuple(one for one in said if one.ids <= members),
            )


def _is_id(id: str) -> bool:
    return bool(id) and len(id.encode("utf-8", "replace")) <= LONGEST_ID


def _state(group: Group, said: Iterable[SaidOfPair]) -> State:
    kept = {one.ids for one in said if one.choice is Choice.KEEP_BOTH}
    merged = {one.one for one in said if one.choice is Choice.MERGE}
    return state_of([pair.ids for pair in group.pairs], kept, merged)


def _source(group: Group, state: State, found: str, seen: str) -> dict[str, Any]:
    return {
        "id": group.id,
        "kind": group.kind.value,
        "state": state.value,
        "sources": sorted({one.source for one in group.members}),
        "members": [one.id for one in group.members],
        "keeper": group.keeper.id,
        "reason": group.reason,
        "size": len(group.members),
        "found": found,
        "seen": seen,
        "pairs": {
            "members": [_member(one) for one in group.members],
            "pairs": [
                {"kept": pair.kept.id, "lesser": pair.lesser.id, **asdict(pair.likeness)}
                for pair in group.pairs
            ],
        },
    }


def _member(one: Print) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "source": one.source,
        "checksum": one.checksum,
        "stem": one.stem,
        "linked": one.linked,
        "skus": sorted(one.skus),
        "pixels": one.pixels,
        "made": None if one.made is None else one.made.isoformat(),
    }


def _group(source: Mapping[str, Any]) -> Group:
    told = source["pairs"]
    prints = {one["id"]: _print(one) for one in told["members"]}
    pairs = tuple(Pair(prints[one["kept"]], prints[one["lesser"]], _likeness(one)) for one in told["pairs"])
    members = tuple(prints[ident] for ident in source["members"])
    return Group(source["id"], Kind(source["kind"]), members, pairs, source["reason"])


def _print(one: Mapping[str, Any]) -> Print:
    made = one["made"]
    return Print(
        **{name: one[name] for name in ("id", "name", "source", "checksum", "stem", "linked", "pixels")},
        skus=frozenset(one["skus"]),
        made=None if made is None else datetime.fromisoformat(made),
    )


def _likeness(one: Mapping[str, Any]) -> Likeness:
    flags = {name: one[name] for name in ("mirrored", "turned", "strip", "grey", "guessed")}
    return Likeness(Kind(one["kind"]), one["degree"], Cut(one["cut"]), **flags)
