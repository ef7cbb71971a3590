"""Reading. Nothing in this module can change an index."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from opensearchpy.exceptions import NotFoundError

from discovery.engine.client import Engine
from discovery.engine.failures import ensure_whole, from_status, translated
from discovery.errors import CursorExpired, EngineRejected, IndexMissing

IDS_AT_ONCE = 1000
SCAN_KEEP_ALIVE_SECONDS = 300
WHOLE = {"allow_partial_search_results": "false"}
SHARD_FACTS = "indices.*.shards.*.routing.primary,indices.*.shards.*.seq_no"


class Reader:
    """The questions that can be put to the engine; replies are its own JSON, checked to be whole."""

    def __init__(self, engine: Engine) -> None:
        self._client = engine.client

    def search(
        self, index: str, body: Mapping[str, Any], *, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Run one search and return the engine's reply.

        With a point in time in the body, ``index`` is not used: that names its indices itself. ``params`` are
        query parameters such as ``include_named_queries_score``.

        Raises:
            AnswerPartial: not every shard answered.
            CursorExpired: the body's point in time is gone.
            IndexMissing, EngineRejected, EngineUnavailable, EngineTimedOut, EngineBusy: as named.
        """
        with translated():
            reply: dict[str, Any] = self._client.search(
                index=None if "pit" in body else index, body=body, params={**WHOLE, **(params or {})}
            )
        ensure_whole(reply)
        return reply

    def multi_search(self, index: str, bodies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Run several searches in one request, return their replies in order; one that fails fails all."""
        if not bodies:
            return []
        lines: list[Mapping[str, Any]] = []
        for body in bodies:
            header = {} if "pit" in body else {"index": index}
            lines += [{**header, "allow_partial_search_results": False}, body]
        with translated():
            replies: list[dict[str, Any]] = self._client.msearch(body=lines)["responses"]
        for reply in replies:
            if "error" in reply:
                raise from_status(reply["status"], reply)
            ensure_whole(reply)
        return replies

    def get(self, index: str, id: str, source: Sequence[str] | bool | None = None) -> dict[str, Any] | None:
        """Return a document's source (or named parts of it), as last written; None where there is none."""
        with translated():
            try:
                reply = self._client.get(
                    index=index, id=id, **({} if source is None else {"_source": source})
                )
            except NotFoundError as error:
                if isinstance(error.info, Mapping) and error.info.get("found") is False:
                    return None
                raise
        found: dict[str, Any] = reply.get("_source", {})
        return found

    def multi_get(
        self,
        index: str,
        ids: Sequence[str],
        includes: Sequence[str] | None = None,
        excludes: Sequence[str] | None = None,
    ) -> dict[str, dict[str, Any]]:
        """Return the sources of those of ``ids`` that exist, by id, as last written."""
        parts: dict[str, Any] = {}
        if includes:
            parts["_source_includes"] = ",".join(includes)
        if excludes:
            parts["_source_excludes"] = ",".join(excludes)
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(ids), IDS_AT_ONCE):
            some = list(ids[start : start + IDS_AT_ONCE])
            with translated():
                reply = self._client.mget(index=index, body={"ids": some}, **parts)
            for document in reply["docs"]:
                if "error" in document:
                    raise from_status(500, document)
                if document["found"]:
                    found[document["_id"]] = document.get("_source", {})
        return found

    def open_point_in_time(self, index: str, keep_alive_seconds: int) -> str:
        """Freeze what ``index`` holds now, for searches that are to see the same; return its id."""
        return self._open_point_in_time(index, keep_alive_seconds, {})

    def _open_point_in_time(self, index: str, keep_alive_seconds: int, params: Mapping[str, str]) -> str:
        with translated():
            reply = self._client.create_pit(
                index=index,
                params={
                    "keep_alive": f"{keep_alive_seconds}s",
                    # The engine would freeze what shards there are, and all later answers would look whole.
                    "allow_partial_pit_creation": "false",
                    **params,
                },
            )
        ensure_whole(reply)
        return str(reply["pit_id"])

    def close_point_in_time(self, pit: str) -> None:
        """Give a point in time back; one that is gone already is no error."""
        try:
            with translated():
                self._client.delete_pit(body={"pit_id": [pit]})
        except (CursorExpired, EngineRejected):
            return

    def scan(
        self,
        index: str,
        query: Mapping[str, Any] | None = None,
        source_includes: Sequence[str] | None = None,
        page: int = 1000,
        *,
        source_excludes: Sequence[str] = (),
        versions: bool = False,
        since: Mapping[str, int] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield every hit (``_id``, ``_source`` …) of a query once, in no set order, in constant memory.

        What is seen is the index as it was when the scan began, however it changes meanwhile. Shard by
        shard, in the order in which documents lie there: a tie-breaker over shards (``_shard_doc``) does not
        exist before OpenSearch 3, and sorting by ``_id`` would load every id into the engine's heap. With
        ``versions`` hits say ``_version``, ``_seq_no`` and ``_primary_term`` too. ``since``: only what was
        written after those :meth:`positions`.

        Raises:
            CursorExpired: the consumer let more than five minutes pass between two pages.
        """
        excluded: Mapping[str, Any] = {"excludes": list(source_excludes)}
        parts = excluded if source_includes is None else list(source_includes)
        for name, shard in self._shards(index):
            pit = self._open_point_in_time(name, SCAN_KEEP_ALIVE_SECONDS, {"preference": f"_shards:{shard}"})
            asked = query if since is None else _written_after(since.get(f"{name}/{shard}", -1), query)
            with closing(self._walk(pit, asked, parts, page, versions=versions)) as hits:
                yield from hits

    def checkpoints(self, index: str) -> dict[str, int]:
        """Return up to which sequence number every write to each shard is done; for ``since`` of a scan.

        Unlike :meth:`positions` none lower is under way; some may be seen only after a refresh.
        """
        with translated():
            reply = self._client.indices.stats(
                index=index, metric="docs", params={"level": "shards", "filter_path": SHARD_FACTS}
            )
        return {
            f"{name}/{shard}": copy["seq_no"]["global_checkpoint"]
            for name, facts in reply["indices"].items()
            for shard, copies in facts["shards"].items()
            for copy in copies
            if copy["routing"]["primary"]
        }

    def positions(self, index: str) -> dict[str, int]:
        """Return how far each shard has been written, as of the last refresh; for ``since`` of a scan.

        It is the highest sequence number that can be seen; writes under way just then may have lower ones.
        """
        found: dict[str, int] = {}
        for name, shard in self._shards(index):
            body = {"size": 0, "track_total_hits": False, "aggs": {"last": {"max": {"field": "_seq_no"}}}}
            reply = self.search(name, body, params={"preference": f"_shards:{shard}"})
            last = reply["aggregations"]["last"]["value"]
            found[f"{name}/{shard}"] = -1 if last is None else int(last)
        return found

    def _walk(
        self,
        pit: str,
        query: Mapping[str, Any] | None,
        parts: Mapping[str, Any] | list[str],
        page: int,
        *,
        versions: bool,
    ) -> Generator[dict[str, Any], None, None]:
        body: dict[str, Any] = {
            "query": query or {"match_all": {}},
            "size": page,
            "sort": [{"_doc": "asc"}],
            "track_total_hits": False,
            "_source": parts,
        }
        if versions:
            body |= {"version": True, "seq_no_primary_term": True}
        try:
            while True:
                body["pit"] = {"id": pit, "keep_alive": f"{SCAN_KEEP_ALIVE_SECONDS}s"}
                reply = self.search("", body)
                pit = reply.get("pit_id", pit)
                hits = reply["hits"]["hits"]
                yield from hits
                if len(hits) < page:
                    return
                body["search_after"] = hits[-1]["sort"]
        finally:
            self.close_point_in_time(pit)

    def _shards(self, index: str) -> list[tuple[str, int]]:
        with translated():
            groups = self._client.search_shards(index=index)["shards"]
        if (
            not groups
        ):  # unlike every other request, this one has nothing to say about a name that is not there
            raise IndexMissing(f"no such index [{index}]; index something first")
        return sorted({(copy["index"], copy["shard"]) for group in groups for copy in group})

    def count(self, index: str, query: Mapping[str, Any] | None = None) -> int:
        """Return how many documents match."""
        with translated():
            reply = self._client.count(index=index, body={"query": query or {"match_all": {}}})
        ensure_whole(reply)
        return int(reply["count"])

    def analyze(
        self, index: str, text: str, *, analyzer: str | None = None, field: str | None = None
    ) -> list[str]:
        """Return the tokens that an analyser of the index, or that of a field, makes of a text."""
        chosen = {"analyzer": analyzer} if analyzer else {"field": field}
        with translated():
            reply = self._client.indices.analyze(index=index, body={**chosen, "text": text})
        return [token["token"] for token in reply["tokens"]]

    def exists(self, index: str) -> bool:
        """Return whether an index or alias of this name exists."""
        with translated():
            return bool(self._client.indices.exists(index=index))

    def mapping_meta(self, index: str) -> dict[str, dict[str, Any]]:
        """Return the ``_meta`` stamp of each index behind a name, by index.

        Raises:
            IndexMissing: there is none.
        """
        with translated():
            reply = self._client.indices.get_mapping(index=index)
        if not reply:
            raise IndexMissing(f"no such index [{index}]; index something first")
        return {name: entry["mappings"].get("_meta", {}) for name, entry in reply.items()}


def _written_after(position: int, query: Mapping[str, Any] | None) -> dict[str, Any]:
    later = {"range": {"_seq_no": {"gt": position}}}
    return {"bool": {"filter": [later, *([] if query is None else [query])]}}
