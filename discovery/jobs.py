"""What came of each kind of work, as the outcome of a job. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from discovery.audit.model import AuditRun, Outcome
from discovery.errors import DiscoveryError
from discovery.mail.server import Delivery
from discovery.saved.alerts import Looked
from discovery.scheduler.model import FAILED, PROBLEMS, SUCCEEDED, JobOutcome
from discovery.usage.rollup import RollUp
from indexers.adaptation import Adaptation
from indexers.link_run import LinkSummary
from indexers.reconcile import Reconciliation
from indexers.summary import RunSummary


def indexed(
    summaries: Sequence[RunSummary], errors: Sequence[DiscoveryError], links: LinkSummary | None
) -> JobOutcome:
    """Return the outcome of runs over all sources, and links after them; one that fails fails the job."""
    figures: Counter[str] = Counter(sources=len(summaries) + len(errors), broken=len(errors))
    reasons = [f"{error.kind.title}: {error.detail}" for error in errors]
    for summary in summaries:
        figures.update(summary.counts())
        reasons += [f"{summary.source}: {one.key}: {one.reason}" for one in summary.failures]
    if links is not None:
        figures.update(_of_links(links))
    outcome = FAILED if errors else PROBLEMS if reasons else SUCCEEDED
    return JobOutcome(outcome, figures, next(iter(reasons), None))


def adapted(came: Adaptation | None) -> JobOutcome:
    """Return the outcome of fitting the model; ``None`` where too little changed to try."""
    if came is None:
        return JobOutcome(figures={"tried": 0})
    figures: dict[str, float] = {"tried": 1, "pictures": came.pictures}
    figures["adopted"] = int(came.outcome == "adopted")
    if came.fitted is not None:
        figures |= {"before": came.fitted.base.queries, "after": came.fitted.adapted.queries}
    return JobOutcome(figures=figures, reason=came.reason)


def linked(summary: LinkSummary) -> JobOutcome:
    """Return the outcome of a run over links."""
    return JobOutcome(figures=_of_links(summary))


def audited(run: AuditRun) -> JobOutcome:
    """Return the outcome of an audit; one that a brake stopped is for people to look at."""
    figures = {
        "assets": run.assets,
        "products": run.products,
        "flagged": run.flagged,
        "new": run.new,
        "returned": run.returned,
        "gone": run.gone,
    }
    outcomes = {Outcome.FINISHED: SUCCEEDED, Outcome.PLANNED: SUCCEEDED, Outcome.STOPPED: PROBLEMS}
    return JobOutcome(outcomes.get(run.outcome, FAILED), figures, next(iter(run.reasons), None))


def compared(report: Reconciliation) -> JobOutcome:
    """Return the outcome of a comparison of sources and index."""
    figures: Counter[str] = Counter(listed=sum(one.listed for one in report.sources))
    reasons = [f"{one.side} {one.source}: {one.reason}" for one in report.unreadable]
    figures["unreadable"] = len(reasons)
    for found in report.differences:
        figures[found.kind] += found.count
        reasons.append(f"{found.side} {found.source}: {found.count} {found.kind}")
    return JobOutcome(SUCCEEDED if report.clean else PROBLEMS, figures, next(iter(reasons), None))


def counted(done: RollUp) -> JobOutcome:
    """Return the outcome of a roll-up of usage."""
    return JobOutcome(figures={"counted": done.counted, "written": done.written, "unplaced": done.unplaced})


def mailed(deliveries: Sequence[Delivery]) -> JobOutcome:
    """Return the outcome of a round of digests; it has failed where not one of them could be sent."""
    refused = [one for one in deliveries if one.reason is not None]
    figures = {"sent": len(deliveries) - len(refused), "refused": len(refused)}
    outcome = SUCCEEDED if not refused else PROBLEMS if figures["sent"] else FAILED
    return JobOutcome(outcome, figures, next((f"{one.to}: {one.reason}" for one in refused), None))


def looked(done: Looked) -> JobOutcome:
    """Return the outcome of a round over saved searches; one that cannot be run is for people to look at."""
    letters = mailed(done.deliveries)
    figures = {
        "searches": done.searches,
        "due": done.due,
        "held against": done.held,
        "changed": done.changed,
        "broken": done.broken,
        **letters.figures,
    }
    reasons = [f"{name}: {why}" for name, why in done.unsure]
    if done.broken:
        reasons.append(f"{done.broken} saved search{'es' * (done.broken > 1)} cannot be run")
    outcome = letters.outcome if letters.outcome != SUCCEEDED or not reasons else PROBLEMS
    return JobOutcome(outcome, figures, letters.reason or next(iter(reasons), None))


def cleaned(removed: Mapping[str, int]) -> JobOutcome:
    """Return the outcome of a clean-up."""
    return JobOutcome(figures=removed)


def _of_links(summary: LinkSummary) -> dict[str, int]:
    return {"judged": summary.assets} | {f"links {kind}": count for kind, count in summary.counts.items()}
