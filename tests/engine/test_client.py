from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from opensearchpy.exceptions import SerializationError

from discovery.config import EngineSettings
from discovery.engine.client import (
    Engine,
    QuickJson,
    connect,
    ensure_supported,
    is_loopback,
    vector_engines,
    without_secrets,
)
from discovery.engine.reader import Reader
from discovery.errors import ConfigurationInvalid, EngineRejected, EngineUnavailable
from tests.engine.certificates import serving_https, sign

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "very-secret"}


def test_the_embedded_engine_says_who_it_is(engine: Engine) -> None:
    info = engine.ping()
    assert info.version == "2.19.1"
    assert info.distribution == "opensearch"
    assert info.health in ("green", "yellow")
    assert info.vector_engines == ("lucene",)
    assert info.derives_vectors


@pytest.mark.parametrize(
    ("distribution", "number"),
    [("opensearch", "2.16.0"), ("opensearch", "1.3.2"), ("elasticsearch", "8.15.0"), ("opensearch", "odd")],
)
def test_what_is_too_old_or_another_product_is_refused(distribution: str, number: str) -> None:
    with pytest.raises(EngineRejected, match=r"2\.17 or later"):
        ensure_supported(distribution, number)


@pytest.mark.parametrize("number", ["2.17.0", "2.19.1", "3.0.0", "3.3.2-SNAPSHOT"])
def test_what_is_new_enough_is_taken(number: str) -> None:
    ensure_supported("opensearch", number)


def test_faiss_is_there_only_where_every_node_has_the_installed_plugin() -> None:
    def nodes(*names: str) -> dict[str, object]:
        return {"nodes": {str(i): {"plugins": [{"name": name}]} for i, name in enumerate(names)}}

    assert vector_engines(nodes("opensearch-knn", "opensearch-knn")) == ("lucene", "faiss")
    assert vector_engines(nodes("opensearch-knn", "other")) == ()
    assert vector_engines({}) == ()


def test_no_secret_shows_in_a_connection_or_its_address() -> None:
    engine = connect(EngineSettings(user="me", password="hush"), "https://me:hush@search.example:9200/prefix")
    assert "hush" not in repr(engine)
    assert engine.url == "https://search.example:9200/prefix"
    assert without_secrets("http://127.0.0.1:9201") == "http://127.0.0.1:9201"


def test_user_and_password_are_sent_and_nothing_is_compressed_on_loopback() -> None:
    engine = connect(EngineSettings(user="me", password="hush"), "http://127.0.0.1:9200")
    connection = engine.client.transport.connection_pool.connections[0]
    assert connection.headers["authorization"] == "Basic bWU6aHVzaA=="
    assert not connection.http_compress
    assert is_loopback("localhost")
    assert not is_loopback("search.example")


def test_requests_to_aws_are_signed_for_their_region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    settings = EngineSettings(aws_region="eu-west-1", aws_service="es")
    engine = connect(settings, "https://search.example")
    connection = engine.client.transport.connection_pool.connections[0]
    signed = connection.http_auth("GET", "https://search.example/_search", None, {})
    assert "AKIDEXAMPLE" in signed["Authorization"]
    assert "/eu-west-1/es/aws4_request" in signed["Authorization"]
    assert "very-secret" not in str(signed) + repr(engine)


def test_signing_without_credentials_says_what_to_set_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(ConfigurationInvalid, match="AWS credentials"):
        connect(EngineSettings(aws_region="eu-west-1"), "https://search.example")


def test_a_certificate_file_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"engine\.ca_file .*none\.pem"):
        connect(EngineSettings(ca_file=str(tmp_path / "none.pem")), "https://search.example")


class CountAnswer(BaseHTTPRequestHandler):
    """Answer every request with the count of seven documents."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b'{"count": 7, "_shards": {"total": 1, "failed": 0}}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """An https server with a certificate of its own authority, that asks for one in return."""
    authority = sign("authority", tmp_path)
    sign("server", tmp_path, authority)
    sign("client", tmp_path, authority)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "authority.pem"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with serving_https(CountAnswer, context) as address:
        yield address


def test_an_own_authority_and_a_client_certificate_open_the_door(guarded: str, tmp_path: Path) -> None:
    settings = EngineSettings(
        ca_file=str(tmp_path / "authority.pem"),
        client_certificate=str(tmp_path / "client.pem"),
        client_key=str(tmp_path / "client.key"),
    )
    engine = connect(settings, guarded)
    assert Reader(engine).count("any") == 7
    engine.close()


def test_a_server_that_nobody_vouches_for_is_not_trusted(guarded: str) -> None:
    engine = connect(EngineSettings(), guarded)
    with pytest.raises(EngineUnavailable, match=r"no trusted connection.*engine\.ca_file"):
        Reader(engine).count("any")
    engine.close()


@pytest.mark.parametrize(
    "value",
    [
        {"half": "\ud800"},
        {"wide": 2**70},
        {"price": 0.1, "names": ["Größe", "\u2028"], "none": None},
        [1e300],
    ],
)
def test_what_is_written_as_json_reads_the_same(value: object) -> None:
    written = QuickJson().dumps(value)
    assert QuickJson().loads(written) == json.loads(written) == value


def test_what_has_no_form_in_json_is_refused_and_so_is_what_is_no_json() -> None:
    with pytest.raises(SerializationError):
        QuickJson().dumps({"open": object()})
    with pytest.raises(SerializationError):
        QuickJson().loads("<html>a proxy</html>")
    assert QuickJson().dumps("as it is") == "as it is"
