"""The rules that hold now: those of a file and those that are records, read anew when they change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from discovery.errors import ConfigurationInvalid, DiscoveryError, EngineUnavailable, FieldProblem
from discovery.search.rules import Rule, read_rule, rules_of_file

FILE_SECONDS = 1.0
RECORDS_SECONDS = 2.0

_LOG = logging.getLogger("discovery.search")

Clock = Callable[[], float]


class RuleBook:
    """All rules, the file's first. ``kept`` returns the rules that are records, each a table with its id.

    What is wrong with the file is said when it is first read. If it goes wrong later, the rules that were
    read last hold on, and the log says why.
    """

    def __init__(
        self, file: Path | None, kept: Callable[[], Iterable[Mapping[str, Any]]], clock: Clock
    ) -> None:
        self._file = file
        self._kept = kept
        self._clock = clock
        self._lock = threading.Lock()
        self._mark: tuple[int, int] | None = None
        self._of_file: tuple[Rule, ...] = ()
        self._of_records: tuple[Rule, ...] = ()
        self._looked: dict[str, float] = {}

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules that hold now, whatever their days.

        Raises:
            ConfigurationInvalid: the file cannot be read, or has rules that are wrong; names each.
        """
        with self._lock:
            if self._file is not None and self._is_due("file", FILE_SECONDS):
                self._read_file(self._file)
            if self._is_due("records", RECORDS_SECONDS):
                self._read_records()
            return (*self._of_file, *self._of_records)

    def of_file(self) -> tuple[Rule, ...]:
        """Return the rules of the file alone, without a look at the records.

        Raises:
            ConfigurationInvalid: as named.
        """
        with self._lock:
            if self._file is not None and self._is_due("file", FILE_SECONDS):
                self._read_file(self._file)
            return self._of_file

    def forget(self) -> None:
        """Look at the records again with the next query: somebody has just changed them here."""
        with self._lock:
            self._looked.pop("records", None)

    def _is_due(self, what: str, seconds: float) -> bool:
        now = self._clock()
        if what in self._looked and now - self._looked[what] < seconds:
            return False
        self._looked[what] = now
        return True

    def _read_file(self, file: Path) -> None:
        try:
            found = file.stat()
            mark = (found.st_mtime_ns, found.st_size)
            if mark == self._mark:
                return
            rules, problems = rules_of_file(file.read_text(encoding="utf-8"), file.name)
        except (OSError, UnicodeDecodeError) as error:
            mark, rules = (0, 0), ()
            problems = [FieldProblem(file.name, f"cannot be read: {error}")]
        if not problems:
            self._mark, self._of_file = mark, rules
            return
        told = "; ".join(f"{problem.field}: {problem.message}" for problem in problems[:5])
        if self._mark is None:
            self._looked.pop("file", None)
            raise ConfigurationInvalid(f"search.rules_file: {told}", tuple(problems))
        if mark != (0, 0):
            self._mark = mark
        _LOG.warning("the rules that were read before hold on: %s", told)

    def _read_records(self) -> None:
        try:
            tables = list(self._kept())
        except DiscoveryError as error:
            # Rules are a refinement: without them the search goes on, and the next look is soon. That the
            # engine is away is told by what is asked of it.
            if not isinstance(error, EngineUnavailable):
                _LOG.warning("rules cannot be read: %s", error.detail)
            return
        read = (read_rule({k: v for k, v in one.items() if k != "id"}, str(one["id"]))[0] for one in tables)
        self._of_records = tuple(rule for rule in read if rule is not None)
