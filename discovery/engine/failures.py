"""The room's edge: every error of the client becomes one of the project's error table, only here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opensearchpy import exceptions as client

from discovery.errors import (
    AnswerPartial,
    CursorExpired,
    DiscoveryError,
    EngineBusy,
    EngineConflict,
    EngineRejected,
    EngineTimedOut,
    EngineUnavailable,
    IndexMissing,
)

LONGEST_REASON = 600
"""Characters of the engine's own words that are passed on."""


@contextmanager
def translated() -> Iterator[None]:
    """Let no error of the client out of this block untranslated."""
    try:
        yield
    except (client.OpenSearchException, client.ImproperlyConfigured) as error:
        raise translate(error) from error


def translate(error: Exception) -> DiscoveryError:
    """Return the error of the table that says what a caller can do about this error of the client."""
    if isinstance(error, client.ConnectionTimeout):
        return EngineTimedOut(
            "the search engine did not answer in time; try again or raise engine.timeout_seconds"
        )
    if isinstance(error, client.SSLError):
        return EngineUnavailable(
            f"no trusted connection to the search engine: {_transport_reason(error)}; "
            "check engine.ca_file and the client certificate"
        )
    if isinstance(error, client.ConnectionError):
        return EngineUnavailable(
            f"the search engine cannot be reached: {_transport_reason(error)}; check engine.url"
        )
    if isinstance(error, client.TransportError):
        status = error.status_code if isinstance(error.status_code, int) else 0
        return from_status(status, error.info)
    return EngineRejected(_short(f"the request cannot be put to the search engine: {error}"))


def from_status(status: int, reply: Any) -> DiscoveryError:
    """Return the error for an HTTP status and what came with it, whole reply or one item's ``error``."""
    kinds, reason = _causes(reply)
    if status in (401, 403) and not any("block" in kind for kind in kinds):
        return EngineRejected(
            f"the search engine refuses this user ({status}): {reason}; check user, password and rights"
        )
    if "index_not_found_exception" in kinds or "alias_not_found_exception" in kinds:
        return IndexMissing(f"{reason}; index something first")
    if "search_context_missing_exception" in kinds:
        return CursorExpired("the search that this page belongs to has expired; start it again")
    if status == 409 or "resource_already_exists_exception" in kinds:
        return EngineConflict(reason)
    if status == 429:
        return EngineBusy(f"the search engine has too much to do: {reason}")
    if status in (408, 504):
        return EngineTimedOut(f"the search engine ran out of time: {reason}")
    if "search_phase_execution_exception" in kinds and status >= 500:
        return AnswerPartial(f"the search engine could not ask all of the index: {reason}")
    if status in (502, 503):
        return EngineUnavailable(f"the search engine is not ready: {reason}")
    return EngineRejected(f"the search engine refused the request ({status}): {reason}")


def ensure_whole(reply: Mapping[str, Any]) -> None:
    """Refuse a search reply that is not the answer of every shard.

    Raises:
        AnswerPartial: the time ran out, or a shard failed.
    """
    if reply.get("timed_out"):
        raise AnswerPartial("the search engine ran out of time before it had looked everywhere; try again")
    shards = reply.get("_shards", {})
    if shards.get("failed"):
        causes = [failure.get("reason", {}) for failure in shards.get("failures", ())]
        reason = _causes({"error": causes[0]})[1] if causes else "no reason given"
        raise AnswerPartial(_short(f"{shards['failed']} of {shards['total']} shards failed: {reason}"))


def _causes(reply: Any) -> tuple[set[str], str]:
    """Return every exception type named in an error reply, and the most telling reason."""
    error = reply.get("error", reply) if isinstance(reply, Mapping) else reply
    if not isinstance(error, Mapping):
        return set(), _short(str(error) if error else "no reason given")
    kinds: set[str] = set()
    reasons: list[str] = []
    pending: list[Any] = [error]
    while pending:
        cause = pending.pop(0)
        if not isinstance(cause, Mapping):
            continue
        kind = str(cause.get("type", ""))
        kinds.add(kind)
        said = cause.get("reason") or kind
        if said and isinstance(said, str):
            reasons.append(said)
        pending += [*cause.get("root_cause", ()), cause.get("caused_by")]
        pending += [failure.get("reason") for failure in cause.get("failed_shards", ())]
    root = error.get("root_cause") or [error]
    first = root[0].get("reason") if isinstance(root[0], Mapping) else None
    deepest = reasons[-1] if reasons else "no reason given"
    text = first or deepest
    return kinds, _short(text if deepest in text else f"{text}: {deepest}")


def _transport_reason(error: client.TransportError) -> str:
    """Return what went wrong on the wire, without objects' addresses."""
    cause = error.info
    text = str(getattr(cause, "reason", None) or cause or error.error)
    return _short(text.rpartition(">: ")[2] or text)


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= LONGEST_REASON else one_line[: LONGEST_REASON - 1] + "…"
