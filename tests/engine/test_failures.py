"""Translation of the client's errors, by replies of a real engine wherever one can be made to give them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from opensearchpy import exceptions as client

from discovery.config import EngineSettings
from discovery.engine.client import Engine, connect
from discovery.engine.failures import ensure_whole, from_status, translate
from discovery.engine.indices import Indices
from discovery.engine.reader import Reader
from discovery.engine.writer import Put, Writer
from discovery.errors import (
    AnswerPartial,
    CursorExpired,
    EngineBusy,
    EngineConflict,
    EngineRejected,
    EngineTimedOut,
    EngineUnavailable,
    IndexMissing,
)


@contextmanager
def server(answer: bytes | None) -> Iterator[str]:
    """Listen on loopback and give every request this answer, or none at all."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            held = []
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    break
                held.append(connection)
                if answer is not None:
                    connection.recv(65536)
                    connection.sendall(answer)
            for connection in held:
                connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def reply_of(status: str, body: str) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n{body}".encode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def test_nobody_listening_is_unavailable_and_says_where() -> None:
    port = free_port()
    engine = connect(EngineSettings(user="me", password="hush"), f"http://127.0.0.1:{port}")
    with pytest.raises(EngineUnavailable, match=str(port)) as caught:
        engine.ping()
    assert caught.value.kind.exit_code == 3
    assert "hush" not in str(caught.value)
    assert "0x" not in caught.value.detail


def test_a_server_that_never_answers_is_timed_out() -> None:
    with server(None) as url:
        engine = connect(EngineSettings(timeout_seconds=0.2), url)
        with pytest.raises(EngineTimedOut):
            Reader(engine).count("any")
        engine.close()


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        ("401 Unauthorized", "security_exception", EngineRejected),
        ("403 Forbidden", "security_exception", EngineRejected),
        ("409 Conflict", "version_conflict_engine_exception", EngineConflict),
        ("413 Too Large", "too_large", EngineRejected),
        ("429 Too Many Requests", "rejected_execution_exception", EngineBusy),
        ("500 Error", "search_phase_execution_exception", AnswerPartial),
        ("502 Bad Gateway", "any", EngineUnavailable),
        ("503 Unavailable", "cluster_block_exception", EngineUnavailable),
        ("503 Unavailable", "search_phase_execution_exception", AnswerPartial),
        ("504 Timeout", "any", EngineTimedOut),
    ],
)
def test_each_status_becomes_what_a_caller_can_do_about_it(
    status: str, kind: str, expected: type[Exception]
) -> None:
    body = f'{{"error": {{"type": "{kind}", "reason": "the reason given", "root_cause": []}}}}'
    with server(reply_of(status, body)) as url:
        engine = connect(EngineSettings(), url)
        with pytest.raises(expected, match="the reason given"):
            Reader(engine).count("any")
        engine.close()


def test_a_missing_index_is_missing_for_every_kind_of_request(engine: Engine, prefix: str) -> None:
    name = f"{prefix}-none"
    reader = Reader(engine)
    for ask in (
        lambda: reader.search(name, {}),
        lambda: reader.multi_search(name, [{}]),
        lambda: reader.get(name, "1"),
        lambda: reader.multi_get(name, ["1"]),
        lambda: reader.count(name),
        lambda: list(reader.scan(name)),
        lambda: reader.open_point_in_time(name, 10),
        lambda: reader.mapping_meta(name),
        lambda: Indices(engine).mapping_meta(name),
        lambda: list(Writer(engine).write([Put(name, "1", {})])),
    ):
        with pytest.raises(IndexMissing, match="no such index"):
            ask()


def test_a_bad_query_is_rejected_with_the_engines_own_reason(engine: Engine, prefix: str) -> None:
    Indices(engine).create(f"{prefix}-a", {})
    with pytest.raises(EngineRejected, match=r"unknown query \[foo\]"):
        Reader(engine).search(f"{prefix}-a", {"query": {"foo": {}}})
    bad_script = {
        "query": {"script_score": {"query": {"match_all": {}}, "script": {"source": "nothing.here"}}}
    }
    with pytest.raises(EngineRejected, match="compile error"):
        Reader(engine).search(f"{prefix}-a", bad_script)


def test_a_point_in_time_that_is_gone_is_an_expired_cursor(engine: Engine, prefix: str) -> None:
    Indices(engine).create(f"{prefix}-a", {})
    reader = Reader(engine)
    pit = reader.open_point_in_time(f"{prefix}-a", 60)
    body: dict[str, Any] = {"pit": {"id": pit, "keep_alive": "60s"}, "size": 1}
    assert reader.search("", body)["hits"]["hits"] == []
    reader.close_point_in_time(pit)
    with pytest.raises(CursorExpired):
        reader.search("", body)
    reader.close_point_in_time(pit)


def test_an_index_that_exists_is_a_conflict(engine: Engine, prefix: str) -> None:
    Indices(engine).create(f"{prefix}-a", {})
    with pytest.raises(EngineConflict, match="already exists"):
        Indices(engine).create(f"{prefix}-a", {})


def test_an_answer_that_misses_a_shard_or_ran_out_of_time_is_partial() -> None:
    ensure_whole({"timed_out": False, "_shards": {"total": 2, "failed": 0}})
    with pytest.raises(AnswerPartial, match="ran out of time"):
        ensure_whole({"timed_out": True, "_shards": {"total": 2, "failed": 0}})
    failures = [{"shard": 0, "reason": {"type": "x", "reason": "the disk is gone"}}]
    with pytest.raises(AnswerPartial, match="1 of 2 shards failed: the disk is gone"):
        ensure_whole({"timed_out": False, "_shards": {"total": 2, "failed": 1, "failures": failures}})


def test_a_cause_without_words_is_told_by_its_type() -> None:
    cause = {"type": "index_out_of_bounds_exception", "reason": None}
    reply = {"type": "search_phase_execution_exception", "reason": "all shards failed", "caused_by": cause}
    with pytest.raises(AnswerPartial, match=r"all of the index: index_out_of_bounds_exception$"):
        raise from_status(500, {"error": reply | {"root_cause": [cause]}})


def test_reasons_are_one_short_line() -> None:
    failure = from_status(400, {"error": {"type": "x", "reason": "a\nlong " + "word " * 1000}})
    assert "\n" not in failure.detail
    assert len(failure.detail) < 800


def test_errors_without_a_reply_are_translated_too() -> None:
    assert isinstance(translate(client.SerializationError({}, ValueError("no"))), EngineRejected)
    assert isinstance(translate(client.TransportError("N/A", "odd", None)), EngineRejected)
    assert "ca_file" in translate(client.SSLError("N/A", "bad", ValueError("certificate"))).detail
