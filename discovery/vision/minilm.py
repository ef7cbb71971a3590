"""The MiniLM sentence encoder, for inference only.

A BERT encoder (Devlin et al., NAACL 2019) of 6 layers and 384 numbers, mean pooling and unit norm, as
"all-MiniLM-L6-v2" is used by its makers. Written out here for the same reason as :mod:`lite0`: importing
a library of four hundred models costs four seconds at every start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

WIDTH = 384
MOST_TOKENS = 256

_LAYERS = 6
_HEADS = 12
_NORM_EPSILON = 1e-12


class MiniLM(nn.Module):
    """Texts to unit vectors float32 [n, 384]."""

    def __init__(self, tokenizer_file: Path, tensors: Mapping[str, Tensor]) -> None:
        """Take ``tokenizer.json`` and the published weights by their published names."""
        super().__init__()
        self.tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self.tokenizer.enable_truncation(max_length=MOST_TOKENS)
        self.tokenizer.enable_padding()
        self.words = _frozen(tensors["embeddings.word_embeddings.weight"])
        self.positions = _frozen(tensors["embeddings.position_embeddings.weight"])
        # Every text is one segment, so the segment embedding is one constant row.
        self.segment = _frozen(tensors["embeddings.token_type_embeddings.weight"][0])
        self.norm = _norm(tensors, "embeddings.LayerNorm")
        self.layers = nn.ModuleList(_Layer(tensors, f"encoder.layer.{n}") for n in range(_LAYERS))

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Return one row for each text."""
        encoded = self.tokenizer.encode_batch(list(texts))
        tokens = torch.tensor([one.ids for one in encoded])
        mask = torch.tensor([one.attention_mask for one in encoded], dtype=torch.bool)
        x = self.norm(self.words[tokens] + self.positions[: tokens.shape[1]] + self.segment)
        for layer in self.layers:
            x = layer(x, mask[:, None, None, :])
        weights = mask[:, :, None].to(x.dtype)
        return functional.normalize((x * weights).sum(dim=1) / weights.sum(dim=1), dim=1)


class _Layer(nn.Module):
    def __init__(self, tensors: Mapping[str, Tensor], prefix: str) -> None:
        super().__init__()
        attention = f"{prefix}.attention"
        parts = [f"{attention}.self.{part}" for part in ("query", "key", "value")]
        weight = torch.cat([tensors[f"{part}.weight"] for part in parts])
        bias = torch.cat([tensors[f"{part}.bias"] for part in parts])
        self.projection = _linear(weight, bias)
        self.merge = _named_linear(tensors, f"{attention}.output.dense")
        self.merge_norm = _norm(tensors, f"{attention}.output.LayerNorm")
        self.widen = _named_linear(tensors, f"{prefix}.intermediate.dense")
        self.narrow = _named_linear(tensors, f"{prefix}.output.dense")
        self.narrow_norm = _norm(tensors, f"{prefix}.output.LayerNorm")

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        count, length, _ = x.shape
        split = self.projection(x).view(count, length, 3, _HEADS, WIDTH // _HEADS)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = self.merge_norm(x + self.merge(mixed.transpose(1, 2).reshape(count, length, WIDTH)))
        result: Tensor = self.narrow_norm(x + self.narrow(functional.gelu(self.widen(x))))
        return result


def _frozen(tensor: Tensor) -> nn.Parameter:
    return nn.Parameter(tensor, requires_grad=False)


def _norm(tensors: Mapping[str, Tensor], name: str) -> nn.LayerNorm:
    norm = nn.LayerNorm(WIDTH, eps=_NORM_EPSILON)
    norm.weight = _frozen(tensors[f"{name}.weight"])
    norm.bias = _frozen(tensors[f"{name}.bias"])
    return norm


def _named_linear(tensors: Mapping[str, Tensor], name: str) -> nn.Linear:
    return _linear(tensors[f"{name}.weight"], tensors[f"{name}.bias"])


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    linear.weight, linear.bias = _frozen(weight), _frozen(bias)
    return linear
