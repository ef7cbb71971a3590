"""Assets in a bucket, or at any other address that fsspec knows."""

from __future__ import annotations

import errno
import inspect
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

import botocore.exceptions  # type: ignore[import-untyped]
import fsspec  # type: ignore[import-untyped]

from discovery.errors import FieldProblem, ImageUnreadable, InputInvalid, SourceUnavailable
from indexers.records import AssetRecord, Problem
from indexers.sources.options import bad_option, check_options
from indexers.sources.shelving import Found, Shelf, is_hidden, normal_key

PAUSES = (0.2, 1.0, 3.0)
"""Seconds before each further try of a call that failed in passing."""

S3_OPTIONS = {
    "endpoint_url": "address of an S3-compatible store; AWS itself needs none",
    "region": "region of the bucket",
    "profile": "profile of the AWS configuration files",
    "anon": "true reads a public bucket without credentials",
    "requester_pays": "true pays for reading a bucket that asks for it",
    "addressing_style": "path, virtual or auto",
    "ca_file": "certificate authority of the endpoint, as PEM",
    "key": "access key, as env:NAME or file:PATH; the AWS environment is the usual way",
    "secret": "its secret, as env:NAME or file:PATH",
    "token": "session token, as env:NAME or file:PATH",
}

_SECRET_WORDS = ("key", "secret", "token", "password", "passwd", "passphrase", "credential", "sas")
_SECRET_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID")
_NOT_OPTIONS = frozenset(
    {"self", "asynchronous", "loop", "fs", "fo", "skip_instance_cache", "target_options"}
)
_PASSING = frozenset(
    {
        errno.EAGAIN,
        errno.EBUSY,
        errno.ECONNABORTED,
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.EHOSTUNREACH,
        errno.EIO,
        errno.ENETUNREACH,
        errno.EPIPE,
        errno.EREMOTEIO,
        errno.ETIMEDOUT,
    }
)
_TAGS = ("ETag", "etag", "md5Hash", "content_hash", "checksum")
_TIMES = ("LastModified", "last_modified", "mtime", "modified", "updated", "created")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BucketSource:
    """The objects below one address; an asset's key is its path relative to it.

    Calls that fail in passing (time-outs, lost connections, "slow down") are tried again after each of
    ``pauses`` seconds. Errors never show a secret: not the options, not the AWS environment, not a
    password in the address.
    """

    uri: str
    shelf: Shelf
    options: Mapping[str, Any]
    secrets: tuple[str, ...] = ()
    pauses: Sequence[float] = PAUSES

    @property
    def name(self) -> str:
        """The source's name."""
        return self.shelf.source

    def items(self) -> Iterator[AssetRecord | Problem]:
        """Yield every asset in ascending order of key, page by page of the listing."""
        return self.shelf.records(self._listing())

    def _listing(self) -> Iterator[Found]:
        # Neither instances nor listings may be fsspec's cached ones: a later run must see what is new.
        fs, root = self.attempt(
            lambda: fsspec.core.url_to_fs(
                self.uri, skip_instance_cache=True, use_listings_cache=False, **self.options
            )
        )
        root = root.rstrip("/")
        listing = self._s3_pages(fs, root) if _is_s3(fs) else self._folders(fs, root)
        for path, info in listing:
            key = path.removeprefix(f"{root}/")
            size = int(info.get("size") or info.get("Size") or 0)
            yield Found(
                key=key,
                uri=f"{public_address(self.uri).rstrip('/')}/{key}",
                size=size,
                modified=_modified(info),
                tag=_tag(info),
                read=RemoteFile(self, fs, path, key, size),
            )

    def _s3_pages(self, fs: Any, root: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        bucket, _, folder = root.partition("/")
        prefix = f"{folder}/" if folder else ""
        request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
        listed = False
        while True:
            page = self.attempt(lambda: fs.call_s3("list_objects_v2", **request))
            for info in page.get("Contents", ()):
                listed = True
                if not info["Key"].endswith("/"):
                    yield f"{bucket}/{info['Key']}", info
            if not page.get("IsTruncated"):
                break
            request["ContinuationToken"] = page["NextContinuationToken"]
        if prefix and not listed:
            raise self._unavailable(FileNotFoundError())

    def _folders(self, fs: Any, root: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        if not self.attempt(lambda: fs.isdir(root) or root == fs.root_marker):
            raise self._unavailable(FileNotFoundError())
        pending = [iter(self._children(fs, root))]
        while pending:
            entry = next(pending[-1], None)
            if entry is None:
                pending.pop()
                continue
            path, info = entry
            if info["type"] == "directory":
                key = normal_key(path.removeprefix(root).strip("/"))
                if not self.shelf.patterns.excludes(key):
                    pending.append(iter(self._children(fs, path)))
            else:
                yield path, info

    def _children(self, fs: Any, folder: str) -> list[tuple[str, Mapping[str, Any]]]:
        listed = self.attempt(lambda: fs.ls(folder, detail=True))
        children = [(info["name"].rstrip("/"), info) for info in listed]
        # Some stores list a folder's own marker among its children.
        children = [
            (path, info)
            for path, info in children
            if path.strip("/") != folder.strip("/") and not is_hidden(path.rpartition("/")[2])
        ]
        return sorted(children, key=lambda child: child[0] + "/" * (child[1]["type"] == "directory"))

    def attempt(self, call: Callable[[], T], key: str = "") -> T:
        """Return what ``call`` returns, after further tries where it fails in passing.

        Raises:
            SourceUnavailable: naming the address, and ``key`` below it if one is given.
        """
        pauses = iter(self.pauses)
        while True:
            try:
                return call()
            except Exception as error:  # noqa: BLE001 - each file system has errors of its own
                pause = next(pauses, None) if _is_passing(error) else None
                if pause is None:
                    raise self._unavailable(error, key) from None
                time.sleep(pause)

    def _unavailable(self, error: Exception, key: str = "") -> SourceUnavailable:
        address = f"{public_address(self.uri).rstrip('/')}/{key}" if key else public_address(self.uri)
        return SourceUnavailable(f"{address} cannot be read: {self._reason(error)}")

    def _reason(self, error: Exception) -> str:
        if isinstance(error, FileNotFoundError):
            return "it does not exist"
        if isinstance(error, botocore.exceptions.NoCredentialsError):
            return (
                "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or option anon"
            )
        text = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        for secret in self.secrets:
            text = text.replace(secret, "…")
        return f"access was denied ({text})" if isinstance(error, PermissionError) else text


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """Reads one object; the limit is in bytes."""

    source: BucketSource
    fs: Any
    path: str
    key: str
    size: int

    def __call__(self, limit: int) -> bytes:
        """Read the object, up to ``limit`` bytes."""
        if self.size <= limit:
            # One ranged request instead of asking for the size again; an empty object has no range.
            bounds = {"start": 0, "end": limit + 1} if self.size else {}
            data: bytes = self.source.attempt(lambda: self.fs.cat_file(self.path, **bounds), self.key)
            if len(data) <= limit:
                return data
        raise ImageUnreadable(f"the file has more than {limit} bytes; raise images.max_bytes to take it")


def open_bucket(
    uri: str, options: Mapping[str, str], shelf: Shelf, environment: Mapping[str, str] | None = None
) -> BucketSource:
    """Return the source at ``uri`` with ``options`` of its file system; nothing is read yet.

    Raises:
        InputInvalid: for what is no address, one of an unknown kind, an unknown option, or a secret in
            plain text.
    """
    environment = os.environ if environment is None else environment
    try:
        password = urlsplit(uri).password
    except ValueError as error:
        raise InputInvalid(
            "uri: expected an address such as s3://bucket/prefix", (FieldProblem("uri", str(error)),)
        ) from error
    protocol = uri.split("://", 1)[0].split("::", 1)[0]
    try:
        kind = fsspec.get_filesystem_class(protocol)
    except (ImportError, ValueError) as error:
        raise InputInvalid(
            f"uri: addresses of the kind {protocol}:// cannot be read here: {error}",
            (FieldProblem("uri", str(error)),),
        ) from error
    s3 = protocol in ("s3", "s3a")
    defaults = {} if s3 else _defaults(kind)
    known = S3_OPTIONS if s3 else dict.fromkeys(defaults, "")
    check_options(options, known, f"{protocol}:// sources")
    values: dict[str, Any] = {}
    secrets: list[str] = []
    for name, text in options.items():
        if _is_secret(name):
            text = _revealed(name, text, environment)
            secrets.append(text)
        values[name] = text if s3 else _typed(name, text, defaults[name])
    secrets += [environment[name] for name in _SECRET_VARIABLES if environment.get(name)]
    secrets += [form for form in (password, unquote(password or "")) if form]
    storage = _s3_storage(values) if s3 else values
    return BucketSource(uri, shelf, storage, tuple(sorted(set(secrets), key=len, reverse=True)))


def public_address(uri: str) -> str:
    """Return ``uri`` without a password in it, as it may be shown and stored."""
    parts = urlsplit(uri)
    if parts.password is None:
        return uri
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}@{host}"))


def _s3_storage(values: Mapping[str, str]) -> dict[str, Any]:
    client = {"region_name": values.get("region"), "verify": values.get("ca_file")}
    config: dict[str, Any] = {"retries": {"mode": "standard", "max_attempts": 2}, "connect_timeout": 10}
    if "addressing_style" in values:
        config["s3"] = {"addressing_style": values["addressing_style"]}
    storage: dict[str, Any] = {
        name: values[name] for name in ("endpoint_url", "profile", "key", "secret", "token") if name in values
    }
    for name in ("anon", "requester_pays"):
        if name in values:
            storage[name] = _typed(name, values[name], False)
    return {
        **storage,
        "client_kwargs": {name: value for name, value in client.items() if value},
        "config_kwargs": config,
    }


def _defaults(kind: Any) -> dict[str, Any]:
    parameters = inspect.signature(kind.__init__).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {p.name: p.default for p in parameters if p.kind in named and p.name not in _NOT_OPTIONS}


def _typed(name: str, text: str, default: Any) -> Any:
    if isinstance(default, bool):
        answers = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.strip().lower() not in answers:
            raise bad_option(name, f"expected true or false, found {text!r}")
        return answers[text.strip().lower()]
    if isinstance(default, int):
        if not text.strip().isdecimal():
            raise bad_option(name, f"expected a whole number, found {text!r}")
        return int(text)
    return text


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET_WORDS)


