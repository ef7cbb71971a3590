"""``discovery model``: which model makes the vectors, and how fast it is here."""

from __future__ import annotations

import statistics
import time

import click

from discovery.cli.invocation import Group, Invocation, pass_invocation, say
from discovery.vision.precision import sample_pictures
from discovery.wiring import Service

_TEXTS = 20


@click.group("model", cls=Group)
def model_group() -> None:
    """Build, show and time the embedding model."""


@model_group.command()
@pass_invocation
def build(invocation: Invocation) -> None:
    """Load the configured model once, and compute what later starts take from disk."""
    started = time.monotonic()
    recipe = Service(invocation.settings()).embedder().recipe
    seconds = time.monotonic() - started
    invocation.emit(
        {"model": recipe.model, "recipe": recipe.digest, "seconds": round(seconds, 2)},
        [f"model: {recipe.model} is ready ({recipe.dimension} dimensions, recipe {recipe.digest})"],
    )


@model_group.command("list")
@pass_invocation
def list_models(invocation: Invocation) -> None:
    """Show the configured model's recipe, and the one that the index was made with."""
    settings = invocation.settings()
    service = Service(settings)
    recipe = service.embedder().recipe
    stamps = {family.family: family.stamp.get("recipe") for family in service.lifecycle.status()}
    serving = {name: stamp for name, stamp in stamps.items() if stamp}
    lines = [
        f"{recipe.model}: recipe {recipe.digest}",
        f"  dimensions: {recipe.dimension} (text and picture), {recipe.look_dimension} (picture and picture)",
        f"  floors: text {recipe.text_floor}, similar {recipe.similar_floor} (cosine)",
        f"  weights {recipe.weights}",
    ]
    lines += [
        f"  {name} index: {'this recipe' if stamp == recipe.digest else f'another recipe, {stamp}'}"
        for name, stamp in serving.items()
    ]
    invocation.emit({"configured": recipe, "digest": recipe.digest, "indexed": serving}, lines)


@model_group.command()
@click.option("--seconds", type=click.FloatRange(1, 600), default=10.0, show_default=True)
@pass_invocation
def bench(invocation: Invocation, seconds: float) -> None:
    """Time the model on this machine: pictures a second in batches, and one query's words."""
    settings = invocation.settings()
    embedder = Service(settings).embedder()
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
