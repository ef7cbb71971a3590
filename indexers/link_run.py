"""A run over links: every asset is judged against all products, what holds is kept, and both sides are told.

Names, metadata and captions are looked at first. What they leave open is then compared with pictures that
are linked by then, by other evidence than their likeness, so that one guess never rests on another.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from discovery.config import Settings
from discovery.engine.writer import Delete, Operation, Put
from discovery.errors import EngineRejected, FieldProblem, NotFound, SourceShrank
from discovery.linking.book import ProductBook
from discovery.linking.linker import Linker
from discovery.linking.outcome import DECLARED, Decision, Outcome, settle, standing
from discovery.linking.sightings import Declared, LookScale, Neighbour
from discovery.linking.verdict import State, Verdict
from discovery.picture_sets.standing import SetJudge
from indexers.associate import MOST_PRODUCTS
from indexers.catalogue import Catalogue
from indexers.locks import projection_lock, source_lock
from indexers.paging import pages
from indexers.progress import Progress, Silent
from indexers.projection import Projection
from mappings.documents import AppliedLink, AssetDocument, LinkDocument

LINKS = "links"
PAGE = 250
NEIGHBOURS = 12
CANDIDATES = 100
"""The engine's search beam: fewer miss neighbours."""

MOST_CHANGES = 10_000
"""Changes that a summary names one by one; the others are counted."""

VISUAL = "visual"
ASKED = (State.REVIEW, State.CONFLICT)
"""States in which people are asked about an asset."""

Decisions = Callable[[Sequence[str]], Mapping[str, Sequence[Decision]]]
ChangeKind = Literal["new", "changed", "withdrawn", "review"]


@dataclass(frozen=True, slots=True)
class LinkChange:
    """What a run does to one link, or that people are asked about an asset from now on."""

    kind: ChangeKind
    asset: str
    name: str
    sku: str
    text: str


@dataclass(frozen=True, slots=True)
class LinkSummary:
    """What a run over links found and did; ``states`` counts assets by what is to be done with them."""

    outcome: str
    seconds: float
    assets: int
    products: int
    states: Mapping[str, int]
    counts: Mapping[str, int]
    changes: tuple[LinkChange, ...] = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return the summary as plain values."""
        return {**dataclasses.asdict(self), "seconds": round(self.seconds, 3)}


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that speaks for and against the products of one asset, and the links that hold.

    ``state`` is what is to be done with it now that people may have made ``decisions``.
    """

    asset: AssetDocument
    verdict: Verdict
    outcome: Outcome
    state: str
    decisions: tuple[Decision, ...]


