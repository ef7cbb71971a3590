"""The rules. A new one is a file of its own, its tests, and its line in this table."""

from __future__ import annotations

from discovery.audit.model import AssetSubject, FileSubject, ProductSubject
from discovery.audit.rules import (
    asset_alt_text_missing,
    asset_duplicate,
    asset_expired,
    asset_expiring,
    asset_file_broken,
    asset_file_missing,
    asset_low_resolution,
    asset_metadata_incomplete,
    asset_never_used,
    asset_stale,
    asset_superseded_in_use,
    asset_unapproved_in_use,
    asset_unlinked,
    link_conflict,
    link_dead,
    product_asset_outdated,
    product_hero_unusable,
    product_incomplete,
    product_no_asset,
    product_no_hero,
    product_set_incomplete,
)
from discovery.audit.rules.base import Rule

ASSET_RULES: tuple[Rule[AssetSubject], ...] = (
    asset_unlinked.RULE,
    asset_stale.RULE,
    asset_expired.RULE,
    asset_expiring.RULE,
    asset_superseded_in_use.RULE,
    asset_unapproved_in_use.RULE,
    asset_duplicate.RULE,
    asset_low_resolution.RULE,
    asset_metadata_incomplete.RULE,
    asset_alt_text_missing.RULE,
    asset_never_used.RULE,
    link_conflict.RULE,
)
FILE_RULES: tuple[Rule[FileSubject], ...] = (asset_file_missing.RULE, asset_file_broken.RULE)
PRODUCT_RULES: tuple[Rule[ProductSubject], ...] = (
    product_no_asset.RULE,
    product_no_hero.RULE,
    product_hero_unusable.RULE,
    product_set_incomplete.RULE,
    product_asset_outdated.RULE,
    product_incomplete.RULE,
    link_dead.RULE,
)

AnyRule = Rule[AssetSubject] | Rule[FileSubject] | Rule[ProductSubject]
_ALL: tuple[AnyRule, ...] = (*ASSET_RULES, *FILE_RULES, *PRODUCT_RULES)
RULES: dict[str, AnyRule] = {rule.name: rule for rule in _ALL}
