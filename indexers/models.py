"""Fitted models as every process finds them: records and adapters in the engine, copies of these at home."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from discovery.engine.client import Engine
from discovery.engine.reader import Reader
from discovery.engine.writer import Delete, Operation, Put, Writer
from discovery.errors import IndexMissing, InputInvalid, ModelUnavailable
from discovery.vision.adapter import AdaptedEmbedder, Adapter
from discovery.vision.embedder import Embedder, Floors
from mappings.registry import ASSETS, MODELS

ADOPTED, REFUSED = "adopted", "refused"
BASE = "base"
PART_BYTES = 1_500_000
MOST_RECORDS = 1000
_RECORD, _PART = "model", "part"


@dataclass(frozen=True, slots=True)
class FittedModel:
    """One try to fit a model, kept whether or not it was adopted.

    ``recipe`` is that of its vectors (of one that was refused, what it would have been), ``base`` the recipe
    it was fitted on. ``sketch`` stands for the links it was fitted with; see ``adaptation.changed``.
    """

    recipe: str
    base: str
    model: str
    outcome: str
    reason: str
    fitted: datetime
    adapter: str = ""
    floor: float = 0.0
    parts: int = 0
    figures: Mapping[str, Any] = field(default_factory=dict)
    sketch: tuple[str, ...] = ()

    @property
    def floors(self) -> Floors:
        """Where noise ends among its vectors, as was found out on the catalogue."""
        found = {kind: said["floor"] for kind, said in self.figures["floors"].items()}
        # Models of before strangers were known have no floor for them.
        return Floors(**{"stranger": found["similar"]} | found)


class ModelShelf:
    """The fitted models of one prefix."""

    def __init__(self, engine: Engine, prefix: str) -> None:
        self._reader = Reader(engine)
        self._writer = Writer(engine)
        self._read, self._write = MODELS.read_alias(prefix), MODELS.write_alias(prefix)

    def records(self) -> tuple[FittedModel, ...]:
        """Return every try, the newest first."""
        body = {"query": {"term": {"kind": _RECORD}}, "sort": [{"fitted": "desc"}], "size": MOST_RECORDS}
        try:
            hits = self._reader.search(self._read, body)["hits"]["hits"]
        except IndexMissing:
            return ()
        return tuple(_record(hit["_source"]) for hit in hits)

    def adopted(self, recipe: str) -> FittedModel | None:
        """Return the adopted model of a recipe, as last written."""
        try:
            source = self._reader.get(self._write, recipe)
        except IndexMissing:
            return None
        found = _record(source) if source else None
        return found if found is not None and found.outcome == ADOPTED else None

    def named(self, name: str) -> FittedModel:
        """Return the adopted model whose recipe begins with ``name``.

        Raises:
            InputInvalid: none does, or several do.
        """
        known = [one for one in self.records() if one.outcome == ADOPTED]
        found = [one for one in known if one.recipe.startswith(name)]
        if len(found) == 1:
            return found[0]
        ids = ", ".join(one.recipe for one in known) or "none yet; run discovery model adapt"
        what = "several models begin with" if found else "there is no model"
        raise InputInvalid(f"{what} {name!r}; there are {BASE!r} and: {ids}")

    def keep(self, record: FittedModel, data: bytes | None) -> None:
        """Write a record, its adapter before it, so that whoever sees the record finds it whole."""
        parts = (
            [data[start : start + PART_BYTES] for start in range(0, len(data or b""), PART_BYTES)]
            if data
            else []
        )
        puts: list[Operation] = [
            Put(
                self._write,
                f"{record.recipe}-{number}",
                {"kind": _PART, "recipe": record.recipe, "data": base64.b64encode(part).decode()},
            )
            for number, part in enumerate(parts)
        ]
        written = {
            **asdict(record),
            "kind": _RECORD,
            "parts": len(parts),
            "fitted": record.fitted.astimezone(UTC).isoformat(),
            "sketch": list(record.sketch),
        }
        ident = record.recipe if record.outcome == ADOPTED else f"{record.recipe}-{REFUSED}"
        for operation in (*puts, Put(self._write, ident, written)):
            for outcome in self._writer.write([operation]):
                if outcome.status != "written":
                    raise ModelUnavailable(f"the adapter could not be kept: {outcome.reason}")
        self._writer.refresh(self._write)

    def data(self, record: FittedModel) -> bytes:
        """Return the adapter of a record.

        Raises:
            ModelUnavailable: parts of it are missing or changed.
        """
        whole = b""
        for number in range(record.parts):
            source = self._reader.get(self._write, f"{record.recipe}-{number}")
            whole += base64.b64decode((source or {}).get("data", ""))
        if _digest(whole) != record.adapter:
            raise ModelUnavailable(
                f"the adapter of recipe {record.recipe} is not whole; run discovery model use {BASE}, "
                "or discovery model adapt"
            )
        return whole

    def drop(self, recipes: Iterable[str]) -> None:
        """Take adapters away with their records."""
        known = {one.recipe: one for one in self.records() if one.outcome == ADOPTED}
        gone: list[Operation] = []
        for recipe in recipes:
            if recipe in known:
                gone.append(Delete(self._write, recipe))
                gone += [Delete(self._write, f"{recipe}-{n}") for n in range(known[recipe].parts)]
        for _ in self._writer.write(gone):
            pass


class FittedModels:
    """The model that made an index, by the recipe of its stamp; loaded when it is first asked for."""

    def __init__(
        self, engine: Callable[[], Engine], prefix: str, home: Path, base: Callable[[], Embedder]
    ) -> None:
        self._engine = engine
        self._prefix = prefix
        self._folder = home / "model"
        self._base = base
        self._lock = threading.Lock()
        self._loaded: dict[str, Embedder] = {}

    def of(self, recipe: str | None) -> Embedder:
        """Return the model of a recipe, the configured one where the recipe is of none that was fitted on it.

        Whoever compares that one's recipe with the stamp then refuses the index, and says what to run.

        Raises:
            ModelUnavailable: the model or its adapter cannot be loaded.
        """
        base = self._base()
        if recipe is None or recipe == base.recipe.digest:
            return base
        with self._lock:
            if recipe not in self._loaded:
                shelf = ModelShelf(self._engine(), self._prefix)
                record = shelf.adopted(recipe)
                if record is None or record.base != base.recipe.digest:
                    return base
                adapter = Adapter.from_bytes(self._data(shelf, record))
                # One or two generations exist at a time; older adapters need not stay in memory.
                self._loaded = dict(list(self._loaded.items())[-1:])
                self._loaded[recipe] = AdaptedEmbedder(base, adapter, record.floors)
            return self._loaded[recipe]

    def serving(self) -> Embedder:
        """Return the model of the serving index, the configured one where there is none."""
        try:
            stamps = Reader(self._engine()).mapping_meta(ASSETS.write_alias(self._prefix)).values()
        except IndexMissing:
            return self._base()
        recipes = {stamp.get("recipe") for stamp in stamps}
        return self.of(recipes.pop() if len(recipes) == 1 else None)

    def _data(self, shelf: ModelShelf, record: FittedModel) -> bytes:
        file = self._folder / f"adapter-{record.recipe}.npz"
        try:
            kept = file.read_bytes()
            if _digest(kept) == record.adapter:
                return kept
        except OSError:
            pass
        data = shelf.data(record)
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f"{file.stem}.{os.getpid()}.npz")
        partial.write_bytes(data)
        partial.replace(file)
        return data


def _record(source: Mapping[str, Any]) -> FittedModel:
    known = {name: source[name] for name in FittedModel.__slots__ if name in source}
    known["fitted"] = datetime.fromisoformat(known["fitted"])
    known["sketch"] = tuple(known.get("sketch", ()))
    return FittedModel(**known)


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