def _revealed(name: str, reference: str, environment: Mapping[str, str]) -> str:
    kind, _, place = reference.partition(":")
    if kind == "env" and environment.get(place):
        return environment[place]
    if kind == "file":
        try:
            return Path(place).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise bad_option(name, f"its file cannot be read: {error}") from error
    raise bad_option(name, "is a secret; give it as env:NAME of a set variable, or file:PATH")


def _is_s3(fs: Any) -> bool:
    protocols = (fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol
    return "s3" in protocols


def _is_passing(error: Exception) -> bool:
    kinds = (
        TimeoutError,
        ConnectionError,
        botocore.exceptions.ConnectionError,
        botocore.exceptions.HTTPClientError,
    )
    return isinstance(error, kinds) or (isinstance(error, OSError) and error.errno in _PASSING)


def _tag(info: Mapping[str, Any]) -> str:
    told = next((info[name] for name in _TAGS if info.get(name)), None)
    if told is None:
        told = next((info[name] for name in _TIMES if info.get(name)), "")
    return str(told)


def _modified(info: Mapping[str, Any]) -> datetime | None:
    told = next((info[name] for name in _TIMES if info.get(name)), None)
    try:
        if isinstance(told, str):
            told = datetime.fromisoformat(told)
        elif isinstance(told, int | float):
            told = datetime.fromtimestamp(told, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    if not isinstance(told, datetime):
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
