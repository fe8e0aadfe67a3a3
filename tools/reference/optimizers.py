"""Twenty steps of Keras's optimizers on two weights with gradients by formula: tools/reference/optimizers.json.

How to run:

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install tensorflow-cpu==2.21.0 keras==3.15.1
    /tmp/peers/bin/python tools/reference/optimizers.py
"""

import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

from formulas import uniform

CASES = {
    "adam": lambda: keras.optimizers.Adam(1e-2),
    "adam with decay": lambda: keras.optimizers.Adam(1e-2, weight_decay=0.1),
    "adamw": lambda: keras.optimizers.AdamW(1e-2, weight_decay=0.1),
    "rmsprop": lambda: keras.optimizers.RMSprop(1e-2),
    "sgd": lambda: keras.optimizers.SGD(1e-1),
    "sgd with momentum": lambda: keras.optimizers.SGD(1e-1, momentum=0.9),
}


def run(make):
    kernel = keras.Variable(uniform("kernel", 6).astype(np.float32).reshape(2, 3), name="kernel")
    bias = keras.Variable(uniform("bias", 3).astype(np.float32), name="bias")
    optimizer = make()
    if optimizer.weight_decay:
        optimizer.exclude_from_weight_decay(var_list=[bias])
    for step in range(20):
        gradients = [uniform(f"kernel gradient {step}", 6).astype(np.float32).reshape(2, 3), uniform(f"bias gradient {step}", 3).astype(np.float32)]
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients], [kernel, bias])
    return [[float(v) for v in np.asarray(weight).ravel()] for weight in (kernel, bias)]


if __name__ == "__main__":
    result = {"keras": keras.__version__, "cases": {name: run(make) for name, make in CASES.items()}}
    (pathlib.Path(__file__).parent / "optimizers.json").write_text(json.dumps(result, indent=1) + "\n")
