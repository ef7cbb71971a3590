"""One OpenSearch process of the embedded engine: its folders, configuration, command line and health."""

from __future__ import annotations

import ctypes
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from discovery.errors import EngineSetupFailed

HOST = "127.0.0.1"
PORTS = (*range(9201, 9300), *range(8701, 9200))
"""Where a free port is looked for; the launcher takes none above 9299."""

MAIN_CLASS = "org.codelibs.opensearch.runner.OpenSearchRunner"
PLUGIN_CLASS = "org.opensearch.knn.plugin.KNNPlugin"
STOP_SECONDS = 20.0
LOG_TAIL_BYTES = 8192

CONFIGURATION = """\
# Written anew at every start; changes made here are lost.
# Only this machine can reach the engine: it knows no users and no passwords.
network.host: 127.0.0.1
# One node for one home, which never looks for others.
discovery.type: single-node
# Left on, a disk filled by anything above 95 % would make every index read-only without a word to the user.
cluster.routing.allocation.disk.threshold_enabled: false
# An index must be created by its mapping, never by a misspelt name in a write.
action.auto_create_index: false
action.destructive_requires_name: true
"""

LOGGING = """\
# Written anew at every start. One file, at most 3 files of 16 MB.
status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = ${sys:opensearch.logs.base_path}/engine.log
appender.file.filePattern = ${sys:opensearch.logs.base_path}/engine-%i.log
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 16MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
"""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the embedded engine of one home keeps what."""

    home: Path

    @property
    def root(self) -> Path:
        """Return the folder of everything below."""
        return self.home / "engine"

    @property
    def data(self) -> Path:
        """Return the folder of the indices."""
        return self.root / "data"

    @property
    def logs(self) -> Path:
        """Return the folder of the logs."""
        return self.root / "logs"

    @property
    def log(self) -> Path:
        """Return the engine's own log."""
        return self.logs / "engine.log"

    @property
    def console(self) -> Path:
        """Return what Java itself and the supervisor print."""
        return self.logs / "console.log"

    @property
    def configuration(self) -> Path:
        """Return the folder of the node's configuration."""
        return self.root / "conf"

    @property
    def run(self) -> Path:
        """Return the node's working folder."""
        return self.root / "run"

    @property
    def users(self) -> Path:
        """Return the folder with one lock for each process that uses the node."""
        return self.root / "users"

    @property
    def kept(self) -> Path:
        """Return the marker that keeps the node running without users."""
        return self.root / "kept"

    @property
    def state(self) -> Path:
        """Return the supervisor's account of the running node."""
        return self.root / "state.json"

    @property
    def port(self) -> Path:
        """Return the file that remembers the port."""
        return self.root / "port"

    @property
    def cluster(self) -> str:
        """Return the cluster's name, one for each home, so that no answer is taken for another home's."""
        return f"discovery-{hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:10]}"

    def make(self) -> None:
        """Create the folders, readable by their owner only."""
        for folder in (self.root, self.data, self.logs, self.configuration, self.run, self.users):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@dataclass(frozen=True, slots=True)
class Launch:
    """What a node is started with. ``port`` 0 means the remembered one, or a free one."""

    home: Path
    library: Path
    java: Path
    flags: tuple[str, ...]
    heap_mb: int
    port: int


def write_configuration(folders: Folders) -> None:
    """Write the node's two configuration files."""
    (folders.configuration / "opensearch.yml").write_text(CONFIGURATION, encoding="utf-8")
    (folders.configuration / "log4j2.properties").write_text(LOGGING, encoding="utf-8")


