from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from discovery.config import Settings
from discovery.errors import SourceUnavailable
from discovery.web.api.items import disposition, nearest
from discovery.web.app import create_app
from discovery.web.serialise import version_of
from mappings.documents import AssetDocument
from tests.api.catalogue import MUG_FRONT
from tests.api.standin import PIXEL, MemorySearch, services_over, with_source

THUMBNAIL = f"/api/v1/assets/{MUG_FRONT.id}/thumbnail"
FILE = f"/api/v1/assets/{MUG_FRONT.id}/file"


def test_a_thumbnail_may_be_kept_for_ever_under_the_version_of_its_file(client: FlaskClient) -> None:
    reply = client.get(f"{THUMBNAIL}?size=256&v={version_of(MUG_FRONT)}")
    assert reply.data == PIXEL
    assert reply.mimetype == "image/webp"
    assert "immutable" in reply.headers["Cache-Control"]
    etag = reply.headers["ETag"]
    again = client.get(THUMBNAIL, headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert not again.data


@pytest.mark.parametrize("version", ["", "?v=older"])
def test_a_thumbnail_without_its_version_is_asked_for_again(client: FlaskClient, version: str) -> None:
    assert "immutable" not in client.get(THUMBNAIL + version).headers["Cache-Control"]


def test_thumbnails_of_two_sizes_have_two_tags(client: FlaskClient) -> None:
    small, large = (client.get(f"{THUMBNAIL}?size={size}").headers["ETag"] for size in (1, 5000))
    assert small != large


@pytest.mark.parametrize(("asked", "given"), [(None, 256), (1, 256), (300, 256), (512, 768), (9000, 768)])
def test_the_nearest_size_is_given(asked: int | None, given: int) -> None:
    assert nearest(asked, (768, 256)) == given


def test_a_thumbnail_on_disk_is_sent_too(search: MemorySearch, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "t.webp").write_bytes(PIXEL)
    services = services_over(
        search, thumbnails=lambda _asset, size: tmp_path / f"{'t' if size == 256 else 'x'}.webp"
    )
    client = create_app(services, settings).test_client()
    assert client.get(THUMBNAIL).data == PIXEL
    assert client.get(f"{THUMBNAIL}?size=768").status_code == 404


def test_a_file_is_downloaded_under_its_own_name(client: FlaskClient) -> None:
    reply = client.get(FILE, buffered=True)
    assert reply.data == b"\xff\xd8 a picture \xff\xd9"
    assert reply.mimetype == "image/jpeg"
    assert reply.headers["Content-Disposition"].startswith('attachment; filename="tide_front.jpg"')
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply.headers["Content-Security-Policy"]


def test_a_file_is_sent_in_ranges_and_not_twice(client: FlaskClient) -> None:
    part = client.get(FILE, buffered=True, headers={"Range": "bytes=0-1"})
    assert (part.status_code, part.data) == (206, b"\xff\xd8")
    etag = part.headers["ETag"]
    assert client.get(FILE, buffered=True, headers={"If-None-Match": etag}).status_code == 304
    beyond = client.get(FILE, buffered=True, headers={"Range": "bytes=900-"})
    assert beyond.status_code == 416
    assert beyond.content_type == "application/problem+json"


def _client_of(
    asset: AssetDocument, settings: Settings, original: Callable[[AssetDocument], Any]
) -> FlaskClient:
    return create_app(services_over(MemorySearch([asset], []), originals=original), settings).test_client()


def test_a_file_from_a_bucket_comes_as_a_stream_that_is_closed(settings: Settings) -> None:
    stream = io.BytesIO(b"from afar")
    reply = _client_of(MUG_FRONT, settings, lambda _asset: stream).get(FILE)
    assert reply.data == b"from afar"
    reply.close()
    assert stream.closed


def test_a_source_that_does_not_answer_is_a_problem(settings: Settings) -> None:
    def fail(_asset: AssetDocument) -> Path:
        raise SourceUnavailable("the bucket does not answer")

    reply = _client_of(MUG_FRONT, settings, fail).get(FILE, buffered=True)
    assert reply.status_code == 503
    assert reply.content_type == "application/problem+json"


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "application/xhtml+xml", "nonsense"])
def test_what_may_hold_a_script_is_sent_as_plain_bytes(settings: Settings, tmp_path: Path, mime: str) -> None:
    (tmp_path / "page").write_bytes(b"<script>alert(1)</script>")
    lying = dataclasses.replace(MUG_FRONT, media=dataclasses.replace(MUG_FRONT.media, mime=mime))
    reply = _client_of(lying, settings, lambda _asset: tmp_path / "page").get(FILE, buffered=True)
    assert reply.mimetype == "application/octet-stream"
    assert reply.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.jpg", "a.jpg"),
        ('a"b.jpg', "a'b.jpg"),
        ("a\r\nSet-Cookie: x.jpg", "aSet-Cookie: x.jpg"),
        ("../../etc/passwd.jpg", "....etcpasswd.jpg"),
        ("été.jpg", "_t_.jpg"),
        ("\x00", "file.jpg"),
    ],
)
def test_a_name_cannot_leave_its_header(name: str, plain: str) -> None:
    assert disposition(name, "image/jpeg").startswith(f'attachment; filename="{plain}"; filename*=')


def test_a_strange_name_survives_whole(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    strange = with_source(MUG_FRONT, filename="Été № 5 - 100%.jpg")
    reply = _client_of(strange, settings, lambda _asset: tmp_path / "f").get(FILE, buffered=True)
    assert "filename*=UTF-8''%C3%89t%C3%A9%20%E2%84%96%205" in reply.headers["Content-Disposition"]


def test_versions_are_of_an_asset_that_is_there(client: FlaskClient) -> None:
    assert client.get(f"/api/v1/assets/{MUG_FRONT.id}/versions").json == {"total": 0, "assets": []}
    assert client.get("/api/v1/assets/none/versions").status_code == 404
