from __future__ import annotations

import dataclasses
import http.client
import json
import logging
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from discovery.config import Settings, WebSettings
from discovery.errors import ConfigurationInvalid
from discovery.search.request import SearchPage, SearchRequest, Viewer
from discovery.web.app import create_app
from discovery.web.server import Server
from discovery.web.services import Check
from tests.api.catalogue import HOSTILE, HOSTILE_PICTURE, MUG_FRONT
from tests.api.conftest import BODY_LIMIT
from tests.api.standin import MemorySearch, services_over

Served = Callable[[MemorySearch, Settings], AbstractContextManager[str]]

EVERYWHERE = [
    "/",
    "/?filter.luck=1",
    f"/assets/{MUG_FRONT.id}",
    "/products/TIDE%2F1",
    "/static/search.js",
    "/api/v1/search",
    "/api/v1/search?luck=1",
    "/api/v1/suggest?q=t",
    f"/api/v1/assets/{MUG_FRONT.id}",
    f"/api/v1/assets/{MUG_FRONT.id}/thumbnail",
    f"/api/v1/assets/{MUG_FRONT.id}/file",
    "/api/v1/products/TIDE%2F1",
    "/api/v1/openapi.json",
    "/api/v1/docs",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/nothing",
]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_reply_carries_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path, buffered=True).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Request-Id"]
    assert "Access-Control-Allow-Origin" not in headers


def test_the_server_refuses_by_itself_with_a_problem_and_the_same_headers(address: str) -> None:
    status, headers, body = raw(address, b"NONSENSE\r\n\r\n")
    assert status == 400
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert body["code"] == "malformed-request"
    assert body["request_id"] == headers["x-request-id"]


@pytest.mark.parametrize("offered", ["trace-1.a:b_C", "7"])
def test_a_sane_request_id_is_kept(client: FlaskClient, offered: str) -> None:
    reply = client.get("/api/v1/search", headers={"X-Request-Id": offered})
    assert reply.headers["X-Request-Id"] == offered
    assert reply.json is not None
    assert reply.json["request_id"] == offered


@pytest.mark.parametrize("offered", ["", "a b", "x" * 200, '"><script>', "-x", "é"])
def test_a_strange_request_id_is_replaced(client: FlaskClient, offered: str) -> None:
    given = client.get("/health/live", headers={"X-Request-Id": offered}).headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", given)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:80", "LOCALHOST:8080", "127.9.9.9"])
def test_a_service_on_loopback_answers_to_its_own_names(client: FlaskClient, host: str) -> None:
    assert client.get("/health/live", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "[::2]", "@"]
)
def test_a_service_on_loopback_refuses_names_that_were_rebound_to_it(client: FlaskClient, host: str) -> None:
    assert client.get("/health/live", headers={"Host": host}).status_code == 421


def test_more_host_names_are_a_setting_and_a_public_service_takes_all(search: MemorySearch) -> None:
    def status(settings: WebSettings) -> int:
        client = create_app(services_over(search), Settings(web=settings)).test_client()
        return client.get("/health/live", headers={"Host": "assets.example"}).status_code

    assert status(WebSettings(hosts=("assets.example",))) == 200
    assert status(WebSettings(host="0.0.0.0")) == 200
    assert status(WebSettings(host="0.0.0.0", hosts=("other.example",))) == 421


