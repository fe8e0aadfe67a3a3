"""Reference values for the table test of main/backbones, from real Keras: tools/reference/backbones/FAMILY.json.

How to run (all families, or those named; `--names ID` prints the layers of one):

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install tensorflow-cpu==2.21.0 keras==3.15.1
    /tmp/peers/bin/python tools/reference/keras_backbones.py [FAMILY…]

Of every backbone: parameters, layers (their names as a SHA-256) and the shape of the feature maps. Of those marked `small`,
which run in every test: features. Of the rest features too with `--all`, into FAMILY.all.json, for `npm run test:backbones`.
"""

import hashlib
import json
import math
import os
import pathlib
import sys
from unittest import mock

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
from keras import layers
from keras import applications as A

import formulas

HERE = pathlib.Path(__file__).resolve().parent


def efficientnet_lite(input_shape, width=1.0, depth=1.0):
    """Keras has none: its EfficientNet without squeeze-and-excite and swish, written here a second time to count layers and parameters."""

    def round_filters(filters):
        rounded = max(8, int(filters * width + 4) // 8 * 8)
        return rounded + 8 if rounded < 0.9 * filters * width else rounded

    def bn_relu(x, name, activation):
        x = layers.BatchNormalization(name=name, epsilon=1e-3)(x)
        return layers.ReLU(6.0, name=activation)(x) if activation else x

    inputs = layers.Input(input_shape)
    x = layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False, name="stem_conv")(inputs)
    x = bn_relu(x, "stem_bn", "stem_activation")
    table = [(3, 1, 16, 1, 1), (3, 2, 24, 2, 6), (5, 2, 40, 2, 6), (3, 3, 80, 2, 6), (5, 3, 112, 1, 6), (5, 4, 192, 2, 6), (3, 1, 320, 1, 6)]
    for stage, (kernel, repeats, filters, strides, expand) in enumerate(table):
        filters = round_filters(filters)
        for repeat in range(repeats if stage in (0, 6) else math.ceil(repeats * depth)):  # as `fix_head_stem` says
            name, stride, block_input = f"block{stage + 1}{'abcdefgh'[repeat]}_", strides if repeat == 0 else 1, x
            if expand != 1:
                x = layers.Conv2D(x.shape[-1] * expand, 1, padding="same", use_bias=False, name=name + "expand_conv")(x)
                x = bn_relu(x, name + "expand_bn", name + "expand_activation")
            x = layers.DepthwiseConv2D(kernel, strides=stride, padding="same", use_bias=False, name=name + "dwconv")(x)
            x = bn_relu(x, name + "bn", name + "activation")
            x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=name + "project_conv")(x)
            x = bn_relu(x, name + "project_bn", None)
            if stride == 1 and block_input.shape[-1] == filters:
                x = layers.Add(name=name + "add")([x, block_input])
    x = layers.Conv2D(1280, 1, padding="same", use_bias=False, name="top_conv")(x)
    return keras.Model(inputs, bn_relu(x, "top_bn", "top_activation"))


def resnet_basic(shape, repeats):
    """Keras has none: ResNet with blocks of two 3x3 convolutions, as torchvision's, written here a second time."""

    def bn(x, name):
        return layers.BatchNormalization(name=name, epsilon=1e-5)(x)

    inputs = layers.Input(shape)
    x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(layers.ZeroPadding2D(3, name="conv1_pad")(inputs))
    x = layers.Activation("relu", name="conv1_relu")(bn(x, "conv1_bn"))
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(layers.ZeroPadding2D(1, name="pool1_pad")(x))
    for stack, count in enumerate(repeats):
        for block in range(count):
            name, filters, strides, shortcut = f"conv{stack + 2}_block{block + 1}_", 64 * 2**stack, 2 if block == 0 and stack > 0 else 1, x
            if strides > 1:
                shortcut = bn(layers.Conv2D(filters, 1, strides=strides, use_bias=False, name=name + "0_conv")(x), name + "0_bn")
            x = layers.Conv2D(filters, 3, strides=strides, use_bias=False, name=name + "1_conv")(layers.ZeroPadding2D(1, name=name + "1_pad")(x))
            x = layers.Activation("relu", name=name + "1_relu")(bn(x, name + "1_bn"))
            x = bn(layers.Conv2D(filters, 3, use_bias=False, name=name + "2_conv")(layers.ZeroPadding2D(1, name=name + "2_pad")(x)), name + "2_bn")
            x = layers.Activation("relu", name=name + "out")(layers.Add(name=name + "add")([shortcut, x]))
    return keras.Model(inputs, x)


