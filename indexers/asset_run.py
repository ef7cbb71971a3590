"""A run over assets: listing → readers → model → writer, side by side, with bounded queues between them."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from discovery.config import Settings
from discovery.engine.writer import Outcome as Acknowledgement
from discovery.engine.writer import Put
from discovery.errors import DiscoveryError, EmbeddingInvalid, SourceUnavailable
from discovery.vision.embedder import Embedder, Embedding, ModelInput
from discovery.vision.hashing import checksum as checksum_of
from discovery.vision.loading import SLICE
from discovery.vision.metadata import EmbeddedMetadata
from indexers.build import asset_build, asset_document
from indexers.catalogue import Catalogue
from indexers.channel import Channel
from indexers.copies import Copies, First, Known, Waiting, Written
from indexers.enrich import (
    Prepared,
    Thumbnails,
    file_media,
    metadata_of,
    picture_media,
    remake_thumbnail,
    with_vectors,
)
from indexers.filetypes import is_picture
from indexers.plan import Outcome, StoredState, plan
from indexers.projection import VECTOR_PARTS
from indexers.records import AssetRecord, Problem
from indexers.roster import token
from indexers.run import ASSETS, Run, Terms
from indexers.summary import RunSummary
from mappings.documents import AssetDocument, Media, asset_id

READ_AT_ONCE = 8
"""Files that a reader takes at a time: one question to the index for all of them."""

MOST_BYTES_AT_ONCE = 64_000_000
PLANNED_AHEAD = 20_000
"""Items planned before they are read; so the total is soon known, and memory stays bounded."""

WRITTEN_AT_ONCE = 64
UNREADABLE_IN_A_ROW = 50
"""So many files one after the other that the source does not give out mean that the source is down."""

EMBEDDED, REUSED, METADATA = "embedded", "reused", "metadata"


@dataclass(frozen=True, slots=True)
class _Task:
    record: AssetRecord
    id: str
    state: StoredState | None


@dataclass(frozen=True, slots=True)
class _File:
    """A file that has been read."""

    task: _Task
    data: bytes
    checksum: str
    sidecar: tuple[bytes, str] | None
    stored: AssetDocument | None


@dataclass(slots=True)
class _Item:
    """A file that has been looked at; it is written once it has ``media``, and ``how`` is then known."""

    task: _Task
    size: int
    said: EmbeddedMetadata
    stored: AssetDocument | None
    media: Media | None = None
    how: str = METADATA
    prepared: Prepared | None = None
    written_as: str | None = None
    first: bool = False


@dataclass(frozen=True, slots=True)
class _Built:
    item: _Item
    document: AssetDocument
    source: dict[str, Any]


class AssetRun:
    """One run over one assets source."""

    def __init__(
        self, source: str, catalogue: Catalogue, embedder: Embedder, settings: Settings, terms: Terms
    ) -> None:
        self._run = run = Run(ASSETS, source, catalogue, settings, terms)
        self._catalogue, self._embedder, self._settings = catalogue, embedder, settings
        self._recipe = embedder.recipe.digest
        self._build = asset_build(settings.images)
        self._thumbnails = Thumbnails(settings.home, settings.images.thumbnail_sizes)
        self._copies: Copies[_Item] = Copies()
        self._others = True
        self._denied = 0
        workers = settings.index.workers
        batch = settings.model.batch_size
        self._tasks: Channel[list[_Task]] = Channel(PLANNED_AHEAD // READ_AT_ONCE, run.halt)
        self._pictures: Channel[_Item] = Channel(2 * batch, run.halt, senders=workers)
        self._ready: Channel[_Item] = Channel(4 * WRITTEN_AT_ONCE, run.halt, senders=workers + 1)

    def index(self, items: Iterable[AssetRecord | Problem]) -> RunSummary:
        """Index what ``items`` lists; see ``pipeline.index_assets``."""
        run = self._run
        run.progress.say("reading")
        try:
            run.begin()
            if run.terms.dry_run:
                self._plan(items)
                return run.end(interrupted=False)
            self._catalogue.ensure_recipe(self._recipe)
            self._others = self._catalogue.has_vectors(self._recipe)
            interrupted = run.work(lambda: self._plan(items), self._threads())
        except KeyboardInterrupt:
            interrupted = True
        except BaseException:
            run.abandon()
            raise
        return run.end(interrupted=interrupted)

    def _threads(self) -> list[threading.Thread]:
        guarded, workers = self._run.guarded, self._settings.index.workers
        work = [guarded(self._read, self._pictures, self._ready)] * workers
        work += [guarded(self._embed, self._ready), guarded(self._write)]
        names = [f"read-{number}" for number in range(workers)] + ["embed", "write"]
        return [
            threading.Thread(target=target, name=f"index-{name}", daemon=True)
            for target, name in zip(work, names, strict=True)
        ]

    # Planning, in the thread that called.

    def _plan(self, items: Iterable[AssetRecord | Problem]) -> None:
        batches: Iterable[list[AssetRecord]] = self._run.batches(items)
        for records in batches:
            tasks = self._plan_batch(records)
            if self._run.terms.dry_run:
                self._run.tally.add(EMBEDDED, len(tasks))
                continue
            for start in range(0, len(tasks), READ_AT_ONCE):
                self._tasks.send(tasks[start : start + READ_AT_ONCE])
        self._tasks.close()

    def _plan_batch(self, records: Sequence[AssetRecord]) -> list[_Task]:
        run = self._run
        known: dict[str, AssetRecord] = {}
        for record in records:
            try:
                ident = asset_id(record.source, record.key)
            except UnicodeEncodeError:
                self._fail(record, "its name is not valid utf-8; rename the file")
                continue
            if not run.roster.see(ident):
                self._fail(record, "the source lists it twice")
            elif run.roster.is_unchanged(ident, self._tokens(record)):
                run.unchanged()
            else:
                known[ident] = record
        with run.tally.stage("planning"):
            states = self._catalogue.assets.states([i for i in known if run.roster.is_stored(i)])
        tasks = []
        for ident, record in known.items():
            state = states.get(ident)
            outcome = plan(record.version, self._build, state, self._recipe, started=run.started)
            if outcome is Outcome.NOTHING:
                run.unchanged()
            elif outcome is Outcome.STALE:
                run.stale()
            else:
                tasks.append(_Task(record, ident, state))
        return tasks

    def _tokens(self, record: AssetRecord) -> tuple[str, str]:
        """Return what an unchanged file was made from, as a picture and as a file without a vector."""
        return (
            token(record.version, self._build, self._recipe),
            token(record.version, self._build, None),
        )

    # Reading and looking, in several threads.

    def _read(self) -> None:
        for tasks in self._tasks:
            known = [task.id for task in tasks if task.state is not None or self._catalogue.has_elder]
            with self._run.tally.stage("planning"):
                stored = self._catalogue.assets.documents(known)
            files: list[_File] = []
            for task in tasks:
                if file := self._open(task, stored.get(task.id)):
                    files.append(file)
                if sum(len(file.data) for file in files) > MOST_BYTES_AT_ONCE:
                    self._look_at(files)
                    files = []
            self._look_at(files)

    def _open(self, task: _Task, stored: AssetDocument | None) -> _File | None:
        record = task.record
        try:
            with self._run.tally.stage("reading"):
                data, sidecar = record.read(), record.sidecar()
        except SourceUnavailable as error:
            self._denied += 1
            if self._denied >= UNREADABLE_IN_A_ROW:
                raise SourceUnavailable(
                    f"the last {self._denied} files could not be read; the last one: {error.detail}"
                ) from error
            self._fail(record, error.detail)
            return None
        except (DiscoveryError, OSError) as error:
            self._fail(record, _reason(error))
            return None
        self._denied = 0
        self._run.tally.add("bytes", len(data))
        return _File(task, data, checksum_of(data), sidecar, stored)

    def _look_at(self, files: Sequence[_File]) -> None:
        sought = sorted({file.checksum for file in files}) if self._others else []
        with self._run.tally.stage("planning"):
            others = self._catalogue.embedded(sought, self._recipe) if sought else {}
        for file in files:
            try:
                with self._run.tally.stage("decoding"):
                    item = self._look(file, others.get(file.checksum))
            except Exception as error:  # noqa: BLE001 - whatever one file's bytes do is that file's failure
                self._fail(file.task.record, _reason(error))
                continue
            if item.media is None and item.prepared is not None:
                self._pictures.send(item)
            elif item.media is not None or item.written_as is not None:
                self._ready.send(item)

    def _look(self, file: _File, other: AssetDocument | None) -> _Item:
        """Say all of a file but new vectors; an item with neither media nor tensor waits for a copy."""
        task, stored, limits = file.task, file.stored, self._settings.images
        name = task.record.key
        said = metadata_of(file.data, file.sidecar)
        item = _Item(task, len(file.data), said, stored)
        if not is_picture(name, file.data):
            item.media = file_media(name, file.data, file.checksum)
            return item
        bytes_ = (file.data, file.checksum, limits, self._thumbnails)
        outcome = plan(
            task.record.version, self._build, task.state, self._recipe,
            started=self._run.started, checksum=file.checksum,
        )  # fmt: skip
        mine = stored if outcome is Outcome.METADATA and stored and stored.media.recipe else None
        source = mine or other
        if source is not None:
            item.how = METADATA if mine else REUSED
            if source.run is not None and source.run.build == self._build:
                remake_thumbnail(*bytes_)
                item.media = source.media
            else:
                looked, known = picture_media(*bytes_, self._embedder).media, source.media
                item.media = dataclasses.replace(
                    looked,
                    recipe=known.recipe,
                    vector=known.vector,
                    look=known.look,
                    base=known.base,
                    base_look=known.base_look,
                )
            return item
        # Set before the claim: from then on the item may be in another thread's hands.
        item.how = REUSED
        claim = self._copies.claim(file.checksum, item)
        if isinstance(claim, First):
            item.how, item.first = EMBEDDED, True
            item.prepared = self._prepare(file)
        elif isinstance(claim, Known):
            item.media = claim.media
        elif isinstance(claim, Written):
            item.written_as = claim.id
        else:
            assert isinstance(claim, Waiting)
        return item

    def _prepare(self, file: _File) -> Prepared:
        try:
            return picture_media(
                file.data, file.checksum, self._settings.images, self._thumbnails, self._embedder
            )
        except Exception as error:
            self._fail_copies(file.checksum, _reason(error))
            raise

    # The model, in one thread.

    def _embed(self) -> None:
        size = self._settings.model.batch_size
        while items := self._pictures.receive(size, least=min(size, SLICE)):
            with self._run.tally.stage("embedding"):
                found = self._vectors(items)
            for item, embedding in zip(items, found, strict=True):
                assert item.prepared is not None
                if embedding is None:
                    reason = "the model makes no usable vector of it"
                    self._fail_copies(item.prepared.media.checksum, reason)
                    self._fail(item.task.record, reason)
                    continue
                item.media = with_vectors(item.prepared.media, embedding, self._recipe)
                item.prepared = None
                waiting = self._copies.embedded(item.media)
                self._ready.send(item)
                for copy in waiting:
                    copy.media = item.media
                    self._ready.send(copy)

    def _vectors(self, items: Sequence[_Item]) -> list[Embedding | None]:
        inputs = [item.prepared.input for item in items if item.prepared is not None]
        try:
            return list(self._embedder.embed_pictures(inputs))
        except EmbeddingInvalid:
            return self._one_by_one(inputs)

    def _one_by_one(self, inputs: Sequence[ModelInput]) -> list[Embedding | None]:
        """Find the pictures that a model cannot do among those it can; one that can do none is broken."""
        found: list[Embedding | None] = []
        last: EmbeddingInvalid | None = None
        for single in inputs:
            try:
                found += self._embedder.embed_pictures([single])
            except EmbeddingInvalid as error:
                found.append(None)
                last = error
        if last is not None and not any(found):
            raise last
        return found

    # Writing, in one thread.

    def _write(self) -> None:
        writer = self._catalogue.writer(pause=self._run.halt.wait)
        while items := self._ready.receive(WRITTEN_AT_ONCE, least=WRITTEN_AT_ONCE // 2):
            with self._run.tally.stage("writing"):
                self._fetch_written(items)
                built = [one for item in items if (one := self._built(item)) is not None]
                with self._run.projection.held_off():
                    # No generation is promoted meanwhile, so what is true now is true of these writes.
                    self._catalogue.ensure_recipe(self._recipe)
                    concerned = self._run.projection.concerned([one.document for one in built])
                    outcomes = list(writer.write(self._put(one, concerned) for one in built))
                for one, outcome in zip(built, outcomes, strict=True):
                    self._acknowledge(one.item, outcome, pending=one.document.id in concerned)
            self._run.settle_if_due()

    def _fetch_written(self, items: Sequence[_Item]) -> None:
        """Give copies of files that this run has written already their vectors, from the index."""
        ids = sorted({item.written_as for item in items if item.written_as is not None})
        found = self._catalogue.assets.with_vectors(ids, *VECTOR_PARTS) if ids else {}
        for item in items:
            if item.written_as in found:
                item.media = found[item.written_as].media

    def _built(self, item: _Item) -> _Built | None:
        run, record = self._run, item.task.record
        if item.media is None:
            self._fail(record, "the file that it is a copy of has left the index meanwhile; run it again")
            return None
        try:
            document = asset_document(
                record, item.media, item.said, item.stored, build=self._build, started=run.started
            )
            return _Built(item, document, document.to_source())
        except (ValueError, OverflowError) as error:
            self._fail(record, _reason(error))
            return None

    def _put(self, one: _Built, concerned: set[str]) -> Put:
        run = {**one.source["run"], "pending": one.document.id in concerned}
        return Put(
            self._catalogue.names.assets, one.document.id, {**one.source, "run": run}, self._run.version
        )

    def _acknowledge(self, item: _Item, outcome: Acknowledgement, *, pending: bool) -> None:
        run, record = self._run, item.task.record
        assert item.media is not None
        if item.first and outcome.status == "written":
            self._copies.written(item.media.checksum, item.task.id)
        elif item.first:
            self._copies.dropped(item.media.checksum)
        if outcome.status == "written":
            run.warn(record.key, item.said.warnings)
            run.written(record.key, item.how, new=item.task.state is None, pending=pending)
            before = item.stored.media.checksum if item.stored is not None else None
            if item.media.perceptual_hash is not None and item.media.checksum != before:
                run.arrived(item.task.id, record.key)
        elif outcome.status == "newer":
            run.stale()
        else:
            self._fail(record, outcome.reason or "the engine refused it")

    def _fail(self, record: AssetRecord, reason: str) -> None:
        self._run.fail(Problem(self._run.source, record.key, reason))

    def _fail_copies(self, checksum: str, reason: str) -> None:
        for copy in self._copies.failed(checksum):
            self._fail(copy.task.record, reason)


def _reason(error: Exception) -> str:
    if isinstance(error, DiscoveryError):
        return error.detail
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror or error}"
    return f"{type(error).__name__}: {error}"
