#!/usr/bin/env python3
"""Make the test pictures and what Pillow, torchvision and Keras make of them.

    python3 -m venv /tmp/ref-venv
    /tmp/ref-venv/bin/pip install numpy==2.4.6 pillow==13.0.0 keras==3.15.1
    /tmp/ref-venv/bin/pip install torch==2.5.1 torchvision==0.20.1 scipy jax
    /tmp/ref-venv/bin/python tests/data/preprocess/make_reference.py [--out DIR]

The expected arrays come from the libraries themselves: torchvision's
transforms, Keras' load_img and preprocess_input, Pillow's resize.  check()
also states the normalisations in numpy and stops if a library disagrees.
Keras runs on its numpy backend, which imports scipy and jax.

--out DIR     write there instead of beside this script
"""
import argparse
import io
import os
import struct
import zlib

os.environ["KERAS_BACKEND"] = "numpy"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import keras  # noqa: E402  (must come after the backend is chosen)
import numpy as np  # noqa: E402
import PIL  # noqa: E402
import torchvision  # noqa: E402
from keras.applications.imagenet_utils import preprocess_input  # noqa: E402
from PIL import Image  # noqa: E402
from torchvision import transforms  # noqa: E402

MEAN = [0.485, 0.456, 0.406]
STD = [0.229, 0.224, 0.225]
SIZES = [(32, 32), (24, 40), (128, 96)]  # width, height
FILTERS = {"bilinear": Image.Resampling.BILINEAR,
           "nearest": Image.Resampling.NEAREST}
# Adam7: first column, first row, column step, row step of each pass.
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
         (1, 0, 2, 2), (0, 1, 1, 2)]
GRAY, RGB = 0, 2  # PNG colour types


def picture(width, height, channels, seed):
    """A gradient, rings, a hard edge and noise: H x W x C floats in 0..1."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    rng = np.random.Generator(np.random.PCG64(seed))
    planes = []
    for c in range(channels):
        slope = (x * (c + 1) / width + y * (3 - c) / height) / 4
        rings = 0.2 * np.sin(np.hypot(x - width * 0.6, y - height * 0.3)
                             * (0.5 + 0.2 * c))
        edge = 0.3 * ((x + 2 * y) % (23 + 6 * c) < 9)
        noise = rng.integers(-16, 17, (height, width)) / 255
        planes.append(slope + rings + edge + noise)
    return np.clip(np.stack(planes, axis=-1), 0, 1)


def as_bytes(values):
    return np.round(values * 255).astype(np.uint8)


def chunk(kind, data):
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def rows(pixels):
    """PNG scan lines, each with filter type 0."""
    return b"".join(b"\0" + row.tobytes() for row in pixels)


def png(width, height, bits, color, lines, interlaced=0):
    """A PNG file, for the kinds that Pillow can read but not write."""
    head = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b""))


def saved(image, kind, **options):
    """The file that Pillow writes for an image."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def make_pictures():
    """The sound pictures: name -> file contents."""
    rgb = as_bytes(picture(61, 47, 3, 1))
    files = {"rgb.png": saved(Image.fromarray(rgb), "PNG", optimize=True)}
    gray = as_bytes(picture(28, 28, 1, 2))[:, :, 0]
    files["gray.png"] = saved(Image.fromarray(gray), "PNG", optimize=True)
    rgba = as_bytes(picture(40, 30, 4, 3))
    rgba[:8, :, 3] = 0  # colour hidden under full transparency
    files["rgba.png"] = saved(Image.fromarray(rgba), "PNG", optimize=True)
    palette = Image.fromarray(as_bytes(picture(33, 21, 3, 4))).quantize(29)
    files["palette.png"] = saved(palette, "PNG", optimize=True)
    wide = np.round(picture(20, 17, 3, 5) * 65535).astype(">u2")
    files["rgb16.png"] = png(20, 17, 16, RGB, rows(wide))
    files["gray16.png"] = png(20, 17, 16, GRAY, rows(wide[:, :, 1]))
    small = as_bytes(picture(19, 13, 3, 6))
    lines = b"".join(rows(small[y::dy, x::dx]) for x, y, dx, dy in ADAM7)
    files["interlaced.png"] = png(19, 13, 8, RGB, lines, interlaced=1)
    photo = Image.fromarray(as_bytes(picture(97, 113, 3, 7)))
    files["rgb.jpg"] = saved(photo, "JPEG", quality=90)
    flat = Image.fromarray(as_bytes(picture(45, 38, 1, 8))[:, :, 0])
    files["gray.jpg"] = saved(flat, "JPEG", quality=90)
    return files