class Markup(HTMLParser):
    """What a page really holds: its elements with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


PAGES = [
    "/",
    "/?in=products",
    f"/?{urlencode({'q': HOSTILE})}",
    f"/?{urlencode({'filter.keyword': HOSTILE, 'not.colour': HOSTILE})}",
    f"/?{urlencode({'asset': HOSTILE})}",
    f"/?{urlencode({'filter.' + HOSTILE: '1', HOSTILE: HOSTILE})}",
    f"/assets/{HOSTILE_PICTURE.id}",
    "/products/HOSTILE",
    "/review",
    "/review?of=duplicates",
    f"/review?{urlencode({'sku': HOSTILE, 'after': HOSTILE})}",
    f"/assets/{quote(HOSTILE, safe='')}",
    "/api/v1/docs",
]


@pytest.mark.parametrize("path", PAGES)
def test_metadata_is_only_text_and_pages_hold_no_inline_script_or_style(
    client: FlaskClient, path: str
) -> None:
    page = client.get(path, headers={"Accept": "text/html"}).text
    for tag, attributes in Markup(page).elements:
        assert tag not in ("style", "iframe", "object", "base")
        assert tag != "script" or re.fullmatch(r"/static/\w+\.js", attributes["src"] or "")
        assert not [name for name in attributes if name.startswith("on") or name == "style"], attributes
        for name in ("src", "href", "action"):
            assert not re.match(r"(\w+:|//)", attributes.get(name) or ""), attributes
    assert "49" not in re.findall(r"&amp;amp;(.{2})", page), "a template was rendered out of metadata"


def raw(address: str, request: bytes) -> tuple[int, dict[str, str], dict[str, object]]:
    parts = urlsplit(address)
    with closing(socket.create_connection((parts.hostname, parts.port), timeout=10)) as connection:
        connection.sendall(request)
        reply = http.client.HTTPResponse(connection)
        reply.begin()
        headers = {name.lower(): value for name, value in reply.getheaders()}
        return reply.status, headers, json.loads(reply.read())


def head(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


@pytest.mark.parametrize("path", ["/api/v1/search", "/api/v1/similar"])
def test_a_body_that_announces_too_much_is_refused(address: str, path: str) -> None:
    too_much = BODY_LIMIT + 1
    announced = head(path, "Content-Type: application/json", f"Content-Length: {too_much}")
    status, headers, body = raw(address, announced + b" " * too_much)
    assert (status, body["code"]) == (413, "too-large")
    assert headers["content-type"] == "application/problem+json"


def test_a_body_in_chunks_that_grows_too_large_is_refused(address: str) -> None:
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    sent = head("/api/v1/search", "Content-Type: application/json", "Transfer-Encoding: chunked") + chunk * 5
    status, headers, body = raw(address, sent + b"0\r\n\r\n")
    assert (status, body["code"]) == (413, "too-large")
    assert headers["content-type"] == "application/problem+json"


def test_a_body_in_chunks_within_the_limit_is_read(address: str) -> None:
    sent = head("/api/v1/search", "Content-Type: application/json", "Transfer-Encoding: chunked")
    status, _, body = raw(address, sent + b'd\r\n{"q": "tide"}\r\n0\r\n\r\n')
    assert (status, body["total"]) == (200, 2)


def test_a_form_with_too_many_parts_or_too_much_text_is_refused(client: FlaskClient) -> None:
    parts = {f"filter.keyword{number}": "x" for number in range(1100)}
    assert (
        client.post("/api/v1/similar", data={**parts}, content_type="multipart/form-data").status_code == 413
    )


def test_metrics_tell_requests_searches_errors_and_the_readings_of_others(client: FlaskClient) -> None:
    client.get("/api/v1/search?q=tide")
    client.get("/api/v1/search?q=secretword")
    client.get("/api/v1/search?luck=1")
    client.get("/health/live")
    reply = client.get("/metrics")
    assert reply.mimetype == "text/plain"
    assert "secretword" not in reply.text
    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }
    searched = (("side", "assets"), ("mode", "text"))
    assert samples["discovery_searches_total", tuple(sorted(searched))] == 2
    assert samples["discovery_searches_empty_total", tuple(sorted(searched))] == 1
    assert samples["discovery_http_errors_total", (("code", "input-invalid"), ("status", "422"))] == 1
    timed = (("method", "GET"), ("mode", "text"), ("route", "/api/v1/search"))
    assert samples["discovery_http_request_seconds_count", timed] == 2
    assert samples["discovery_model_cache_vectors", ()] == 3


def test_two_applications_count_apart(client: FlaskClient, search: MemorySearch, settings: Settings) -> None:
    client.get("/api/v1/search")
    other = create_app(services_over(search), settings).test_client()
    assert "discovery_searches_total{" not in other.get("/metrics").text


def test_readiness_says_what_is_missing_and_why(search: MemorySearch, settings: Settings) -> None:
    checks = [Check("engine", True), Check("index", False, "nothing is indexed yet; run discovery index run")]
    services = dataclasses.replace(services_over(search), readiness=lambda: tuple(checks))
    client = create_app(services, settings).test_client()
    reply = client.get("/health/ready")
    assert reply.status_code == 503
    assert reply.headers["Retry-After"] == "5"
    assert reply.json is not None
    assert reply.json["errors"] == [
        {"field": "index", "message": "nothing is indexed yet; run discovery index run"}
    ]
    assert [check["ok"] for check in reply.json["checks"]] == [True, False]
    checks[1] = Check("index", True)
    assert client.get("/health/ready").json == {
        "status": "ready",
        "checks": [
            {"name": "engine", "ok": True, "reason": None},
            {"name": "index", "ok": True, "reason": None},
        ],
    }
    assert client.get("/health/live").json == {"status": "live"}


def test_the_access_log_is_one_line_of_json_without_what_was_asked(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "discovery.web.access"):
        client.get("/api/v1/search?q=secret", headers={"X-Request-Id": "abc"})
    (record,) = (one for one in caplog.records if one.name == "discovery.web.access")
    line = json.loads(record.getMessage())
    assert (line["request_id"], line["method"], line["path"], line["status"]) == (
        "abc",
        "GET",
        "/api/v1/search",
        200,
    )
    assert "secret" not in record.getMessage()


class SlowSearch(MemorySearch):
    def __init__(self) -> None:
        super().__init__((), ())
        self.entered = threading.Event()
        self.released = threading.Event()

    def search(self, request: SearchRequest, viewer: Viewer) -> SearchPage:
        self.entered.set()
        assert self.released.wait(10)
        return super().search(request, viewer)


def test_stopping_lets_an_answer_finish(served: Served) -> None:
    slow = SlowSearch()
    replies: list[int] = []
    with served(slow, Settings(web=WebSettings(port=0))) as url:
        asking = threading.Thread(
            target=lambda: replies.append(requests.get(f"{url}/api/v1/search", timeout=10).status_code)
        )
        asking.start()
        assert slow.entered.wait(10)
        threading.Timer(0.2, slow.released.set).start()
    asking.join(10)
    assert replies == [200]


def test_a_port_that_is_taken_is_told_as_a_setting(address: str, search: MemorySearch) -> None:
    taken = urlsplit(address).port
    assert taken is not None
    settings = WebSettings(port=taken)
    with pytest.raises(ConfigurationInvalid, match=r"cannot listen on 127\.0\.0\.1") as caught:
        Server(create_app(services_over(search), Settings(web=settings)), settings)
    assert caught.value.problems[0].field == "web.port"


SERVE = """
import sys
from discovery.config import Settings, WebSettings
from discovery.web.app import create_app
from discovery.web.server import serve
from tests.api.standin import MemorySearch, services_over

web = WebSettings(port=0)
app = create_app(services_over(MemorySearch((), ())), Settings(web=web))
serve(app, web, lambda line: print(line, flush=True))
print("stopped")
"""


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    running = subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    with running:
        yield running
        running.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_at_once_and_cleanly(process: subprocess.Popen[str], number: int) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    ready = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+)\n", line)
    assert ready, line
    with requests.Session() as kept_open:
        assert kept_open.get(f"{ready[1]}/health/live", timeout=10).status_code == 200
        started = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == 0
    assert time.monotonic() - started < 2
    assert process.stdout.read() == "stopped\n"
