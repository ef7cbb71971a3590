"""What another site's page may make a visitor's browser do here: nothing that changes anything."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from discovery.config import Settings, WebSettings
from discovery.web.app import create_app
from discovery.web.operations import OPERATIONS
from tests.api.standin import MemorySearch, services_over

WRITES = [(one.method, one.path) for one in OPERATIONS if one.method != "get"]
RUN = "/api/v1/jobs/index/run"
ELSEWHERE = "https://elsewhere.example"


def told(client: FlaskClient, headers: dict[str, str], method: str = "post", path: str = RUN) -> int:
    host = {} if "Host" in headers else {"Host": "localhost:8080"}
    return client.open(path, method=method.upper(), headers=host | headers).status_code


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "strange"])
def test_every_address_that_is_sent_something_refuses_other_sites(
    client: FlaskClient, method: str, path: str, site: str
) -> None:
    reply = client.open(path, method=method.upper(), headers={"Sec-Fetch-Site": site}, json={})
    assert reply.status_code == 403
    assert reply.mimetype == "application/problem+json"
    assert reply.json is not None
    assert reply.json["code"] == "cross-site-refused"
    assert f"Sec-Fetch-Site says {site!r}" in reply.json["detail"]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_an_old_browser_is_known_by_the_origin(client: FlaskClient, method: str, path: str) -> None:
    reply = client.open(path, method=method.upper(), headers={"Origin": ELSEWHERE}, json={})
    assert reply.status_code == 403
    assert reply.json is not None
    assert f"Origin says {ELSEWHERE!r}" in reply.json["detail"]


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://localhost:3000",
        "http://localhost",
        "https://localhost",
        "http://localhost:8080.elsewhere.example",
        "http://elsewhere.example/localhost:8080",
        "http://[",
        "http://localhost:port",
        "file://",
        "localhost:8080",
        "",
    ],
)
def test_an_origin_that_is_not_the_address_asked_is_refused(client: FlaskClient, origin: str) -> None:
    assert told(client, {"Origin": origin}) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.a.proxy.example"},
        {"Origin": "http://localhost:8080"},
        {"Origin": "http://LOCALHOST:8080"},
        {"Origin": "http://127.0.0.1", "Host": "127.0.0.1:80"},
        {"Origin": "https://127.0.0.1", "Host": "127.0.0.1"},
        {"Origin": "http://[::1]:8080", "Host": "[::1]:8080"},
    ],
)
def test_its_own_pages_and_clients_that_are_no_browsers_pass(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    assert told(client, headers) != 403
    search = client.post("/api/v1/search", json={"q": "mug"}, headers={"Host": "localhost:8080"} | headers)
    assert search.status_code == 200


def test_reading_is_for_the_browser_to_keep_apart(client: FlaskClient) -> None:
    assert told(client, {"Sec-Fetch-Site": "cross-site"}, "get", "/api/v1/search?q=mug") == 200
    assert told(client, {"Origin": ELSEWHERE}, "get", "/health/live") == 200


def test_a_host_that_the_configuration_names_is_its_own_behind_any_proxy(search: MemorySearch) -> None:
    settings = Settings(web=WebSettings(hosts=("Assets.example",)))
    client = create_app(services_over(search), settings).test_client()
    assert told(client, {"Origin": "https://assets.example"}) != 403
    assert told(client, {"Origin": "https://assets.example.elsewhere.example"}) == 403
