"""One thread that works off the audits that were asked for, and those that a dead process left behind."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType

from discovery.audit.runner import GivenUp, Terms
from discovery.audit.service import AuditService
from discovery.errors import DiscoveryError

LOOK_SECONDS = 3.0
LONGEST_STOP_SECONDS = 5.0

_LOG = logging.getLogger(__name__)


class AuditWorker:
    """Works while the block is open; left, it puts back what it has begun.

    ``terms`` makes the facts that every run goes by, such as what linking knows; what was asked for is added.
    """

    def __init__(
        self,
        service: Callable[[], AuditService],
        terms: Callable[[], Terms],
        *,
        look: float = LOOK_SECONDS,
    ) -> None:
        self._service = service
        self._terms = terms
        self._look = look
        self._ending = threading.Event()
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._work, name="audit-worker", daemon=True)

    def wake(self) -> None:
        """Look at once: somebody has just asked for a run."""
        self._wanted.set()

    def __enter__(self) -> AuditWorker:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._wanted.set()
        self._thread.join(LONGEST_STOP_SECONDS)

    def _go_on(self) -> None:
        if self._ending.is_set():
            raise GivenUp

    def _work(self) -> None:
        while not self._ending.is_set():
            if not self._worked():
                self._wanted.wait(self._look)
                self._wanted.clear()

    def _worked(self) -> bool:
        try:
            return self._service().work_off(self._terms(), self._go_on)
        except DiscoveryError as error:
            # The record is still there; an engine that is away for now is no reason to lose it.
            _LOG.debug("audits wait: %s: %s", error.kind.title, error.detail)
        except Exception:  # noqa: BLE001 - the next run must not suffer from it
            _LOG.exception("the audit's worker met something unexpected")
        return False
