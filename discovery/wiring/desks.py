"""The desks at which people work, as the web room and the command line need them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from discovery.curation.duplicate_listing import GroupsPage, GroupsQuery, ListedGroup
from discovery.curation.duplicate_words import DuplicateWord, Effect
from discovery.curation.review import ReviewPage, ReviewQuery
from discovery.curation.words import LinkWord, PastWord
from discovery.duplicates.lookup import Alike
from discovery.duplicates.overlay import Signature
from discovery.duplicates.prints import Print
from discovery.engine.reader import Reader
from discovery.errors import IndexMissing
from discovery.linking.outcome import Decision
from discovery.search.request import Mode, SearchRequest, Viewer
from discovery.vision.hashing import checksum, perceptual_hash, signature
from discovery.vision.images import open_picture
from discovery.web.services import Comparison, KnownModel
from indexers.enrich import MODEL_SIDE
from indexers.link_run import Explanation
from indexers.models import ADOPTED, FittedModel
from mappings.fields import Side

if TYPE_CHECKING:
    from discovery.wiring.service import Service

COMPARED_HITS = 12


class LinkDesk:
    """Links for people: each part is made when it is first asked for, for there may be no index yet."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def explain(self, asset: str) -> Explanation:
        """Tell everything about the links of an asset."""
        return self._service.links.explain(asset)

    def history(self, asset: str) -> tuple[PastWord, ...]:
        """Tell all that people ever said of the links of an asset."""
        return self._service.decisions.history("asset", asset)

    def product_history(self, sku: str) -> tuple[PastWord, ...]:
        """Tell all that people ever said of the links of a product."""
        return self._service.decisions.history("sku", sku)

    def reasons(self, asset: str) -> dict[str, tuple[str, ...]]:
        """Return why the links of an asset hold, by SKU; of declared ones there is nothing to tell."""
        kept = self._service.lifecycle.serving().links.documents([asset]).get(asset)
        return {link.sku: link.reasons for link in kept.applied} if kept else {}

    def review(self, query: ReviewQuery) -> ReviewPage:
        """Return a page of what waits for people's word."""
        return self._service.review.page(query)

    def decide(self, words: Sequence[LinkWord], by: str) -> tuple[Decision, ...]:
        """Keep what somebody says, and bring it onto both sides."""
        # What reconsiders them is made first: a decision is not kept where nothing has been indexed.
        _ = self._service.links
        return self._service.decisions.decide(words, by)


class ModelDesk:
    """The models for people: which there are, and what the one that serves finds beside the one before."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def all(self) -> tuple[KnownModel, ...]:
        """Return the configured model, then every try to fit it, the newest first."""
        base = self._service.base_embedder().recipe
        serving = {
            str(one.stamp["recipe"]) for one in self._service.lifecycle.status() if "recipe" in one.stamp
        }
        fitted = (_known(one, serving) for one in self._service.fitted_models())
        return (KnownModel(base.digest, base.model, "configured", base.digest in serving), *fitted)

    def compare(self, q: str, viewer: Viewer) -> Comparison:
        """Search by the look of pictures alone, with the model that serves and with the one before."""
        asked = SearchRequest(side="assets", q=q, size=COMPARED_HITS, mode=Mode.VISUAL, understand=False)
        now = self._service.search.search(asked, viewer).hits
        serving = self._service.lifecycle.serving_generation()
        recipe = self._recipe_of(serving.assets if serving else None) or ""
        try:
            before = self._service.lifecycle.before()
        except IndexMissing:
            return Comparison(recipe, now)
        other = self._recipe_of(before.assets)
        if other is None or other == recipe:
            return Comparison(recipe, now)
        indices: Mapping[Side, str] = {"assets": before.assets, "products": before.products}
        return Comparison(recipe, now, other, self._service.search_in(indices).search(asked, viewer).hits)

    def _recipe_of(self, index: str | None) -> str | None:
        if index is None:
            return None
        stamps = Reader(self._service.engine).mapping_meta(index)
        return next(iter(stamps.values()), {}).get("recipe")


def _known(one: FittedModel, serving: Collection[str]) -> KnownModel:
    figures = {side: one.figures[side] for side in ("base", "adapted") if side in one.figures}
    return KnownModel(
        one.recipe,
        one.model,
        one.outcome,
        one.outcome == ADOPTED and one.recipe in serving,
        one.base,
        one.reason,
        one.fitted,
        one.figures.get("pictures"),
        one.figures.get("held_out"),
        figures,
    )


class DuplicateDesk:
    """Duplicates for people: each part is made when it is first asked for, for there may be no index yet."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def page(self, query: GroupsQuery) -> GroupsPage:
        """Return a page of groups."""
        return self._service.duplicate_groups.page(query)

    def one(self, id: str) -> ListedGroup:
        """Return one group."""
        return self._service.duplicate_groups.one(id)

    def decide(self, words: Sequence[DuplicateWord], by: str, *, preview: bool) -> Sequence[Effect]:
        """Keep what somebody says, carry it out, and tell what it does."""
        # What carries it out is made first: a decision is not kept where nothing has been indexed.
        _ = self._service.merging
        return self._service.duplicate_decisions.decide(words, by, preview=preview)

    def already_here(self, image: bytes) -> Sequence[Alike]:
        """Return the assets that hold the picture, the most alike first."""
        embedder = self._service.embedder()
        picture = open_picture(image, self._service.settings.images, target=MODEL_SIDE)
        (embedding,) = embedder.embed_pictures([embedder.prepare(picture)])
        one = Print(
            id="",
            name="",
            source="",
            checksum=checksum(image),
            stem="",
            pixels=picture.width * picture.height,
            hash=int(perceptual_hash(picture), 16),
            look=embedding.look,
            signature=Signature.from_bytes(signature(picture)),
        )
        return self._service.duplicate_lookup().of([one])[one.id]
