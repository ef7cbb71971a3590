"""Collections: listed, made, changed, filled, shared, taken away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request, stream_with_context

from discovery.config import Settings
from discovery.curation.collection_model import Collection
from discovery.web import bodies, collection_files, collections, grammar, preconditions, serialise
from discovery.web.api.items import disposition
from discovery.web.identity import viewer
from discovery.web.replies import reply
from discovery.web.services import Services

_ZIP, _PDF = "application/zip", "application/pdf"


def collection_routes(services: Services, settings: Settings) -> Blueprint:
    """Return the routes of collections."""
    service = services.collections
    routes = Blueprint("collections", __name__, url_prefix=serialise.API)

    def items_of(one: Collection) -> Response:
        page = collections.items_page(one, _given(collections.ITEMS_PARAMETERS))
        documents = collections.documents_of(services.search, page.items, viewer())
        told = reply(collections.items(one, page, documents))
        return preconditions.versioned(told, one.version)

    def packed(one: Collection, *, every: bool) -> Response:
        chunks: Iterator[bytes] = iter(())
        if request.method == "GET":
            made = collection_files.zipped(services, settings, one, viewer(), every=every)
            # What is wrong at once, such as an engine that is away, is an answer and not half a file.
            chunks = chain([next(made)], made)
        return _file(Response(stream_with_context(chunks), mimetype=_ZIP), one, "zip")

    def printed(one: Collection) -> Response:
        if request.method != "GET":
            return _file(Response(mimetype=_PDF), one, "pdf")
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "sheet.pdf"
            collection_files.sheet(services, settings, one, viewer(), made)
            return _file(Response(made.read_bytes(), mimetype=_PDF), one, "pdf")

    @routes.get("/collections")
    def listed() -> Response:
        return reply(
            collections.listing(service.all(**collections.listed_by(_given(collections.LIST_PARAMETERS))))
        )

    @routes.post("/collections")
    def create() -> Response:
        _given(())
        made = service.create(**collections.draft(bodies.json_object()))
        response = reply(collections.collection(made), status=201)
        response.headers["Location"] = collections.address(made.id)
        return preconditions.versioned(response, made.version)

    @routes.get("/collections/<id>")
    def one(id: str) -> Response:
        _given(())
        return _told(service.get(id))

    @routes.patch("/collections/<id>")
    def change(id: str) -> Response:
        _given(())
        return _told(service.change(id, collections.change(bodies.json_object()), preconditions.expected()))

    @routes.delete("/collections/<id>")
    def delete(id: str) -> Response:
        _given(())
        return reply(collections.collection(service.delete(id, preconditions.expected())))

    @routes.get("/collections/<id>/items")
    def items(id: str) -> Response:
        return items_of(service.get(id))

    @routes.post("/collections/<id>/items")
    def arrange(id: str) -> Response:
        _given(())
        wanted = collections.arrangement(bodies.json_object())
        changed, counts = service.arrange(id, **wanted, expected=preconditions.expected())
        return preconditions.versioned(reply(collections.arranged(changed, counts)), changed.version)

    @routes.get("/collections/<id>/files.zip")
    def files(id: str) -> Response:
        every = collections.files_wanted(_given(collections.FILES_PARAMETERS))
        return packed(service.get(id), every=every)

    @routes.get("/collections/<id>/contact-sheet.pdf")
    def contact_sheet(id: str) -> Response:
        _given(())
        return printed(service.get(id))

    @routes.get("/collections/<id>/shares")
    def shares(id: str) -> Response:
        _given(())
        return reply(collections.shares(service.shares(id)))

    @routes.post("/collections/<id>/shares")
    def share(id: str) -> Response:
        _given(())
        made, token = service.share(id, *collections.share_draft(bodies.json_object()))
        return reply(collections.share_made(made, token), status=201)

    @routes.delete("/collections/<id>/shares/<share>")
    def revoke(id: str, share: str) -> Response:
        _given(())
        return reply(collections.share(service.revoke(id, share)))

    @routes.get("/shared/<token>")
    def shared(token: str) -> Response:
        return items_of(service.shared(token))

    @routes.get("/shared/<token>/files.zip")
    def shared_files(token: str) -> Response:
        _given(())
        return packed(service.shared(token), every=False)

    @routes.get("/shared/<token>/contact-sheet.pdf")
    def shared_sheet(token: str) -> Response:
        _given(())
        return printed(service.shared(token))

    return routes


def _given(allowed: tuple[str, ...]) -> dict[str, Any]:
    return grammar.parse_plain(grammar.pairs_of(request.query_string), allowed)


def _told(one: Collection) -> Response:
    return preconditions.versioned(reply(collections.collection(one)), one.version)


def _file(response: Response, one: Collection, ending: str) -> Response:
    response.headers["Content-Disposition"] = disposition(f"{one.name}.{ending}", response.mimetype or "")
    response.headers["Cache-Control"] = "private, no-store"
    return response
