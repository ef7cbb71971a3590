"""The node as a process: shared, kept, killed, restarted. Each test has a home, and so a node, of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from discovery.config import EngineSettings
from discovery.engine.client import connect
from discovery.engine.embedded import EmbeddedEngine, EngineAddress
from discovery.engine.indices import Indices
from discovery.engine.node import Folders, claim_port, is_our_node
from discovery.engine.reader import Reader
from discovery.engine.state import NodeState, read_state, write_state
from discovery.engine.writer import Put, Writer
from discovery.errors import EngineSetupFailed, EngineUnavailable

HEAP_MB = 512
USER = """
import json, sys
from pathlib import Path
from discovery.engine.embedded import EmbeddedEngine
home, parts = map(Path, sys.argv[1:])
address = EmbeddedEngine(home, 512, parts_home=parts, short_lived=True).start(progress=False)
print(json.dumps({"url": address.url, "pid": address.pid, "joined": address.joined}), flush=True)
sys.stdin.read()
"""


def until(condition: Callable[[], bool], what: str, seconds: float = 180.0) -> None:
    deadline = time.monotonic() + seconds
    tick = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for: {what}"
        tick.wait(0.05)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


class User:
    """Another process that uses the node of a home until it is told to end, or killed."""

    def __init__(self, home: Path, parts_home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(home), str(parts_home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the other process did not start or join the node"
        self.address = json.loads(line)

    def kill(self) -> None:
        self.process.kill()
        self.close()

    def leave(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.close()

    def close(self) -> None:
        self.process.wait(60)
        assert self.process.stdout is not None
        assert self.process.stdin is not None
        self.process.stdout.close()
        if not self.process.stdin.closed:
            self.process.stdin.close()


@pytest.fixture
def home(tmp_path: Path, parts_home: Path) -> Iterator[Path]:
    yield tmp_path
    EmbeddedEngine(tmp_path, HEAP_MB, parts_home=parts_home).stop(force=True)


def engine_of(home: Path, parts_home: Path) -> EmbeddedEngine:
    return EmbeddedEngine(home, HEAP_MB, parts_home=parts_home, short_lived=True)


def supervisor_of(home: Path) -> int:
    state = read_state(Folders(home))
    assert state is not None
    return state.supervisor


def test_a_second_process_joins_and_the_node_ends_with_the_last_of_them(home: Path, parts_home: Path) -> None:
    owner = User(home, parts_home)
    joiner = User(home, parts_home)
    node, supervisor = owner.address["pid"], supervisor_of(home)
    assert owner.address | {"joined": True} == joiner.address
    assert owner.address["joined"] is False
    status = engine_of(home, parts_home).status()
    assert status.running
    assert set(status.users) == {owner.process.pid, joiner.process.pid}
    assert os.getsid(node) != os.getsid(owner.process.pid), (
        "a Ctrl-C in the owner's terminal must not reach it"
    )

    owner.kill()
    until(
        lambda: engine_of(home, parts_home).status().users == (joiner.process.pid,),
        "the dead one is forgotten",
    )
    assert connect(EngineSettings(), joiner.address["url"]).ping().health in ("green", "yellow")

    joiner.kill()
    until(lambda: not is_alive(node) and not is_alive(supervisor), "the node to end without users")
    assert not engine_of(home, parts_home).status().running


def test_a_killed_node_comes_back_once_with_everything_it_acknowledged(home: Path, parts_home: Path) -> None:
    engine = engine_of(home, parts_home)
    address = engine.start(progress=False)
    client = connect(EngineSettings(), address.url)
    reader = Reader(client)
    Indices(client).create("kept", {"settings": {"number_of_replicas": 0}})
    writer = Writer(client, chunk_documents=100)
    outcomes = list(writer.write(Put("kept", str(number), {"n": number}) for number in range(3000)))
    os.kill(address.pid, signal.SIGKILL)
    assert {outcome.status for outcome in outcomes} == {"written"}

    until(lambda: engine.status().pid not in (None, address.pid), "the restart")
    assert engine.status().url == address.url
    assert engine.status().restarts == 1
    Indices(client).refresh("kept")
    assert reader.count("kept") == 3000

    again = engine.status().pid
    assert again is not None
    supervisor = supervisor_of(home)
    os.kill(again, signal.SIGKILL)
    until(lambda: not is_alive(supervisor), "the supervisor to give up")
    assert not engine.status().running
    with pytest.raises(EngineUnavailable):
        reader.count("kept")

    assert engine_of(home, parts_home).start(progress=False).url == address.url
    assert reader.count("kept") == 3000, "the same connection works again when the engine does"
    client.close()


def test_a_kept_node_outlives_its_users_and_a_dead_supervisor_leaves_nothing_behind(
    home: Path, parts_home: Path
) -> None:
    engine = engine_of(home, parts_home)
    address = engine.start(progress=False, keep=True)
    engine.leave()
    status = engine.status()
    assert status.running
    assert status.kept
    assert status.users == ()

    os.kill(supervisor_of(home), signal.SIGKILL)
    until(lambda: not is_alive(address.pid), "the node to end with its supervisor")
    assert not engine.status().running

    user = User(home, parts_home)
    assert user.address["joined"] is False
    assert engine.stop() is False, "somebody else uses it"
    user.leave()
    assert not is_alive(user.address["pid"]), "the last one to leave waits for the end"
    assert engine.stop() is True


def test_a_port_that_a_stranger_takes_during_the_start_is_given_up_for_another(
    home: Path, parts_home: Path
) -> None:
    folders = Folders(home)
    engine = engine_of(home, parts_home)
    found: list[EngineAddress] = []
    starting = threading.Thread(target=lambda: found.append(engine.start(progress=False)))
    starting.start()
    until(folders.state.exists, "the start to begin")
    state = read_state(folders)
    assert state is not None
    assert state.phase == "starting"
    with ThreadingHTTPServer(("127.0.0.1", state.port), BaseHTTPRequestHandler) as stranger:
        serving = threading.Thread(target=stranger.serve_forever)
        serving.start()
        starting.join()
        stranger.shutdown()
        serving.join()
    (address,) = found
    assert not address.url.endswith(f":{state.port}")
    assert connect(EngineSettings(), address.url).ping().health in ("green", "yellow")


def test_a_node_that_cannot_start_says_why_with_the_end_of_its_log(tmp_path: Path, parts_home: Path) -> None:
    engine = EmbeddedEngine(tmp_path, HEAP_MB, parts_home=parts_home, short_lived=True)
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "data").mkdir(mode=0o700)
    (tmp_path / "engine" / "data" / "nodes").write_text("not a folder", encoding="utf-8")
    with pytest.raises(EngineSetupFailed, match=r"the end of its log in .*engine/logs"):
        engine.start(progress=False)
    assert engine.status().users == ()


def test_a_wanted_port_that_is_taken_is_an_error_and_a_remembered_one_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EngineSetupFailed, match=f"port {port} is taken"):
            claim_port(port, None)
        claim = claim_port(0, port)
        assert claim.port != port
        claim.socket.close()


def test_a_port_that_another_engine_is_about_to_listen_on_is_passed_over() -> None:
    first = claim_port(0, None)
    second = claim_port(0, first.port)
    assert first.port != second.port
    first.socket.close()
    again = claim_port(0, first.port)
    assert again.port == first.port
    for claim in (second, again):
        claim.socket.close()


def test_a_strangers_process_with_a_reused_number_is_not_taken_for_the_node(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folders.make()
    write_state(folders, NodeState("ready", os.getpid(), os.getpid(), 9201, HEAP_MB, "java", 0.0))
    assert not is_our_node(os.getpid(), folders)
    assert not EmbeddedEngine(tmp_path, HEAP_MB).status().running


def test_an_account_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folders.make()
    assert read_state(folders) is None
    folders.state.write_text('{"phase": "ready", "unheard": 1}', encoding="utf-8")
    assert read_state(folders) is None


def test_status_of_a_home_that_never_ran_starts_nothing(tmp_path: Path) -> None:
    status = EmbeddedEngine(tmp_path, HEAP_MB).status()
    assert not status.running
    assert status.users == ()
    assert list(tmp_path.iterdir()) == []
