"""``discovery model``: which model makes the vectors, and how fast it is here."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from typing import Any

import click

from discovery.cli.index import progress_line
from discovery.cli.invocation import Group, Invocation, pass_invocation, say
from discovery.vision.embedder import Floors
from discovery.vision.precision import sample_pictures
from discovery.wiring import Service
from indexers.adaptation import figures_of
from indexers.lifecycle import Change
from indexers.models import ADOPTED

_TEXTS = 20


@click.group("model", cls=Group)
def model_group() -> None:
    """Build, show and time the embedding model."""


@model_group.command()
@pass_invocation
def build(invocation: Invocation) -> None:
    """Load the configured model once, and compute what later starts take from disk."""
    started = time.monotonic()
    recipe = Service(invocation.settings()).base_embedder().recipe
    seconds = time.monotonic() - started
    invocation.emit(
        {"model": recipe.model, "recipe": recipe.digest, "seconds": round(seconds, 2)},
        [f"model: {recipe.model} is ready ({recipe.dimension} dimensions, recipe {recipe.digest})"],
    )


@model_group.command()
@click.option("--dry-run", is_flag=True, help="Fit and measure; keep nothing, change nothing.")
@pass_invocation
def adapt(invocation: Invocation, dry_run: bool) -> None:
    """Fit the model to the catalogue's own words; it serves if that is better on held-out products."""
    service = Service(invocation.settings())
    with progress_line("adapt") as line:
        came = service.adapting(line).adapt(dry_run=dry_run)
    verb = {"adopted": "would serve" if dry_run else "serves now", "refused": "is not adopted"}
    if came.fitted is None:
        lines = [f"left as it is: {came.reason}"]
    else:
        fitted = came.fitted
        words = ", ".join((fitted.words.kind or "", *fitted.words.traits))
        lines = [
            f"fitted on {fitted.pictures} pictures by name, {words}; judged on {fitted.held_out} held out",
            *_figure_lines(figures_of(fitted)),
            f"recipe {came.recipe} {verb[came.outcome]}: {came.reason}",
        ]
    lines.append("; ".join(f"{name} {took:.1f} s" for name, took in came.seconds.items()))
    invocation.emit(
        {
            "outcome": came.outcome,
            "reason": came.reason,
            "pictures": came.pictures,
            "recipe": came.recipe,
            "figures": figures_of(came.fitted) if came.fitted else None,
            "serving": list(came.change.serving) if came.change else [],
            "seconds": dict(came.seconds),
        },
        lines,
    )


@model_group.command("use")
@click.argument("model")
@click.option(
    "--no-promote", is_flag=True, help="Leave it beside the serving one, for index gate and promote."
)
@pass_invocation
def use(invocation: Invocation, model: str, no_promote: bool) -> None:
    """Let MODEL serve: "base", or the beginning of a fitted model's recipe as in list."""
    service = Service(invocation.settings())
    with progress_line("use") as line:
        change = service.adapting(line).use(model, promote=not no_promote)
    waiting = {"waiting": list(change.waiting)} if change.waiting else {}
    invocation.emit(
        {"serving": list(change.serving), "retired": list(change.retired), **waiting},
        [f"{word}: {', '.join(names)}" for word, names in _served(change) if names],
    )


def _served(change: Change) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ("serving", change.serving), ("waiting", change.waiting)


