#!/usr/bin/env python3
"""Draws landscape.png, 224 x 224 RGB: hills behind a lake under an evening sky. No library but Python's own, and no chance: the same
pixels everywhere.

    python3 models/pictures224/landscape.py
"""
import pathlib
import struct
import zlib

SIDE = 224
SUN = (150, 78, 17)  # column, row, radius


def noise(x, y, seed):
    """0 <= value < 1 at a lattice point."""
    n = (x * 374761393 + y * 668265263 + seed * 2147483647) & 0xFFFFFFFF
    n = ((n ^ (n >> 13)) * 1274126177) & 0xFFFFFFFF
    return (n ^ (n >> 16)) % 65536 / 65536


def smooth(x, y, seed):
    """Noise between lattice points."""
    ix, iy = int(x // 1), int(y // 1)
    fx, fy = x - ix, y - iy
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
    top = noise(ix, iy, seed) * (1 - fx) + noise(ix + 1, iy, seed) * fx
    bottom = noise(ix, iy + 1, seed) * (1 - fx) + noise(ix + 1, iy + 1, seed) * fx
    return top * (1 - fy) + bottom * fy


def cloud(x, y, seed):
    return sum(smooth(x * 2**k, y * 2**k, seed + k) / 2 ** (k + 1) for k in range(5))


def mix(a, b, t):
    t = min(max(t, 0), 1)
    return tuple(p * (1 - t) + q * t for p, q in zip(a, b))


def sky(x, y):
    colour = mix((58, 92, 150), (246, 178, 112), y / 130)
    colour = mix(colour, (252, 226, 200), 1.6 * (cloud(x / 60, y / 22, 3) - 0.5))
    distance = ((x - SUN[0]) ** 2 + (y - SUN[1]) ** 2) ** 0.5
    return mix(colour, (255, 244, 214), (SUN[2] + 10 - distance) / 20 if distance > SUN[2] else 1)


def land(x, y):
    """The nearest hill's colour at a pixel above the water, or None."""
    hills = ((96, 30, 0.016, 11, (104, 96, 128)), (112, 26, 0.024, 23, (66, 78, 84)), (128, 18, 0.04, 37, (34, 52, 40)))
    seen = None
    for base, height, scale, seed, colour in hills:
        if y > base - height * (cloud(x * scale, 0.5, seed) - 0.5) * 2:
            seen = mix(colour, (20, 26, 22), 0.9 * (cloud(x / 9, y / 7, seed + 50) - 0.35))
    return seen


def pixel(x, y):
    shore = 142
    if y < shore:
        return land(x, y) or sky(x, y)
    ripple = 5 * (smooth(x / 14, y / 2.2, 71) - 0.5) * (y - shore) / 20
    mirrored = shore - (y - shore) * 1.2 + ripple
    below = land(x + ripple, mirrored) or sky(x + ripple, mirrored)
    return mix(below, (24, 44, 66), 0.28 + 0.3 * (y - shore) / (SIDE - shore))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main():
    rows, before = [], bytes(3 * SIDE)
    for y in range(SIDE):
        row = bytes(int(value + 0.5) for x in range(SIDE) for value in pixel(x, y))
        rows.append(b"\x02" + bytes((a - b) % 256 for a, b in zip(row, before)))  # PNG's filter "up"
        before = row
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(rows), 9)) + chunk(b"IEND", b"")
    pathlib.Path(__file__).with_suffix(".png").write_bytes(png)


if __name__ == "__main__":
    main()
