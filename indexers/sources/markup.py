"""Clean text from descriptions that may be HTML."""

from __future__ import annotations

import functools
import html
import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    """
    address article aside blockquote body br dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4
    h5 h6 header hr html li main nav ol option p pre section table tbody td tfoot th thead tr ul
    """.split()  # noqa: SIM905 - a long list reads better as words
)
_UNSEEN = frozenset({"script", "style", "template", "head", "title", "noscript", "svg"})
_MARKED_UP = re.compile(r"<[a-zA-Z/!?]|&[#a-zA-Z]")
_TAG = re.compile(r"<[^<>]*>")
_UNEVEN = re.compile(r"\s\s|[^\S ]")
_SPACES = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r" *\n[ \n]*")


def plain_text(text: str) -> str:
    """Return ``text`` without tags and entities: a line a paragraph or break, "• " before list items."""
    if "<" in text or "&" in text or _UNEVEN.search(text):
        return _cleaned(text)
    return text.strip()


def plain_words(text: str) -> str:
    """Return ``text`` without entities, for words that hold no tags: a value, a category, a brand."""
    return html.unescape(text).strip() if "&" in text else text


@functools.lru_cache(maxsize=1024)
def _cleaned(text: str) -> str:
    """Clean a text that needs it; variants repeat their product's, so the last results are kept."""
    if _MARKED_UP.search(text):
        collector = _Collector()
        try:
            collector.feed(text)
            collector.close()
            text = "".join(collector.parts)
        except AssertionError:
            # html.parser asserts over some unknown declarations ("<![x").
            text = html.unescape(_TAG.sub(" ", text))
    return _BREAKS.sub("\n", _SPACES.sub(" ", text.replace("\r", "\n"))).strip()


class _Collector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _UNSEEN:
            self._unseen.append(tag)
        elif tag in _BLOCKS:
            self.parts.append("\n• " if tag == "li" else "\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unseen:
            del self._unseen[self._unseen.index(tag) :]
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            # A line break in the source of a page is a space on the page.
            self.parts.append(data.replace("\n", " ").replace("\r", " "))
