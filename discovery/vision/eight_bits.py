"""Linear layers with int8 weights and activations, for processors that multiply bytes faster than floats."""

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
    """A linear layer that multiplies bytes and adds in 32 bits.

    Weights have one scale for each output, fixed; activations one for each row, as they come. Torch's own
    quantised tensors are deprecated, so this is the plain product that is left.
    """

    weight: Tensor
    scale: Tensor
    bias: Tensor | None

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach().float()
        scale = weight.abs().amax(dim=1).clamp(min=1e-8) / 127
        self.register_buffer("weight", torch.round(weight / scale[:, None]).to(torch.int8).t())
        self.register_buffer("scale", scale)
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach().float())

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1]).float()
        scale = rows.abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127
        quantised = torch.round(rows / scale).to(torch.int8)
        product = torch._int_mm(quantised, self.weight)  # noqa: SLF001 - torch has no public name for it
        result = product.float() * scale * self.scale
        if self.bias is not None:
            result = result + self.bias
        return result.reshape(*x.shape[:-1], -1)
