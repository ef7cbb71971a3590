"""Never used, in all its levels, as the audit says it of a real catalogue with real feeds."""

from __future__ import annotations

from datetime import timedelta

from discovery.audit.listing import FindingsQuery
from discovery.audit.model import AuditRun, Outcome
from discovery.audit.runner import Terms
from tests.audit.making import asset, product
from tests.usage.conftest import Shelf

NEVER_USED = Terms(rules=("asset-never-used",))


def audit(shelf: Shelf, terms: Terms = NEVER_USED) -> tuple[AuditRun, dict[str, str]]:
    """Run the audit; return it with what is open, by file."""
    done = shelf.service.audit.run(terms)
    assert done.outcome is Outcome.FINISHED, done.reasons
    found = shelf.service.audit.findings(FindingsQuery(rule="asset-never-used", state="open")).findings
    return done, {one.subject.name: one.verdict for one in found}


def test_never_used_has_levels_and_is_never_said_of_an_incomplete_feed(shelf: Shelf) -> None:
    now = shelf.clock()
    long_ago, old, young = (now - timedelta(days=days) for days in (900, 500, 5))
    shown = asset("shown.jpg", "MG-7", approval="draft", created=old, modified=old)
    shelf.put(
        asset("definitely.jpg", approval="draft", created=old, modified=old),
        asset("probably.jpg", approval="draft", created=long_ago, modified=long_ago),
        asset("young.jpg", approval="draft", created=young, modified=young),
        asset("protected.jpg", approval="legal hold", created=old, modified=old),
        used := asset("used.jpg", approval="draft", created=old, modified=old),
        shown,
        product("MG-7", shown),
    )
    shelf.indexed()
    usage = shelf.service.usage
    done, found = audit(shelf)
    assert "there is no usage feed" in str(done.rules["asset-never-used"].not_judged)
    assert found == {}

    since = (now - timedelta(days=600)).isoformat()
    usage.declare("shop", since, (now - timedelta(days=9)).isoformat())
    usage.take("shop", [shelf.event("1", "download", used)])
    done, found = audit(shelf)
    assert "incomplete" in str(done.rules["asset-never-used"].not_judged)
    assert found == {}

    usage.declare("shop", None, now.isoformat())
    _, found = audit(shelf)
    assert found["definitely.jpg"] == "definitely never used"
    assert found["probably.jpg"] == "probably never used"
    assert found.keys().isdisjoint({"young.jpg", "protected.jpg", "used.jpg", "shown.jpg"})

    # A second feed that is late: nothing new is said, and nothing that was said is taken back.
    usage.declare("cdn", since, (now - timedelta(days=30)).isoformat())
    done, again = audit(shelf)
    assert done.rules["asset-never-used"].not_judged is not None
    assert again == found
    # It turns out to have been used after all.
    usage.retire("cdn")
    late = {**shelf.event("2", "publication", used, channel="print"), "asset": None, "source": "studio"}
    usage.take("shop", [{**{k: v for k, v in late.items() if v is not None}, "key": "definitely.jpg"}])
    assert "definitely.jpg" not in audit(shelf)[1]


def test_a_dry_run_counts_nothing_and_says_nothing_while_counts_are_behind(shelf: Shelf) -> None:
    shelf.indexed()
    now = shelf.clock()
    usage = shelf.service.usage
    usage.declare("shop", (now - timedelta(days=600)).isoformat(), now.isoformat())
    dry = shelf.service.audit.run(Terms(rules=("asset-never-used",), dry_run=True))
    assert dry.rules["asset-never-used"].not_judged is not None
    assert "never rolled up" in usage.coverage().missing[0]
    usage.roll_up()
    dry = shelf.service.audit.run(Terms(rules=("asset-never-used",), dry_run=True))
    assert dry.rules["asset-never-used"].not_judged is None
