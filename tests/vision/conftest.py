"""Pictures made on the spot, the real data beside the checkout, and each embedder once a session."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from discovery.config import ImageSettings, default_home
from discovery.vision.embedder import Embedder
from discovery.vision.fake import FakeEmbedder
from discovery.vision.images import Picture, open_picture

REAL_DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

TINY_CLIP = {
    "model_cfg": {
        "embed_dim": 32,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 8},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
    },
    "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
}

Encode = Callable[..., bytes]


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    """Return ``image`` as a file of that format."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def drawn(seed: int = 0, width: int = 160, height: int = 120) -> Image.Image:
    """Return a picture with coarse, smooth colours, the same one for the same seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def plain(colour: tuple[int, int, int] | str, width: int = 80, height: int = 80) -> Image.Image:
    """Return one colour."""
    return Image.new("RGB", (width, height), colour)


def pictured(image: Image.Image) -> Picture:
    """Return ``image`` as it comes out of the door, unchanged by any compression."""
    return open_picture(encoded(image), ImageSettings())


def starter_cache() -> Path:
    """Return where the tests' starter model keeps what it computes once."""
    return default_home(os.environ) / "tests" / "model"


@pytest.fixture
def limits() -> ImageSettings:
    return ImageSettings()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The catalogues beside the checkout."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real data is not beside this checkout (../shared/data)")
    return REAL_DATA


@pytest.fixture(scope="session")
def starter() -> Embedder:
    """The starter model; what it computes once is kept between sessions, as a user's would be."""
    from discovery.vision.starter import load_starter

    return load_starter(starter_cache())


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny open_clip model of random weights."""
    import open_clip  # type: ignore[import-untyped]
    import torch

    torch.manual_seed(7)
    folder = tmp_path_factory.mktemp("clip")
    (folder / "open_clip_config.json").write_text(json.dumps(TINY_CLIP), encoding="utf-8")
    model = open_clip.create_model(f"local-dir:{folder}", require_pretrained=False)
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    return folder


@pytest.fixture(scope="session")
def clip(clip_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    from discovery.vision.clip import load_clip

    return load_clip(f"local-dir:{clip_folder}", tmp_path_factory.mktemp("clip-cache"))


@pytest.fixture(params=["fake", "starter", "clip"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    """Every kind of embedder, one after the other."""
    if request.param == "fake":
        return FakeEmbedder()
    loaded: Embedder = request.getfixturevalue(request.param)
    return loaded
