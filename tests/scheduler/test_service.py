"""The service with its scheduler beside it, as people run it: asked over HTTP, ended by Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from PIL import Image

from discovery.cli.main import main
from discovery.config import MailSettings, ScheduleSettings, Settings
from discovery.engine.client import Engine
from discovery.wiring import Service
from tests.scheduler.test_loop import gone

PATIENCE_SECONDS = 90.0
JOBS = ("index", "link", "adapt", "usage", "clean-up", "audit", "reconcile", "alerts", "report")


def until(seen: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := seen():
            return found
        threading.Event().wait(0.1)
    raise AssertionError("it did not come to it")


@pytest.fixture
def surroundings(engine: Engine, prefix: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a service over two pictures and a product."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name, colour in (("MG-1_front.jpg", "red"), ("stray.jpg", "blue")):
        Image.new("RGB", (320, 240), colour).save(pictures / name)
    (tmp_path / "products.csv").write_text("sku,name,images\nMG-1,A mug,MG-1_front.jpg\n", encoding="utf-8")
    file = tmp_path / "config.toml"
    file.write_text(
        f"""
[schedule]
lease_seconds = 5.0
tick_seconds = 0.25
index = ""
[[sources.assets]]
name = "studio"
uri = "{pictures}"
[[sources.products]]
name = "shop"
path = "{tmp_path / "products.csv"}"
[sources.products.options]
assets = "studio"
sku = "sku"
name = "name"
images = "images"
""",
        encoding="utf-8",
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DISCOVERY_")}
    return clean | {
        "DISCOVERY_CONFIG": str(file),
        "DISCOVERY_HOME": str(tmp_path / "home"),
        "DISCOVERY_ENGINE__URL": engine.url,
        "DISCOVERY_ENGINE__PREFIX": prefix,
    }


@contextmanager
def running(*arguments: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "discovery", *arguments]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_jobs_run_when_asked_for_and_ctrl_c_ends_everything(surroundings: dict[str, str]) -> None:
    with running("serve", "--port", "0", environment=surroundings) as serving:
        assert serving.stdout is not None
        began = time.monotonic()
        address = serving.stdout.readline().split()[1]
        up = time.monotonic() - began

        def job(id: str) -> dict[str, Any]:
            reply = requests.get(f"{address}/api/v1/jobs", timeout=30)
            found: dict[str, Any] = {one["id"]: one for one in reply.json()["jobs"]}[id]
            return found

        # The scheduler makes what is missing, for there are sources.
        until(lambda: requests.post(f"{address}/api/v1/jobs/index/run", timeout=30).status_code == 202)
        indexed = until(lambda: job("index")["runs"])[0]
        assert indexed["outcome"] == "succeeded", indexed
        assert indexed["figures"]["read"] == 3
        assert indexed["figures"]["judged"] == 2
        until(lambda: requests.post(f"{address}/api/v1/jobs/audit/run", timeout=30).status_code == 202)
        assert until(lambda: job("audit")["runs"])[0]["outcome"] == "succeeded"
        assert requests.post(f"{address}/api/v1/jobs/coffee/run", timeout=30).status_code == 404

        def told() -> str:
            return requests.get(f"{address}/metrics", timeout=30).text

        until(lambda: 'discovery_job_last_success_timestamp_seconds{job="audit"}' in told())
        assert 'discovery_job_last_outcome{job="index",outcome="succeeded"} 1.0' in told()
        assert "discovery_job_running" in told()
        scheduler = int(indexed["owner"].split(":")[1])
        assert not gone([scheduler], patience=0)
        began = time.monotonic()
        os.kill(serving.pid, signal.SIGINT)
        assert serving.wait(PATIENCE_SECONDS) == 0
        assert gone([scheduler])
        assert time.monotonic() - began < 15
        assert up < PATIENCE_SECONDS


def test_a_scheduler_ends_with_the_service_however_that_ends(surroundings: dict[str, str]) -> None:
    with running("serve", "--port", "0", environment=surroundings) as serving:
        assert serving.stdout is not None
        assert serving.stdout.readline().startswith("ready ")
        scheduler = until(lambda: _children(serving.pid))
        serving.kill()
        serving.wait()
        # It may still be loading, and looks for its parent as soon as it has.
        assert gone(scheduler, PATIENCE_SECONDS)


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] or [
        int(one)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for one in (task / "children").read_text().split()
    ]


def test_every_job_of_the_table_does_its_work(surroundings: dict[str, str]) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, arguments, env=surroundings)
        assert done.exit_code == code, done.output
        return done.output

    assert "index: Index all sources; off; next when asked for" in run("schedule", "list")
    run("index", "run")
    asked = run("schedule", "ask", "clean-up")
    assert "clean-up: asked for at " in asked
    assert "no job 'coffee'; there are index" in run("schedule", "ask", "coffee", code=2)
    assert "removed: " in run("index", "clean-up")
    open_pipe, writes = os.pipe()
    for name in JOBS:
        out = subprocess.run(
            [sys.executable, "-m", "discovery", "schedule", "job", name, "--due", "2026-06-15T12:00:00+00:00",
             "--token", "1", "--cause", "due"],
            env=surroundings, stdin=open_pipe, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert out.returncode == 0, out.stderr
        assert '"outcome": "succeeded"' in out.stdout, out.stdout
    os.close(open_pipe)
    os.close(writes)


def test_the_table_has_every_job_and_mails_only_with_a_server() -> None:
    jobs = {job.id: job for job in Service(Settings()).jobs()}
    assert tuple(jobs) == JOBS
    assert jobs["report"].trigger == ""
    mailing = Settings(mail=MailSettings(host="mail.example", sender="a@vessbrook.example"))
    jobs = {job.id: job for job in Service(mailing).jobs()}
    assert jobs["report"].trigger == ScheduleSettings().report
    assert jobs["audit"].limit_seconds == 60 * ScheduleSettings().audit_minutes
