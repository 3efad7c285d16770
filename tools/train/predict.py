"""Classifies the Fashion-MNIST test set with ONNX Runtime and prints the accuracy.

    python tools/train/predict.py

Writes the predicted class index of each of the 10,000 test pictures, one a
line in the order of the data set, to models/fashion_predictions.txt: the
reference that WinoCL's own predictions are compared with.
"""

import argparse
from pathlib import Path

import numpy as np
import onnxruntime

import fashion_data

BATCH = 500


def predict(model, inputs):
    """Return the index of the most probable class of each input."""
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    classes = [session.run(None, {name: inputs[start:start + BATCH]})[0].argmax(1)
               for start in range(0, len(inputs), BATCH)]
    return np.concatenate(classes)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=fashion_data.DEFAULT_DATA,
                        help="folder of the IDX .gz files (default: %(default)s)")
    parser.add_argument("--model", type=Path, default=fashion_data.MODELS / "fashion.onnx",
                        help="default: models/fashion.onnx of the repository")
    parser.add_argument("--out", type=Path,
                        default=fashion_data.MODELS / "fashion_predictions.txt",
                        help="default: models/fashion_predictions.txt of the repository")
    return parser.parse_args()


def main():
    options = parse_options()
    pictures, labels = fashion_data.load(options.data, "t10k")
    classes = predict(options.model, fashion_data.to_input(pictures))
    options.out.write_text("".join(f"{c}\n" for c in classes))
    right = int((classes == labels).sum())
    print(f"{right} of {len(labels)} right: {right / len(labels):.2%}")


if __name__ == "__main__":
    main()
