"""Assets in a local folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from discovery.errors import ImageUnreadable, SourceUnavailable
from indexers.records import AssetRecord, Problem
from indexers.sources.shelving import Found, Shelf, is_hidden, normal_key, printable

_THAT_FOLDER_ONLY = frozenset({errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


@dataclass(frozen=True, slots=True)
class FolderSource:
    """The files below one folder; an asset's key is its path relative to it, with ``/``.

    Links are followed as long as they stay inside the folder. A folder below that cannot be read is a
    problem whose key ends in ``/``: what lies there is unknown, not gone. Any other failure of the disk
    or the mount ends the listing with ``SourceUnavailable``.
    """

    root: Path
    shelf: Shelf

    @property
    def name(self) -> str:
        """The source's name."""
        return self.shelf.source

    def items(self) -> Iterator[AssetRecord | Problem]:
        """Yield every asset in ascending order of key, and every file that cannot be one."""
        return self.shelf.records(self._walk())

    def _walk(self) -> Iterator[Found | Problem]:
        try:
            inside = os.path.realpath(self.root, strict=True)
            if not stat.S_ISDIR(Path(inside).stat().st_mode):
                raise NotADirectoryError(errno.ENOTDIR, "it is not a folder")
            pending = [iter(self._children(inside))]
        except OSError as error:
            raise SourceUnavailable(f"the folder {self.root} cannot be listed: {_reason(error)}") from error
        trail = [inside]
        prefixes = [""]
        while pending:
            entry = next(pending[-1], None)
            if entry is None:
                pending.pop()
                trail.pop()
                prefixes.pop()
                continue
            key = prefixes[-1] + entry.name
            below = self._entry(entry, key, inside, trail)
            if isinstance(below, Found | Problem):
                yield below
            elif below is not None:
                try:
                    children = self._children(below)
                except OSError as error:
                    if error.errno not in _THAT_FOLDER_ONLY:
                        raise SourceUnavailable(
                            f"the listing of {self.root} broke at {printable(key)}: {_reason(error)}"
                        ) from error
                    yield self._problem(key + "/", f"the folder cannot be listed: {_reason(error)}")
                    continue
                pending.append(iter(children))
                trail.append(below)
                prefixes.append(key + "/")

    def _children(self, folder: str) -> list[os.DirEntry[str]]:
        with os.scandir(folder) as entries:
            seen = [entry for entry in entries if not is_hidden(entry.name)]
        return sorted(seen, key=lambda entry: entry.name + "/" if _is_folder(entry) else entry.name)

    def _entry(
        self, entry: os.DirEntry[str], key: str, inside: str, trail: list[str]
    ) -> Found | Problem | str | None:
        """Return the file, its problem, the folder to list next, or nothing where all is left out."""
        if self.shelf.patterns.excludes(normal_key(key)):
            return None
        path = entry.path
        try:
            if entry.is_symlink():
                path = os.path.realpath(path, strict=True)
                if os.path.commonpath((inside, path)) != inside:
                    return self._problem(key, "is a link to a place outside the folder")
            status = Path(path).stat()
        except OSError as error:
            label = f"{key}/" if _is_folder(entry) else key
            return self._problem(label, f"cannot be read: {_reason(error)}")
        if stat.S_ISDIR(status.st_mode):
            # Paths here are real ones, so only a link can lead back.
            if entry.is_symlink() and path in trail:
                return self._problem(key, "is a link back to a folder above it")
            return path
        if not stat.S_ISREG(status.st_mode):
            return self._problem(key, f"is a {_kind(status.st_mode)}, expected a file")
        if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
            return self._problem(key, "cannot be read: permission denied")
        return Found(
            key=key,
            uri=Path(os.path.join(self.root.absolute(), key)).as_uri(),  # noqa: PTH118 - keys may hold any byte
            size=status.st_size,
            modified=_moment(status.st_mtime),
            tag=str(status.st_mtime_ns),
            read=LocalFile(path, printable(key)),
        )

    def _problem(self, key: str, reason: str) -> Problem:
        return Problem(self.name, printable(normal_key(key)), reason)


@dataclass(frozen=True, slots=True)
class LocalFile:
    """Reads one file; the limit is in bytes."""

    path: str
    label: str

    def __call__(self, limit: int) -> bytes:
        """Read the file, up to ``limit`` bytes."""
        try:
            # Not blocking: what was a file when it was listed may be a pipe by now.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise OSError(errno.EINVAL, "it is no longer a file")
                data = file.read(limit + 1)
        except OSError as error:
            raise SourceUnavailable(f"{self.label} cannot be read: {_reason(error)}") from error
        if len(data) > limit:
            raise ImageUnreadable(f"the file has more than {limit} bytes; raise images.max_bytes to take it")
        return data


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _kind(mode: int) -> str:
    kinds = {stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
    return kinds.get(stat.S_IFMT(mode), "device")


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
