"""What an exported model says of pictures, by the format's own runtime: for bench/parity.ts.

One question a line on standard input: {"format", "folder", "input", "shape", "output"}. `input` holds pictures as float32 of
`shape` [pictures, height, width, 3]; their probabilities go into `output`. One line answers each: {"error": null} or why not.
"""

import json
import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what libraries print is no answer

import numpy as np


def keras(folder):
    """In its safest mode, with nothing registered."""
    import keras

    model = keras.models.load_model(folder / "model.keras", safe_mode=True)
    return lambda pictures: model(pictures, training=False)  # the same as `predict`, which takes its time to trace


def h5(folder):
    """By Keras 3 or by `tf.keras`, whichever is here."""
    try:
        import keras

        is_old = keras.__version__.startswith("2")
    except ImportError:
        is_old = True
    if is_old:
        import tensorflow as tf

        model = tf.keras.models.load_model(folder / "model.h5", compile=False)
    else:
        model = keras.models.load_model(folder / "model.h5", compile=False)
    return lambda pictures: model(pictures, training=False)  # the same as `predict`, which takes its time to trace


# format -> function of the folder that gives a function of pictures
LOADERS = {"keras": keras, "h5": h5}


def answer(question):
    predict = LOADERS[question["format"]](pathlib.Path(question["folder"]))
    pictures = np.fromfile(question["input"], dtype="<f4").reshape(question["shape"])
    np.asarray(predict(pictures)).astype("<f4").tofile(question["output"])


for line in sys.stdin:
    try:
        answer(json.loads(line))
        error = None
    except Exception as caught:  # whatever it is, it belongs into the table
        error = f"{type(caught).__name__}: {str(caught).strip().splitlines()[0] if str(caught).strip() else ''}"[:500]
    print(json.dumps({"error": error}), file=answers, flush=True)
