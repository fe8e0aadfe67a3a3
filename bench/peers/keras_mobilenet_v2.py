"""Trains a new head on a frozen MobileNetV2, as a Keras user writes it after the guides of keras.io. Prints one JSON line.

end-to-end: the frozen base is part of the model and computes every picture again in every epoch.
cached:     the base computes each picture once (`predict_on_batch`), then the head alone is fitted on its features.
"""

import argparse
import json
import os
import resource
import sys
import time

started = time.time()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

parser = argparse.ArgumentParser()
parser.add_argument("data", help="folder with train/, validation/ and test/, one folder a class in each")
parser.add_argument("--mode", choices=["end-to-end", "cached"], required=True)
parser.add_argument("--weights", required=True, help="official no_top .h5 file")
parser.add_argument("--alpha", type=float, default=1.0)
parser.add_argument("--epochs", type=int, default=10)
options = parser.parse_args()
import_seconds = time.time() - started

started = time.time()
keras.utils.set_random_seed(1)
SIZE = (224, 224)


def load(split):
    images = keras.utils.image_dataset_from_directory(
        os.path.join(options.data, split),
        image_size=SIZE,
        batch_size=32,
        shuffle=split == "train",
        label_mode="categorical",
        verbose=False,
    )
    num_classes = len(images.class_names)
    images = images.map(lambda x, y: (keras.applications.mobilenet_v2.preprocess_input(x), y))
    return images.prefetch(tf.data.AUTOTUNE), num_classes


train, num_classes = load("train")
validation, _ = load("validation")
test, _ = load("test")

base = keras.applications.MobileNetV2(
    input_shape=(*SIZE, 3), alpha=options.alpha, include_top=False, weights=options.weights
)
base.trainable = False


def compiled(model):
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def features_of(images):
    features, labels = [], []
    for x, y in images:
        features.append(base.predict_on_batch(x))
        labels.append(y.numpy())
    return np.concatenate(features), np.concatenate(labels)


features_seconds = 0.0
if options.mode == "end-to-end":
    inputs = keras.Input((*SIZE, 3))
    x = base(inputs, training=False)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = compiled(keras.Model(inputs, keras.layers.Dense(num_classes, activation="softmax")(x)))
    history = model.fit(train, validation_data=validation, epochs=options.epochs, verbose=0)
    test_accuracy = model.evaluate(test, verbose=0)[1]
else:
    train, validation, test = features_of(train), features_of(validation), features_of(test)
    features_seconds = time.time() - started
    model = compiled(
        keras.Sequential(
            [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(num_classes, activation="softmax")]
        )
    )
    history = model.fit(*train, validation_data=validation, epochs=options.epochs, batch_size=32, verbose=0)
    test_accuracy = model.evaluate(*test, verbose=0)[1]

work_seconds = time.time() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB on Linux, bytes on macOS
print(
    json.dumps(
        {
            "mode": options.mode,
            "importSeconds": import_seconds,
            "featuresSeconds": features_seconds,
            "workSeconds": work_seconds,
            "validationAccuracy": history.history["val_accuracy"][-1],
            "testAccuracy": test_accuracy,
            "peakBytes": peak if sys.platform == "darwin" else peak * 1024,
            "versions": {"keras": keras.__version__, "tensorflow": tf.__version__},
        }
    )
)
