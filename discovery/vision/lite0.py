"""EfficientNet-Lite0, for inference only.

The architecture of Tan and Le, "EfficientNet" (ICML 2019), in the Lite form published for TensorFlow: no
squeeze-and-excitation, ReLU6, stem and head of fixed width. It is written out here because importing a
model library for one network costs five seconds at every start, and so that batch norms can be folded
into the convolutions, once, when the weights are loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

FEATURES = 1280
CLASSES = 1000
INPUT_SIDE = 224

_NORM_EPSILON = 1e-3
_STEM = 32
# Repeats, kernel, stride of the first, expansion, output channels: table 1 of the paper, for Lite0.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
# A convolution's weights, then its batch norm's weight, bias, mean, variance and batch counter.
_TENSORS_OF_A_CONVOLUTION = 6


class Lite0(nn.Module):
    """Pictures float32 [n, 3, 224, 224] to pooled features [n, 1280] and class logits [n, 1000]."""

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        """Take the published weights: one tensor after the other, in the order of the layers."""
        super().__init__()
        layers: list[nn.Module] = [_Convolution(3, _STEM, kernel=3, stride=2)]
        channels = _STEM
        for repeats, kernel, stride, expansion, outputs in _STAGES:
            for number in range(repeats):
                layers.append(_Block(channels, outputs, kernel, stride if number == 0 else 1, expansion))
                channels = outputs
        layers.append(_Convolution(channels, FEATURES, kernel=1))
        self.body = nn.Sequential(*layers)
        self.classifier = nn.Linear(FEATURES, CLASSES)
        self._load(tensors)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Return features and logits."""
        features = self.body(pictures).mean(dim=(2, 3))
        return features, self.classifier(features)

    def _load(self, tensors: Sequence[Tensor]) -> None:
        convolutions = [module for module in self.modules() if isinstance(module, _Convolution)]
        expected = len(convolutions) * _TENSORS_OF_A_CONVOLUTION + 2
        if len(tensors) != expected:
            raise ValueError(f"expected {expected} tensors of EfficientNet-Lite0, found {len(tensors)}")
        with torch.no_grad():
            for number, convolution in enumerate(convolutions):
                start = number * _TENSORS_OF_A_CONVOLUTION
                convolution.fold(*tensors[start : start + 5])
            self.classifier.weight.copy_(tensors[-2])
            self.classifier.bias.copy_(tensors[-1])


class _Convolution(nn.Module):
    """A convolution with its batch norm folded in, TensorFlow's "same" padding, and perhaps ReLU6."""

    def __init__(
        self, inputs: int, outputs: int, *, kernel: int, stride: int = 1, groups: int = 1, active: bool = True
    ) -> None:
        super().__init__()
        total = kernel - stride
        self.before, self.after = total // 2, total - total // 2
        even = self.before == self.after
        self.inner = nn.Conv2d(
            inputs, outputs, kernel, stride, padding=self.before if even else 0, groups=groups
        )
        self.padding = None if even else (self.before, self.after, self.before, self.after)
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        if self.padding is not None:
            x = functional.pad(x, self.padding)
        x = self.inner(x)
        return functional.hardtanh(x, 0.0, 6.0, inplace=True) if self.active else x

    def fold(self, weight: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor) -> None:
        factor = scale / torch.sqrt(variance + _NORM_EPSILON)
        bias = self.inner.bias
        if bias is None or weight.shape != self.inner.weight.shape:
            raise ValueError(f"expected a weight of {self.inner.weight.shape}, found {weight.shape}")
        self.inner.weight.copy_(weight * factor[:, None, None, None])
        bias.copy_(shift - mean * factor)


class _Block(nn.Module):
    """An inverted residual: expand, filter each channel, project."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        expand = [_Convolution(inputs, inner, kernel=1)] if expansion > 1 else []
        filtering = _Convolution(inner, inner, kernel=kernel, stride=stride, groups=inner)
        project = _Convolution(inner, outputs, kernel=1, active=False)
        self.layers = nn.Sequential(*expand, filtering, project)
        self.residual = inputs == outputs and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return y.add_(x) if self.residual else y
