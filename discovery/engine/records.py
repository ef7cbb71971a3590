"""Records: small documents that people decide about, changed one at a time and never over one another."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from opensearchpy.exceptions import ConflictError, NotFoundError

from discovery.engine.client import Engine
from discovery.engine.failures import ensure_whole, translated


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it was read, with what the engine needs to know that nobody changed it since."""

    source: Mapping[str, Any]
    seq_no: int
    primary_term: int

    @classmethod
    def of(cls, hit: Mapping[str, Any]) -> Self:
        """Return the record that a search found."""
        return cls(hit["_source"], hit["_seq_no"], hit["_primary_term"])

    @property
    def version(self) -> str:
        """What changes whenever the record is written."""
        return f"{self.primary_term}-{self.seq_no}"


LONGEST_ID = 512
"""Bytes of an id at most, as the engine has it."""


def can_be_id(text: str) -> bool:
    """Return whether a record could have that id; the engine refuses to look for any other."""
    return bool(text) and text.isprintable() and len(text.encode("utf-8", "replace")) <= LONGEST_ID


class Records:
    """Optimistic concurrency over records indices; every write is seen by the next search."""

    def __init__(self, engine: Engine) -> None:
        self._client = engine.client

    def get(self, index: str, id: str) -> Stored | None:
        """Return a record as last written, or None."""
        with translated():
            try:
                reply = self._client.get(index=index, id=id)
            except NotFoundError as error:
                if isinstance(error.info, Mapping) and error.info.get("found") is False:
                    return None
                raise
        return Stored(reply["_source"], reply["_seq_no"], reply["_primary_term"])

    def put(
        self,
        index: str,
        id: str,
        source: Mapping[str, Any],
        expected: Stored | None,
        *,
        visible: bool = True,
    ) -> Stored:
        """Write a record: over ``expected`` as it was read, or, with None, where there is none yet.

        Unless ``visible`` is false it returns when searches see the record; after many, :meth:`refresh`.

        Raises:
            EngineConflict: somebody else was there first; read again and decide again.
        """
        with translated():
            reply = self._client.index(
                index=index,
                id=id,
                body=source,
                params={**_condition(expected), "refresh": "wait_for" if visible else "false"},
            )
        return Stored(source, reply["_seq_no"], reply["_primary_term"])

    def refresh(self, index: str) -> None:
        """Let searches see everything written so far."""
        with translated():
            self._client.indices.refresh(index=index)

    def delete(self, index: str, id: str, expected: Stored) -> None:
        """Take away a record as it was read.

        Raises:
            EngineConflict: somebody else changed it, or took it away.
        """
        with translated():
            try:
                self._client.delete(
                    index=index, id=id, params={**_condition(expected), "refresh": "wait_for"}
                )
            except NotFoundError as error:
                if isinstance(error.info, Mapping) and error.info.get("result") == "not_found":
                    raise ConflictError(409, "gone", {"error": {"reason": "it is gone already"}}) from error
                raise

    def append(self, index: str, source: Mapping[str, Any]) -> str:
        """Add a record under a new id, once, even if the connection breaks on the way; return the id."""
        new = uuid.uuid4().hex
        with translated():
            try:
                self._client.index(index=index, id=new, body=source, params={"op_type": "create"})
            except ConflictError:
                return new  # the first try of the same request arrived; only its answer was lost
        return new

    def search(self, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Run one search and return the engine's whole reply.

        Raises:
            AnswerPartial: not every shard answered.
        """
        with translated():
            reply: dict[str, Any] = self._client.search(
                index=index,
                body=body,
                params={"allow_partial_search_results": "false", "seq_no_primary_term": "true"},
            )
        ensure_whole(reply)
        return reply


def _condition(expected: Stored | None) -> dict[str, Any]:
    if expected is None:
        return {"op_type": "create"}
    return {"if_seq_no": expected.seq_no, "if_primary_term": expected.primary_term}
