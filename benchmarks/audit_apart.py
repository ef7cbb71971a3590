"""Two audits of one catalogue in a process of its own, so that their memory is its own. Prints JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from discovery.audit.model import Outcome
from discovery.audit.service import AuditService
from discovery.config import EngineSettings, Settings
from discovery.engine.client import connect


def _status(name: str) -> float:
    """Return what this process has resident now (VmRSS) or has had at most (VmHWM), in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def run(asked: dict[str, Any]) -> dict[str, Any]:
    """Audit twice: the first run writes every finding anew, the second finds them again."""
    settings = EngineSettings(url=asked["url"], prefix=asked["prefix"])
    audit = AuditService(connect(settings, asked["url"]), Settings(engine=settings))
    base, seconds, flagged = _status("VmRSS:"), [], 0
    for _ in range(2):
        began = time.perf_counter()
        done = audit.run()
        seconds.append(time.perf_counter() - began)
        if done.outcome is not Outcome.FINISHED:
            raise RuntimeError(f"the audit did not finish: {'; '.join(done.reasons)}")
        flagged = done.flagged
    first, again = seconds
    return {
        "first": first, "again": again, "peak_mb": _status("VmHWM:"), "base_mb": base, "flagged": flagged,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]))))
