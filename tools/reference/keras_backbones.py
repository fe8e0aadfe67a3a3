"""Reference values for the table test of main/backbones, from real Keras: tools/reference/keras_backbones.json.

How to run:

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install tensorflow-cpu==2.21.0 keras==3.15.1
    /tmp/peers/bin/python tools/reference/keras_backbones.py
"""

import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
from keras import layers
from keras.applications import VGG16, MobileNetV2, mobilenet_v2, vgg16

import formulas

HERE = pathlib.Path(__file__).resolve().parent


def efficientnet_lite0(input_shape):
    """Keras has none: its EfficientNet without squeeze-and-excite and swish, written here a second time to count layers and parameters."""

    def bn_relu(x, name, activation):
        x = layers.BatchNormalization(name=name, epsilon=1e-3)(x)
        return layers.ReLU(6.0, name=activation)(x) if activation else x

    inputs = layers.Input(input_shape)
    x = layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False, name="stem_conv")(inputs)
    x = bn_relu(x, "stem_bn", "stem_activation")
    table = [(3, 1, 16, 1, 1), (3, 2, 24, 2, 6), (5, 2, 40, 2, 6), (3, 3, 80, 2, 6), (5, 3, 112, 1, 6), (5, 4, 192, 2, 6), (3, 1, 320, 1, 6)]
    for stage, (kernel, repeats, filters, strides, expand) in enumerate(table):
        for repeat in range(repeats):
            name, stride, block_input = f"block{stage + 1}{'abcd'[repeat]}_", strides if repeat == 0 else 1, x
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


def mobilenet(alpha):
    return lambda shape: MobileNetV2(input_shape=shape, alpha=alpha, include_top=False, weights=None)


lite0_input = lambda x: (x - 127.0) / 128.0
BUILDERS = {"efficientnet-lite0": (efficientnet_lite0, lite0_input)}
BUILDERS |= {f"mobilenet-v2-{alpha}": (mobilenet(alpha), mobilenet_v2.preprocess_input) for alpha in [0.35, 0.5, 0.75, 1.0, 1.3, 1.4]}
BUILDERS["vgg16"] = (lambda shape: VGG16(input_shape=shape, include_top=False, weights=None), vgg16.preprocess_input)

TWO_SIZES = ("efficientnet-lite0", "mobilenet-v2-0.35", "mobilenet-v2-1.0")  # the second not square, with odd maps for the paddings


def weight_name(layer, weight):
    return "depthwise_kernel" if isinstance(layer, layers.DepthwiseConv2D) else weight.name  # its name in Keras 2 and tfjs


def digits(values):
    return [float(f"{v:.6g}") for v in values]


def features(build, preprocess, size):
    model = build((*size, 3))
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([formulas.weight(layer.name, weight_name(layer, w), tuple(w.shape)) for w in layer.weights])
    pictures = np.stack([formulas.picture(i, *size) for i in range(2)]).astype(np.float32)
    maps = model(preprocess(pictures), training=False).numpy()
    flat = maps.reshape(2, -1)
    return {
        "inputSize": list(size),
        "mapShape": list(maps.shape[1:]),
        "pooled": [digits(row) for row in maps.mean((1, 2))],
        "mapValues": [digits(row[:: max(1, row.size // 16)][:16]) for row in flat],
        "maxAbsolute": float(np.abs(maps).max()),
    }


def main():
    result = {"keras": keras.__version__, "backbones": {}}
    for name, (build, preprocess) in BUILDERS.items():
        keras.backend.clear_session()
        model = build((224, 224, 3))
        result["backbones"][name] = {
            "numParameters": model.count_params(),
            "layerNames": [layer.name for layer in model.layers],
            "featureShape": list(model.output_shape[1:]),
            "features": [features(build, preprocess, size) for size in ([(64, 64), (96, 65)] if name in TWO_SIZES else [(64, 64)])],
        }
        print(name, model.count_params(), len(model.layers), [max(f["pooled"][0]) for f in result["backbones"][name]["features"]])
    (HERE / "keras_backbones.json").write_text(json.dumps(result, separators=(",", ":")).replace('"efficientnet', '\n"efficientnet').replace('"mobilenet', '\n"mobilenet').replace('"vgg16', '\n"vgg16') + "\n")


if __name__ == "__main__":
    main()
