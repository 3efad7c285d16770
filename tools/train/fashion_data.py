"""Reads Fashion-MNIST from its IDX .gz files; shared by train.py and predict.py.

The files are those of Debian's package dataset-fashion-mnist:

    apt-get install dataset-fashion-mnist
"""

import gzip
from pathlib import Path

import numpy as np

DEFAULT_DATA = Path("/usr/share/datasets/fashion-mnist")
REPOSITORY = Path(__file__).resolve().parents[2]
MODELS = REPOSITORY / "models"

CLASS_NAMES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
               "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def read_idx(path):
    """Return the unsigned-byte array stored in a gzipped IDX file."""
    with gzip.open(path, "rb") as stream:
        raw = stream.read()
    # Header: two zero bytes, the element type (8: unsigned byte), the number
    # of dimensions, then each dimension as a big-endian 32-bit integer.
    if len(raw) < 4 or raw[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: not an IDX file of unsigned bytes")
    rank = raw[3]
    shape = tuple(np.frombuffer(raw, ">u4", rank, 4))
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load(folder, part):
    """Return (pictures, labels) of `part`, "train" or "t10k".

    Pictures are uint8 of shape N x 28 x 28, labels int64 of shape N.
    """
    folder = Path(folder)
    pictures = read_idx(folder / f"{part}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz")
    return pictures, labels.astype(np.int64)


def to_input(pictures):
    """Turn uint8 N x 28 x 28 pictures into the network's float32 N x 1 x 28 x 28."""
    return (pictures.astype(np.float32) / np.float32(255))[:, np.newaxis]
