"""Spare files: copies that no catalogue names, and so nobody is shown. Pure."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.duplicates.prints import DECLARED
from mappings.documents import AssetDocument


def is_spare(asset: AssetDocument, context: Context) -> bool:
    """Return whether a file is a copy of another and is linked by likeness or name at most.

    That it is a copy is all there is to say of it: what it lacks matters in the file it is a copy of.
    """
    named = any(link.method == DECLARED for link in asset.product.links)
    return asset.id in context.copies and not named
