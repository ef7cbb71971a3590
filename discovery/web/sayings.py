"""What other rooms say in English, said in the reader's language.

Findings, links and errors carry their texts as sentences: over the API, in the index, in logs. Here is how
each is built, so that a page can tell which one it has before it, and say it in another language.
"""

from __future__ import annotations

import functools
import re

from discovery.web.language import WRITTEN, day, language, message, number, translated

NESTED = frozenset({"part", "what", "view", "like", "how", "how_often", "again"})
"""What stands in place of these is a saying of its own."""

COUNT = "count"
"""What stands in place of this is a number."""

SAYINGS = (
    # What a file name or a code carries
    message("the EAN %(code)s of %(sku)s"),
    message("the style code %(family)s"),
    message("the SKU %(sku)s"),
    message("“%(code)s”, an identifier of %(sku)s"),
    # Why a picture is believed to show a product
    message("the catalogue names this file for %(sku)s"),
    message("its name carries %(sku)s"),
    message("the file name carries %(part)s"),
    message("the file name carries %(part)s and the colour %(colour)s"),
    message("the folder “%(folder)s” carries %(part)s"),
    message("the file name says %(colour)s, but %(name)s comes in %(colours)s"),
    message("the file name tells the view, “%(view)s”"),
    message("the file name has words that say nothing known: %(words)s"),
    message("the file name spells “%(name)s”"),
    message("the folder spells “%(name)s”"),
    message("title or caption name “%(name)s”"),
    message("the title names the colour “%(colour)s”"),
    message("the %(place)s name the colour “%(colour)s”"),
    message("the title says %(colour)s, which %(name)s does not come in"),
    message("the title carries %(sku)s"),
    message("the %(kind)s “%(code)s” in the file is that of %(sku)s"),
    message("the picture shows the barcode %(code)s of %(sku)s"),
    message("a picture of %(sku)s is %(share)s alike"),
    message("a picture of %(sku)s looks the same"),
    message("%(some)s of the %(all)s pictures most like it show %(sku)s"),
    message("no other product's pictures come as close as those of %(sku)s"),
    message("the picture's colours (%(found)s) fit %(colour)s"),
    message("the picture's colours (%(found)s) do not fit %(colour)s"),
    message("%(by)s accepted it"),
    message("%(by)s accepted it: %(why)s"),
    message("%(skus)s both claim it"),
    message("the best guess, %(sku)s, is too weak (%(share)s)"),
    message("the catalogue names it for %(sku)s, and nothing speaks against that"),
    message("%(sku)s is likely (%(share)s), but nothing identifies it"),
    message("%(sku)s is sure (%(share)s) and has no rival"),
    message("%(sku)s is likely (%(share)s), not sure"),
    message("nothing speaks for any product"),
    # What a file is of another
    message("the same file as"),
    message("probably a crop or another version of"),
    message("resized or recompressed from"),
    message("a mirror image of"),
    message("a %(what)s of"),
    # What is wrong
    message("no alternative text"),
    message("duplicate"),
    message("near-duplicate"),
    message("licence ended"),
    message("licence ends soon"),
    message("broken"),
    message("missing"),
    message("too small"),
    message("incomplete metadata"),
    message("outdated"),
    message("superseded"),
    message("unapproved"),
    message("unlinked"),
    message("claimed twice"),
    message("dead link"),
    message("pictures older than the product"),
    message("all pictures outdated"),
    message("main picture unusable"),
    message("incomplete record"),
    message("no asset"),
    message("no main picture"),
    message("picture set %(share)s %% complete"),
    message("definitely never used"),
    message("probably never used"),
    message("wrong"),
    message("not usable"),
    message("not there"),
    message("no longer listed"),
    message("not a picture"),
    # Why it is wrong
    message("it shows %(skus)s without words for those who cannot see it"),
    message("its licence ended on %(day)s"),
    message("its licence ends on %(day)s, in %(days)s days"),
    message("it still shows %(skus)s"),
    message("it is still published in %(channels)s"),
    message("it shows %(skus)s"),
    message("it is named by %(skus)s"),
    message("%(width)s x %(height)s pixels; the long edge needs %(least)s"),
    message("it does not say: %(fields)s"),
    message("unlike most of %(family)s, it does not say: %(fields)s"),
    message("its status is %(status)s"),
    message("a link to %(skus)s waits for review"),
    message("no product names it, and nothing in its name or metadata leads to one"),
    message("%(skus)s claim it"),
    message("several products claim it"),
    message("its name carries %(sku)s, but it is linked to %(other)s as well"),
    message("not there: %(files)s"),
    message("it changed on %(day)s, its newest picture is of %(picture_day)s"),
    message("none of the %(count)s pictures that it names is there"),
    message("it names no picture"),
    message("its %(count)s assets are: %(roles)s"),
    message("its source no longer lists it"),
    message("it is no picture but %(kind)s"),
    message("the main picture that its catalogue names is not there"),
    message("none of its assets is its main picture"),
    message("it was merged into %(name)s"),
    message("%(name)s is a newer version of it"),
    message("%(name)s is the same picture with %(times)s times the pixels"),
    message("%(skus)s is discontinued"),
    message("%(skus)s are discontinued"),
    message("the season of %(skus)s is over"),
    message("%(skus)s changed after it was made (%(day)s)"),
    message("it was made %(years)s years ago; %(limit)s is the limit"),
    message("it was last used on %(day)s"),
    message("no use since it was made on %(day)s"),
    message("no use since %(day)s; what was before that is not known"),
    message("no %(view)s"),
    message("its %(view)s has %(width)s x %(height)s pixels; the long edge needs %(least)s"),
    message("its %(view)s has %(width)s x %(height)s pixels, which is not %(aspect)s"),
    message("the background of its %(view)s is not plain"),
    message("%(by)s says: %(what)s"),
    # Why a file cannot be opened
    message("it looks like %(like)s, but it is truncated (%(why)s)"),
    message("it looks like %(like)s, but it cannot be decoded (%(why)s)"),
    message("it looks like %(like)s, but its header is broken or its format is not opened (%(formats)s)"),
    message("it is no picture that can be opened: it looks like %(like)s"),
    message("opening it took longer than %(seconds)s s"),
    message("it does not fit into memory"),
    message("it has %(width)s x %(height)s pixels; at most %(most)s are decoded"),
    message("it has no pixels"),
    message("it has %(count)s frames; at most %(most)s are allowed"),
    message("it has %(count)s scans; at most %(most)s are decoded"),
    message("a %(format)s picture"),
    message("an %(format)s picture"),
    message("a %(format)s document"),
    message("an %(format)s document"),
    message("a %(format)s film"),
    message("an %(format)s film"),
    message("a %(format)s archive"),
    message("an HTML page"),
    message("an SVG drawing"),
    message("an icon file"),
    message("a ZIP archive or an Office document"),
    message("a program"),
    message("an empty file"),
    message("a file of zero bytes"),
    message("a Git LFS pointer, not the file itself"),
    message("plain text"),
    message("unknown data"),
    # What a file is of a file with a name, and why one is kept
    message("the same file as %(name)s"),
    message("probably a crop or another version of %(name)s"),
    message("resized or recompressed from %(name)s"),
    message("a mirror image of %(name)s"),
    message("a %(what)s of %(name)s"),
    message("crop"),
    message("wider version"),
    message("version with a banner"),
    message("black and white copy"),
    message("black and white crop"),
    message("turned copy"),
    message("mirrored crop"),
    message("turned crop"),
    message("a catalogue names it"),
    message("it is linked to a product"),
    message("it has %(times)s times the pixels"),
    message("it has the most pixels"),
    message("it was there first"),
    message("nothing speaks for another"),
    # Views of a product
    message("front"),
    message("back"),
    message("angle"),
    message("detail"),
    message("swatch"),
    message("lifestyle"),
    message("packaging"),
    message("other"),
    # What to do
    message("Put the file back, or index its source again so that it is taken out."),
    message("Take it off its products now, then renew the licence or replace the file."),
    message("Mend the picture, or make another one the main picture."),
    message("Deliver the file under that name, or take the name out of the catalogue."),
    message("Approve it, or take it off its products."),
    message("Deliver the file again, whole and in the format that its name tells."),
    message("Renew the licence, or have a replacement ready by its end."),
    message("Link pictures that show it, or have some made."),
    message("Look at its pictures beside the product; have new ones made where they differ."),
    message("Say which product it shows, and refuse the other."),
    message("Fill in what is missing, in the file or beside it."),
    message("Link the newer version in its place."),
    message("Keep one and archive the other, or say that both are meant."),
    message("Archive it, or find out why nobody finds it."),
    message("Fill in what is missing in the catalogue."),
    message("Link it to the product it shows, or archive it."),
    message("Write what the picture shows, in one sentence (WCAG 2.2, 1.1.1)."),
    message("Replace it, take it off its products, or archive it."),
    message("Make one of its pictures the main one."),
    message("Deliver it larger."),
    message("Have the missing views made, or link them."),
    # Jobs
    message("Index all sources"),
    message("what changed in folders, buckets and catalogues becomes findable, and is linked"),
    message("Judge all links"),
    message("products that came later, new patterns and thresholds reach every asset"),
    message("Fit the model to the catalogue"),
    message("words find pictures by what the catalogue calls them, once enough links are new"),
    message("Count usage"),
    message("sorting by use, and what the audit says of it, go by real figures"),
    message("Remove what nothing needs"),
    message("old records of runs and searches, dead letters of forgotten sources, orphaned thumbnails"),
    message("Audit the catalogue"),
    message("what is outdated, unlinked, expired, doubled or incomplete is found while it is new"),
    message("Compare sources and index"),
    message("the index must not lie: missing, extra and outdated items are told"),
    message("Look at saved searches"),
    message("owners hear what their searches find that they did not, and which cannot be run any more"),
    message("Mail owners what is theirs"),
    message("people hear of what is new, overdue, or about to end without having to look"),
    message("interrupted"),
    message("its process ended %(how)s"),
    message("its process ended without an outcome"),
    message("it could not be told for too long that its turn is its own"),
    message("its scheduler %(owner)s was no longer heard of"),
    # Why an audit stopped itself
    message("the clock says %(now)s, but a run ended at %(then)s already"),
    message(
        "nothing was indexed since %(day)s, %(count)s days ago (audit.clock_days is %(limit)s): "
        "the index is stale, or the clock is ahead"
    ),
    message("the last indexing run over %(source)s (%(when)s) is %(how)s; index it again first"),
    message("failed"),
    message("stopped"),
    message("%(source)s has %(count)s items; it had %(earlier)s at the last audit"),
    message("%(rule)s would newly flag %(count)s of %(all)s subjects (audit.most_new_share is %(limit)s)"),
    # What a fit of the model to the catalogue was worth
    message("words better on products that it was not fitted on"),
    message("looks better on products that it was not fitted on"),
    message("words and looks better on products that it was not fitted on"),
    message("no better beyond noise: %(gain)s"),
    message("looks no better beyond noise: %(gain)s"),
    message("nothing tells looks apart"),
    message("words of other worlds would be lost: %(measure)s %(now)s of %(then)s"),
    message("names would be worse: %(now)s instead of %(then)s"),
    message("other likeness would be worse: %(now)s of %(then)s"),
    message("%(count)s pictures of products are known, at least %(least)s are needed"),
    message("the model stays as it is"),
    # What is asked for in vain
    message("%(how_often)s nothing was found"),
    message("%(how_often)s only what looks like it"),
    message("%(how_often)s nothing was found and %(again)s only what looks like it"),
    message("once"),
    message("twice"),
    message("%(count)s times"),
    message("1 picture found, none opened"),
    message("%(count)s pictures found, none opened"),
    message("1 product has these words, and it lacks a picture that can be shown"),
    message("%(count)s products have these words, and all of them lack a picture that can be shown"),
    message("%(count)s products have these words, and 1 of them lacks a picture that can be shown"),
    message("%(count)s products have these words, and %(some)s of them lack a picture that can be shown"),
    message("1 product has these words, with pictures: link them, or give them these words"),
    message("%(count)s products have these words, with pictures: link them, or give them these words"),
    message("%(what)s: are they the right ones?"),
    message('perhaps "%(words)s" was meant'),
    message("nothing in the catalogue has these words: another word for something, or a wish"),
    message("asked for in vain %(how_often)s (%(queries)s), and %(what)s."),
    message("it has no picture"),
    message("it lacks %(views)s"),
    message("its set is %(share)s %% complete"),
    message("none of its pictures is its main one"),
    message("its main picture cannot be shown"),
    # Why a search is not done as it was asked for
    message("there are no words to compare pictures with"),
    message("the model did not answer"),
    # Errors
    message("internal error"),
    message("the configuration is invalid"),
    message("the model returned unusable vectors"),
    message("the embedded engine cannot be set up"),
    message("the generation is not fit to serve"),
    message("the index was made by another mapping or model"),
    message("the source shrank; the run stopped"),
    message("the picture cannot be read"),
    message("the request is invalid"),
    message("the request cannot be read"),
    message("not found"),
    message("method not allowed"),
    message("this host name is not served here"),
    message("another site's page may not do this"),
    message("too large"),
    message("media type not supported"),
    message("the picture cannot be read"),
    message("the source cannot be read"),
    message("already running"),
    message("the model is not available"),
    message("not ready"),
    message("the search engine cannot be reached"),
    message("the search engine timed out"),
    message("the search engine is busy"),
    message("the search engine refused the request"),
    message("changed meanwhile"),
    message("the search engine answered only in part"),
    message("the index does not exist yet"),
    message("the cursor cannot be continued"),
    message("there is nothing at this address; see /api/v1/docs"),
    message("something went wrong here; the log tells more under %(id)s"),
    message("there is no asset %(id)s"),
    message("there is no product %(id)s"),
    message("no asset %(id)s"),
    message("no product %(id)s"),
)


