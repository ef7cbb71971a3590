"""A new generation beside the serving one: filled, kept up, compared, promoted, and taken back.

While it is filled the old one serves and is written to. Before it serves it catches up with all that was
written meanwhile (``following``), is settled and compared (``comparing``); for the last bit every writer is
held off, for as long as that takes, and both sides' aliases move in one step. From then on the old generation
follows the new one, so that going back loses nothing either, until it is pruned.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

from discovery.config import Settings
from discovery.engine.client import Engine
from discovery.engine.indices import Indices
from discovery.errors import (
    EngineBusy,
    EngineTimedOut,
    EngineUnavailable,
    GenerationUnfit,
    IndexMissing,
    RunInProgress,
)
from discovery.picture_sets.standing import SetJudge
from discovery.vision.embedder import Recipe
from indexers.casting import cast_between
from indexers.catalogue import Catalogue
from indexers.comparing import Comparison, Probes
from indexers.following import STAMP, Following, Generation
from indexers.gate import GateFinding
from indexers.lifecycle import Change, Lifecycle
from indexers.locks import migration_lock, projection_lock, source_lock
from indexers.models import ModelShelf
from indexers.progress import Progress, Silent
from indexers.projection import Projection

PATIENCE_SECONDS = 900.0
"""How long a promotion waits for runs to end; their writes must not fall between two generations."""

MOST_FILLS = 3
"""Times that a generation is filled again because pictures came meanwhile that only a model can embed."""

_PAUSE_SECONDS = 1.0

GO_ON = "run `discovery index rebuild`, which goes on with it"
ANYWAY = "`discovery index promote --force` lets it serve all the same"

Fill = Callable[[Catalogue], None]


class Migration:
    """Moves one prefix's searches from generation to generation. ``probes`` judge how a new one answers."""

    def __init__(
        self,
        engine: Engine,
        lifecycle: Lifecycle,
        settings: Settings,
        *,
        probes: Probes | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._lifecycle = lifecycle
        self._settings = settings
        self._indices = Indices(engine)
        self._shelf = ModelShelf(engine, settings.engine.prefix)
        self._probes = probes
        self._progress = progress or Silent()

    def rebuild(self, recipe: Recipe, fill: Fill, *, promote: bool = True, anew: bool = False) -> Change:
        """Make a new generation, ``fill`` it from the sources, and promote it if the gate passes it.

        One that a rebuild has left half-filled, or waiting, is gone on with, unless ``anew``. An error leaves
        the old one serving and, unless it is the engine's, deletes the half-filled one. No vectors are made
        again for bytes that have some of the same recipe.

        Raises:
            RunInProgress: another migration is under way, or a run has not ended for very long.
            GenerationUnfit: the gate did not pass it; it waits beside the serving one.
        """
        with self._alone("a rebuild"):
            return self._migrate(recipe, "rebuild", fill, promote=promote, resume=not anew, judged=True)

    def recast(self, recipe: Recipe, fill: Fill, *, promote: bool = True) -> Change:
        """Make a new generation that ``fill`` copies from the serving one with vectors of another model.

        How it answers is not judged: whoever chose the model did. Raises as :meth:`rebuild`.
        """
        with self._alone("a change of the model"):
            return self._migrate(recipe, "model", fill, promote=promote, resume=False, judged=False)

    def promote(self, generations: Sequence[str] | None = None, *, force: bool = False) -> Change:
        """Let generations serve, both sides in one step; without names, the newest of each side.

        With ``force`` whatever the gate finds is passed over.

        Raises:
            InputInvalid: a name that is no generation of this prefix.
            GenerationUnfit: the gate did not pass it, or it lacks what the serving one has.
            RunInProgress: as :meth:`rebuild`.
        """
        with self._alone("a promotion"):
            leader, here = self._lifecycle.serving_generation(), self._lifecycle.chosen(generations)
            if leader is not None and here.sides() == leader.sides():
                return Change((here.assets, here.products))
            if leader is None:
                return self._first(here)
            if not force and (lacking := self._lacking(leader, here)):
                raise _unfit([lacking])
            return self._promote(leader, here, force=force, judged=True)

    def rollback(self, *, force: bool = False) -> Change:
        """Let the generation before the serving one serve again, with all that was written since.

        With ``force`` at once, and as it was left.

        Raises:
            IndexMissing: there is none before it.
            GenerationUnfit: it does not follow the serving one.
            RunInProgress: as :meth:`rebuild`.
        """
        with self._alone("a rollback"):
            leader, here = self._lifecycle.serving_generation(), self._lifecycle.before()
            if leader is None:
                raise IndexMissing("there is no serving generation to go back from")
            following = self._following(leader, here)
            if force:
                return self._swap(leader, here, following, carry=False)
            if not following.follows():
                raise _unfit([_not_following(here)])
            self._progress.say("catching up")
            following.catch_up()
            with self._held_off(leader):
                carried = following.catch_up()
                return self._swap(leader, here, following, waiting=carried.waiting)

    def prune(self, keep: int | None = None) -> Change:
        """Delete old generations; see :meth:`Lifecycle.prune`. Raises RunInProgress as :meth:`rebuild`."""
        with self._alone("a pruning"):
            return self._lifecycle.prune(keep)

    def compare(self) -> Comparison | None:
        """Compare the generation that waits, brought up to date, with the serving one.

        ``None`` where none waits. Raises RunInProgress as :meth:`rebuild`.
        """
        with self._alone("a comparison"):
            leader, here = self._lifecycle.serving_generation(), self._lifecycle.waiting()
            if leader is None or here is None:
                return None
            comparison = Comparison(leader, here, self._settings)
            if (lacking := self._lacking(leader, here)) is not None:
                comparison.find(lacking)
            elif waiting := self._following(leader, here).catch_up().waiting:
                comparison.find(_waiting(here, waiting))
            comparison.contents()
            comparison.answers(self._probes)
            return comparison

    def _alone(self, what: str) -> AbstractContextManager[None]:
        return migration_lock(self._settings.home, self._settings.engine.prefix, what)

    def _migrate(
        self, recipe: Recipe, made_by: str, fill: Fill, *, promote: bool, resume: bool, judged: bool
    ) -> Change:
        leader = self._lifecycle.serving_generation()
        here = self._resumed(leader, recipe) if resume else None
        fresh = here is None
        self._lifecycle.discard_waiting(besides=here)
        if here is None:
            here = self._lifecycle.prepare(recipe)
        if leader is None:
            self._filled(here, fill)
            return self._first(here)
        following = self._following(leader, here)
        if fresh:
            following.begin(made_by)
        self._filled(here, fill)
        following.filled()
        if not promote:
            following.catch_up()
            self._settle(leader, here)
            return Change(waiting=(here.assets, here.products))
        again = fill if made_by == "rebuild" else None
        return self._promote(leader, here, force=False, judged=judged, fill=again)

    def _filled(self, here: Generation, fill: Fill) -> None:
        try:
            fill(here.catalogue)
        except (EngineBusy, EngineTimedOut, EngineUnavailable):
            # As after an interruption, or a kill: the next rebuild goes on with it.
            raise
        except Exception:
            self._lifecycle.discard(here)
            raise

    def _resumed(self, leader: Generation | None, recipe: Recipe) -> Generation | None:
        """Return the waiting generation that a rebuild began on these terms, if there is one."""
        here = self._lifecycle.waiting()
        if leader is None or here is None or self._lifecycle.misfit(here, recipe):
            return None
        begun = all(self._told(name).get("by") == "rebuild" for name in here.sides().values())
        return here if begun and self._following(leader, here).follows() else None

    def _lacking(self, leader: Generation, here: Generation) -> GateFinding | None:
        """Return why a generation cannot be brought up to date with the serving one, if so."""
        if not self._following(leader, here).follows():
            return _not_following(here)
        moving = [name for name in here.sides().values() if name not in leader.sides().values()]
        if not all(self._told(name).get("filled") for name in moving):
            return GateFinding("both", here.assets, "unfilled", 1, f"it was not filled to its end; {GO_ON}")
        return None

    def _promote(
        self, leader: Generation, here: Generation, *, force: bool, judged: bool, fill: Fill | None = None
    ) -> Change:
        following = self._following(leader, here)
        follows = following.follows()
        if follows:
            self._progress.say("catching up")
            following.catch_up()
        self._settle(leader, here)
        comparison = Comparison(leader, here, self._settings)
        if not force:
            self._progress.say("comparing")
            comparison.answers(self._probes if judged else None)
            if comparison.findings:
                raise _unfit(comparison.findings)
        for left in reversed(range(MOST_FILLS)):
            waiting = following.waiting()
            if waiting and fill and left:
                fill(here.catalogue)
            with self._held_off(leader):
                waiting = following.catch_up().waiting if follows else 0
                if waiting and fill and left:
                    continue
                if not force:
                    comparison.contents()
                    if waiting:
                        comparison.find(_waiting(here, waiting))
                    if comparison.findings:
                        raise _unfit(comparison.findings)
                return self._swap(leader, here, following, carry=follows)
        raise AssertionError("the last round swaps or raises")

    def _swap(
        self,
        leader: Generation,
        here: Generation,
        following: Following,
        *,
        carry: bool = True,
        waiting: int = 0,
    ) -> Change:
        """Let ``here`` serve and the leader follow it."""
        back = self._following(here, leader)
        # Before the swap: if it is the last thing that this process does, the way back is known.
        back.begin("promotion")
        back.filled()
        self._lifecycle.swap(here)
        if carry:
            # What writers in other homes, whom no lock of this one holds off, had under way just then.
            following.catch_up()
        retired = tuple(n for n in leader.sides().values() if n not in here.sides().values())
        serving = (here.assets, here.products)
        return Change(serving, retired, self._lifecycle.prune().deleted, without_vectors=waiting)

    def _first(self, here: Generation) -> Change:
        for name in here.sides().values():
            self._lifecycle.settle(name)
        self._lifecycle.swap(here)
        return Change((here.assets, here.products))

    def _settle(self, leader: Generation, here: Generation) -> None:
        self._progress.say("settling")
        for side, name in here.sides().items():
            if name != leader.sides()[side]:
                self._lifecycle.settle(name)

    def _following(self, leader: Generation, here: Generation) -> Following:
        made_by, wanted = (self._lifecycle.recipe_of(one.assets) for one in (leader, here))
        cast = cast_between(self._shelf, made_by, wanted) if made_by != wanted else None
        audit = self._settings.audit
        return Following(self._indices, leader, here, cast, wanted, audit, self._progress)

    def _told(self, name: str) -> dict[str, object]:
        return dict(self._indices.mapping_meta(name).get(STAMP, {}))

    @contextmanager
    def _held_off(self, leader: Generation) -> Iterator[None]:
        """Keep every run and projection waiting, once all that is pending has been connected."""
        prefix, home = self._settings.engine.prefix, self._settings.home
        ends = time.monotonic() + PATIENCE_SECONDS
        with ExitStack() as held:
            for side, name in self._lifecycle.sources():
                while True:
                    try:
                        held.enter_context(source_lock(home, prefix, side, name))
                        break
                    except RunInProgress:
                        if time.monotonic() > ends:
                            raise
                        self._progress.say(f"waiting for the run over {name}")
                        time.sleep(_PAUSE_SECONDS)
            held.enter_context(projection_lock(home, prefix)())
            # One of another version cannot be written to by this one; what is pending there stays so.
            if self._lifecycle.is_of_this_version(leader):
                judge = SetJudge(self._settings.audit)
                Projection(self._lifecycle.serving(), nullcontext, judge).settle()
            yield


def _not_following(here: Generation) -> GateFinding:
    return GateFinding(
        "both",
        here.assets,
        "behind",
        1,
        "it does not follow the serving generation, so it lacks what was written there since; "
        "run `discovery index rebuild`",
    )


def _waiting(here: Generation, count: int) -> GateFinding:
    return GateFinding(
        "assets", here.assets, "behind", count, f"{count} pictures have no vectors of its model yet; {GO_ON}"
    )


def _unfit(findings: Sequence[GateFinding]) -> GenerationUnfit:
    told = "; ".join(f"{one.side}: {one.message}" for one in findings)
    return GenerationUnfit(f"{told}; {ANYWAY}")
