"""Every component of the pages in every state, on one page: for those who change them, in debug mode only."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from discovery.web.pages import answer

ADDRESS = "/styleguide"
LONG_NAME = "A name that somebody wrote without ever thinking of a card: " + "lookbook_final_v12_" * 4
PICTURE = "/static/mark.svg"

INKS = (
    "paper", "surface", "tile", "ink", "quiet", "line", "line-strong", "accent", "on-accent", "accent-soft",
    "mark", "warn", "warn-soft", "care", "care-soft",
)  # fmt: skip
SIZES = ("small", "body", "large", "huge")
STEPS = ("s1", "s2", "s3", "s4", "s5", "s6")
ICONS = (
    "search", "camera", "filter", "close", "check", "chevron", "similar", "tag", "view-grid", "view-dense",
    "view-list", "zoom", "file", "download", "alert", "collect",
)  # fmt: skip


def styleguide_routes() -> Blueprint:
    """Return the page; its texts are for developers and in English."""
    routes = Blueprint("styleguide", __name__)

    @routes.get(ADDRESS)
    def styleguide() -> Response:
        return answer.page("styleguide.html", title="Style guide", **_specimens())

    return routes


def _specimens() -> dict[str, Any]:
    return {
        "inks": INKS,
        "sizes": SIZES,
        "steps": STEPS,
        "icons": ICONS,
        "cards": [
            _card(
                "plain", "Tide mug, front", image=_image(PICTURE), meta="mugs · 2,400 by 3,000", note="MG-101"
            ),
            _card("marked", "Tide mug", image=_image(PICTURE), meta="its words were found", marked="Tide"),
            _card(
                "product", "Skerry Mug", image=_image(PICTURE), meta="MG-102 · Vessbrook", note="18.00 EUR"
            ),
            _card("bare", "A file without a picture", placeholder="pdf", meta="layouts"),
            _card("broken", "A picture that is gone", image=_image("/static/none.webp"), meta="mugs"),
            _card("long", LONG_NAME, image=_image(PICTURE), meta=LONG_NAME, note=LONG_NAME),
        ],
        "facets": [
            _facet("Colour", colours=True),
            _facet("Category", tree=True),
            _facet("Keyword", count=14),
        ],
        "chips": [
            {"label": "Colour:", "value": "blue", "href": "#chips", "name": "filter.colour"},
            {"label": "Keyword:", "value": LONG_NAME, "href": "#chips", "name": "filter.keyword"},
        ],
        "findings": [
            _finding(
                "error", "licence ended", "its licence ended on 31 March", "Renew it, or take it out of use."
            ),
            _finding(
                "warning", "unlinked", "no product names it", "Name its product, or say that it shows none."
            ),
            _finding("info", "no alternative text", "nobody wrote one", "Describe it in a sentence."),
        ],
        "case": _case("100%", contested=False),
        "contested": _case("50%", contested=True),
    }


def _image(src: str) -> dict[str, Any]:
    return {"src": src, "srcset": f"{src} 256w", "width": 400, "height": 500, "alt": "a specimen"}


def _card(ident: str, title: str, *, marked: str = "", **shown: Any) -> dict[str, Any]:
    rest = title.removeprefix(marked)
    return {
        "kind": "asset",
        "id": ident,
        "href": "#cards",
        "title": [(marked, True), (rest, False)] if marked else [(title, False)],
        "plain": title,
        "image": None,
        "meta": "",
        "note": "",
        "placeholder": "",
        "similar": "#cards",
        **shown,
    }


def _facet(label: str, *, count: int = 5, colours: bool = False, tree: bool = False) -> dict[str, Any]:
    names = (
        ("blue", "light blue", "terracotta", "multi")
        if colours
        else [f"{label.lower()} {n}" for n in range(count)]
    )
    values = [
        {
            "value": name,
            "label": name,
            "depth": min(number, 3) if tree else 0,
            "colour": name if colours else "",
            "count": 12_345 // (number + 1),
            "selected": number == 1,
            "href": "#facets",
        }
        for number, name in enumerate(names)
    ]
    return {
        "field": label.lower(),
        "label": label,
        "values": values[:8],
        "more": values[8:],
        "colours": colours,
    }


def _finding(severity: str, verdict: str, reason: str, remedy: str) -> dict[str, Any]:
    return {"severity": severity, "verdict": verdict, "reasons": [reason], "remedy": remedy}


def _case(share: str, *, contested: bool) -> dict[str, Any]:
    proposal = {
        "sku": "MG-102",
        "name": "Skerry Mug",
        "what": "detail",
        "share": share,
        "reasons": [
            "the file name carries the SKU MG-102",
            "the picture's colours (beige, navy) fit Ink Blue",
        ],
        "picture": PICTURE,
        "href": "#review",
    }
    return {
        "kind": "link",
        "contested": contested,
        "asset": {
            "id": f"specimen-{share}",
            "name": "mugs/mg-102_detail.jpg",
            "source": "studio",
            "thumbnail": PICTURE,
        },
        "reason": "MG-102 and MG-103 both claim it" if contested else "MG-102 is likely, not sure",
        "probability": 0.5 if contested else 1.0,
        "proposals": [proposal, {**proposal, "sku": "MG-103", "name": LONG_NAME}]
        if contested
        else [proposal],
    }