LONGEST = 400
"""Characters of a text that is looked at: errors may hold what a client sent, of any length."""


def said(text: str) -> str:
    """Return a text of another room in the reader's language; what is no saying stays as it is."""
    return text if language() == WRITTEN or len(text) > LONGEST else _said(text, language())


@functools.lru_cache(maxsize=4096)
def _said(text: str, _language: str) -> str:
    if found := recognised(text):
        return _told(*found)
    if text[:1].isupper() and (found := recognised(text[:1].lower() + text[1:])):
        told = _told(*found)
        return told[:1].upper() + told[1:]
    # What stands before a colon may be a name: of a file, a channel, somebody.
    for mark in ("; ", ": "):
        head, between, tail = text.partition(mark)
        if between:
            return said(head) + between + said(tail)
    return text


def _told(template: str, values: dict[str, str]) -> str:
    told = {name: _value(name, value) for name, value in values.items()}
    return translated(template, **told) if told else translated(template).replace("%%", "%")


def recognised(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the saying that a text is, with what stands in it; ``None`` where it is none."""
    for pattern, template in _patterns():
        if match := pattern.fullmatch(text):
            return template, match.groupdict()
    return None


def _value(name: str, value: str) -> str:
    if name in NESTED:
        return said(value)
    if name == COUNT and _COUNT.fullmatch(value):
        return number(int(value.replace(",", "")))
    return day(value, "medium") if _DAY.fullmatch(value) else value


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_COUNT = re.compile(r"[\d,]+")
_PLACE = re.compile(r"%\((\w+)\)s|%%")


@functools.cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return how each saying is recognised, those with most words of their own first."""
    ordered = sorted(SAYINGS, key=lambda one: -len(_PLACE.sub("", one)))
    return [(re.compile(_pattern(one), re.DOTALL), one) for one in ordered]


def _pattern(template: str) -> str:
    parts, end = [], 0
    for place in _PLACE.finditer(template):
        held = _COUNT.pattern if place[1] == COUNT else ".+?"
        parts += [re.escape(template[end : place.start()]), f"(?P<{place[1]}>{held})" if place[1] else "%"]
        end = place.end()
    return "".join([*parts, re.escape(template[end:])])
