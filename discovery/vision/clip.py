"""Any model of open_clip, by the name that open_clip itself understands.

* ``ViT-B-32:laion2b_s34b_b79k``: an architecture and the tag of its published weights;
* ``ViT-B-32:/path/to/weights.safetensors``: an architecture and a checkpoint on this machine;
* ``hf-hub:ORG/NAME``: a repository on the Hugging Face hub;
* ``local-dir:/path/to/folder``: a folder that holds ``open_clip_config.json`` and the weights.
"""

from __future__ import annotations

import copy
import difflib
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import open_clip  # type: ignore[import-untyped]
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from discovery.errors import ModelUnavailable
from discovery.vision import precision
from discovery.vision.colours import histogram
from discovery.vision.eight_bits import in_eight_bits
from discovery.vision.embedder import Embedding, ModelInput, Recipe, Vector, validate
from discovery.vision.images import Picture

SCHEMES = ("hf-hub:", "local-dir:")

# Usual for the two families of training, from their publications; each catalogue can set its own in
# search.text_floor, search.similar_floor and search.visual_weight. Sigmoid-trained models (SigLIP) keep
# texts and pictures farther apart than those trained by contrast with a batch (CLIP).
CONTRASTIVE_TEXT_FLOOR = 0.2
SIGMOID_TEXT_FLOOR = 0.05
SIMILAR_FLOOR = 0.7
DUPLICATE_FLOOR = 0.95
VISUAL_WEIGHT = 0.3
SLICE = 8
_TEXTS = 32

_RESAMPLING = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
}


class ClipEmbedder:
    """The :class:`~discovery.vision.embedder.Embedder` of an open_clip model; the look is the vector."""

    def __init__(
        self,
        recipe: Recipe,
        model: nn.Module,
        tokenizer: Any,
        framing: Framing,
        pictures: precision.PictureNetwork,
        choice: precision.Choice,
    ) -> None:
        self._recipe = recipe
        self._model = model
        self._tokenizer = tokenizer
        self._framing = framing
        self._pictures = pictures
        self.choice = choice

    @property
    def recipe(self) -> Recipe:
        """One space for texts, pictures and looks."""
        return self._recipe

    def prepare(self, picture: Picture) -> ModelInput:
        """Return the framed picture as uint8 of shape (3, height, width)."""
        return ModelInput(self._framing.prepare(picture), histogram(picture))

    def embed_pictures(self, batch: Sequence[ModelInput]) -> list[Embedding]:
        """Return the vector of each prepared picture, as its look too."""
        if not batch:
            return []
        with torch.inference_mode():
            parts = [
                self._pictures(
                    torch.from_numpy(np.stack([one.pixels for one in batch[start : start + SLICE]]))
                )[0]
                for start in range(0, len(batch), SLICE)
            ]
        vectors = torch.cat(parts).numpy()
        validate(vectors, len(batch), self._recipe.dimension)
        return [Embedding(vector, vector, one.histogram) for vector, one in zip(vectors, batch, strict=True)]

    def embed_text(self, text: str) -> Vector:
        """Return the text's vector; longer texts than the model's context are cut."""
        vector: Vector = self.embed_texts([text])[0]
        return vector

    def embed_texts(self, texts: Sequence[str]) -> Vector:
        """Return one row for each text."""
        vectors = np.empty((len(texts), self._recipe.dimension), dtype=np.float32)
        with torch.inference_mode():
            for start in range(0, len(texts), _TEXTS):
                tokens = self._tokenizer(list(texts[start : start + _TEXTS]))
                encoded = self._model.encode_text(tokens, normalize=True)  # type: ignore[operator]
                vectors[start : start + _TEXTS] = encoded.float().numpy()
        validate(vectors, len(texts), self._recipe.dimension)
        return vectors


