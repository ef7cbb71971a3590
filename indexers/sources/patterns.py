"""Which paths a source takes, and which categories a path speaks of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from discovery.errors import FieldProblem, InputInvalid

_HASH_FOLDER = re.compile(r"[0-9a-f]{16,}", re.IGNORECASE)


class PathPatterns:
    """Include and exclude patterns over keys.

    ``*`` and ``?`` stay within one folder, ``**`` crosses folders, ``[ab]`` is one of those characters.
    A pattern without ``/`` fits a name at any depth. One that fits a folder fits everything below it.
    Upper and lower case are the same, since cameras write ``.JPG`` and people ``.jpg``.
    """

    def __init__(self, include: Iterable[str], exclude: Iterable[str]) -> None:
        self._include = _compile(include)
        self._exclude = _compile(exclude)

    def excludes(self, key: str) -> bool:
        """Return whether the file or folder at ``key`` is left out whatever ``include`` says."""
        return self._exclude is not None and self._exclude.fullmatch(key) is not None

    def takes(self, key: str) -> bool:
        """Return whether the file at ``key`` is read."""
        if self._include is not None and self._include.fullmatch(key) is None:
            return False
        return not self.excludes(key)


def _compile(patterns: Iterable[str]) -> re.Pattern[str] | None:
    alternatives = [_translate(pattern.strip()) for pattern in patterns if pattern.strip()]
    if not alternatives:
        return None
    return re.compile("|".join(alternatives), re.IGNORECASE | re.DOTALL)


def _translate(pattern: str) -> str:
    anchored = "/" in pattern.rstrip("/")
    body = pattern.strip("/")
    parts: list[str] = [] if anchored else ["(?:.*/)?"]
    position = 0
    while position < len(body):
        if body.startswith("**/", position):
            parts.append("(?:.*/)?")
            position += 3
        elif body.startswith("**", position):
            parts.append(".*")
            position += 2
        else:
            text, position = _one(body, position)
            parts.append(text)
    return "".join(parts) + "(?:/.*)?"


def _one(body: str, position: int) -> tuple[str, int]:
    character = body[position]
    if character == "*":
        return "[^/]*", position + 1
    if character == "?":
        return "[^/]", position + 1
    end = body.find("]", position + 2) if character == "[" else -1
    if end < 0:
        return re.escape(character), position + 1
    inside = body[position + 1 : end]
    negated = inside[0] in "!^"
    members = re.sub(r"([\\\[\]^&~|]|(?<=-)-)", r"\\\1", inside[1:] if negated else inside)
    try:
        re.compile(f"[{members}]")
    except re.error as error:
        raise InputInvalid(f"the pattern {body!r} holds the range {inside!r}, which is not one") from error
    return f"(?!/)[{'^' if negated else ''}{members}]", end + 1


def category_rule(expression: str) -> Callable[[str], tuple[str, ...]]:
    """Return the function from an asset's key to its categories.

    Without an ``expression`` the folder's path is the category (``"mugs/red/a.jpg"`` → ``"mugs/red"``).
    Folders that only spread files out are no categories: names of one character (``"w/j/a.jpg"``) and
    long hexadecimal ones. With an expression it is searched for in the key, and the text of each named
    group becomes one category, in the order of the groups; a key that it does not fit has none.

    Raises:
        InputInvalid: for an expression that does not compile or names no group.
    """
    if not expression:
        return folder_category
    try:
        compiled = re.compile(expression)
    except re.error as error:
        raise _bad_categories(f"is not a regular expression: {error}") from error
    if not compiled.groupindex:
        raise _bad_categories("names no group; write (?P<family>…) around the text to take")
    names = tuple(compiled.groupindex)

    def categories(key: str) -> tuple[str, ...]:
        match = compiled.search(key)
        if match is None:
            return ()
        texts = (match[name] for name in names)
        return tuple(dict.fromkeys(text.strip("/ ") for text in texts if text and text.strip("/ ")))

    return categories


def folder_category(key: str) -> tuple[str, ...]:
    """Return the path of the folder of ``key`` as its one category, without folders that only spread."""
    folders = key.split("/")[:-1]
    told = [name.strip() for name in folders if len(name.strip()) > 1 and not _HASH_FOLDER.fullmatch(name)]
    return ("/".join(told),) if told else ()


def _bad_categories(reason: str) -> InputInvalid:
    return InputInvalid(f"categories {reason}", (FieldProblem("categories", reason),))
