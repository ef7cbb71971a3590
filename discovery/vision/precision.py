"""fp32, bf16 or int8: the fastest that is still true, measured once on this machine and remembered.

Which one is fastest depends on the processor (bf16 doubles the speed of one and divides that of another
by ten), so nothing is assumed. A form of the model is true when every output of every sample picture has
a cosine of at least 0.99 to that of fp32; one that is not is never taken, not even when asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from discovery.errors import ModelUnavailable
from discovery.vision.images import Picture

LEAST_COSINE = 0.99
# A form must be clearly faster to be worth any difference.
LEAST_GAIN = 1.15

if TYPE_CHECKING:
    from torch import Tensor

# The picture side of a model: prepared pictures [n, 3, h, w] to one or more outputs [n, d], float32.
PictureNetwork: TypeAlias = "Callable[[Tensor], tuple[Tensor, ...]]"

# AVX-512 runs bf16 at a sensible speed even where it must convert; "bf16" is Arm's name.
_BF16_FEATURES = frozenset({"avx512bw", "avx512_bf16", "amx_bf16", "avx_ne_convert", "bf16"})

_SAMPLES = 4
_SAMPLE_SIDE = 320
_TIMED_RUNS = 3


@dataclass(frozen=True, slots=True)
class Measurement:
    """One form of a model: ``rate`` in pictures a second, ``cosine`` the least to fp32."""

    precision: str
    rate: float
    cosine: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The form taken, and what was measured to take it; empty when fp32 was asked for."""

    precision: str
    measured: tuple[Measurement, ...] = ()


def choose(
    wanted: str,
    builders: Mapping[str, Callable[[], PictureNetwork]],
    samples: Tensor,
    memory: Path,
    recipe: str,
    threads: int,
) -> tuple[Choice, PictureNetwork]:
    """Return the choice and its network.

    ``wanted`` is "auto" or a precision; ``builders`` make the network in each precision the model has,
    "fp32" among them; ``samples`` are prepared pictures; ``memory`` is the file in which choices are
    kept by recipe digest, processor, torch version and threads.

    Raises:
        ModelUnavailable: when the wanted precision does not exist for this model or is not true.
    """
    if wanted == "fp32":
        return Choice("fp32"), builders["fp32"]()
    if wanted != "auto" and wanted not in builders:
        raise ModelUnavailable(
            f'this model has no {wanted} form; set model.precision to "auto" or one of {", ".join(builders)}'
        )
    key = _key(recipe, wanted, threads)
    remembered = _recall(memory, key)
    if remembered is not None and remembered.precision in builders:
        return remembered, builders[remembered.precision]()
    networks = {"fp32": builders["fp32"]()}
    measured = [Measurement("fp32", _rate(networks["fp32"], samples), 1.0)]
    for name in builders if wanted == "auto" else (wanted,):
        if name != "fp32":
            networks[name] = builders[name]()
            measured.append(_measure(name, networks[name], networks["fp32"], samples))
    choice = Choice(_taken(wanted, measured), tuple(measured))
    _remember(memory, key, choice)
    return choice, networks[choice.precision]


def has_bf16(processor: str | None = None) -> bool:
    """Return whether the processor may gain by bf16; where none of its kind has it, a try takes minutes.

    ``processor`` is its description as Linux gives it in /proc/cpuinfo; one without a list of features
    says nothing against it.
    """
    features = {word for line in (processor or _processor()).splitlines()[1:] for word in line.split()}
    return not features or not features.isdisjoint(_BF16_FEATURES)


def sample_pictures() -> list[Picture]:
    """Return pictures with edges, gradients, texture and flat grounds, the same ones every time."""
    return [_sample(number) for number in range(_SAMPLES)]


def _taken(wanted: str, measured: Sequence[Measurement]) -> str:
    plain, *others = measured
    true = [one for one in others if one.cosine >= LEAST_COSINE]
    if wanted != "auto":
        if not true:
            raise ModelUnavailable(
                f"{wanted} changes this model's vectors (cosine {others[0].cosine:.3f} to fp32, expected at "
                f'least {LEAST_COSINE}); set model.precision to "auto" or "fp32"'
            )
        return wanted
    faster = [one for one in true if one.rate >= LEAST_GAIN * plain.rate]
    return max(faster, key=lambda one: one.rate).precision if faster else "fp32"


def _measure(name: str, network: PictureNetwork, plain: PictureNetwork, samples: Tensor) -> Measurement:
    first = samples[:1]
    try:
        # On a processor without bf16 it can be a hundred times slower; one picture is enough to see that.
        taken, output = _timed(network, first)
        expected_taken, expected = _timed(plain, first)
        if taken > 2 * expected_taken:
            return Measurement(name, 1 / taken, _least_cosine(output, expected))
        cosine = _least_cosine(network(samples), plain(samples))
        return Measurement(name, _rate(network, samples), cosine)
    except (RuntimeError, NotImplementedError):
        # A kernel that this processor or this architecture lacks: a form that cannot run is not taken.
        return Measurement(name, 0.0, -1.0)


def _timed(network: PictureNetwork, pictures: Tensor) -> tuple[float, tuple[Tensor, ...]]:
    started = time.perf_counter()
    outputs = network(pictures)
    return time.perf_counter() - started, outputs


def _least_cosine(found: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> float:
    cosines = []
    for one, other in zip(found, expected, strict=True):
        a, b = one.numpy(), other.numpy()
        norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        cosines.append(float(((a * b).sum(axis=1) / np.maximum(norms, 1e-12)).min()))
    return float(np.nan_to_num(min(cosines), nan=-1.0))


def _rate(network: PictureNetwork, samples: Tensor) -> float:
    return len(samples) / min(_timed(network, samples)[0] for _ in range(_TIMED_RUNS))


def _key(recipe: str, wanted: str, threads: int) -> str:
    named = (recipe, wanted, _processor(), metadata.version("torch"), threads)
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    model = [line for line in lines if line.startswith(("model name", "flags", "Features"))][:2]
    return "\n".join(model) or f"{platform.machine()} {platform.processor()}"


def _recall(memory: Path, key: str) -> Choice | None:
    try:
        found = json.loads(memory.read_text(encoding="utf-8"))[key]
        return Choice(found["precision"], tuple(Measurement(**one) for one in found["measured"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(memory: Path, key: str, choice: Choice) -> None:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    known = known if isinstance(known, dict) else {}
    known[key] = asdict(choice)
    memory.parent.mkdir(parents=True, exist_ok=True)
    partial = memory.with_name(f"{memory.name}.{os.getpid()}")
    partial.write_text(json.dumps(known, indent=1), encoding="utf-8")
    partial.replace(memory)


def _sample(number: int) -> Picture:
    random = np.random.default_rng(number)
    coarse = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((_SAMPLE_SIDE, _SAMPLE_SIDE), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(4 + 3 * number):
        x, y = (int(v) for v in random.integers(0, _SAMPLE_SIDE - 40, 2))
        width, height = (int(v) for v in random.integers(20, 160, 2))
        colour = tuple(int(v) for v in random.integers(0, 256, 3))
        shape = draw.ellipse if random.random() < 0.5 else draw.rectangle
        shape((x, y, x + width, y + height), fill=colour)
    grain = random.normal(0, 6, (_SAMPLE_SIDE, _SAMPLE_SIDE, 3))
    noisy = np.clip(np.asarray(image, dtype=np.float64) + grain, 0, 255).astype(np.uint8)
    return Picture(Image.fromarray(noisy), _SAMPLE_SIDE, _SAMPLE_SIDE, "png", "image/png", 1)