def command_line(launch: Launch, port: int) -> list[str]:
    """Return the command that runs the node; the launcher answers on the port after the one it is told."""
    folders = Folders(launch.home)
    heap = f"{launch.heap_mb}m"
    return [
        str(launch.java),
        f"-Xms{heap}",
        f"-Xmx{heap}",
        *launch.flags,
        "-XX:+ExitOnOutOfMemoryError",
        f"-XX:ErrorFile={folders.logs}/java-error-%p.log",
        "-cp",
        f"{launch.library}/*",
        MAIN_CLASS,
        *("-basePath", str(folders.run)),
        *("-confPath", str(folders.configuration)),
        *("-dataPath", str(folders.data)),
        *("-logsPath", str(folders.logs)),
        *("-clusterName", folders.cluster),
        *("-numOfNode", "1"),
        *("-baseHttpPort", str(port - 1)),
        *("-pluginTypes", PLUGIN_CLASS),
    ]


@dataclass(frozen=True, slots=True)
class PortClaim:
    """A port of the loopback that no other embedded engine will take for as long as ``socket`` is open."""

    port: int
    socket: socket.socket


def claim_port(wanted: int, remembered: int | None, candidates: Iterable[int] = PORTS) -> PortClaim:
    """Claim the port to answer on: the wanted one, else the remembered one if free, else the first free one.

    Raises:
        EngineSetupFailed: the wanted port is taken, or none is free.
    """
    for port in (wanted,) if wanted else (remembered, *candidates):
        claim = _claim(port) if port else None
        if claim is not None:
            return claim
    if wanted:
        raise EngineSetupFailed(
            f"port {wanted} is taken by another program; choose another or 0 for a free one"
        )
    raise EngineSetupFailed(f"no free port from {min(PORTS)} to {max(PORTS)} for the embedded engine")


def _claim(port: int) -> PortClaim | None:
    """Claim a port if nothing listens there.

    The node itself binds it only seconds later, so the claim is the UDP port of the same number: taken in
    one step, whoever asks, and given back by the system when its holder dies.
    """
    claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        claim.bind((HOST, port))
    except OSError:
        claim.close()
        return None
    if is_free(port):
        return PortClaim(port, claim)
    claim.close()
    return None


def is_free(port: int) -> bool:
    """Return whether nothing listens on this port of the loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def spawn(launch: Launch, port: int) -> subprocess.Popen[bytes]:
    """Start the node; its console goes to a file, and on Linux it ends with the process that started it."""
    folders = Folders(launch.home)
    with folders.console.open("ab") as console:
        return subprocess.Popen(  # noqa: S603 - the Java found above, and our own flags
            command_line(launch, port),
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            cwd=folders.run,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )


def _die_with_parent() -> None:
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


Answer = Literal["healthy", "silent", "stranger"]


def ask(port: int, cluster: str) -> Answer:
    """Ask who answers on a port: this cluster, with every primary shard there; nobody yet; somebody else."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/_cluster/health?wait_for_status=yellow&timeout=1s")
        reply = connection.getresponse()
        health = json.loads(reply.read())
    except OSError:
        return "silent"
    except (http.client.HTTPException, ValueError):
        return "stranger"
    finally:
        connection.close()
    if not isinstance(health, dict) or health.get("cluster_name", cluster) != cluster:
        return "stranger"
    return "healthy" if reply.status == 200 and "cluster_name" in health else "silent"


def stop_process(process: subprocess.Popen[bytes]) -> None:
    """End the node: politely, and after a while by force."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def is_our_node(pid: int, folders: Folders) -> bool:
    """Return whether a process is alive and is the node of this home, not a stranger with a reused number."""
    command = Path(f"/proc/{pid}/cmdline")
    try:
        if command.parent.parent.is_dir():
            text = command.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        else:
            text = subprocess.run(  # noqa: S603 - numbers only
                ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=True
            ).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    return MAIN_CLASS in text and str(folders.data) in text


def log_tail(folders: Folders, lines: int = 12) -> str:
    """Return the last lines of the engine's log or of its console, whichever was written last."""
    logs = [path for path in (folders.log, folders.console) if path.is_file() and path.stat().st_size]
    if not logs:
        return "(no log)"
    with max(logs, key=lambda path: path.stat().st_mtime).open("rb") as stream:
        stream.seek(max(0, os.fstat(stream.fileno()).st_size - LOG_TAIL_BYTES))
        text = stream.read().decode("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])
