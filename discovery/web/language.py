"""The language of the pages: messages, their plural forms, numbers and dates.

Messages are written in English where they are used; ``translations/*.po`` holds the other languages. Readers
get the language they chose (a cookie), else the one their browser asks for.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping
from datetime import date, datetime
from gettext import NullTranslations
from pathlib import Path
from typing import Any, Final

from babel.dates import format_date, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import Translations
from flask import Flask, Response, g, has_request_context, redirect, request

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "de": "Deutsch"}
"""The languages there are, each by its own name; the first is the one that messages are written in."""

COOKIE, PARAMETER = "language", "lang"
WRITTEN = next(iter(LANGUAGES))
_FOLDER = Path(__file__).parent / "translations"
_A_YEAR_SECONDS = 365 * 24 * 3600


def message(text: str) -> str:
    """Mark a text for the catalogues of messages; it is translated where it is shown."""
    return text


def language() -> str:
    """Return the current reader's language."""
    return str(g.language) if has_request_context() and "language" in g else WRITTEN


def translated(text: str, **values: Any) -> str:
    """Return a message in the reader's language, with its ``%(name)s`` filled in."""
    found = _translations(language()).gettext(text) if text else ""
    return found % values if values else found


def counted(one: str, many: str, count: int, **values: Any) -> str:
    """Return the form of a message that goes with ``count``, which stands in it as ``%(num)s``."""
    return _translations(language()).ngettext(one, many, count) % {"num": number(count), **values}


def number(value: float) -> str:
    """Return a number as the reader's language writes it."""
    return _decimal(value, language())


@functools.lru_cache(maxsize=4096)
def _decimal(value: float, locale: str) -> str:
    return str(format_decimal(value, locale=locale))


def amount(value: float) -> str:
    """Return a price's number, with its two decimals."""
    return format_decimal(value, format="#,##0.00", locale=language())


def percent(share: float) -> str:
    """Return a share of 1 as per cent."""
    return format_percent(share, format=None, locale=language())


def day(moment: str | date | None, form: str = "long") -> str:
    """Return a day as the reader's language writes it; ``moment`` is in ISO 8601, empty gives nothing."""
    if not moment:
        return ""
    given = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return format_date(given, format=form, locale=language())


def time(moment: str | None) -> str:
    """Return a moment, given in ISO 8601, as the reader's language writes it, in UTC."""
    if not moment:
        return ""
    clock = format_time(datetime.fromisoformat(moment), "HH:mm", locale=language())
    return f"{day(moment)}, {clock} UTC"


def script_messages(name: str) -> dict[str, list[str]]:
    """Return what the scripts say in a language: each message's forms, by what it is in English."""
    return {
        one.id[0] if isinstance(one.id, list | tuple) else one.id: _forms(one.string)
        for one in _catalogue(name)
        if one.id and any(place.startswith("static/") for place, _ in one.locations)
    }


def register_language(app: Flask) -> None:
    """Settle each request's language; ``?lang=`` on a page chooses one and goes back to that page."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _translations(language()).gettext(text),
        counted,
        newstyle=True,
    )
    app.jinja_env.filters.update(number=number, percent=percent, day=day, time=time)
    # Jinja's own plural forms would write the number bare.
    app.jinja_env.globals.update(language=language, languages=LANGUAGES, ngettext=counted)

    @app.before_request
    def settle() -> Response | None:
        chosen = request.args.get(PARAMETER, "")
        if request.method == "GET" and chosen in LANGUAGES and not request.path.startswith("/api/"):
            return _choose(chosen)
        kept = request.cookies.get(COOKIE, "")
        g.language = kept if kept in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or WRITTEN
        return None


def _choose(chosen: str) -> Response:
    kept = request.query_string.decode("ascii", "replace").split("&")
    rest = "&".join(pair for pair in kept if pair.partition("=")[0] != PARAMETER)
    # Of this host, whatever the address says: two slashes would begin another host's name.
    path = "/" + request.path.lstrip("/")
    response = redirect(f"{path}?{rest}" if rest else path)
    response.set_cookie(COOKIE, chosen, max_age=_A_YEAR_SECONDS, httponly=True, samesite="Lax")
    assert isinstance(response, Response)
    return response


def _forms(found: Any) -> list[str]:
    return list(found) if isinstance(found, list | tuple) else [found]


@functools.cache
def _catalogue(name: str) -> Catalog:
    with (_FOLDER / f"{name}.po").open("rb") as file:
        return read_po(file, locale=name, abort_invalid=True)


@functools.cache
def _translations(name: str) -> NullTranslations:
    if name == WRITTEN:
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, _catalogue(name))
    compiled.seek(0)
    return Translations(compiled)
