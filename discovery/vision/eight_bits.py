"""Linear layers with int8 weights, on the kernels that torch brings for x86 and Arm processors."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def in_eight_bits(model: nn.Module) -> None:
    """Replace each plain linear layer inside ``model`` by one with int8 weights and activations."""
    for name, child in model.named_children():
        if type(child) is nn.Linear:
            setattr(model, name, _EightBitLinear(child))
        else:
            in_eight_bits(child)


class _EightBitLinear(nn.Module):
    """A linear layer with int8 weights, one scale a row; activations are scaled as they come."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach().float()
        scale = weight.abs().amax(dim=1).clamp(min=1e-8) / 127
        quantised = torch.quantize_per_channel(
            weight, scale.double(), torch.zeros(len(scale), dtype=torch.long), 0, torch.qint8
        )
        bias = None if linear.bias is None else linear.bias.detach().float()
        self.packed = torch.ops.quantized.linear_prepack(quantised, bias)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = torch.ops.quantized.linear_dynamic(x.float(), self.packed, reduce_range=True)
        return result
