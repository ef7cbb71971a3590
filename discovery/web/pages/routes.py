"""The search page at ``/``, a page for each item, and errors as pages for those who read pages."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, g, request

from discovery.config import Settings
from discovery.errors import DiscoveryError, ErrorKind, NotFound
from discovery.usage.model import Action
from discovery.web import grammar, serialise
from discovery.web.api.search import Searcher
from discovery.web.grammar import Pairs
from discovery.web.identity import request_id, viewer
from discovery.web.language import LANGUAGES, script_messages, translated
from discovery.web.pages import detail, review, view
from discovery.web.pages.answer import page as page_of
from discovery.web.problems import explain, problem
from discovery.web.services import Services
from discovery.web.usability import standing, usability
from mappings.fields import SORTS

_NOTHING: dict[str, Any] = {
    "total": 0, "hits": [], "facets": {}, "next": None, "mode": "text", "fallback_reason": None, "took_ms": 0,
    "corrected": None, "understood": [],
}  # fmt: skip


def page_routes(services: Services, searcher: Searcher, settings: Settings) -> Blueprint:
    """Return the pages."""
    sizes, audit = settings.images.thumbnail_sizes, settings.audit
    routes = Blueprint("pages", __name__)

    @routes.get("/")
    def search() -> Response:
        return _search_page(searcher, sizes)

    @routes.get("/messages/<name>.js")
    def messages(name: str) -> Response:
        if name not in LANGUAGES:
            raise NotFound(f"there are no messages in {name[:20]!r}")
        said = script_messages(name) if name != "en" else {}
        response = Response(
            f"export default {json.dumps(said, ensure_ascii=False)};", mimetype="text/javascript"
        )
        response.add_etag()
        response.headers["Cache-Control"] = "no-cache"
        response.make_conditional(request)
        return response

    @routes.get("/assets/<id>")
    def asset(id: str) -> Response:
        document = services.search.asset(id, viewer())
        item = serialise.asset(document, services.links.reasons(document.id))
        if request.method == "GET":
            services.usage.record(Action.VIEW, item["id"])
        media = item["media"]
        title = item["title"] or item["filename"]
        image = view.picture(
            item["links"]["thumbnail"], sizes, item["alt_text"] or title, media["width"], media["height"]
        )
        return page_of(
            "asset.html",
            item=item,
            title=title,
            image=image,
            bar=_colour_bar(media["colours"]),
            usable=usability(item, audit),
            approval=standing(item["curation"]["status"]),
            shown=detail.shown_links(item["products"]),
            findings=detail.open_findings(services, f"asset:{item['id']}"),
            copies=detail.copies(services, item["id"]),
            versions=detail.versions(services, document),
            renditions=_renditions(item, sizes),
        )

    @routes.get("/products/<path:sku>")
    def product(sku: str) -> Response:
        item = serialise.product(services.search.product(sku, viewer()))
        pictures = serialise.assets(services.search.product_assets(sku, viewer()))["assets"]
        cards = [view.card({"kind": "asset", "asset": one, "highlight": {}}, sizes) for one in pictures]
        return page_of(
            "product.html",
            item=item,
            title=item["name"],
            cards=cards,
            roles={link["id"]: detail.role(link["role"]) for link in item["assets"]},
            price=view.price(item),
            findings=detail.open_findings(services, f"product:{item['sku']}"),
            waiting=review.candidates(services, viewer(), item["sku"]),
            history=detail.history(services, item["sku"]),
        )

    @routes.get("/review")
    def waiting() -> Response:
        found = review.page(services, viewer(), grammar.pairs_of(request.query_string))
        return page_of("review.html", title=translated("Review"), **found)

    return routes


def error_page(kind: ErrorKind, detail: str) -> Response | None:
    """Answer an error with a page where a page was asked for; elsewhere answer nothing."""
    aside = request.path.startswith(("/api/", "/health", "/metrics", "/static"))
    if aside or request.accept_mimetypes.best_match(("application/json", "text/html")) != "text/html":
        return None
    response = page_of("error.html", status=kind.status, kind=kind, detail=detail, title=kind.title)
    if kind.retry_after is not None:
        response.headers["Retry-After"] = str(kind.retry_after)
    return response


def _search_page(searcher: Searcher, sizes: tuple[int, ...]) -> Response:
    pairs = grammar.pairs_of(request.query_string)
    told: dict[str, Any] | None = None
    status = 200
    answer = _NOTHING
    choices = view.choices_of({})
    try:
        choices = view.choices_of({side: searcher.service.attributes(side) for side in view.FACETS})
        asked = view.api_pairs(pairs, choices)
        answer = searcher.similar_by(asked) if view.is_similar(pairs) else searcher.search_by(asked)
    except DiscoveryError as error:
        kind, detail, problems = explain(error)
        g.error_code = kind.code
        status, told = kind.status, problem(kind, detail, problems, id=request_id())
    side = view.side_of(pairs)
    similar = view.is_similar(pairs)
    more = [*view.without(pairs), ("after", answer["next"])] if answer["next"] else None
    return page_of(
        "search.html",
        status,
        title=view.value_of(pairs, "q") or translated("Search"),
        q=view.value_of(pairs, "q") or "",
        side=side,
        sides=view.sides(pairs),
        sorts=view.sorts(pairs),
        sortable=not similar,
        similar=similar,
        similar_name=view.value_of(pairs, "asset") or view.value_of(pairs, "product"),
        similar_picture=_similar_picture(pairs),
        unsimilar=view.address(view.without(pairs, *view.PICTURED)),
        hidden=view.hidden(pairs),
        chips=view.chips(pairs),
        understood=view.understood(pairs, answer["understood"]),
        cleared=view.cleared(pairs),
        groups=view.facets(pairs, choices, answer["facets"], answer["total"]),
        views=view.views(pairs),
        layout=view.view_of(pairs),
        ranges=view.ranges(pairs),
        cards=[view.card(hit, sizes) for hit in answer["hits"]],
        more=view.address(more) if more else None,
        answer=answer,
        mode=translated(view.MODE_LABELS.get(answer["mode"], "")),
        noun=view.nouns()[side][0 if answer["total"] == 1 else 1],
        problem=told,
        folded=side == "products" and ("variants", "show") not in pairs,
        unfolded=view.address([*view.without(pairs, "variants"), ("variants", "show")]),
        refolded=view.address(view.without(pairs, "variants")),
        did_you_mean=_did_you_mean(searcher, pairs, answer, told),
        page={**_script_data(sizes, choices), "log": _log_data(searcher, pairs)},
    )


def _similar_picture(pairs: Pairs) -> str | None:
    asset = view.value_of(pairs, "asset")
    return f"{serialise.API}/assets/{quote(asset, safe='')}/thumbnail" if asset else None


def _did_you_mean(
    searcher: Searcher, pairs: Pairs, answer: dict[str, Any], told: dict[str, Any] | None
) -> dict[str, str] | None:
    q = view.value_of(pairs, "q")
    if told is not None or answer["total"] or not q or view.is_similar(pairs):
        return None
    better = searcher.suggest_by([("q", q), ("in", view.side_of(pairs))])["did_you_mean"]
    if better is None:
        return None
    return {"text": better, "href": view.address([*view.without(pairs, "q"), ("q", better)])}


def _renditions(item: dict[str, Any], sizes: tuple[int, ...]) -> list[dict[str, str]]:
    """Return the sizes of a picture that are there beside the file itself, the largest first."""
    link, longest = item["links"]["thumbnail"], max(item["media"]["width"] or 0, item["media"]["height"] or 0)
    if link is None:
        return []
    stem = item["filename"].rpartition(".")[0] or item["filename"]
    joined = f"{link}{'&' if '?' in link else '?'}size="
    return [
        {"href": f"{joined}{size}", "label": f"{size} px", "name": f"{stem}-{size}.webp"}
        for size in sorted(sizes, reverse=True)
        if size < longest
    ]


def _colour_bar(colours: list[dict[str, Any]]) -> list[dict[str, Any]]:
    whole = sum(colour["share"] for colour in colours) or 1.0
    bar, start = [], 0.0
    for colour in colours:
        width = 100 * colour["share"] / whole
        bar.append({**colour, "x": round(start, 2), "width": round(width, 2)})
        start += width
    return bar


def _log_data(searcher: Searcher, pairs: Pairs) -> dict[str, Any]:
    words = not view.is_similar(pairs) and view.value_of(pairs, "q") is not None
    return {"enabled": searcher.log.enabled, "request": request_id(), "words": words}


def _in_language(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: translated(label) for name, label in labels.items()}


def _facet_data(chosen: Sequence[view.FacetChoice], chips: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        dataclasses.asdict(choice)
        | {
            "label": translated(choice.label),
            "group": translated(choice.group),
            "chip": chips.get(choice.field, choice.label),
        }
        for choice in chosen
    ]


def _script_data(sizes: tuple[int, ...], choices: view.Choices) -> dict[str, Any]:
    return {
        "sizes": sorted(sizes),
        "shown": view.SHOWN_VALUES,
        "facets": {side: _facet_data(chosen, view.chip_labels(side)) for side, chosen in choices.items()},
        "sorts": {side: list(names) for side, names in SORTS.items()},
        "sortLabels": _in_language(view.SORT_LABELS),
        "flags": {field: _in_language(labels) for field, labels in view.FLAGS.items()},
        "modes": _in_language(view.MODE_LABELS),
        "operators": _in_language(view.OPERATOR_SIGNS),
        "ranges": {side: _in_language(labels) for side, labels in view.RANGES.items()},
        "nouns": view.nouns(),
        "views": list(view.VIEWS),
    }
