"""Writing in bulk: streams in, one outcome for each operation out, nothing lost and nothing guessed."""

from __future__ import annotations

import json
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from opensearchpy.exceptions import OpenSearchException, TransportError

from discovery.engine.client import Engine
from discovery.engine.failures import from_status, translate, translated
from discovery.errors import EngineBusy, EngineTimedOut, EngineUnavailable, IndexMissing

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0
CONFLICT_RETRIES = 3
"""Times the engine itself repeats a partial update that met another write."""

REPLY_FIELDS = "errors,items.*.status,items.*.result,items.*.error"
TRY_AGAIN = (409, 429, 502, 503, 504)
"""Statuses of one item that another try may mend: busy, not there yet, or (an update) overtaken once more."""

Status = Literal["written", "unchanged", "newer", "gone", "failed"]


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole document. With ``version`` (external) only over an older one."""

    index: str
    id: str
    source: Mapping[str, Any]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Change some fields of a document; where there is none, ``upsert`` makes one of them."""

    index: str
    id: str
    partial: Mapping[str, Any]
    upsert: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Take a document away. With ``version`` (external) only an older one."""

    index: str
    id: str
    version: int | None = None


Operation = Put | Update | Delete


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one operation.

    ``written``; ``unchanged``: an update that changed nothing; ``newer``: the index holds this version or a
    newer one; ``gone``: a delete that is done, or an update of what is not there; ``failed``: why.
    """

    id: str
    index: str
    status: Status
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    operation: Operation
    body: bytes


class Writer:
    """Bulk writes.

    ``retries`` is how often a document or request that was turned away as busy is tried again;
    ``chunk_documents`` and ``chunk_bytes`` bound one request; ``threads`` requests are under way at once.
    Memory is bounded by about ``threads + 2`` chunks, however long the stream.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        retries: int = 4,
        chunk_documents: int = 500,
        chunk_bytes: int = 8_000_000,
        threads: int = 1,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = engine.client
        self._retries = retries
        self._chunk_documents = chunk_documents
        self._chunk_bytes = chunk_bytes
        self._threads = threads
        self._pause = pause

    def write(self, operations: Iterable[Operation]) -> Iterator[Outcome]:
        """Write a stream of operations; yield their outcomes in the same order.

        It is a generator: nothing is written that is not asked for by reading on. Two operations on one
        document keep their order only with ``threads=1``; there too, the next chunk is made ready meanwhile.

        Raises:
            EngineUnavailable, EngineBusy, EngineTimedOut: the engine turned a whole request away until the
                retries were used up; what was yielded is safe, and the rest may be written again.
            IndexMissing: an operation names an index that does not exist.
        """
        under_way: deque[Future[list[Outcome]]] = deque()
        with ThreadPoolExecutor(self._threads, thread_name_prefix="engine-write") as pool:
            try:
                for chunk in self._chunks(operations):
                    under_way.append(pool.submit(self._send, chunk))
                    if len(under_way) > self._threads:
                        yield from under_way.popleft().result()
                while under_way:
                    yield from under_way.popleft().result()
            finally:
                for future in under_way:
                    future.cancel()

    def refresh(self, index: str) -> None:
        """Make everything written so far visible to searches."""
        with translated():
            self._client.indices.refresh(index=index)

    def _chunks(self, operations: Iterable[Operation]) -> Iterator[list[_Line | Outcome]]:
        chunk: list[_Line | Outcome] = []
        size = 0
        for operation in operations:
            line = _encode(operation)
            length = len(line.body) if isinstance(line, _Line) else 0
            if chunk and (len(chunk) >= self._chunk_documents or size + length > self._chunk_bytes):
                yield chunk
                chunk, size = [], 0
            chunk.append(line)
            size += length
        if chunk:
            yield chunk

    def _send(self, chunk: Sequence[_Line | Outcome]) -> list[Outcome]:
        outcomes: list[Outcome | None] = [entry if isinstance(entry, Outcome) else None for entry in chunk]
        pending = [(place, entry) for place, entry in enumerate(chunk) if isinstance(entry, _Line)]
        for attempt in range(self._retries + 1):
            if not pending:
                break
            if attempt:
                self._pause(pause_before(attempt, random.random()))  # noqa: S311 - jitter, no secret
            items = self._request([line for _, line in pending], last=attempt == self._retries)
            if items is None:
                continue
            again = []
            for (place, line), item in zip(pending, items, strict=True):
                outcomes[place] = outcome = _judge(line.operation, item)
                if outcome.status == "failed" and item["status"] in TRY_AGAIN:
                    again.append((place, line))
            pending = again
        return [outcome for outcome in outcomes if outcome is not None]

    def _request(self, lines: Sequence[_Line], *, last: bool) -> list[Mapping[str, Any]] | None:
        """Return one item for each line, or None where the whole request was turned away for now."""
        try:
            reply = self._client.bulk(
                body=b"".join(line.body for line in lines), params={"filter_path": REPLY_FIELDS}
            )
        except OpenSearchException as error:
            if isinstance(error, TransportError) and error.status_code == 413:
                return self._smaller(lines, last=last)
            failure = translate(error)
            if not last and isinstance(failure, EngineBusy | EngineUnavailable | EngineTimedOut):
                return None
            raise failure from error
        return [next(iter(item.values())) for item in reply["items"]]

    def _smaller(self, lines: Sequence[_Line], *, last: bool) -> list[Mapping[str, Any]] | None:
        """Halve a request that a proxy or the engine finds too large; one document alone that is, fails."""
        if len(lines) == 1:
            return [
                {"status": 413, "error": {"reason": f"too large for the engine: {len(lines[0].body)} bytes"}}
            ]
        middle = len(lines) // 2
        first = self._request(lines[:middle], last=last)
        second = self._request(lines[middle:], last=last)
        return None if first is None or second is None else [*first, *second]


def pause_before(attempt: int, jitter: float) -> float:
    """Return the seconds to wait before a further try: doubling, half by chance (``jitter`` 0 to 1)."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0**attempt)
    return longest * (0.5 + 0.5 * jitter)


