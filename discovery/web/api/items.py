"""One asset, its thumbnail and its file; one product, and its assets."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, request, send_file

from discovery.errors import FieldProblem, InputInvalid, NotFound, SourceUnavailable
from discovery.usage.model import Action
from discovery.web import grammar, serialise
from discovery.web.identity import viewer
from discovery.web.replies import reply
from discovery.web.services import Services
from mappings.documents import AssetDocument

LARGEST_SIZE = 100_000

_FOR_EVER = "private, max-age=31536000, immutable"
_FOR_A_WHILE = "private, max-age=300"
_THUMBNAIL = "image/webp"

# What browsers may take as what it says it is: it holds no script. All else is just bytes.
SAFE_TYPES = frozenset(
    {
        "image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/bmp", "image/avif",
        "image/jp2", "image/heic", "image/x-portable-pixmap", "video/mp4", "video/webm", "video/quicktime",
        "audio/mpeg", "audio/wav", "audio/ogg", "application/pdf", "application/zip", "text/plain",
        "text/csv",
    }
)  # fmt: skip


def item_routes(services: Services, sizes: tuple[int, ...]) -> Blueprint:
    """Return the routes of single items; ``sizes`` are the edges of thumbnails in pixels."""
    routes = Blueprint("items", __name__, url_prefix=serialise.API)

    @routes.get("/assets/<id>")
    def asset(id: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        document = services.search.asset(id, viewer())
        if request.method == "GET":
            services.usage.record(Action.VIEW, document.id)
        return reply(serialise.asset(document, services.links.reasons(document.id)))

    @routes.get("/assets/<id>/thumbnail")
    def thumbnail(id: str) -> Response:
        given = grammar.parse_plain(grammar.pairs_of(request.query_string), ("size", "v"))
        size = nearest(given.get("size"), sizes)
        document = services.search.asset(id, viewer())
        etag = f"{serialise.version_of(document)}-{size}"
        current = given.get("v") == serialise.version_of(document)
        response = _thumbnail(services, document, size, etag)
        response.headers["Cache-Control"] = _FOR_EVER if current else _FOR_A_WHILE
        return response

    @routes.get("/assets/<id>/file")
    def file(id: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        document = services.search.asset(id, viewer())
        response = original(services, document)
        if is_download(response):
            services.usage.record(Action.DOWNLOAD, document.id)
        return response

    @routes.get("/assets/<id>/versions")
    def versions(id: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        document = services.search.asset(id, viewer())
        return reply(serialise.assets(services.search.versions(document, viewer())))

    @routes.get("/products/<path:sku>")
    def product(sku: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(serialise.product(services.search.product(sku, viewer())))

    @routes.get("/products/<path:sku>/assets")
    def product_assets(sku: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(serialise.assets(services.search.product_assets(sku, viewer())))

    return routes


def nearest(given: object, sizes: tuple[int, ...]) -> int:
    """Return the size nearest to the one asked for, the larger of two; the smallest when none was."""
    if given is None:
        return min(sizes)
    if type(given) is not int or not 1 <= given <= LARGEST_SIZE:
        message = f"expected pixels, a whole number from 1 to {LARGEST_SIZE}"
        raise InputInvalid(f"size: {message}", (FieldProblem("size", message),))
    asked = given
    return min(sizes, key=lambda size: (abs(size - asked), -size))


def is_download(response: Response) -> bool:
    """Return whether a reply begins to hand out a file; later parts, and what is cached, are not new."""
    if request.method != "GET" or response.status_code not in (200, 206):
        return False
    given = request.range
    return response.status_code == 200 or given is None or any(start == 0 for start, _ in given.ranges)


def original(services: Services, document: AssetDocument) -> Response:
    """Return the reply that downloads an asset's file under its own name."""
    content = services.originals(document)
    media = document.media.mime if document.media.mime in SAFE_TYPES else "application/octet-stream"
    etag = document.media.checksum.rpartition(":")[2]
    if isinstance(content, Path):
        try:
            response = send_file(content.absolute(), mimetype=media, etag=etag, conditional=True, max_age=0)
        except FileNotFoundError as error:
            raise NotFound(f"the file of asset {document.id} is gone from its source") from error
        except OSError as error:
            raise SourceUnavailable(f"the file of asset {document.id} cannot be read") from error
    else:
        response = send_file(content, mimetype=media, etag=etag, max_age=0)
        response.make_conditional(request)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = disposition(document.source.filename, media)
    return response


def disposition(filename: str, media: str) -> str:
    """Return a Content-Disposition that downloads under ``filename``, in ASCII and in full (RFC 6266)."""
    name = "".join(c for c in filename if c.isprintable() and c not in "/\\") or "file"
    if "." not in name:
        name += mimetypes.guess_extension(media) or ""
    plain = name.encode("ascii", "replace").decode().replace('"', "'").replace("?", "_").replace("%", "_")
    full = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}"


def _thumbnail(services: Services, document: AssetDocument, size: int, etag: str) -> Response:
    if request.if_none_match.contains(etag):
        response = Response(status=304)
        response.set_etag(etag)
        return response
    content = services.thumbnails(document, size)
    try:
        data = content.read_bytes() if isinstance(content, Path) else content
    except FileNotFoundError as error:
        raise NotFound(f"asset {document.id} has no thumbnail") from error
    response = Response(data, mimetype=_THUMBNAIL)
    response.set_etag(etag)
    return response
