"""Pictures made by formula and resized by Pillow's BILINEAR: tools/reference/pillow_resize.json.

How to run:

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install numpy pillow
    /tmp/peers/bin/python tools/reference/pillow_resize.py
"""

import base64
import json
import pathlib

import numpy as np
from PIL import Image

from formulas import picture

# [height, width] from and to: shrunk, enlarged, one of each, one axis only, by much, and down to a pixel.
CASES = [
    ([37, 53], [16, 16]),
    ([64, 61], [24, 20]),
    ([11, 9], [23, 31]),
    ([20, 30], [45, 12]),
    ([9, 100], [9, 33]),
    ([50, 8], [21, 8]),
    ([301, 7], [2, 90]),
    ([1, 5], [7, 3]),
    ([13, 17], [1, 1]),
]

cases = []
for index, (size, to) in enumerate(CASES):
    resized = Image.fromarray(picture(index, *size)).resize((to[1], to[0]), Image.Resampling.BILINEAR)
    cases.append({"from": size, "to": to, "pixels": base64.b64encode(np.asarray(resized).tobytes()).decode()})
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(cases, indent=1) + "\n")