def _encode(operation: Operation) -> _Line | Outcome:
    try:
        return _Line(operation, b"".join(part + b"\n" for part in _parts(operation)))
    except (TypeError, ValueError) as error:
        return Outcome(operation.id, operation.index, "failed", f"cannot be written as JSON: {error}")


def _parts(operation: Operation) -> Iterator[bytes]:
    target: dict[str, Any] = {"_index": operation.index, "_id": operation.id}
    if isinstance(operation, Update):
        yield _json({"update": {**target, "retry_on_conflict": CONFLICT_RETRIES}})
        yield _json({"doc": operation.partial, "doc_as_upsert": operation.upsert})
        return
    if operation.version is not None:
        target |= {"version": operation.version, "version_type": "external"}
    if isinstance(operation, Delete):
        yield _json({"delete": target})
    else:
        yield _json({"index": target})
        yield _json(operation.source)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _json(value: Mapping[str, Any]) -> bytes:
    return _ENCODER.encode(value).encode("utf-8")


def _judge(operation: Operation, item: Mapping[str, Any]) -> Outcome:
    """Return what one item of a bulk reply says."""
    status, error = item["status"], item.get("error")
    if status < 300:
        noop = item.get("result") == "noop"
        done: Status = "gone" if isinstance(operation, Delete) else "unchanged" if noop else "written"
        return Outcome(operation.id, operation.index, done)
    failure = from_status(status, {"error": error} if error else {})
    if isinstance(failure, IndexMissing):
        raise failure
    if status == 409 and not isinstance(operation, Update) and operation.version is not None:
        return Outcome(operation.id, operation.index, "newer")
    if status == 404 and not isinstance(operation, Put):
        return Outcome(operation.id, operation.index, "gone")
    return Outcome(operation.id, operation.index, "failed", failure.detail)
