"""The starter model: the very weights, the published networks, and meaning."""

from __future__ import annotations

import shutil
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import torch

from discovery.errors import ModelUnavailable
from discovery.vision import starter as module
from discovery.vision.embedder import Embedder
from discovery.vision.lite0 import Lite0
from discovery.vision.starter import load_starter
from tests.vision.conftest import pictured, plain, starter_cache


@pytest.fixture(scope="module")
def tensors() -> list[torch.Tensor]:
    picture_file, _ = module._packages()
    return list(torch.load(picture_file, map_location="cpu", weights_only=True).values())


def test_the_picture_network_gives_the_numbers_of_the_library_that_published_it(
    tensors: list[torch.Tensor],
) -> None:
    timm = pytest.importorskip("timm")
    published = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    published.load_state_dict(dict(zip(published.state_dict(), tensors, strict=True)))
    torch.manual_seed(3)
    pictures = torch.randn(2, 3, 224, 224)
    with torch.inference_mode():
        features, logits = Lite0(tensors).eval()(pictures)
        expected = published.forward_head(published.forward_features(pictures), pre_logits=True)
        torch.testing.assert_close(features, expected, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(logits, published.classifier(expected), atol=1e-4, rtol=1e-4)


def test_weights_of_another_network_are_refused(tensors: list[torch.Tensor]) -> None:
    with pytest.raises(ValueError, match="expected 296 tensors"):
        Lite0(tensors[:-1])
    with pytest.raises(ValueError, match="expected a weight of"):
        Lite0([torch.zeros(1), *tensors[1:]])


def test_sentences_of_like_meaning_are_near(starter: Embedder) -> None:
    jacket, coat, kettle = (
        starter.embed_text(t) for t in ("a warm jacket", "a winter coat", "an electric kettle")
    )
    assert jacket @ coat > 0.5 > jacket @ kettle


def test_a_file_that_is_not_the_known_one_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "weights.pth"
    other.write_bytes(b"other weights")
    with pytest.raises(ModelUnavailable, match=r"weights\.pth of the starter model is not the known file"):
        module._verify(other, module.PICTURE_WEIGHTS_SHA256)
    with pytest.raises(ModelUnavailable, match="make install"):
        module._verify(tmp_path / "missing.pth", module.PICTURE_WEIGHTS_SHA256)


def test_a_package_that_is_missing_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(ModelUnavailable, match="make install"):
        load_starter(tmp_path)


def test_what_is_computed_once_is_taken_from_the_cache(tmp_path: Path) -> None:
    made: list[int] = []

    def texts(batch: list[str]) -> torch.Tensor:
        made.append(len(batch))
        return torch.nn.functional.normalize(torch.rand(len(batch), 384) - 0.5, dim=1)

    file = tmp_path / "classes.npy"
    names = [[f"thing {n}", f"object {n}"] for n in range(1000)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_class_names", lambda: names)
        first = module._class_vectors(file, texts)  # type: ignore[arg-type]
        assert sum(made) == 4000
        np.testing.assert_array_equal(module._class_vectors(file, texts), first)  # type: ignore[arg-type]
        assert sum(made) == 4000
        file.write_bytes(b"cut off")
        module._class_vectors(file, texts)  # type: ignore[arg-type]
        assert sum(made) == 8000
    np.testing.assert_allclose(first.mean(axis=0), 0, atol=1e-6)


def test_no_picture_goes_anywhere_else_than_the_middle() -> None:
    image = plain("black", 400, 200)
    image.paste((255, 255, 255), (120, 20, 280, 180))
    assert module.prepare(pictured(image))[:, 40:-40, 40:-40].min() == 255


@pytest.mark.realdata
def test_words_find_the_pictures_they_mean(starter: Embedder, real_data: Path) -> None:
    from discovery.config import ImageSettings
    from discovery.vision.images import open_picture

    shown = {
        "camera": "gadgets/media/brandi-redd-104140-unsplash.jpg",
        "bag": "luma/media/m/b/mb01-blue-0.jpg",
        "watch": "luma/media/m/g/mg01-bk-0.jpg",
    }
    files = {word: real_data / path for word, path in shown.items()}
    batch = [
        starter.prepare(open_picture(file.read_bytes(), ImageSettings(), target=256))
        for file in files.values()
    ]
    embeddings = starter.embed_pictures(batch)
    for index, word in enumerate(files):
        scores = [float(starter.embed_text(word) @ embedding.vector) for embedding in embeddings]
        assert int(np.argmax(scores)) == index, word
        assert scores[index] > starter.recipe.text_floor, word


def test_a_second_start_takes_everything_from_the_cache(starter: Embedder, tmp_path: Path) -> None:
    shutil.copytree(starter_cache(), tmp_path / "model")
    before = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "model").iterdir()}
    assert load_starter(tmp_path / "model").recipe == starter.recipe
    assert {file.name: file.stat().st_mtime_ns for file in (tmp_path / "model").iterdir()} == before