def basic(*repeats):
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    return lambda shape: resnet_basic(shape, repeats), lambda x: ((x / 255 - mean) / std).astype(np.float32), 224


def keras_app(constructor, module, size=224, **options):
    """A backbone of keras.applications without its classifier, the preprocessing that goes before it, and its own input size."""
    return (lambda shape: constructor(input_shape=shape, include_top=False, weights=None, **options), module.preprocess_input, size)


def efficientnet(variant, size):
    """As published: Keras adds the second Rescaling for `weights="imagenet"` only. No weights are fetched, for others follow."""

    def build(shape):
        with mock.patch("keras.src.applications.efficientnet.file_utils.get_file"), mock.patch.object(keras.Model, "load_weights"):
            return getattr(A, f"EfficientNet{variant}")(input_shape=shape, include_top=False, weights="imagenet")

    return build, A.efficientnet.preprocess_input, size


def lite(size, **options):
    return lambda shape: efficientnet_lite(shape, **options), lambda x: (x - 127.0) / 128.0, size


# family -> id -> (builder of (height, width, 3), preprocessing of RGB 0..255, side of its own input)
FAMILIES = {
    "efficientnet-lite": {
        "efficientnet-lite0": lite(224),
        "efficientnet-lite1": lite(240, depth=1.1),
        "efficientnet-lite2": lite(260, width=1.1, depth=1.2),
    },
    "efficientnet": {f"efficientnet-b{i}": efficientnet(f"B{i}", side) for i, side in enumerate([224, 240, 260, 300, 380, 456, 528, 600])},
    "mobilenet": {f"mobilenet-{alpha}": keras_app(A.MobileNet, A.mobilenet, alpha=alpha) for alpha in [0.25, 0.5, 0.75, 1.0]},
    "mobilenet-v2": {f"mobilenet-v2-{alpha}": keras_app(A.MobileNetV2, A.mobilenet_v2, alpha=alpha) for alpha in [0.35, 0.5, 0.75, 1.0, 1.3, 1.4]},
    "efficientnet-v2": {
        f"efficientnet-v2-{size.lower()}": keras_app(getattr(A, f"EfficientNetV2{size}"), A.efficientnet_v2, side)
        for size, side in {"B0": 224, "B1": 240, "B2": 260, "B3": 300, "S": 384, "M": 480, "L": 480}.items()
    },
    "convnext": {f"convnext-{size.lower()}": keras_app(getattr(A, f"ConvNeXt{size}"), A.convnext) for size in ["Tiny", "Small", "Base", "Large", "XLarge"]},
    "mobilenet-v3": {
        f"mobilenet-v3-{size.lower()}{suffix}": keras_app(getattr(A, f"MobileNetV3{size}"), A.mobilenet_v3, alpha=alpha)
        for alpha, suffix in [(1.0, ""), (0.75, "-0.75")]
        for size in ["Small", "Large"]
    },
    "xception": {"xception": keras_app(A.Xception, A.xception, 299)},
    "inception-v3": {"inception-v3": keras_app(A.InceptionV3, A.inception_v3, 299)},
    "inception-resnet-v2": {"inception-resnet-v2": keras_app(A.InceptionResNetV2, A.inception_resnet_v2, 299)},
    "nasnet": {"nasnet-mobile": keras_app(A.NASNetMobile, A.nasnet), "nasnet-large": keras_app(A.NASNetLarge, A.nasnet, 331)},
    "vgg": {"vgg16": keras_app(A.VGG16, A.vgg16), "vgg19": keras_app(A.VGG19, A.vgg19)},
    "resnet": {f"resnet{depth}": keras_app(getattr(A, f"ResNet{depth}"), A.resnet) for depth in [50, 101, 152]},
    "resnet-v2": {f"resnet{depth}-v2": keras_app(getattr(A, f"ResNet{depth}V2"), A.resnet_v2) for depth in [50, 101, 152]},
    "resnet-basic": {"resnet18": basic(2, 2, 2, 2), "resnet34": basic(3, 4, 6, 3)},
    "densenet": {f"densenet{depth}": keras_app(getattr(A, f"DenseNet{depth}"), A.densenet) for depth in [121, 169, 201]},
}

