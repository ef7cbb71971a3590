"""The one error table: every failure a caller can meet, with its code, HTTP status and retry advice.

Exceptions are named after what the caller can do about them. The web room turns them into
problem+json (RFC 9457), the command line into one line and an exit code; nothing else formats errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One row of the table.

    ``code`` is stable and also the anchor in ``docs/errors.md``; ``status`` is the HTTP status;
    ``exit_code`` the command line's; ``retry_after`` is in seconds, ``None`` where trying again
    unchanged cannot help.
    """

    code: str
    status: int
    title: str
    exit_code: int = 2
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one named input: a field, key, row or file."""

    field: str
    message: str


class DiscoveryError(Exception):
    """Base of every error that this project raises on purpose.

    ``detail`` is one lowercase sentence for people: what is wrong, what was expected, what to do.
    It never holds a secret or a stack trace.
    """

    kind: ClassVar[ErrorKind] = ErrorKind("internal", 500, "internal error", exit_code=1)

    def __init__(self, detail: str, problems: tuple[FieldProblem, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = problems


class ConfigurationInvalid(DiscoveryError):
    """``config.toml`` or the environment; ``problems`` names every bad key at once."""

    kind = ErrorKind("configuration-invalid", 500, "the configuration is invalid")


class InputInvalid(DiscoveryError):
    """A request or an argument that was understood but cannot be served; names the field."""

    kind = ErrorKind("input-invalid", 422, "the request is invalid")


class MalformedRequest(DiscoveryError):
    """A request that could not be parsed at all."""

    kind = ErrorKind("malformed-request", 400, "the request cannot be read")


class NotFound(DiscoveryError):
    """A named asset, product, run or page that does not exist."""

    kind = ErrorKind("not-found", 404, "not found")


class MethodNotAllowed(DiscoveryError):
    """The address exists, the method on it does not."""

    kind = ErrorKind("method-not-allowed", 405, "method not allowed")


class HostRefused(DiscoveryError):
    """A Host header that names another site: a stale proxy, or a page that rebinds its name to us."""

    kind = ErrorKind("host-refused", 421, "this host name is not served here")


class CrossSiteRefused(DiscoveryError):
    """A browser sent something that changes things for a page of another site."""

    kind = ErrorKind("cross-site-refused", 403, "another site's page may not do this")


class TooLarge(DiscoveryError):
    """A body or picture above the configured limit."""

    kind = ErrorKind("too-large", 413, "too large")


class MediaTypeUnsupported(DiscoveryError):
    """A body whose content type the address does not take."""

    kind = ErrorKind("media-type-unsupported", 415, "media type not supported")


class ImageUnreadable(DiscoveryError):
    """Bytes that are no picture, or one that breaks a limit; that item's failure only."""

    kind = ErrorKind("image-unreadable", 422, "the picture cannot be read", exit_code=1)


class SourceUnavailable(DiscoveryError):
    """A folder, bucket or table that cannot be opened or listed."""

    kind = ErrorKind("source-unavailable", 503, "the source cannot be read")


class SourceShrank(DiscoveryError):
    """A source answered far fewer rows than last time; nothing was changed."""

    kind = ErrorKind("source-shrank", 409, "the source shrank; the run stopped", exit_code=1)


class RunInProgress(DiscoveryError):
    """A run over the same source is under way in another process."""

    kind = ErrorKind("run-in-progress", 409, "already running", exit_code=1, retry_after=60)


class ModelUnavailable(DiscoveryError):
    """The embedding model cannot be loaded or asked."""

    kind = ErrorKind("model-unavailable", 503, "the model is not available", retry_after=30)


class EmbeddingInvalid(DiscoveryError):
    """The model returned vectors of a wrong count, shape, norm or with non-finite numbers."""

    kind = ErrorKind("embedding-invalid", 500, "the model returned unusable vectors", exit_code=1)


class NotReady(DiscoveryError):
    """Something that the service needs does not answer yet; names each with its reason."""

    kind = ErrorKind("not-ready", 503, "not ready", exit_code=3, retry_after=5)


class EngineUnavailable(DiscoveryError):
    """The engine cannot be reached."""

    kind = ErrorKind(
        "engine-unavailable", 503, "the search engine cannot be reached", exit_code=3, retry_after=5
    )


class EngineTimedOut(DiscoveryError):
    """The engine answered too late, or said that it ran out of time."""

    kind = ErrorKind("engine-timed-out", 503, "the search engine timed out", exit_code=3, retry_after=5)


class EngineBusy(DiscoveryError):
    """The engine turned the request away because it has too much to do (429)."""

    kind = ErrorKind("engine-busy", 503, "the search engine is busy", exit_code=3, retry_after=5)


class EngineRejected(DiscoveryError):
    """The engine refused the request itself; a defect here or a missing permission there."""

    kind = ErrorKind("engine-rejected", 500, "the search engine refused the request", exit_code=1)


class EngineConflict(DiscoveryError):
    """Somebody else changed the document first."""

    kind = ErrorKind("engine-conflict", 409, "changed meanwhile", exit_code=1, retry_after=1)


class AnswerPartial(DiscoveryError):
    """Some shards failed; a partial answer is never passed on as a whole one."""

    kind = ErrorKind(
        "answer-partial", 503, "the search engine answered only in part", exit_code=1, retry_after=5
    )


class EngineSetupFailed(DiscoveryError):
    """The embedded engine's parts cannot be fetched, verified or started."""

    kind = ErrorKind("engine-setup-failed", 503, "the embedded engine cannot be set up", exit_code=3)


class IndexMissing(DiscoveryError):
    """Nothing has been indexed yet."""

    kind = ErrorKind("index-missing", 503, "the index does not exist yet", exit_code=1, retry_after=30)


class IndexMismatch(DiscoveryError):
    """The index was made by another mapping or model; says what to run."""

    kind = ErrorKind("index-mismatch", 503, "the index was made by another mapping or model", exit_code=1)


class GenerationUnfit(DiscoveryError):
    """A generation that the gate does not let serve; names each reason and what to do."""

    kind = ErrorKind("generation-unfit", 409, "the generation is not fit to serve", exit_code=1)


class CursorExpired(DiscoveryError):
    """A page cursor that is malformed, or older than the engine keeps its point in time."""

    kind = ErrorKind("cursor-expired", 422, "the cursor cannot be continued")


def error_table() -> tuple[ErrorKind, ...]:
    """Return every kind, sorted by code; documentation and OpenAPI are made from it."""
    kinds = {DiscoveryError.kind}
    pending: list[type[DiscoveryError]] = [DiscoveryError]
    while pending:
        for subclass in pending.pop().__subclasses__():
            kinds.add(subclass.kind)
            pending.append(subclass)
    return tuple(sorted(kinds, key=lambda kind: kind.code))