@model_group.command("list")
@pass_invocation
def list_models(invocation: Invocation) -> None:
    """Show the configured model, those fitted to the catalogue with their figures, and which serves."""
    service = Service(invocation.settings())
    recipe = service.base_embedder().recipe
    stamps = {family.family: family.stamp.get("recipe") for family in service.lifecycle.status()}
    serving = {name: stamp for name, stamp in stamps.items() if stamp}
    fitted = service.fitted_models()
    known = {recipe.digest} | {one.recipe for one in fitted}

    def marks(digest: str) -> str:
        where = ", ".join(name for name, stamp in serving.items() if stamp == digest)
        return f"; serves {where}" if where else ""

    lines = [
        f"base: {recipe.model}: recipe {recipe.digest}{marks(recipe.digest)}",
        f"  dimensions: {recipe.dimension} (text and picture), {recipe.look_dimension} (picture and picture)",
        f"  floors: {_floors(recipe.floors)}",
        f"  weights {recipe.weights}",
    ]
    for one in fitted:
        other = "" if one.base == recipe.digest else f"; fitted on another model, {one.model}"
        used = marks(one.recipe) if one.outcome == ADOPTED else ""
        lines.append(f"{one.recipe}: {one.outcome} {one.fitted:%Y-%m-%d %H:%M}{used}{other}: {one.reason}")
        lines += _figure_lines(one.figures)
    lines += [
        f"the {name} index holds vectors of another recipe, {stamp}"
        for name, stamp in serving.items()
        if stamp not in known
    ]
    invocation.emit(
        {
            "configured": recipe,
            "digest": recipe.digest,
            "indexed": serving,
            "fitted": [
                {
                    "recipe": one.recipe,
                    "base": one.base,
                    "model": one.model,
                    "outcome": one.outcome,
                    "reason": one.reason,
                    "fitted": one.fitted,
                    "text_floor": one.floor,
                    "figures": dict(one.figures),
                    "serves": one.outcome == ADOPTED and one.recipe in serving.values(),
                }
                for one in fitted
            ],
        },
        lines,
    )


_FIGURES = {
    "queries": "made queries, nDCG@10",
    "kinds": "  of a kind",
    "traits": "  of a trait and kind",
    "first_kind": "  first hit of the right kind",
    "first_trait": "  first hit of the right trait and kind",
    "names": "by product name, mean reciprocal rank",
    "same_product": "picture to picture, same product first",
    "among_ten": "  same product among ten",
    "same_look": "picture to picture, one kind among ten",
    "open_world": "words of other worlds, nDCG@10",
}


def _figure_lines(figures: Mapping[str, Any]) -> list[str]:
    base, adapted = figures["base"], figures["adapted"]
    measured = [
        f"  {label}: {base[name]:.3f} -> {adapted[name]:.3f}"
        for name, label in _FIGURES.items()
        if base.get(name) is not None and adapted.get(name) is not None
    ]
    floors = [
        f"  floor, {kind}: {one['floor']}; of right answers {_share(one['right'])} pass, of wrong "
        f"{_share(one['wrong'])}"
        for kind, one in figures.get("floors", {}).items()
    ]
    return [*measured, *floors]


def _floors(floors: Floors) -> str:
    return f"text {floors.text}, similar {floors.similar}, duplicate {floors.duplicate} (cosine)"


def _share(share: float | None) -> str:
    return "not measured" if share is None else f"{share:.3g}"


@model_group.command()
@click.option("--seconds", type=click.FloatRange(1, 600), default=10.0, show_default=True)
@pass_invocation
def bench(invocation: Invocation, seconds: float) -> None:
    """Time the model on this machine: pictures a second in batches, and one query's words."""
    settings = invocation.settings()
    embedder = Service(settings).base_embedder()
    say(f"timing {embedder.recipe.model} for {seconds:.0f} s")
    samples = [embedder.prepare(picture) for picture in sample_pictures()]
    batch = (samples * settings.model.batch_size)[: settings.model.batch_size]
    embedder.embed_pictures(batch)
    done, started = 0, time.monotonic()
    while time.monotonic() - started < seconds:
        embedder.embed_pictures(batch)
        done += len(batch)
    rate = done / (time.monotonic() - started)
    times = []
    for number in range(_TEXTS):
        began = time.monotonic()
        embedder.embed_text(f"a red jacket for the {number} of May")
        times.append(time.monotonic() - began)
    text_ms = 1000 * statistics.median(times)
    invocation.emit(
        {
            "model": embedder.recipe.model,
            "images_per_second": rate,
            "batch": len(batch),
            "text_ms": text_ms,
        },
        [f"{embedder.recipe.model}: {rate:.1f} images/s, {len(batch)} at once; {text_ms:.1f} ms a query"],
    )
