"""Evidence from identifiers and keywords that lie in the file: IPTC, XMP, sidecars."""

from __future__ import annotations

from collections.abc import Iterator

from discovery.linking.book import ProductBook, code_strength
from discovery.linking.evidence import Evidence
from discovery.linking.gtin import gtin
from discovery.linking.naming import codes
from discovery.linking.words import squeezed, words
from mappings.documents import AssetSource

MOST_TAGS = 200
LEAST_STRENGTH = 0.5
"""A keyword that could be any word or number names no product."""

_TITLE_WORDS = 40


def metadata_evidence(source: AssetSource, book: ProductBook) -> Iterator[Evidence]:
    """Yield what identifiers, keywords and codes inside the title name.

    ``source.identifiers`` also holds the file's own name, which is no metadata.
    """
    stem = source.filename.rpartition(".")[0]
    own = {source.filename, stem}
    said = [("identifier", text) for text in source.identifiers if text not in own]
    said += [("keyword", text) for text in source.keywords]
    for kind, text in said[:MOST_TAGS]:
        yield from _tag(kind, text, book)
    for code in codes(words(source.title or "")[:_TITLE_WORDS], book):
        if code.strength > LEAST_STRENGTH:
            for named in code.named:
                shown = f"the title carries {named.sku or named.family}"
                yield Evidence(
                    _feature(named.sku, book.family(named.family).umbrella, code.is_gtin),
                    named.family,
                    code.strength,
                    shown,
                    named.look,
                    named.sku,
                )


def _tag(kind: str, text: str, book: ProductBook) -> Iterator[Evidence]:
    digits = gtin(text)
    by_gtin = book.by_gtin(digits) if digits else ()
    code = squeezed(text)
    strength = 1.0 if by_gtin or kind == "identifier" else code_strength(code)
    if strength <= LEAST_STRENGTH:
        return
    for named in by_gtin or book.by_code(code):
        yield Evidence(
            _feature(named.sku, book.family(named.family).umbrella, bool(by_gtin)),
            named.family,
            strength,
            f"the {kind} “{text[:60]}” in the file is that of {named.sku or named.family}",
            named.look,
            named.sku,
        )


def _feature(sku: str | None, umbrella: str | None, is_gtin: bool) -> str:
    if is_gtin:
        return "metadata_gtin"
    return "metadata_style" if sku is None or sku == umbrella else "metadata_identifier"
