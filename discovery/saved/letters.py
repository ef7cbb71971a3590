"""What each owner is told of their saved searches by mail: what came, what left, what cannot be run. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from discovery.mail.letter import Letter, one_line
from discovery.saved.model import Changes, SavedSearch

MOST_NAMED = 10

Names = Callable[[SavedSearch, Sequence[str]], Mapping[str, str]]
"""Tells what items are called, by id; those that are gone are missing from the answer."""


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell one owner; each search stands in one of both."""

    changed: tuple[Changes, ...] = ()
    broken: tuple[SavedSearch, ...] = ()


def letter(owner: str, news: News, names: Names, base_url: str = "") -> Letter:
    """Return the one letter to an owner."""
    text: list[str] = []
    html: list[str] = []
    for one in news.changed:
        _tell(text, html, one.search, list(_changes(one, names)), base_url)
    for search in news.broken:
        reason = search.broken.reason if search.broken is not None else "it cannot be run"
        lines = [
            f"It can no longer be run: {one_line(reason)}.",
            "Change it or delete it; it is kept until you do.",
        ]
        _tell(text, html, search, lines, base_url)
    return Letter(
        to=owner,
        subject=f"Saved searches: {_headline(news)}",
        text="\n".join(text) + "\n",
        html=f'<!doctype html><html lang="en"><body>{"".join(html)}</body></html>\n',
    )


def _headline(news: News) -> str:
    told = []
    if news.changed:
        count = len(news.changed)
        told.append(f"{one_line(news.changed[0].search.name)} changed" if count == 1 else f"{count} changed")
    if news.broken:
        told.append(f"{len(news.broken)} can no longer be run")
    return "; ".join(told)


def _tell(text: list[str], html: list[str], search: SavedSearch, lines: Sequence[str], base_url: str) -> None:
    name = one_line(search.name)
    text += [name, "-" * len(name), *lines, ""]
    listed = "".join(f"<li>{escape(line)}</li>" for line in lines)
    title = escape(name)
    if base_url:
        address = f"{base_url.rstrip('/')}/api/v1/searches/{quote(search.id, safe='')}"
        text[-1:] = [address, ""]
        title = f'<a href="{escape(address)}">{title}</a>'
    html.append(f"<h2>{title}</h2><ul>{listed}</ul>")


def _changes(one: Changes, names: Names) -> Iterator[str]:
    yield f"It finds {one.total:,} now; {one.before:,} on {one.since:%Y-%m-%d %H:%M} UTC."
    if not one.listed:
        yield "There are too many to tell them one by one."
        return
    for title, ids in (("New", one.entered), ("No longer", one.left)):
        if ids:
            known = names(one.search, ids[:MOST_NAMED])
            yield f"{title} ({len(ids):,}): {'; '.join(_named(ids, known))}"


def _named(ids: Sequence[str], known: Mapping[str, str]) -> Iterable[str]:
    for ident in ids[:MOST_NAMED]:
        yield one_line(known.get(ident, f"{ident}, which is gone"))
    if len(ids) > MOST_NAMED:
        yield f"and {len(ids) - MOST_NAMED:,} more"
