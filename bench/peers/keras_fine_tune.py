"""Fine-tunes the top layers of a backbone, as the Keras guide to transfer learning does. Prints one JSON line.

--write-weights FILE: draws weights from a seed, writes them as a legacy .h5 for both sides to begin with, and ends.
--features N LENGTH UNITS: no backbone; a Flatten head of one dense layer on N rows of random features, with RMSprop.
"""

import argparse
import json
import os
import resource
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

APPLICATIONS = {
    "vgg16": (keras.applications.VGG16, keras.applications.vgg16.preprocess_input),
    "resnet50": (keras.applications.ResNet50, keras.applications.resnet50.preprocess_input),
    "mobilenet-v2-1.0": (keras.applications.MobileNetV2, keras.applications.mobilenet_v2.preprocess_input),
}

parser = argparse.ArgumentParser()
parser.add_argument("--data")
parser.add_argument("--backbone", choices=list(APPLICATIONS))
parser.add_argument("--size", type=int)
parser.add_argument("--from-layer")
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--weights")
parser.add_argument("--write-weights")
parser.add_argument("--augment", action="store_true")
parser.add_argument("--features", nargs=3, type=int)
options = parser.parse_args()
keras.utils.set_random_seed(1)


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Clock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seconds = []
        self.cpu_at_start = cpu_seconds()

    def on_epoch_begin(self, *_):
        self.started = time.time()

    def on_epoch_end(self, *_):
        self.seconds.append(time.time() - self.started)


def head_on_features(count, length, units):
    features = np.random.default_rng(1).random((count, length), dtype=np.float32)
    labels = keras.utils.to_categorical(np.arange(count) % 2)
    model = keras.Sequential([keras.Input((length,)), keras.layers.Dense(units, activation="relu"), keras.layers.Dense(2, activation="softmax")])
    model.compile(optimizer=keras.optimizers.RMSprop(1e-4), loss="categorical_crossentropy", metrics=["accuracy"])
    clock = Clock()
    model.fit(features, labels, epochs=options.epochs, batch_size=32, verbose=0, callbacks=[clock])
    return clock.seconds, cpu_seconds() - clock.cpu_at_start


def fine_tune():
    constructor, preprocess = APPLICATIONS[options.backbone]
    base = constructor(weights=options.weights, include_top=False, input_shape=(options.size, options.size, 3))
    names = [layer.name for layer in base.layers]
    first = names.index(options.from_layer)
    for place, layer in enumerate(base.layers):
        layer.trainable = place >= first

    def load(split):
        images = keras.utils.image_dataset_from_directory(
            os.path.join(options.data, split),
            image_size=(options.size, options.size),
            batch_size=32,
            shuffle=split == "train",
            label_mode="categorical",
            verbose=False,
        )
        return images.prefetch(tf.data.AUTOTUNE)

    train, validation = load("train"), load("validation")
    inputs = keras.Input((options.size, options.size, 3))
    x = inputs
    if options.augment:
        for layer in (
            keras.layers.RandomFlip("horizontal"),
            keras.layers.RandomRotation(10 / 360),
            keras.layers.RandomZoom(0.1),
            keras.layers.RandomTranslation(0.1, 0.1),
        ):
            x = layer(x)
    x = base(preprocess(x), training=False)
    outputs = keras.layers.Dense(2, activation="softmax")(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(1e-5), loss="categorical_crossentropy", metrics=["accuracy"])
    clock = Clock()
    model.fit(train, validation_data=validation, epochs=options.epochs, verbose=0, callbacks=[clock])
    return clock.seconds, cpu_seconds() - clock.cpu_at_start


if options.write_weights:
    constructor, _ = APPLICATIONS[options.backbone]
    base = constructor(weights=None, include_top=False, input_shape=(options.size, options.size, 3))
    import h5py
    from keras.src.legacy.saving import legacy_h5_format

    with h5py.File(options.write_weights, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, base)
else:
    seconds, cpu = head_on_features(*options.features) if options.features else fine_tune()
    print(json.dumps({"epochSeconds": seconds, "cpuSeconds": cpu, "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
