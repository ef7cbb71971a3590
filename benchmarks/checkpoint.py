"""A ViT-B-32 with random weights in a folder, so that a model of real size is measured without a download."""

from __future__ import annotations

import json
from pathlib import Path

import open_clip  # type: ignore[import-untyped]
import torch
from safetensors.torch import save_file

ARCHITECTURE = "ViT-B-32"


def random_checkpoint(folder: Path) -> str:
    """Write the checkpoint; return the name under which the configuration takes it."""
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    model = open_clip.create_model(ARCHITECTURE)
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    described = {
        "model_cfg": open_clip.get_model_config(ARCHITECTURE),
        "preprocess_cfg": {
            "mean": list(open_clip.OPENAI_DATASET_MEAN),
            "std": list(open_clip.OPENAI_DATASET_STD),
        },
    }
    (folder / "open_clip_config.json").write_text(json.dumps(described), encoding="utf-8")
    return f"local-dir:{folder}"
