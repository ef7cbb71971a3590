"""What the pages of jobs and of search gaps show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from discovery.search.request import Viewer
from discovery.search_log.reports.formats import FORMATS
from discovery.web import gaps, serialise
from discovery.web import models as known_models
from discovery.web.grammar import Pairs
from discovery.web.language import counted, message, time, translated
from discovery.web.pages import view
from discovery.web.services import Jobs, SearchLog, Services

AT_ONCE = 50

OUTCOMES = {
    "succeeded": message("Done"),
    "problems": message("Done, with things to look at"),
    "failed": message("Failed"),
    "timed-out": message("Took too long and was ended"),
    "crashed": message("Ended by an error"),
    "stopped": message("Stopped; it is made up for"),
    "lost": message("Lost; it is made up for"),
}
_FINE = frozenset({"succeeded"})
MODEL_OUTCOMES = {
    "configured": message("as it came"),
    "adopted": message("fitted to the catalogue"),
    "refused": message("fitted, and no better"),
}
MODEL_FIGURES = {
    "queries": message("Words find the right pictures (nDCG@10)"),
    "first_kind": message("First hit is of the right kind"),
    "first_trait": message("First hit is of the right trait and kind"),
    "names": message("Product names find their pictures"),
    "same_product": message("Nearest picture shows the same product"),
    "among_ten": message("Same product among the ten nearest"),
    "open_world": message("Words from outside the catalogue"),
}
TABS = {"products": message("To photograph next"), "queries": message("Asked in vain")}


def jobs(board: Jobs) -> list[dict[str, Any]]:
    """Return the job table in words."""
    return [_job(one) for one in serialise.jobs(board.jobs())["jobs"]]


def _job(one: Mapping[str, Any]) -> dict[str, Any]:
    last = one["runs"][0] if one["runs"] else None
    return {
        **one,
        "next": time(one["next_due"]) if one["next_due"] else translated("when asked for"),
        "under_way": one["running"] is not None,
        "waits": one["asked"] is not None,
        "last": time(last["started"]) if last else translated("never yet"),
        "outcome": translated(OUTCOMES.get(last["outcome"], last["outcome"])) if last else "",
        "fine": last is None or last["outcome"] in _FINE,
        "reason": last["reason"] if last else None,
        "took": _took(last) if last else "",
    }


def _took(run: Mapping[str, Any]) -> str:
    seconds = (
        datetime.fromisoformat(run["finished"]) - datetime.fromisoformat(run["started"])
    ).total_seconds()
    if seconds < 90:
        return counted("%(num)s second", "%(num)s seconds", max(1, round(seconds)))
    return counted("%(num)s minute", "%(num)s minutes", round(seconds / 60))


def wanted(log: SearchLog, pairs: Pairs) -> dict[str, Any]:
    """Return what is asked for and not found: products to photograph, or queries.

    Raises:
        InputInvalid: the cursor in the address is none.
    """
    asked = view.value_of(pairs, "of")
    tab = asked if asked in TABS else "products"
    after = view.value_of(pairs, "after")
    given: dict[str, Any] = {"size": AT_ONCE, **({"after": after} if after else {})}
    found = (gaps.wanted if tab == "products" else gaps.gaps)(log.gaps(), given)
    more = urlencode({"of": tab, "after": found["next"]}) if found["next"] else None
    return {
        "enabled": log.enabled,
        "tab": tab,
        "tabs": [
            {"label": translated(label), "href": f"/gaps?of={name}", "current": name == tab}
            for name, label in TABS.items()
        ],
        "found": found,
        "since": time(found["since"]) if found["since"] else "",
        "more": f"/gaps?{more}" if more else None,
        "formats": [{"label": name.upper(), "href": f"/api/v1/search/gaps.{name}"} for name in FORMATS],
    }


def models(services: Services, viewer: Viewer, pairs: Pairs, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Return the models with their figures, and what two of them find for the words in the address.

    Raises:
        InputInvalid: the words are too many.
    """
    listed = known_models.listing(services.models.all())["models"]
    job = next((one for one in jobs(services.jobs) if one["id"] == "adapt"), None)
    q = (view.value_of(pairs, "q") or "").strip()
    compared = None
    if q:
        words = known_models.words_of({"q": q})
        compared = known_models.comparison(words, services.models.compare(words, viewer))
    return {
        "models": [_told(one) for one in listed],
        "job": job,
        "q": q,
        "sides": [] if compared is None else _sides(compared, sizes),
        "compared": compared,
    }


def _told(model: Mapping[str, Any]) -> dict[str, Any]:
    kind = MODEL_OUTCOMES[model["outcome"]]
    labels = [MODEL_FIGURES[one["name"]] for one in model["figures"]]
    return {
        **model,
        "kind": translated(kind),
        "when": time(model["fitted"]),
        "figures": [
            {**one, "label": translated(label)} for one, label in zip(model["figures"], labels, strict=True)
        ],
    }


def _sides(compared: Mapping[str, Any], sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    said = (("before", message("Before")), ("now", message("Now")))
    return [
        {
            "label": translated(label),
            "recipe": compared["recipe" if name == "now" else "before_recipe"],
            "cards": [view.card({**one, "highlight": {}}, sizes) for one in compared[name]],
        }
        for name, label in said
        if compared[name] is not None
    ]