def make_broken(files):
    """Pictures that must be refused: name -> file contents."""
    broken = {}
    for source, name in (("rgb.png", "cut.png"), ("rgb.jpg", "cut.jpg")):
        broken[name] = files[source][:len(files[source]) // 2]
    # Sound chunks and checksums; the 2.7 GB that the header claims are not there.
    broken["huge.png"] = png(30000, 30000, 8, RGB, bytes(4096))
    return broken


def opened(files, name, mode="RGB"):
    return Image.open(io.BytesIO(files[name])).convert(mode)


def chw(hwc):
    return np.moveaxis(np.asarray(hwc), -1, 0)


def decoded(files):
    """What Pillow's convert("RGB") gives for each picture, and convert("L")."""
    out = {}
    for name in files:
        out[name.replace(".", "_") + "_decoded"] = np.asarray(opened(files, name))
    for name in ("rgb.png", "gray.png"):
        out[name.replace(".", "_") + "_luma"] = \
            np.asarray(opened(files, name, "L"))
    # Pillow clamps 16-bit gray at 255 instead of scaling; keep the sane answer.
    with Image.open(io.BytesIO(files["gray16.png"])) as image:
        high = (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
    out["gray16_png_high"] = np.repeat(high[:, :, None], 3, axis=2)
    return out


def resized(files):
    """Pillow's resize of two pictures to every size with every filter.

    The two passes round to 8 bits in between.  Pillow 13 runs the vertical one
    first for some shapes (README.md); every release before ran the horizontal one
    first.  Where it matters the older answer is stored as well.
    """
    out = {}
    for name in ("rgb.png", "rgb.jpg"):
        image = opened(files, name)
        for width, height in SIZES:
            for label, method in FILTERS.items():
                key = f"{name.replace('.', '_')}_{label}_{width}x{height}"
                out[key] = np.asarray(image.resize((width, height), method))
                across = image.resize((width, image.height), method)
                older = np.asarray(across.resize((width, height), method))
                if not np.array_equal(out[key], older):
                    out[key + "_before13"] = older
    return out


def keras_chw(pixels, mode):
    """Keras' normalisation of uint8 H x W x 3 pixels, as C x H x W."""
    array = keras.utils.img_to_array(Image.fromarray(pixels))
    return chw(preprocess_input(array, data_format="channels_last", mode=mode))


def normalised(pixels):
    """The same pixels under each normalisation."""
    unit = transforms.ToTensor()(Image.fromarray(pixels))
    return {
        "norm_pixels": pixels,
        "norm_unit": unit.numpy(),
        "norm_torchvision": transforms.Normalize(MEAN, STD)(unit).numpy(),
        "norm_caffe": keras_chw(pixels, "caffe"),
        "norm_tf": keras_chw(pixels, "tf"),
    }


def pipelines(files):
    """Whole evaluation pipelines, from the file to the network's input."""
    out = {}
    crop = transforms.Compose([transforms.Resize(36), transforms.CenterCrop(32)])
    finish = transforms.Compose([transforms.ToTensor(),
                                 transforms.Normalize(MEAN, STD)])
    for name in ("rgb.png", "rgb.jpg"):
        stem = name.replace(".", "_")
        cropped = crop(opened(files, name))
        out[f"{stem}_torchvision_pixels"] = np.asarray(cropped)
        out[f"{stem}_torchvision"] = finish(cropped).numpy()
        loaded = keras.utils.load_img(io.BytesIO(files[name]),
                                      target_size=(32, 32))
        out[f"{stem}_keras_pixels"] = np.asarray(loaded)
        out[f"{stem}_keras_caffe"] = keras_chw(np.asarray(loaded), "caffe")
    return out


def check(out):
    """State the normalisations in float32; raise if a library differs."""
    f32 = np.float32
    x = chw(out["norm_pixels"]).astype(f32)
    column = (3, 1, 1)
    mean = np.array(MEAN, f32).reshape(column)
    std = np.array(STD, f32).reshape(column)
    caffe = np.array([103.939, 116.779, 123.68], f32).reshape(column)
    same = np.testing.assert_array_equal
    same(out["norm_unit"], x / f32(255))
    same(out["norm_torchvision"], (x / f32(255) - mean) / std)
    same(out["norm_caffe"], x[::-1] - caffe)
    same(out["norm_tf"], x / f32(127.5) - f32(1))
    r, g, b = np.moveaxis(out["rgb_png_decoded"].astype(np.int64), -1, 0)
    same(out["rgb_png_luma"], (19595 * r + 38470 * g + 7471 * b + 32768) >> 16)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)))
    args = parser.parse_args()
    print(f"Pillow {PIL.__version__}, torchvision {torchvision.__version__}, "
          f"Keras {keras.__version__}, numpy {np.__version__}")
    files = make_pictures()
    out = {**decoded(files), **resized(files), **pipelines(files)}
    out.update(normalised(out["rgb_png_bilinear_32x32"]))
    check(out)
    for name, data in {**files, **make_broken(files)}.items():
        with open(os.path.join(args.out, name), "wb") as file:
            file.write(data)
        print(f"{name}: {len(data)} bytes")
    for name, array in out.items():
        np.save(os.path.join(args.out, name + ".npy"),
                np.ascontiguousarray(array))
        print(f"{name}.npy: {array.dtype} {'x'.join(map(str, array.shape))}")


if __name__ == "__main__":
    main()
