"""What a source has in the index, in 25 bytes an item, and which of it the listing has had."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from indexers.records import Problem
from mappings.documents import asset_id

DIGEST_BYTES = 8


def token(version: str, build: str, recipe: str | None) -> str:
    """Return what must be the same for an item to be left alone."""
    return f"{version}\0{build}\0{recipe or ''}"


class Roster:
    """The stored items of one source, by digests of their ids and of what they were made from.

    Digests have eight bytes. That a new item among a million is taken for a stored one is a chance of one in
    18 million; that a changed one is taken for unchanged, less than that by as much again.
    """

    def __init__(self, rows: Iterable[tuple[str, str]] = ()) -> None:
        digests = (_digest(text) for row in rows for text in row)
        pairs = np.fromiter(digests, dtype=np.uint64).reshape(-1, 2)
        order = np.argsort(pairs[:, 0], kind="stable")
        self._idents: NDArray[np.uint64] = np.ascontiguousarray(pairs[order, 0])
        self._tokens: NDArray[np.uint64] = np.ascontiguousarray(pairs[order, 1])
        self._seen = np.zeros(len(self._idents), dtype=np.bool_)
        self._new: set[int] = set()
        self._doubtful: set[int] = set()
        self._folders: list[str] = []

    def __len__(self) -> int:
        """Return how many items are stored."""
        return len(self._idents)

    def see(self, ident: str) -> bool:
        """Take note that the listing has an item; return whether it had it for the first time."""
        digest = _digest(ident)
        place = self._place(digest)
        if place is None:
            before = len(self._new)
            self._new.add(digest)
            return len(self._new) > before
        first = not self._seen[place]
        self._seen[place] = True
        return bool(first)

    def see_problem(self, problem: Problem, side: str, source: str) -> None:
        """Take note of what a problem names: the item, or all below a folder, is unknown, not gone.

        It may still be listed: of rows that repeat a SKU, the first is kept and the others are problems.
        """
        if side == "assets" and problem.key.endswith("/"):
            self._folders.append(problem.key)
        elif side == "assets":
            ident = asset_id(source, problem.key.encode("utf-8", "replace").decode())
            self._doubtful.add(_digest(ident))
        elif problem.sku:
            self._doubtful.add(_digest(problem.sku))

    def is_stored(self, ident: str) -> bool:
        """Return whether an item is in the index."""
        return self._place(_digest(ident)) is not None

    def is_unchanged(self, ident: str, tokens: Sequence[str]) -> bool:
        """Return whether an item is stored and was made from what one of ``tokens`` says."""
        place = self._place(_digest(ident))
        return place is not None and any(self._tokens[place] == _digest(token) for token in tokens)

    def has_seen(self, ident: str, key: str) -> bool:
        """Return whether the listing had an item, or it may exist unseen."""
        digest = _digest(ident)
        place = self._place(digest)
        listed = digest in self._new if place is None else bool(self._seen[place])
        return listed or digest in self._doubtful or any(key.startswith(folder) for folder in self._folders)

    def all_seen(self) -> bool:
        """Return whether the listing had everything that is stored."""
        return bool(self._seen.all())

    def _place(self, digest: int) -> int | None:
        place = int(np.searchsorted(self._idents, np.uint64(digest)))
        return place if place < len(self._idents) and int(self._idents[place]) == digest else None


def _digest(text: str) -> int:
    encoded = text.encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(encoded, digest_size=DIGEST_BYTES).digest())
