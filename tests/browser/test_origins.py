"""A page of another origin in a real browser, which tries to have something done here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser

PAGE = b"<!doctype html><meta charset=utf-8><title>elsewhere</title><form method=post></form>"


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_form_of_another_origin_is_refused_and_one_of_ours_is_not(
    browser: Browser, site: str, elsewhere: str, name: str
) -> None:
    """On the same address at another port a browser says same-site, under another name cross-site."""
    run = f"{site}/api/v1/jobs/index/run"
    context = browser.new_context()
    page = context.new_page()
    page.goto(elsewhere.replace("127.0.0.1", name))
    with page.expect_response(run) as refused:
        page.evaluate("run => { document.forms[0].action = run; document.forms[0].submit() }", run)
    assert refused.value.status == 403
    assert refused.value.json()["code"] == "cross-site-refused"
    page.goto(site)
    assert page.evaluate("run => fetch(run, { method: 'POST' }).then(reply => reply.status)", run) != 403
    context.close()
