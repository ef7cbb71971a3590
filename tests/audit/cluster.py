"""Three nodes in two processes, so that one of them can be killed and brought back."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from opensearchpy.exceptions import OpenSearchException

from discovery.config import EngineSettings
from discovery.engine.client import connect
from discovery.engine.embedded import SHORT_LIVED_FLAGS
from discovery.engine.indices import Indices
from discovery.engine.java import java_runtime
from discovery.engine.node import (
    HOST,
    LOGGING,
    PORTS,
    Folders,
    Launch,
    claim_port,
    command_line,
    is_free,
    log_tail,
)
from discovery.engine.parts import parts_folder, read_manifest
from discovery.errors import DiscoveryError, EngineSetupFailed

HEAP_MB = 512
PATIENCE_SECONDS = 180.0
TRANSPORT_PORTS = range(9400, 9900, 3)

CONFIGURATION = """\
network.host: 127.0.0.1
transport.port: {transport}
discovery.seed_hosts: [{seeds}]
discovery.initial_state_timeout: 1s
{more}
cluster.routing.allocation.disk.threshold_enabled: false
cluster.routing.rebalance.enable: none
action.auto_create_index: false
"""
# Both processes call their first node "Node 1"; only the process of two may found the cluster.
FOUNDING = 'cluster.initial_cluster_manager_nodes: ["Node 1"]'
THIRD = "node.attr.place: third"


class Cluster:
    """Two nodes that stay, and a third that is killed and begun again."""

    def __init__(self, folder: Path, parts_home: Path, port: int, transport: int) -> None:
        self._port = port
        self._library = parts_folder(parts_home, read_manifest()) / "lib"
        self._two, self._third = Folders(folder / "two"), Folders(folder / "third")
        self._processes: dict[Path, subprocess.Popen[bytes]] = {}
        seeds = ", ".join(f'"{HOST}:{transport + number}"' for number in range(3))
        for folders, ports, more in (
            (self._two, f"{transport}-{transport + 1}", FOUNDING),
            (self._third, str(transport + 2), THIRD),
        ):
            folders.make()
            written = CONFIGURATION.format(transport=ports, seeds=seeds, more=more)
            (folders.configuration / "opensearch.yml").write_text(written, encoding="utf-8")
            (folders.configuration / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
        self.engine = connect(EngineSettings(), f"http://{HOST}:{port}")

    def start(self) -> None:
        """Begin all three and wait until they have found each other."""
        self._spawn(self._two, self._port, 2)
        self.start_third()

    def start_third(self) -> None:
        """Begin the third node and wait until every shard is there."""
        self._spawn(self._third, self._port + 2, 1)
        self._until("three nodes with every shard", lambda: self._standing() == (3, "green"))

    def kill_third(self) -> None:
        """Kill the third node, as a machine that breaks down, and wait until the others know."""
        process = self._processes.pop(self._third.home)
        process.kill()
        process.wait()
        self._until("two nodes without some shards", lambda: self._standing() == (2, "red"))

    def keep_from_third(self, indices: Iterable[str]) -> None:
        """Have every shard of these indices on the two nodes that stay."""
        names = frozenset(indices)
        for name in names:
            Indices(self.engine).put_settings(name, {"routing.allocation.exclude.place": "third"})
        self._until("shards moved from the third node", lambda: not names & {*self.on_third()})

    def on_third(self) -> list[str]:
        """Return the index of every shard that lies on the third node, or is on its way."""
        client = self.engine.client
        nodes = client.nodes.info(filter_path="nodes.*.attributes")["nodes"]
        third = [ident for ident, node in nodes.items() if node["attributes"].get("place") == "third"]
        rows = client.cat.shards(format="json", params={"h": "index,id,state"})
        return [row["index"] for row in rows if row["state"] == "RELOCATING" or row["id"] in third]

    def close(self) -> None:
        """End all of it."""
        self.engine.close()
        for process in self._processes.values():
            process.kill()
            process.wait()

    def _standing(self) -> tuple[int, str]:
        health = self.engine.client.cluster.health()
        return health["number_of_nodes"], health["status"]

    def _spawn(self, folders: Folders, port: int, nodes: int) -> None:
        java = java_runtime(os.environ)
        flags = (*java.flags, *SHORT_LIVED_FLAGS)
        command = command_line(
            Launch(folders.home, self._library, java.executable, flags, HEAP_MB, port), port
        )
        command[command.index("-numOfNode") + 1] = str(nodes)
        command[command.index("-clusterName") + 1] = self._two.cluster
        # Without a place of their own for all of them, each node keeps its data by itself.
        place = command.index("-dataPath")
        del command[place : place + 2]
        with folders.console.open("ab") as console:
            self._processes[folders.home] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, cwd=folders.run
            )

    def _until(self, what: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with suppress(OpenSearchException, DiscoveryError):
                if condition():
                    return
            for home, process in self._processes.items():
                assert process.poll() is None, log_tail(Folders(home), 40)
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            threading.Event().wait(0.1)


@contextmanager
def three_nodes(folder: Path, parts_home: Path) -> Iterator[Cluster]:
    """Run a cluster of three, with ports that nobody else takes meanwhile."""
    with ExitStack() as stack:
        port = next(port for port in PORTS[::3] if port + 2 < 9300 and _claimed(stack, port))
        transport = next(port for port in TRANSPORT_PORTS if all(is_free(port + n) for n in range(3)))
        cluster = Cluster(folder, parts_home, port, transport)
        stack.callback(cluster.close)
        cluster.start()
        yield cluster


def _claimed(stack: ExitStack, first: int) -> bool:
    with ExitStack() as claims:
        for port in range(first, first + 3):
            try:
                claims.enter_context(claim_port(0, port, ()).socket)
            except EngineSetupFailed:
                return False
        stack.push(claims.pop_all())
        return True
