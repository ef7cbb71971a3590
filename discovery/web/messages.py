"""``python -m discovery.web.messages``: gather the pages' texts into the catalogues of languages.

What is new waits there without a translation, and a test fails until it has one; what is gone is taken out.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from discovery.web.language import LANGUAGES

FOLDER = Path(__file__).parent
TRANSLATIONS = FOLDER / "translations"
_METHODS = [("templates/**.html", "jinja2"), ("static/**.js", "javascript"), ("**.py", "python")]
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys(("_", "translated", "message", "t")),
    **dict.fromkeys(("ngettext", "counted", "tn"), (1, 2)),
}


def gathered() -> Catalog:
    """Return every text of templates, scripts and views, with the files that say it."""
    found = Catalog(project="Discovery", header_comment="", fuzzy=False)
    for file, _, said, comments, context in extract_from_dir(FOLDER, _METHODS, keywords=_KEYWORDS):
        found.add(said, None, [(Path(file).as_posix(), 0)], auto_comments=comments, context=context)
    return found


def read(language: str) -> Catalog:
    """Return the catalogue of a language, empty where there is none yet."""
    path = TRANSLATIONS / f"{language}.po"
    with io.BytesIO(path.read_bytes() if path.exists() else b"") as file:
        return read_po(file, locale=language)


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as its file holds it."""
    file = io.BytesIO()
    write_po(
        file,
        catalogue,
        width=120,
        sort_output=True,
        ignore_obsolete=True,
        include_lineno=False,
        omit_header=True,
    )
    header = (
        f'msgid ""\nmsgstr ""\n"Language: {catalogue.locale_identifier}\\n"\n'
        f'"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    return header.encode() + file.getvalue()


def brought_up(language: str, template: Catalog) -> Catalog:
    """Return a language's catalogue with what the pages say now, and nothing else."""
    catalogue = read(language)
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    return catalogue


def lacking(catalogue: Catalog) -> Iterator[str]:
    """Yield the texts that have no translation."""
    for one in catalogue:
        forms = one.string if isinstance(one.string, list | tuple) else (one.string,)
        if one.id and not all(forms):
            yield one.id[0] if isinstance(one.id, list | tuple) else one.id


def main() -> None:
    """Bring every catalogue up to date and say what it lacks."""
    template = gathered()
    for language in list(LANGUAGES)[1:]:
        catalogue = brought_up(language, template)
        (TRANSLATIONS / f"{language}.po").write_bytes(written(catalogue))
        sys.stdout.write(
            f"{language}: {len(catalogue)} texts, {len(list(lacking(catalogue)))} without a translation\n"
        )


if __name__ == "__main__":
    main()