class LinkRun:
    """Judges the assets of one catalogue. ``decisions`` returns people's word on some assets, by asset."""

    def __init__(
        self,
        catalogue: Catalogue,
        settings: Settings,
        decisions: Decisions,
        *,
        scale: LookScale | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.settings = settings
        self.decisions = decisions
        self._scale = scale or LookScale()
        self._linker: tuple[tuple[int, str], Linker] | None = None

    def run(
        self, *, dry_run: bool = False, accept_shrink: bool = False, progress: Progress | None = None
    ) -> LinkSummary:
        """Judge all assets and let what holds hold; a ``dry_run`` only says what would change.

        Raises:
            RunInProgress: another run over links is under way.
            SourceShrank: far fewer products are indexed than at the last run; nothing was changed.
        """
        home, prefix = self.settings.home, self.settings.engine.prefix
        with source_lock(home, prefix, LINKS, LINKS):
            return _Pass(self, progress or Silent(), dry_run=dry_run).done(accept_shrink=accept_shrink)

    def is_due(self) -> bool:
        """Return whether patterns, thresholds or the linker itself have changed since the last run."""
        if not self.settings.linking.enabled:
            return False
        now = Linker(ProductBook(()), self.settings.linking, scale=self._scale).basis
        return bool(self.catalogue.last_run(LINKS).get("settings", {}).get("basis") != now)

    def explain(self, asset: str) -> Explanation:
        """Judge one asset now, and tell everything.

        Raises:
            NotFound: there is no such asset.
        """
        found = self.catalogue.assets.texts([asset])
        if asset not in found:
            problem = FieldProblem("id", "no such asset")
            raise NotFound(f"there is no asset {asset[:100]!r}", (problem,))
        near = self.neighbours([asset]).get(asset, ())
        said = self.decisions([asset]).get(asset, ())
        verdict, outcome = self.judged(self.linker(), found[asset], near, said)
        state = standing(verdict, outcome, self.settings.linking.review)
        made = sorted(said, key=lambda one: (one.at, one.sku))
        return Explanation(found[asset], verdict, outcome, state, tuple(made))

    def reconsider(self, assets: Sequence[str]) -> None:
        """Judge some assets anew, after people said something of them, and tell both sides."""
        linker = self.linker()
        for start in range(0, len(assets), PAGE):
            page = assets[start : start + PAGE]
            stored = self.catalogue.links.documents(page)
            near = self.neighbours(page)
            said = self.decisions(page)
            operations: list[Operation] = []
            judged = [
                (one, *self.judged(linker, one, near.get(ident, ()), said.get(ident, ())))
                for ident, one in self.catalogue.assets.texts(page).items()
            ]
            families = self.families(verdict for _, verdict, _ in judged)
            for one, verdict, outcome in judged:
                ident, fresh = one.id, self.document(one, verdict, outcome, families)
                operations += self.operations(fresh, stored.get(ident))
            self.write(operations)
        self.projection().settle()
        # Whoever has decided looks at once whether it holds.
        self.catalogue.refresh()

    def projection(self) -> Projection:
        """Return what tells both sides."""
        home, prefix = self.settings.home, self.settings.engine.prefix
        return Projection(self.catalogue, projection_lock(home, prefix), SetJudge(self.settings.audit))

    def linker(self) -> Linker:
        """Return the linker over all products that are indexed now; made anew when they changed."""
        stamp = self._stamp()
        if self._linker is None or self._linker[0] != stamp:
            products = self.catalogue.products.scan()
            linker = Linker(ProductBook(products), self.settings.linking, scale=self._scale)
            self._linker = stamp, linker
        return self._linker[1]

    def _stamp(self) -> tuple[int, str]:
        body = {"size": 0, "track_total_hits": True, "aggs": {"last": {"max": {"field": "run.indexed"}}}}
        reply = self.catalogue.reader.search(self.catalogue.names.products, body)
        return reply["hits"]["total"]["value"], str(reply["aggregations"]["last"]["value"])

    def judged(
        self,
        linker: Linker,
        asset: AssetDocument,
        neighbours: Sequence[Neighbour],
        decisions: Sequence[Decision],
    ) -> tuple[Verdict, Outcome]:
        """Return the linker's verdict on an asset, and the links that hold."""
        declared = declared_of(asset)
        codes = asset.media.barcodes
        verdict = linker.judge(asset, declared=declared, neighbours=neighbours, barcodes=codes)
        return verdict, settle(verdict, declared, decisions, auto=self.settings.linking.auto)

    def families(self, verdicts: Iterable[Verdict]) -> dict[str, str]:
        """Return the families that catalogues put the products in that people are asked about, by SKU."""
        asked = {proposal.sku for one in verdicts if one.state in ASKED for proposal in one.proposals}
        index = self.catalogue.names.products
        found = self.catalogue.reader.multi_get(index, sorted(asked), includes=("source.family",))
        said = {sku: source.get("source", {}).get("family") for sku, source in found.items()}
        return {sku: family for sku, family in said.items() if family}

    def document(
        self, asset: AssetDocument, verdict: Verdict, outcome: Outcome, families: Mapping[str, str]
    ) -> LinkDocument | None:
        """Return what is kept of a verdict and of what people said; nothing of what another stands for."""
        if asset.curation.merged_into is not None:
            return None
        state = standing(verdict, outcome, self.settings.linking.review)
        return link_document(asset, verdict, outcome, state, families)

    def neighbours(self, ids: Sequence[str]) -> dict[str, tuple[Neighbour, ...]]:
        """Return the linked pictures most like each of those of ``ids`` that are pictures."""
        if not self.settings.linking.visual:
            return {}
        reader, index = self.catalogue.reader, self.catalogue.names.assets
        found = reader.multi_get(index, ids, includes=("media.look",))
        looks = {ident: source["media"]["look"] for ident, source in found.items() if source.get("media")}
        replies = reader.multi_search(index, [_nearest(look) for look in looks.values()]) if looks else []
        return {
            ident: tuple(_neighbours(ident, reply, self._scale))
            for ident, reply in zip(looks, replies, strict=True)
        }

    def operations(self, fresh: LinkDocument | None, stored: LinkDocument | None) -> Iterator[Operation]:
        """Yield what must be written so that ``fresh`` is kept in place of ``stored``."""
        index = self.catalogue.names.links
        if fresh is None and stored is not None:
            if stored.applied or stored.refused or stored.state != State.NONE:
                # Kept, empty, until both sides have been told; the next run takes it away.
                yield Put(index, stored.id, _emptied(stored).to_source())
            elif not stored.pending:
                yield Delete(index, stored.id)
        elif fresh is not None and (stored is None or stored.digest != fresh.digest):
            told = stored is not None and not stored.pending and _shown(stored) == _shown(fresh)
            yield Put(index, fresh.id, dataclasses.replace(fresh, pending=not told).to_source())

    def write(self, operations: Sequence[Operation]) -> None:
        """Write, and make a refusal an error: a run that goes on would judge from what it does not know."""
        for outcome in self.catalogue.write(operations):
            if outcome.status == "failed":
                raise EngineRejected(f"the links of {outcome.id!r} could not be kept: {outcome.reason}")


class _Pass:
    """One pass of one run."""

    def __init__(self, owner: LinkRun, progress: Progress, *, dry_run: bool) -> None:
        self._owner = owner
        self._progress = progress
        self._dry_run = dry_run
        self._began = time.monotonic()
        self._started = datetime.now(UTC)
        self._states: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._changes: list[LinkChange] = []

    def done(self, *, accept_shrink: bool) -> LinkSummary:
        owner, catalogue = self._owner, self._owner.catalogue
        self._progress.say("reading products")
        if not self._dry_run:
            owner.projection().settle()
        linker = owner.linker()
        if not accept_shrink:
            self._brake(len(linker.book))
        self._progress.say("linking")
        self._progress.expect(catalogue.reader.count(catalogue.names.assets))
        open_ids: list[str] = []
        for page in pages(catalogue.assets.scan(), PAGE):
            open_ids += self._page(linker, page, {}, deferring=True)
        self._tell()
        for start in range(0, len(open_ids), PAGE):
            ids = open_ids[start : start + PAGE]
            near = owner.neighbours(ids)
            self._page(linker, list(catalogue.assets.texts(ids).values()), near, deferring=False)
        self._forget_what_is_gone()
        self._tell()
        return self._summary(len(linker.book))

    def _brake(self, products: int) -> None:
        before = self._owner.catalogue.last_run(LINKS).get("counts", {}).get("products", 0)
        share = self._owner.settings.index.shrink_share
        if before and products < (1 - share) * before:
            raise SourceShrank(
                f"{products} of the {before} products of the last run are indexed; no link was changed; "
                "if that is meant, run it again with --accept-shrink"
            )

    def _page(
        self,
        linker: Linker,
        assets: Sequence[AssetDocument],
        near: Mapping[str, Sequence[Neighbour]],
        *,
        deferring: bool,
    ) -> list[str]:
        """Judge some assets; return those that are left for the comparison of pictures."""
        owner = self._owner
        ids = [asset.id for asset in assets]
        said = owner.decisions(ids)
        stored = owner.catalogue.links.documents(ids)
        later: list[str] = []
        operations: list[Operation] = []
        judged: list[tuple[AssetDocument, Verdict, Outcome]] = []
        for asset in assets:
            verdict, outcome = owner.judged(linker, asset, near.get(asset.id, ()), said.get(asset.id, ()))
            compare = owner.settings.linking.visual and asset.media.recipe is not None
            if deferring and compare and verdict.state is not State.AUTO:
                later.append(asset.id)
                continue
            judged.append((asset, verdict, outcome))
        families = owner.families(verdict for _, verdict, _ in judged)
        for asset, verdict, outcome in judged:
            fresh = owner.document(asset, verdict, outcome, families)
            self._take_note(asset, verdict, fresh, stored.get(asset.id))
            operations += owner.operations(fresh, stored.get(asset.id))
        if not self._dry_run:
            owner.write(operations)
        self._progress.advance(len(assets) - len(later))
        return later

    def _take_note(
        self,
        asset: AssetDocument,
        verdict: Verdict,
        fresh: LinkDocument | None,
        stored: LinkDocument | None,
    ) -> None:
        self._states[verdict.state.value] += 1
        before = {link.sku: link for link in stored.applied} if stored else {}
        after = {link.sku: link for link in fresh.applied} if fresh else {}
        for sku, link in after.items():
            if sku not in before:
                self._change("new", asset, sku, f"{link.role}, {link.method}, {link.confidence:.2f}")
            elif (link.role, link.method) != (before[sku].role, before[sku].method):
                was = before[sku]
                self._change(
                    "changed", asset, sku, f"{was.role} ({was.method}) → {link.role} ({link.method})"
                )
        for sku in before.keys() - after.keys():
            self._change("withdrawn", asset, sku, verdict.reason or "nothing speaks for it any more")
        if fresh and fresh.state in ASKED and (stored is None or stored.state not in ASKED):
            self._change("review", asset, ", ".join(fresh.sku[:3]), verdict.reason)

    def _change(self, kind: ChangeKind, asset: AssetDocument, sku: str, text: str) -> None:
        self._counts[kind] += 1
        if len(self._changes) < MOST_CHANGES:
            self._changes.append(LinkChange(kind, asset.id, asset.source.key, sku, text))

    def _forget_what_is_gone(self) -> None:
        catalogue = self._owner.catalogue
        for page in pages(catalogue.links.scan(), PAGE):
            gone = {one.id for one in page} - catalogue.assets.existing(one.id for one in page)
            if not self._dry_run:
                self._owner.write([Delete(catalogue.names.links, one) for one in sorted(gone)])

    def _tell(self) -> None:
        if not self._dry_run:
            self._progress.say("connecting")
            self._owner.projection().settle()

    def _summary(self, products: int) -> LinkSummary:
        assets = sum(self._states.values())
        if not self._dry_run:
            counts = {**self._counts, "assets": assets, "products": products}
            went_by = {"basis": self._owner.linker().basis}
            self._owner.catalogue.record_run(LINKS, self._started, counts, went_by)
        return LinkSummary(
            outcome="planned" if self._dry_run else "finished",
            seconds=time.monotonic() - self._began,
            assets=assets,
            products=products,
            states={state.value: self._states[state.value] for state in State},
            counts={kind: self._counts[kind] for kind in ("new", "changed", "withdrawn", "review")},
            changes=tuple(self._changes),
        )


def declared_of(asset: AssetDocument) -> tuple[Declared, ...]:
    """Return the products whose catalogues name the asset, as it carries them."""
    return tuple(Declared(link.sku, link.role) for link in asset.product.links if link.method == DECLARED)


def link_document(
    asset: AssetDocument, verdict: Verdict, outcome: Outcome, state: str, families: Mapping[str, str]
) -> LinkDocument | None:
    """Return what is kept of a verdict; ``None`` where the catalogue's own word is all there is."""
    applied = tuple(
        AppliedLink(link.sku, link.role, link.method, round(link.confidence, 4), link.reasons)
        for link in outcome.links[:MOST_PRODUCTS]
        if link.method != DECLARED
    )
    if not (applied or outcome.refused or verdict.state in ASKED):
        return None
    proposed = (families[proposal.sku] for proposal in verdict.proposals if proposal.sku in families)
    family = tuple(dict.fromkeys(proposed))
    proposals = tuple(_plain(proposal) for proposal in verdict.proposals)
    best = verdict.proposals[0].probability if verdict.proposals else 0.0
    content = [state, verdict.reason, proposals, applied, outcome.refused, family]
    text = json.dumps(content, sort_keys=True, default=dataclasses.asdict)
    return LinkDocument(
        id=asset.id,
        source=asset.source.name,
        name=asset.source.key,
        state=state,
        reason=verdict.reason,
        probability=round(best, 4),
        sku=tuple(proposal.sku for proposal in verdict.proposals),
        family=family or asset.product.family,
        applied=applied,
        refused=outcome.refused,
        proposals=proposals,
        digest=hashlib.sha256(text.encode()).hexdigest()[:16],
        judged=datetime.now(UTC),
        pending=True,
    )


def _shown(one: LinkDocument) -> tuple[object, ...]:
    """Return what both sides carry of it."""
    return (one.state, one.applied, one.refused)


def _emptied(stored: LinkDocument) -> LinkDocument:
    return LinkDocument(
        id=stored.id,
        source=stored.source,
        name=stored.name,
        state=State.NONE.value,
        judged=datetime.now(UTC),
        digest="",
        pending=True,
    )


def _plain(proposal: Any) -> dict[str, Any]:
    return json.loads(json.dumps(dataclasses.asdict(proposal), default=str), parse_float=_short)  # type: ignore[no-any-return]


def _short(number: str) -> float:
    return round(float(number), 4)


def _nearest(look: Sequence[float]) -> dict[str, Any]:
    linked = {"bool": {"filter": [{"term": {"product.linked": True}}]}}
    return {
        "size": NEIGHBOURS + 1,
        "query": {"knn": {"media.look": {"vector": list(look), "k": CANDIDATES, "filter": linked}}},
        "_source": ["product.links"],
        "track_total_hits": False,
    }


def _neighbours(asset: str, reply: Mapping[str, Any], scale: LookScale) -> Iterator[Neighbour]:
    for hit in reply["hits"]["hits"]:
        if hit["_id"] == asset:
            continue
        similarity = round(scale.similarity(2 * hit["_score"] - 1), 5)
        for link in hit["_source"]["product"].get("links", ()):
            if link["method"] != VISUAL:
                yield Neighbour(hit["_id"], link["sku"], similarity, link["role"])
