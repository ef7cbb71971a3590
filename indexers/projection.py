"""Each side brought up to date with the other: a repeatable step that looks at nothing but the index.

A document that may concern the other side is pending from its write until its neighbours have been
recomputed from the index; only then is the mark taken away. Run twice, or killed at any point and run again,
the step comes to the same result (``docs/decisions/0002``).
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from discovery.engine.writer import Delete, Outcome, Update
from discovery.errors import EngineRejected
from discovery.picture_sets.standing import SetJudge
from indexers.associate import (
    Places,
    assets_side,
    key_forms,
    links_of,
    main_picture,
    path_key,
    product_side,
    unresolved,
)
from indexers.catalogue import Catalogue
from indexers.paging import pages
from mappings.documents import (
    AssetDocument,
    AssetLink,
    AssetsSide,
    LinkDocument,
    ProductDocument,
    ProductSide,
    encode_block,
)

PAGE = 250
"""Documents brought up to date at once; bounds memory, because a product carries its picture's vectors."""

VECTOR_PARTS = ("id", "source.name", "source.key", "source.uri", "source.filename", "media")


@dataclass(frozen=True, slots=True)
class Leaving:
    """Items that are gone from their source but not yet from the index."""

    assets: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()


class Projection:
    """Brings neighbours up to date.

    ``exclusive`` is held while it works: two of them at once could write what the other has just outdated.
    ``judge`` says how the pictures of a product stand, by ``clock``.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        exclusive: Callable[[], Any],
        judge: SetJudge,
        advance: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._catalogue = catalogue
        self._exclusive = exclusive
        self._judge = judge
        self._advance = advance
        self._clock = clock
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def held_off(self) -> Iterator[None]:
        """Keep every projection waiting, so that what is looked up stays true until it has been written."""
        with self._one_at_a_time, self._exclusive():
            yield

    def concerned(self, assets: Sequence[AssetDocument]) -> set[str]:
        """Return the ids of those about to be written that any product names or carries, or that carry one.

        The others need no second step. To be asked while projections are held off: a product that is not
        seen yet is projected later, and finds the asset then.
        """
        paths = {form for one in assets for form in _meant(one)}
        ids = [one.id for one in assets]
        named, carried = self._catalogue.named_or_carried(paths, ids)
        told = carried | self._catalogue.links.documents(ids).keys()
        return {
            one.id
            for one in assets
            if one.product.sku or one.curation.skus or one.id in told or not named.isdisjoint(_meant(one))
        }

    def differing_assets(self, ids: Sequence[str]) -> set[str]:
        """Return those of ``ids`` that carry other products than catalogues, links and decisions give them.

        Nothing is changed. It looks at the index as of its last refresh; while others write, ask again with
        projections held off before believing it.
        """
        there = self._catalogue.assets.light(ids)
        sides = self._product_sides(there, Leaving())
        return {ident for ident, side in sides.items() if side != there[ident].product}

    def differing_products(self, ids: Sequence[str]) -> set[str]:
        """Return those of ``ids`` that carry other assets than they should; vectors are not compared."""
        here = self._catalogue.products.light(ids)
        links = self._links(here.values(), Leaving())
        shown = self._catalogue.assets.light({link.id for linked in links.values() for link in linked})
        differing = set()
        for ident, product in here.items():
            main = main_picture(links[ident], shown)
            if self._side(product, links[ident], shown, shown[main] if main else None) != product.assets:
                differing.add(ident)
        return differing

    def mark(self, assets: Iterable[str] = (), products: Iterable[str] = ()) -> None:
        """Let the next :meth:`settle` look at these anew."""
        names = self._catalogue.names
        for index, ids in ((names.assets, assets), (names.products, products)):
            for page in pages(sorted(ids), PAGE):
                self._write([Update(index, ident, {"run": {"pending": True}}) for ident in page])

    def settle(self) -> int:
        """Bring everything up to date that is pending, or stands as it did; return how many documents.

        What stands as it did are products whose pictures were judged by other settings, or before a licence
        ended: nobody writes them when a day passes.
        """
        done = 0
        with self._one_at_a_time, self._exclusive():
            self._catalogue.refresh()
            for page in pages(sorted(self._catalogue.assets.pending()), PAGE):
                self._bring_up(page, (), Leaving())
                done += len(page)
            for page in pages(sorted(self._catalogue.products.pending()), PAGE):
                self._bring_up((), page, Leaving())
                done += len(page)
            for page in pages(sorted(self._catalogue.links.pending()), PAGE):
                self._bring_up(page, (), Leaving(), marked=False)
                # Both generations share the links: only the serving one says that all have been told.
                if not self._catalogue.filling:
                    links = self._catalogue.names.links
                    self._write([Update(links, one, {"pending": False}) for one in page])
                done += len(page)
            for page in pages(sorted(self._catalogue.judged_before(self._judge.basis, self._clock())), PAGE):
                products = self._catalogue.products.light(page)
                self._write_assets_sides(products, self._links(products.values(), Leaving()), set())
                done += len(page)
        return done

    def remove_assets(self, ids: Sequence[str]) -> Iterator[int]:
        """Take assets out of their products, then out of the index; yield how many after each step."""
        return self._remove(Leaving(assets=frozenset(ids)), self._catalogue.names.assets, ids)

    def remove_products(self, ids: Sequence[str]) -> Iterator[int]:
        """Take products out of their assets, then out of the index; yield how many after each step."""
        return self._remove(Leaving(products=frozenset(ids)), self._catalogue.names.products, ids)

    def _remove(self, leaving: Leaving, index: str, ids: Sequence[str]) -> Iterator[int]:
        for page in pages(ids, PAGE):
            with self._one_at_a_time, self._exclusive():
                # Marked first: if the run dies here, the next one puts the neighbours right again.
                self._write([Update(index, ident, {"run": {"pending": True}}) for ident in page])
                self._catalogue.refresh()
                if leaving.assets:
                    self._bring_up(page, (), leaving)
                else:
                    self._bring_up((), page, leaving)
                if not self._catalogue.filling:
                    side = "assets" if leaving.assets else "products"
                    self._catalogue.record_removal(side, page, self._clock())
                self._write([Delete(index, ident) for ident in page])
                if leaving.assets and not self._catalogue.filling:
                    self._write([Delete(self._catalogue.names.links, ident) for ident in page])
                self._catalogue.refresh()
            yield len(page)

    def _bring_up(
        self, assets: Sequence[str], products: Sequence[str], leaving: Leaving, *, marked: bool = True
    ) -> None:
        """Recompute everything that ``assets`` and ``products`` touch, then take their marks away."""
        names = self._catalogue.names
        marked_assets = set(assets) - leaving.assets if marked else set()
        marked_products = set(products) - leaving.products
        last: list[Update] = []
        touched = set(assets)
        for page in pages(sorted(set(products) | self._naming(assets)), PAGE):
            here = self._catalogue.products.light(page)
            links = self._links(here.values(), leaving)
            touched |= {link.id for linked in links.values() for link in linked}
            touched |= self._catalogue.assets.ids_where({"terms": {"product.sku": page}})
            staying = {ident: document for ident, document in here.items() if ident not in leaving.products}
            last += self._write_assets_sides(staying, links, marked_products)
        for page in pages(sorted(touched - leaving.assets), PAGE):
            first: list[Update] = []
            there = self._catalogue.assets.light(page)
            for ident, side in self._product_sides(there, leaving).items():
                changed = {} if side == there[ident].product else {"product": encode_block(side)}
                if ident in marked_assets:
                    last.append(Update(names.assets, ident, {**changed, "run": {"pending": False}}))
                elif changed:
                    first.append(Update(names.assets, ident, changed))
            self._write(first)
        self._write(last)

    def _naming(self, assets: Sequence[str]) -> set[str]:
        """Return the products that name any of ``assets``, carry it, or were linked or refused."""
        if not assets:
            return set()
        documents = self._catalogue.assets.light(assets).values()
        forms = sorted({form for document in documents for form in _meant(document)})
        named = self._catalogue.products.ids_where(
            {"terms": {"source.image_paths": forms}}, {"terms": {"assets.ids": list(assets)}}
        )
        inherited = {sku for document in documents for sku in document.curation.skus}
        return named | inherited | self._judged_for(assets)

    def _judged_for(self, assets: Iterable[str]) -> set[str]:
        return _skus(self._catalogue.links.documents(assets).values())

    def _links(
        self, products: Iterable[ProductDocument], leaving: Leaving
    ) -> dict[str, tuple[AssetLink, ...]]:
        given = list(products)
        paths = {path_key(image.path) for product in given for image in product.source.images}
        found = [p for p in self._catalogue.places(sorted(paths)) if p.id not in leaving.assets]
        missing = {path for product in given for path in unresolved(product, Places(found))}
        if missing:
            found += [p for p in self._catalogue.folded(sorted(missing)) if p.id not in leaving.assets]
        places = Places(found)
        judged: dict[str, list[LinkDocument]] = defaultdict(list)
        for one in self._judged([product.source.sku for product in given], leaving):
            for sku in {*one.refused, *(link.sku for link in one.applied)}:
                judged[sku].append(one)
        inherited = self._catalogue.inherited([product.source.sku for product in given])
        return {
            product.id: links_of(
                product,
                places,
                judged[product.source.sku],
                (link for link in inherited[product.source.sku] if link.id not in leaving.assets),
            )
            for product in given
        }

    def _judged(self, skus: Sequence[str], leaving: Leaving) -> list[LinkDocument]:
        if not skus:
            return []
        found = self._catalogue.links.about(skus)
        there = self._catalogue.assets.light({one.id for one in found} - leaving.assets)
        return [one for one in found if one.id in there and there[one.id].curation.merged_into is None]

    def _write_assets_sides(
        self,
        products: dict[str, ProductDocument],
        links: dict[str, tuple[AssetLink, ...]],
        marked: set[str],
    ) -> list[Update]:
        """Write what unmarked products carry; return the updates of marked ones, which come last."""
        index = self._catalogue.names.products
        shown = self._catalogue.assets.light({link.id for ident in products for link in links[ident]})
        mains = {ident: main_picture(links[ident], shown) for ident in products}
        main_pictures = {main for main in mains.values() if main is not None}
        with_vectors = self._catalogue.assets.with_vectors(sorted(main_pictures), *VECTOR_PARTS)
        first: list[Update] = []
        last: list[Update] = []
        for ident in products:
            main = with_vectors.get(mains[ident] or "")
            block = encode_block(self._side(products[ident], links[ident], shown, main))
            if ident in marked:
                last.append(Update(index, ident, {"assets": block, "run": {"pending": False}}))
            else:
                first.append(Update(index, ident, {"assets": block}))
        self._write(first)
        return last

    def _side(
        self,
        product: ProductDocument,
        links: tuple[AssetLink, ...],
        shown: Mapping[str, AssetDocument],
        main: AssetDocument | None,
    ) -> AssetsSide:
        """Return what a product carries of its assets, and how they stand today."""
        pictures = [shown[link.id] for link in links if link.id in shown]
        side = assets_side(links, shown, main)
        return self._judge.judged(product.source, side, pictures, self._clock())

    def _product_sides(self, assets: dict[str, AssetDocument], leaving: Leaving) -> dict[str, ProductSide]:
        forms = {form for asset in assets.values() for form in _meant(asset)}
        judged = self._catalogue.links.documents(assets)
        inherited = {sku for asset in assets.values() for sku in asset.curation.skus}
        naming = self._catalogue.naming(sorted(forms)) | _skus(judged.values()) | inherited
        naming -= leaving.products
        products = self._catalogue.products.light(sorted(naming))
        shown: dict[str, list[tuple[ProductDocument, AssetLink]]] = {ident: [] for ident in assets}
        for ident, links in self._links(products.values(), leaving).items():
            for link in links:
                if link.id in shown:
                    shown[link.id].append((products[ident], link))
        return {ident: product_side(pairs, judged.get(ident)) for ident, pairs in shown.items()}

    def _write(self, updates: Sequence[Update | Delete]) -> None:
        if not updates:
            return
        refused = [o for o in self._catalogue.write(updates) if o.status == "failed"]
        if refused:
            raise EngineRejected(_refusal(refused))
        self._advance()


def _meant(asset: AssetDocument) -> tuple[str, ...]:
    """Return the ways in which a product's picture path may mean an asset, or one that was merged into it."""
    return (*key_forms(asset.source.key), *asset.curation.keys)


def _skus(judged: Iterable[LinkDocument]) -> set[str]:
    return {sku for one in judged for sku in (*one.refused, *(link.sku for link in one.applied))}


def _refusal(refused: Sequence[Outcome]) -> str:
    first = refused[0]
    return (
        f"{len(refused)} documents could not be connected with the other side; the first, {first.id!r}: "
        f"{first.reason}; run it again when that is mended"
    )
