"""The choice of a precision: measured, remembered, and never at the price of truth."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from discovery.errors import ModelUnavailable
from discovery.vision.eight_bits import in_eight_bits
from discovery.vision.precision import Choice, PictureNetwork, choose, has_bf16, sample_pictures

SAMPLES = torch.linspace(-1, 1, 4 * 8).view(4, 8)


class Clock:
    """A clock that only the networks under test move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "perf_counter", clock)
    return clock


Maker = Callable[..., Callable[[], PictureNetwork]]


@pytest.fixture
def network(clock: Clock) -> Maker:
    """Make networks that take this long a picture and turn their output by so much."""

    def make(seconds: float, turned: float = 0.0, broken: bool = False) -> Callable[[], PictureNetwork]:
        def run(pictures: Tensor) -> tuple[Tensor, ...]:
            if broken:
                raise RuntimeError("no such kernel")
            clock.now += seconds * len(pictures)
            return (functional.normalize(pictures + turned * pictures.roll(1, 1), dim=1),)

        return lambda: run

    return make


def chosen(builders: dict[str, Callable[[], PictureNetwork]], memory: Path, wanted: str = "auto") -> Choice:
    return choose(wanted, builders, SAMPLES, memory, "recipe", 2)[0]


def test_the_fastest_true_form_is_taken(network: Maker, tmp_path: Path) -> None:
    builders = {"fp32": network(1.0), "bf16": network(0.5, 0.01), "int8": network(0.3, 0.02)}
    choice = chosen(builders, tmp_path / "precision.json")
    assert choice.precision == "int8"
    assert [one.precision for one in choice.measured] == ["fp32", "bf16", "int8"]
    assert choice.measured[1].rate == pytest.approx(2.0)
    assert all(one.cosine >= 0.99 for one in choice.measured)


def test_a_fast_form_that_is_not_true_is_not_taken(network: Maker, tmp_path: Path) -> None:
    choice = chosen({"fp32": network(1.0), "int8": network(0.1, 0.9)}, tmp_path / "precision.json")
    assert choice.precision == "fp32"
    assert choice.measured[1].cosine < 0.99


def test_a_form_that_gains_little_is_not_taken(network: Maker, tmp_path: Path) -> None:
    assert chosen({"fp32": network(1.0), "bf16": network(0.95)}, tmp_path / "p.json").precision == "fp32"


def test_a_form_that_is_far_slower_is_tried_on_one_picture_only(
    network: Maker, tmp_path: Path, clock: Clock
) -> None:
    assert chosen({"fp32": network(1.0), "bf16": network(100.0)}, tmp_path / "p.json").precision == "fp32"
    assert clock.now < 150


def test_a_form_that_cannot_run_here_is_not_taken(network: Maker, tmp_path: Path) -> None:
    assert (
        chosen({"fp32": network(1.0), "bf16": network(0.1, broken=True)}, tmp_path / "p.json").precision
        == "fp32"
    )


def test_the_choice_is_remembered_and_not_measured_again(
    network: Maker, tmp_path: Path, clock: Clock
) -> None:
    memory = tmp_path / "made" / "precision.json"
    builders = {"fp32": network(1.0), "bf16": network(0.5)}
    first = chosen(builders, memory)
    spent = clock.now
    assert chosen(builders, memory) == first
    assert clock.now == spent


@pytest.mark.parametrize("content", ["", "[]", "{", '{"k": 1}', "null"])
def test_a_broken_memory_is_measured_anew(network: Maker, tmp_path: Path, content: str) -> None:
    memory = tmp_path / "precision.json"
    memory.write_text(content, encoding="utf-8")
    assert chosen({"fp32": network(1.0), "bf16": network(0.5)}, memory).precision == "bf16"
    assert isinstance(json.loads(memory.read_text(encoding="utf-8")), dict)


def test_fp32_needs_no_measurement(network: Maker, tmp_path: Path, clock: Clock) -> None:
    assert chosen({"fp32": network(1.0), "bf16": network(0.1)}, tmp_path / "p.json", "fp32") == Choice("fp32")
    assert clock.now == 0


def test_a_form_that_is_asked_for_by_name_must_be_true(network: Maker, tmp_path: Path) -> None:
    builders = {"fp32": network(1.0), "bf16": network(1.9, 0.01), "int8": network(0.1, 0.9)}
    assert chosen(builders, tmp_path / "p.json", "bf16").precision == "bf16"
    with pytest.raises(ModelUnavailable, match="int8 changes this model's vectors"):
        chosen(builders, tmp_path / "p.json", "int8")


def test_a_form_that_the_model_lacks_is_named(network: Maker, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="has no int8 form"):
        chosen({"fp32": network(1.0)}, tmp_path / "p.json", "int8")


def test_linear_layers_in_eight_bits_stay_close() -> None:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(64, 128), nn.GELU(), nn.Sequential(nn.Linear(128, 32, bias=False)))
    inputs = torch.randn(16, 64)
    expected = model(inputs)
    in_eight_bits(model)
    cosines = functional.cosine_similarity(model(inputs), expected, dim=1)
    assert cosines.min() > 0.99
    assert not torch.equal(model(inputs), expected)


def test_sample_pictures_are_the_same_every_time_and_differ_among_themselves() -> None:
    first, second = sample_pictures(), sample_pictures()
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(np.asarray(one.image), np.asarray(other.image))
    assert len({one.image.tobytes() for one in first}) == len(first)


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        ("model name : EPYC 7003\nflags : fpu sse4_2 avx2 fma", False),
        ("model name : Xeon\nflags : avx2 avx512f avx512bw amx_bf16", True),
        ("model name : Neoverse\nFeatures : fp asimd bf16 i8mm", True),
        ("arm64 arm", True),
    ],
)
def test_bf16_is_tried_where_the_processor_may_have_it(processor: str, expected: bool) -> None:
    assert has_bf16(processor) is expected
