"""Tensors of float32 in .npy files, without NumPy."""
import array
import ast
import math
import random
import struct
import sys

MAGIC = b"\x93NUMPY\x01\x00"


def write(path, shape, values):
    """Writes values, an array of float32 in C order."""
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    head += " " * (-(len(MAGIC) + 2 + len(head) + 1) % 64) + "\n"
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    with open(path, "wb") as file:
        file.write(MAGIC + struct.pack("<H", len(head)) + head.encode())
        values.tofile(file)


def read(path):
    """(shape, values) of a file of float32 in C order."""
    with open(path, "rb") as file:
        start = file.read(8)
        if start[:6] != MAGIC[:6]:
            raise ValueError(f"{path}: no .npy file")
        size = struct.unpack("<H", file.read(2))[0] if start[6] == 1 else struct.unpack("<I", file.read(4))[0]
        head = ast.literal_eval(file.read(size).decode())
        if head["descr"] != "<f4" or head["fortran_order"]:
            raise ValueError(f"{path}: {head['descr']}, and float32 in C order is wanted")
        data = file.read(4 * math.prod(head["shape"]))
    if len(data) != 4 * math.prod(head["shape"]):
        raise ValueError(f"{path}: too short for {head['shape']}")
    values = array.array("f", data)
    if sys.byteorder == "big":
        values.byteswap()
    return head["shape"], values


def normal(shape, seed):
    """Seeded values of a normal distribution."""
    source = random.Random(seed)
    return array.array("f", (source.gauss(0, 1) for _ in range(math.prod(shape))))


def logits(probabilities, count):
    """What `count` rows of Softmax were made of, up to a constant: their logarithms, with mean 0 in each row."""
    size = len(probabilities) // count
    answer = []
    for start in range(0, len(probabilities), size):
        row = [math.log(max(value, 1e-30)) if value == value else math.nan for value in probabilities[start : start + size]]
        answer += [value - sum(row) / size for value in row]
    return answer


def deviation(got, expected):
    """The largest difference over the largest expected value; infinite where a value is missing or not a number."""
    if len(got) != len(expected):
        return math.inf
    worst = max(abs(a - b) if a == a else math.inf for a, b in zip(got, expected))
    return worst / max(map(abs, expected))