class Framing:
    """How a model wants its pictures cut and scaled, from open_clip's preprocessing settings."""

    def __init__(self, settings: dict[str, Any]) -> None:
        size = settings["size"]
        self.height, self.width = (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
        self.mode = str(settings.get("resize_mode") or "shortest")
        self.interpolation = str(settings.get("interpolation") or "bicubic")
        self.fill = int(settings.get("fill_color") or 0)
        self.mean = tuple(float(value) for value in settings["mean"])
        self.deviation = tuple(float(value) for value in settings["std"])

    def __str__(self) -> str:
        return (
            f"{self.mode}, {self.interpolation}, {self.width} x {self.height} px, fill {self.fill}, "
            f"mean {self.mean}, deviation {self.deviation}"
        )

    def prepare(self, picture: Picture) -> NDArray[np.uint8]:
        """Return uint8 of shape (3, height, width)."""
        enough = min(picture.small.size) >= max(self.width, self.height)
        image = picture.small if enough else picture.image
        resampling = _RESAMPLING.get(self.interpolation, Image.Resampling.BICUBIC)
        if self.mode == "longest":
            framed = self._padded(image, resampling)
        else:
            box = (0.0, 0.0, *image.size) if self.mode == "squash" else self._middle(image)
            framed = image.resize((self.width, self.height), resampling, box=box)
        return np.ascontiguousarray(np.asarray(framed).transpose(2, 0, 1))

    def normalise(self, pixels: Tensor) -> Tensor:
        """Return uint8 [n, 3, h, w] as the float32 numbers that the model was trained on."""
        mean = torch.tensor(self.mean).view(1, 3, 1, 1)
        deviation = torch.tensor(self.deviation).view(1, 3, 1, 1)
        return (pixels.to(torch.float32) / 255 - mean) / deviation

    def _middle(self, image: Image.Image) -> tuple[float, float, float, float]:
        scale = min(image.width / self.width, image.height / self.height)
        width, height = self.width * scale, self.height * scale
        left, top = (image.width - width) / 2, (image.height - height) / 2
        return (left, top, left + width, top + height)

    def _padded(self, image: Image.Image, resampling: Image.Resampling) -> Image.Image:
        scale = min(self.width / image.width, self.height / image.height)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        ground = Image.new("RGB", (self.width, self.height), (self.fill,) * 3)
        place = ((self.width - size[0]) // 2, (self.height - size[1]) // 2)
        ground.paste(image.resize(size, resampling), place)
        return ground


def load_clip(name: str, cache: Path, wanted: str = "auto") -> ClipEmbedder:
    """Load the model that ``name`` says; the hub's own progress bars show a download.

    Raises:
        ModelUnavailable: when the name means nothing, the weights cannot be had, or ``wanted`` names a
            precision that is not true for this model; the detail says what to do.
    """
    architecture, weights = _parts(name)
    try:
        model = open_clip.create_model(
            architecture,
            pretrained=weights,
            require_pretrained=True,
            weights_only=True,
            force_quick_gelu=_needs_quick_gelu(architecture, weights),
        )
        tokenizer = open_clip.get_tokenizer(architecture)
    except Exception as error:  # open_clip and the hub raise many kinds, some of libraries not imported here
        raise ModelUnavailable(_way_out(name, architecture, error)) from error
    model.eval()
    framing = Framing(open_clip.get_model_preprocess_cfg(model))
    dimension = _dimension(model, framing)
    sigmoid = getattr(model, "logit_bias", None) is not None
    recipe = Recipe(
        model=name,
        weights=_digest(model),
        preprocessing=str(framing),
        dimension=dimension,
        look_dimension=dimension,
        text_floor=SIGMOID_TEXT_FLOOR if sigmoid else CONTRASTIVE_TEXT_FLOOR,
        similar_floor=SIMILAR_FLOOR,
        duplicate_floor=DUPLICATE_FLOOR,
        visual_weight=VISUAL_WEIGHT,
    )
    samples = torch.from_numpy(np.stack([framing.prepare(p) for p in precision.sample_pictures()]))
    forms = _Forms(model, framing)
    builders = {"fp32": forms.plain, "int8": forms.eight_bits}
    if wanted == "bf16" or precision.has_bf16():
        builders["bf16"] = forms.brain_float
    with torch.inference_mode():
        choice, network = precision.choose(
            wanted,
            builders,
            samples,
            cache / "precision.json",
            recipe.digest,
            torch.get_num_threads(),
        )
    return ClipEmbedder(recipe, model, tokenizer, framing, network, choice)


class _Forms:
    """The picture side of one model in each precision; texts stay in fp32, they are few and cached."""

    def __init__(self, model: nn.Module, framing: Framing) -> None:
        self._visual = model.get_submodule("visual")
        self._framing = framing

    def plain(self) -> precision.PictureNetwork:
        return self._network(self._visual, torch.float32)

    def brain_float(self) -> precision.PictureNetwork:
        return self._network(copy.deepcopy(self._visual).to(torch.bfloat16), torch.bfloat16)

    def eight_bits(self) -> precision.PictureNetwork:
        visual = copy.deepcopy(self._visual)
        in_eight_bits(visual)
        return self._network(visual, torch.float32)

    def _network(self, visual: nn.Module, kind: torch.dtype) -> precision.PictureNetwork:
        visual = visual.to(memory_format=torch.channels_last)

        def run(pixels: Tensor) -> tuple[Tensor, ...]:
            scaled = self._framing.normalise(pixels)
            output = visual(scaled.to(dtype=kind, memory_format=torch.channels_last))
            # Captioning models answer with the tokens too.
            pooled = output[0] if isinstance(output, tuple) else output
            return (functional.normalize(pooled.float(), dim=1),)

        return run


def _parts(name: str) -> tuple[str, str | None]:
    if name.startswith(SCHEMES):
        return name, None
    architecture, separator, weights = name.partition(":")
    known = open_clip.list_models()
    if architecture not in known:
        near = difflib.get_close_matches(architecture, known, n=3)
        raise ModelUnavailable(
            f"model.name: open_clip has no architecture {architecture!r}"
            + (f"; did you mean {', '.join(near)}?" if near else "")
            + ' Expected "starter", "ARCHITECTURE:TAG", "ARCHITECTURE:FILE", "hf-hub:ORG/NAME" or '
            '"local-dir:PATH"'
        )
    if not separator or not weights:
        tags = open_clip.list_pretrained_tags_by_model(architecture)
        raise ModelUnavailable(
            f"model.name: {architecture} needs weights: {architecture}:TAG with one of {', '.join(tags)}, "
            f"or {architecture}:FILE"
        )
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    if weights not in tags and not Path(weights).is_file():
        raise ModelUnavailable(
            f"model.name: {weights!r} is neither a file nor one of the weights of {architecture}: "
            f"{', '.join(tags)}"
        )
    return architecture, weights


def _needs_quick_gelu(architecture: str, weights: str | None) -> bool:
    # Some tags were trained with another activation than their architecture's settings say.
    if weights is None or Path(weights).is_file():
        return False
    return bool(open_clip.get_pretrained_cfg(architecture, weights).get("quick_gelu", False))


def _way_out(name: str, architecture: str, error: Exception) -> str:
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
    if name.startswith("local-dir:"):
        return (
            f"the model in {name.removeprefix('local-dir:')} cannot be loaded ({reason}); expected a folder "
            "with open_clip_config.json and open_clip_model.safetensors or open_clip_pytorch_model.bin"
        )
    repository = architecture.removeprefix("hf-hub:") if name.startswith("hf-hub:") else _repository(name)
    return (
        f"the model {name} cannot be loaded ({reason}). If the hub cannot be reached from here: fetch "
        f"open_clip_config.json, the weights and the tokenizer files of {repository} elsewhere, put them in "
        'one folder and set model.name = "local-dir:FOLDER"; or set HF_ENDPOINT to a mirror; or copy a '
        'filled cache here and set HF_HOME to it; or set model.name = "starter", which needs no download'
    )


def _repository(name: str) -> str:
    architecture, _, weights = name.partition(":")
    found = (open_clip.get_pretrained_cfg(architecture, weights) or {}).get("hf_hub") or name
    return str(found).rstrip("/")


def _dimension(model: nn.Module, framing: Framing) -> int:
    blank = torch.zeros(1, 3, framing.height, framing.width, dtype=torch.uint8)
    with torch.inference_mode():
        return int(_Forms(model, framing).plain()(blank)[0].shape[1])


def _digest(model: nn.Module) -> str:
    """Return the SHA-256 over the names, shapes and bytes of all weights, in order of their names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().contiguous().view(-1).view(torch.uint8).numpy().data)
    return f"sha256:{digest.hexdigest()}"
