"""Reads and decodes every picture of a folder once, as `keras.utils.image_dataset_from_directory` does; prints one line of JSON."""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

folder, side = sys.argv[1], int(sys.argv[2])
started, processor = time.perf_counter(), time.process_time()
dataset = keras.utils.image_dataset_from_directory(
    folder, image_size=(side, side), batch_size=32, shuffle=False, verbose=False
).prefetch(tf.data.AUTOTUNE)
count = sum(int(images.shape[0]) for images, _ in dataset)
print(
    json.dumps(
        {
            "numImages": count,
            "wallS": time.perf_counter() - started,
            "cpuS": time.process_time() - processor,
            "versions": f"Keras {keras.__version__}, TensorFlow {tf.__version__}",
        }
    )
)
