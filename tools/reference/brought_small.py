"""Small models as people save them with Keras, and what Keras answers with them.

Usage: python brought_small.py FOLDER

Writes `functional.keras`, `functional.h5`, `sequential.keras`, `sequential.weights.h5`, `preprocessed.keras` and `expected.json`. Weights and the input
come from a formula, so that answers depend on every one of them.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers

folder = Path(sys.argv[1])
SIDE = 16


def numbers(shape, start):
    size = int(np.prod(shape))
    return (np.sin(np.arange(size) * 0.7 + start) * 0.4).reshape(shape).astype("float32")


def fill(model):
    for index, variable in enumerate(model.weights):
        if "seed" in variable.path:
            continue
        value = numbers(variable.shape, index)
        variable.assign(np.abs(value) + 0.5 if "variance" in variable.path else value)


def functional():
    inputs = keras.Input((SIDE, SIDE, 3), name="picture")
    x = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)], name="augmentation")(inputs)
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="stem_conv")(x)
    x = layers.BatchNormalization(scale=False, name="stem_bn")(x)
    x = layers.Activation("hard_sigmoid")(x)
    y = layers.SeparableConv2D(8, 3, padding="same", activation="silu")(x)
    y = layers.LayerNormalization()(y)
    x = layers.Add()([x, y])
    z = layers.DepthwiseConv2D(3, padding="same", activation=keras.activations.relu6)(x)
    x = layers.Concatenate()([x, z])
    x = layers.PReLU(shared_axes=[1, 2], name="last_maps")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    outputs = layers.Dense(3, activation="softmax", name="answers")(x)
    return keras.Model(inputs, outputs, name="functional")


def sequential():
    base = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            layers.ZeroPadding2D(((0, 1), (0, 1))),
            layers.Conv2D(6, 3, strides=2, activation="gelu"),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.1),
            layers.MaxPooling2D(2, padding="same"),
            layers.Conv2D(12, 3, groups=6, padding="same"),
        ],
        name="base",
    )
    return keras.Sequential(
        [keras.Input((SIDE, SIDE, 3)), base, layers.Flatten(), layers.Dense(5, activation="relu"), layers.Dense(2)],
        name="sequential",
    )


def preprocessed():
    inputs = keras.Input((SIDE, SIDE, 3))
    x = keras.applications.mobilenet_v2.preprocess_input(inputs)  # numbers
    y = keras.applications.densenet.preprocess_input(inputs)  # a number a channel
    x = layers.Concatenate()([x, y])
    x = layers.Conv2D(6, 3, activation="relu", name="conv")(x)
    x = x + 0.5 * layers.Conv2D(6, 1, name="branch")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(2, name="answers")(x), name="preprocessed")


pictures = (np.sin(np.arange(2 * SIDE * SIDE * 3) * 0.37) * 127 + 128).reshape(2, SIDE, SIDE, 3).astype("float32")
expected = {"keras": keras.__version__}
for build in (functional, sequential, preprocessed):
    keras.utils.clear_session()
    model = build()
    fill(model)
    model.save(folder / f"{model.name}.keras")
    expected[model.name] = model.predict(pictures, verbose=0).tolist()
    if model.name == "functional":
        model.save(folder / "functional.h5")
    elif model.name == "sequential":
        model.save_weights(folder / "sequential.weights.h5")
(folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
