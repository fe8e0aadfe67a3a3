"""Weights and pictures made by formula: integers below 2^32 and IEEE arithmetic only, so that TypeScript makes the same
(main/backbones/formulas.ts)."""

import math
import re

import numpy as np


def fnv1a(text):
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def uniform(name, count):
    """`count` numbers in [-1, 1) that depend on the name: its FNV-1a hash plus the index, mixed as MurmurHash3 ends."""
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(fnv1a(name))
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return h.astype(np.float64) / 2147483648.0 - 1.0


def weight(layer, name, shape):
    """A weight tensor: kernels He-uniform (a quarter of the variance before a shortcut), the rest near what training gives."""
    u = uniform(f"{layer}/{name}", math.prod(shape))
    if name == "kernel":
        u = u * math.sqrt((1.5 if "project" in layer and shape[0] == 1 else 6.0) / math.prod(shape[:-1]))
    elif name == "pointwise_kernel":  # of a separable convolution: nothing non-linear comes between it and the depthwise kernel
        u = u * math.sqrt(3.0 / math.prod(shape[:-1]))
    elif name == "depthwise_kernel":
        # EfficientNetV2: enough at a stage's first block to last, so little in the others that dozens of them do not grow.
        gain = (13.5 if "a_dwconv2" in layer else 2.0) if "dwconv2" in layer else 6.0
        if re.match(r"expanded_conv_\d", layer):  # MobileNetV3, whose activation halves what is small
            gain = 13.5
        u = u * math.sqrt(gain / (shape[0] * shape[1]))
    elif name in ("gamma", "moving_variance"):
        u = 1.0 + 0.2 * u
    elif name == "mean":  # of pixels 0..1
        u = 0.45 + 0.1 * u
    elif name == "variance":  # small, so that pictures still differ after all of EfficientNet
        u = 0.004 + 0.001 * u
    elif name == "bias" and ("se_expand" in layer or "excite_conv_1" in layer):  # gates mostly open, or nothing is left after many
        u = 2.0 + 0.1 * u
    else:  # bias, beta, moving_mean
        u = 0.1 * u
    return u.astype(np.float32).reshape(shape)


def picture(index, height, width):
    """RGB uint8 [height, width, 3]: stripes, rings and gradients that differ by index."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    stripes = x * (index + 1) * 7 + y * (2 * index + 3) * 5
    rings = ((x - width // 2) ** 2 + (y - height // 2) ** 2) // (8 + index)
    return ((stripes * (c + 1) + rings + 50 * c * index) % 256).astype(np.uint8)
