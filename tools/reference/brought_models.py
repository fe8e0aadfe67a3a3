"""What Keras answers with the Teachable Machine model for cats and dogs, on 32 photographs.

Usage: python brought_models.py SHARED_DATA > brought_models.json

Photographs are read without a resampling library: the nearest pixel of a 224 x 224 grid, so that any JPEG decoder with exact
arithmetic gives the same input. Keras 3 does not read this file of Keras 2 whole, so its layers are laid out from its own
configuration, with the weights of the file by name.
"""

import hashlib
import json
import sys
from pathlib import Path

import h5py
import keras
import numpy as np
from PIL import Image

data = Path(sys.argv[1])
SIDE = 224
source = data / "oracle/teachable_machine_keras_catdog/keras_model.h5"


def pixels(file: Path) -> np.ndarray:
    image = np.asarray(Image.open(file).convert("RGB"))
    rows = (np.arange(SIDE) * image.shape[0]) // SIDE
    columns = (np.arange(SIDE) * image.shape[1]) // SIDE
    return image[rows][:, columns]


def build(config: dict, tensor):
    """Applies a container's layers to a tensor."""
    if config["class_name"] == "Sequential":
        layers = config["config"]["layers"] if isinstance(config["config"], dict) else config["config"]
        for layer in layers:
            tensor = build(layer, tensor)
        return tensor
    if config["class_name"] == "InputLayer":
        return tensor
    if config["class_name"] in ("Model", "Functional"):
        outputs = {config["config"]["input_layers"][0][0]: tensor}
        for layer in config["config"]["layers"]:
            if layer["class_name"] == "InputLayer":
                continue
            inputs = [outputs[node[0]] for node in layer["inbound_nodes"][0]]
            outputs[layer["name"]] = make(layer)(inputs if len(inputs) > 1 else inputs[0])
        return outputs[config["config"]["output_layers"][0][0]]
    return make(config)(tensor)


def make(layer: dict):
    own = {k: v for k, v in layer["config"].items() if k not in ("batch_input_shape", "dtype", "sparse")}
    keep = {k: v for k, v in own.items() if not k.endswith(("_initializer", "_regularizer", "_constraint"))}
    kind = getattr(keras.layers, layer["class_name"])
    if layer["class_name"] == "DepthwiseConv2D":
        for key in ("filters", "groups"):
            keep.pop(key, None)
    if isinstance(keep.get("axis"), list):
        keep["axis"] = keep["axis"][0]
    return kind.from_config(keep)


with h5py.File(source) as file:
    config = json.loads(file.attrs["model_config"])
    inputs = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(inputs, build(config, inputs))
    stored = {}
    file["model_weights"].visititems(
        lambda name, item: stored.__setitem__("/".join(name.split("/")[-2:]).split(":")[0], np.asarray(item))
        if isinstance(item, h5py.Dataset)
        else None
    )
for layer in model.layers:
    names = {"kernel": "depthwise_kernel"} if isinstance(layer, keras.layers.DepthwiseConv2D) else {}
    values = [stored[f"{layer.name}/{names.get(w.name, w.name)}"] for w in layer.weights]
    layer.set_weights(values)

photographs = []
for name in ("cats", "dogs"):
    photographs += sorted((data / "cats_and_dogs").rglob(f"{name}/*.jpg"))[:16]
inputs = np.stack([pixels(file) for file in photographs])
answers = model.predict(inputs.astype("float32") / 127.5 - 1, verbose=0)
print(
    json.dumps(
        {
            "keras": keras.__version__,
            "photographs": [str(file.relative_to(data)) for file in photographs],
            "pixelsSha256": hashlib.sha256(inputs.tobytes()).hexdigest(),
            "probabilities": [[round(float(p), 7) for p in row] for row in answers],
        },
        indent=1,
    )
)
