"""Any open_clip model, by tiny ones made on the spot; no published weights, no network."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from discovery.errors import ModelUnavailable
from discovery.vision.clip import ClipEmbedder, Framing, load_clip
from discovery.vision.embedder import Embedder
from tests.vision.conftest import TINY_CLIP, drawn, pictured, plain

SIDE = {"size": 32, "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}


def test_the_vectors_are_open_clips_own(clip_folder: Path, clip: Embedder) -> None:
    import open_clip  # type: ignore[import-untyped]

    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{clip_folder}")
    model.eval()
    tokenizer = open_clip.get_tokenizer(f"local-dir:{clip_folder}")
    image = drawn(4, 64, 48)
    [found] = clip.embed_pictures([clip.prepare(pictured(image))])
    with torch.inference_mode():
        expected = model.encode_image(transform(image)[None], normalize=True)[0].numpy()
        words = model.encode_text(tokenizer(["a red jacket"]), normalize=True)[0].numpy()
    assert float(found.vector @ expected) > 0.999
    np.testing.assert_allclose(clip.embed_text("a red jacket"), words, atol=1e-5)
    assert found.look is found.vector


def test_other_weights_are_another_recipe(clip_folder: Path, clip: Embedder, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(clip_folder, other)
    state = torch.load(other / "open_clip_pytorch_model.bin", weights_only=True)
    state["visual.proj"][0, 0] += 0.01
    torch.save(state, other / "open_clip_pytorch_model.bin")
    changed = load_clip(f"local-dir:{other}", tmp_path, "fp32")
    assert changed.recipe.weights != clip.recipe.weights
    again = load_clip(f"local-dir:{clip_folder}", tmp_path, "fp32")
    assert again.recipe == clip.recipe


def test_a_plain_checkpoint_is_loaded_into_its_architecture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import open_clip
    from open_clip import factory

    monkeypatch.setitem(factory._MODEL_CONFIGS, "Tiny-B-8", TINY_CLIP["model_cfg"])
    torch.manual_seed(1)
    checkpoint = tmp_path / "weights.pt"
    torch.save(open_clip.create_model("Tiny-B-8").state_dict(), checkpoint)
    loaded = load_clip(f"Tiny-B-8:{checkpoint}", tmp_path, "fp32")
    assert loaded.recipe.dimension == 32
    assert loaded.embed_text("a").shape == (32,)


def test_a_sigmoid_trained_model_has_a_lower_floor(clip_folder: Path, clip: Embedder, tmp_path: Path) -> None:
    folder = tmp_path / "sigmoid"
    shutil.copytree(clip_folder, folder)
    settings = json.loads((folder / "open_clip_config.json").read_text(encoding="utf-8"))
    settings["model_cfg"]["init_logit_bias"] = -10
    (folder / "open_clip_config.json").write_text(json.dumps(settings), encoding="utf-8")
    sigmoid = load_clip(f"local-dir:{folder}", tmp_path, "fp32")
    assert sigmoid.recipe.text_floor < clip.recipe.text_floor


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_lower_precisions_stay_true(
    precision: str, clip_folder: Path, clip: Embedder, tmp_path: Path
) -> None:
    loaded = load_clip(f"local-dir:{clip_folder}", tmp_path, precision)
    assert loaded.choice.precision == precision
    assert loaded.recipe == clip.recipe
    batch = [clip.prepare(pictured(drawn(seed))) for seed in range(3)]
    for one, other in zip(loaded.embed_pictures(batch), clip.embed_pictures(batch), strict=True):
        assert float(one.vector @ other.vector) > 0.99


def refusal(name: str, tmp_path: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ModelUnavailable) as caught:
            load_clip(name, tmp_path)
    return caught.value.detail


def test_an_architecture_that_does_not_exist_has_a_likely_neighbour(tmp_path: Path) -> None:
    detail = refusal("ViT-B32:laion2b_s34b_b79k", tmp_path)
    assert "no architecture 'ViT-B32'" in detail
    assert "ViT-B-32" in detail


def test_an_architecture_without_weights_lists_those_there_are(tmp_path: Path) -> None:
    assert "laion2b_s34b_b79k" in refusal("ViT-B-32", tmp_path)
    assert "neither a file nor one of the weights" in refusal("ViT-B-32:nonsense", tmp_path)


@pytest.mark.parametrize("name", ["hf-hub:nobody/nothing", "ViT-B-32:laion2b_s34b_b79k"])
def test_a_hub_out_of_reach_says_every_way_out(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    # Nothing listens on the discard port of the loopback.
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    detail = refusal(name, tmp_path)
    for way in ("local-dir:", "HF_ENDPOINT", "HF_HOME", '"starter"', "open_clip_config.json"):
        assert way in detail
    assert ("nobody/nothing" if name.startswith("hf-hub") else "laion/") in detail


def test_a_folder_that_holds_no_model_says_what_was_expected(tmp_path: Path, clip_folder: Path) -> None:
    assert "open_clip_config.json" in refusal(f"local-dir:{tmp_path / 'absent'}", tmp_path)
    (tmp_path / "empty").mkdir()
    assert "open_clip_config.json" in refusal(f"local-dir:{tmp_path / 'empty'}", tmp_path)
    weightless = tmp_path / "weightless"
    weightless.mkdir()
    shutil.copy(clip_folder / "open_clip_config.json", weightless)
    assert "cannot be loaded" in refusal(f"local-dir:{weightless}", tmp_path)


def test_a_checkpoint_that_would_run_code_is_not_loaded(tmp_path: Path, clip_folder: Path) -> None:
    folder = tmp_path / "hostile"
    shutil.copytree(clip_folder, folder)
    marker = tmp_path / "ran"

    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (marker,))

    torch.save({"visual.proj": Hostile()}, folder / "open_clip_pytorch_model.bin")
    assert "cannot be loaded" in refusal(f"local-dir:{folder}", tmp_path)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("mode", "corner", "middle"), [("shortest", 236, 255), ("squash", 0, 255), ("longest", 7, 255)]
)
def test_pictures_are_framed_as_the_model_was_trained(mode: str, corner: int, middle: int) -> None:
    image = plain("black", 300, 100)
    image.paste((255, 255, 255), (100, 0, 200, 100))
    pixels = Framing({**SIDE, "resize_mode": mode, "fill_color": 7}).prepare(pictured(image))
    assert pixels.shape == (3, 32, 32)
    assert pixels[0, 0, 0] == corner
    assert pixels[0, 16, 16] == middle


def test_the_framing_is_part_of_the_recipe(clip: ClipEmbedder) -> None:
    assert "shortest" in clip.recipe.preprocessing
    assert str(Framing({**SIDE, "resize_mode": "squash"})) != str(Framing({**SIDE, "resize_mode": "longest"}))
