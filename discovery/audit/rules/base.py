"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, FileSubject, ProductSubject, Severity, Verdict

S = TypeVar("S", AssetSubject, ProductSubject, FileSubject)

Looks = Literal["assets", "products", "files"]


@dataclass(frozen=True, slots=True)
class Rule(Generic[S]):
    """One question put to every asset, product or failed file.

    ``judge`` is pure: a verdict, or ``None`` where nothing is wrong. ``answerable`` says, before anything is
    read, why the rule cannot judge at all in this run; its findings are then left as they are. ``sudden``
    rules depend on time or on inputs being whole: where a first run already flags most of the catalogue, that
    is a sign of a bad input, not of a bad catalogue.
    """

    name: str
    looks: Looks
    severity: Severity
    question: str
    remedy: str
    judge: Callable[[S, Context], Verdict | None]
    answerable: Callable[[Context], str | None] = lambda _: None
    sudden: bool = False


def needs_products(context: Context) -> str | None:
    """Return why a rule about links cannot judge: no catalogue says what products there are."""
    return None if context.products else "no products have been indexed"


def needs_assets(context: Context) -> str | None:
    """Return why a rule about pictures cannot judge: there are none at all."""
    return None if context.assets else "no assets have been indexed"
