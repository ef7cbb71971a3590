"""What people merged, brought onto the assets: one is hidden behind another, which stands for it.

Looks at nothing but people's records and the index; run twice, or killed and run again, it comes to the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from discovery.duplicates.merges import Merge, heir_of
from discovery.engine.writer import Update
from discovery.errors import EngineRejected
from indexers.associate import key_forms
from indexers.catalogue import Catalogue
from indexers.paging import pages
from mappings.documents import SUPERSEDED, Absorbed, AssetDocument, Curation, encode_block

PAGE = 250


Merges = Callable[[], Sequence[Merge]]
"""Returns what was merged, in the order in which it was, what was taken back included."""


@dataclass(frozen=True, slots=True)
class Move:
    """What stood for an asset until now, and what does from now on; ``None``: itself. ``by`` said so."""

    asset: str
    before: str | None
    now: str | None
    by: str


class Merging:
    """Carries out merges on one catalogue.

    ``told`` is given the assets that changed, ``moved`` each asset that another stands for, or no more.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        merges: Merges,
        told: Callable[[Sequence[str]], None],
        moved: Callable[[Move], None],
    ) -> None:
        self._catalogue = catalogue
        self._merges = merges
        self._told = told
        self._moved = moved

    def carry_out(self) -> int:
        """Let every merge hold, and none that was taken back; return how many assets were changed.

        What stands for an asset that is not there any more gives it back. Products are told afterwards.
        """
        self._catalogue.refresh()
        merges = list(self._merges())
        there = self._catalogue.assets
        marked = there.ids_where({"exists": {"field": "curation.merged_into"}})
        marked |= there.ids_where({"exists": {"field": "curation.keys"}})
        concerned = marked | {ident for one in merges for ident in (one.asset, one.into)}
        whose = {one.asset: one.by for one in merges}
        changed: list[str] = []
        documents: dict[str, AssetDocument] = {}
        for page in pages(sorted(concerned), PAGE):
            documents |= there.light(page)
        for ident, fresh in wanted(merges, documents).items():
            now = documents[ident].curation
            if fresh != now:
                if fresh.merged_into != now.merged_into:
                    # First, for if this ends here the difference is still to be seen, and it is done again.
                    self._moved(Move(ident, now.merged_into, fresh.merged_into, whose.get(ident, "")))
                self._write(ident, fresh)
                changed.append(ident)
        if changed:
            self._told(changed)
        return len(changed)

    def _write(self, ident: str, fresh: Curation) -> None:
        update = {"curation": encode_block(fresh), "run": {"pending": True}}
        (outcome,) = self._catalogue.write([Update(self._catalogue.names.assets, ident, update)])
        if outcome.status == "failed":
            raise EngineRejected(f"the merge of {ident!r} could not be carried out: {outcome.reason}")


def wanted(merges: Sequence[Merge], documents: Mapping[str, AssetDocument]) -> dict[str, Curation]:
    """Return what ``curation`` of each document should be."""
    holding = {one.asset: one for one in merges if one.holds}
    before = {one.asset: one.status for one in merges}
    heirs = {asset: last for asset in holding if (last := heir_of(asset, holding)) in documents}
    absorbed: dict[str, list[Absorbed]] = defaultdict(list)
    for asset, one in holding.items():
        if asset in heirs:
            absorbed[heirs[asset]].append(one.gone)
    found: dict[str, Curation] = {}
    for ident, document in documents.items():
        now, heir = document.curation, heirs.get(ident)
        status = now.status
        if heir is not None:
            status = SUPERSEDED
        elif now.merged_into is not None:
            status = before.get(ident) or document.source.status or Curation().status
        gone = absorbed.get(ident, [])
        own = set(document.source.keywords)
        found[ident] = replace(
            now,
            status=status,
            merged_into=heir,
            keywords=_once(word for one in gone for word in one.keywords if word not in own),
            keys=_once(form for one in gone for form in key_forms(one.key)),
            skus=_once(link.sku for one in gone for link in one.links),
            absorbed=tuple(gone),
        )
    return found


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