# Those whose features every test computes, with the sizes [height, width]: the second not square, with odd maps for the paddings.
SMALL = {
    "efficientnet-lite0": [(64, 64), (96, 65)],
    "mobilenet-v2-0.35": [(64, 64), (96, 65)],
    "mobilenet-0.25": [(64, 64), (97, 66)],
    "mobilenet-v3-small": [(64, 64), (97, 66)],
    "efficientnet-b0": [(64, 64), (97, 66)],
    "efficientnet-v2-b0": [(64, 64), (97, 66)],
    "efficientnet-v2-s": [(64, 64)],
    "convnext-tiny": [(64, 64), (97, 66)],
    "xception": [(71, 71), (97, 80)],
    "inception-v3": [(75, 75), (97, 80)],
    "inception-resnet-v2": [(75, 75), (97, 80)],
    "nasnet-mobile": [(32, 32), (65, 50)],
    "vgg16": [(64, 64)],
    "resnet50": [(64, 64), (97, 66)],
    "resnet50-v2": [(64, 64), (97, 66)],
    "resnet18": [(64, 64), (97, 66)],
    "densenet121": [(64, 64), (97, 66)],
}


def weight_name(layer, weight):
    """Its name in Keras 2 and tfjs."""
    if isinstance(layer, layers.DepthwiseConv2D):
        return "depthwise_kernel" if weight.name == "kernel" else weight.name
    if type(layer).__name__ == "LayerScale":
        return "gamma"
    return weight.name


def digits(values):
    return [float(f"{v:.6g}") for v in values]


def flat_layers(model):
    """Layers in Keras's order, nested models opened."""
    return [inner for layer in model.layers for inner in (flat_layers(layer) if isinstance(layer, keras.Model) else [layer]) if inner is layer or not isinstance(inner, layers.InputLayer)]


def set_formula_weights(model):
    for layer in flat_layers(model):
        if layer.weights:
            layer.set_weights([formulas.weight(layer.name, weight_name(layer, w), tuple(w.shape)) for w in layer.weights])
            if isinstance(layer, layers.Normalization):
                layer.finalize_state()  # it computes with copies of its weights


def features(build, preprocess, size):
    keras.backend.clear_session()
    model = build((*size, 3))
    set_formula_weights(model)
    pictures = np.stack([formulas.picture(i, *size) for i in range(2)]).astype(np.float32)
    maps = model(preprocess(pictures), training=False).numpy()
    flat, pooled, largest = maps.reshape(2, -1), maps.mean((1, 2)), float(np.abs(maps).max())
    differ = float(np.abs(pooled[0] - pooled[1]).max() / np.abs(pooled).max())
    assert np.isfinite(largest) and differ > 0.02, f"the features hardly differ between pictures: {differ}"
    return {
        "inputSize": list(size),
        "mapShape": list(maps.shape[1:]),
        "pooled": [digits(row[:64]) for row in pooled],
        "mapValues": [digits(row[:: max(1, row.size // 16)][:16]) for row in flat],
        "maxAbsolute": largest,
    }


def facts(build, side):
    keras.backend.clear_session()
    model = build((side, side, 3))
    names = [layer.name for layer in flat_layers(model)]
    return {
        "numParameters": model.count_params(),
        "numLayers": len(names),
        "layerNamesSha256": hashlib.sha256("\n".join(names[1:]).encode()).hexdigest(),  # the input's name counts on in a process
        "featureShape": list(model.output_shape[1:]),
    }


def main():
    arguments = sys.argv[1:]
    if "--names" in arguments:
        name = arguments[-1]
        build, _, side = next(family[name] for family in FAMILIES.values() if name in family)
        return print("\n".join(f"{layer.name} {type(layer).__name__} {[tuple(w.shape) for w in layer.weights]}" for layer in flat_layers(build((side, side, 3)))))
    for family in [a for a in arguments if a in FAMILIES] or FAMILIES:
        result, others = {}, {}
        for name, (build, preprocess, side) in FAMILIES[family].items():
            result[name] = facts(build, side) | {"features": [features(build, preprocess, size) for size in SMALL.get(name, [])]}
            if "--all" in arguments and name not in SMALL:
                others[name] = [features(build, preprocess, (96, 96))]
            print(name, result[name]["numParameters"], result[name]["numLayers"], flush=True)
        write(f"{family}.json", {"keras": keras.__version__, "backbones": result})
        if others:
            write(f"{family}.all.json", {"keras": keras.__version__, "features": others})


def write(name, content):
    (HERE / "backbones").mkdir(exist_ok=True)
    (HERE / "backbones" / name).write_text(json.dumps(content, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
