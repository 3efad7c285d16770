"""Exports one small network from PyTorch and from Keras, with the same weights.

PyTorch and TensorFlow want different packages, so each half has its own
virtual environment, and the PyTorch half (which draws the weights) runs first:

    python tools/train/make_exports.py pytorch   # requirements.txt
    python tools/train/make_exports.py keras     # requirements-keras.txt

Writes to tests/data/exports/:
    pytorch.onnx        NCHW; flattens with x.view(x.size(0), -1)
    tf2onnx.onnx        NHWC, as tf2onnx writes it by default
    tf2onnx_noopt.onnx  NHWC, without tf2onnx's transpose and merging optimisers
    input_nchw.npy, input_nhwc.npy   the same three inputs in both layouts
    output.npy          ONNX Runtime's output of pytorch.onnx on them
Each Keras export is checked against output.npy.  The weights are random: these
files test that an exporter's graph is understood, not that a model is good.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

REPOSITORY = Path(__file__).resolve().parents[2]
EXPORTS = REPOSITORY / "tests" / "data" / "exports"
SEED = 7
BATCH = 3
TOLERANCE = 1e-5
BN_EPSILON = 1e-3


def draw_weights():
    """Random weights by layer name, in PyTorch's layouts (OIHW and out x in)."""
    random = np.random.default_rng(SEED)

    def layer(*shape):
        # He's scale keeps the activations, and so the softmax, in a useful range.
        scale = np.sqrt(2 / np.prod(shape[1:]))
        return {"weight": random.normal(0, scale, shape).astype(np.float32),
                "bias": random.normal(0, 0.1, shape[0]).astype(np.float32)}

    weights = {"conv1": layer(8, 3, 3, 3), "conv2": layer(12, 8, 3, 3),
               "conv3": layer(16, 12, 3, 3), "dense1": layer(20, 16 * 3 * 3),
               "dense2": layer(10, 20)}
    # Statistics far from 0 and 1, so that ignoring them is noticed.
    weights["bn1"] = {
        "weight": random.uniform(0.5, 1.5, 8).astype(np.float32),
        "bias": random.normal(0, 0.3, 8).astype(np.float32),
        "running_mean": random.normal(0, 0.3, 8).astype(np.float32),
        "running_var": random.uniform(0.2, 1.2, 8).astype(np.float32)}
    return weights


def run(path, inputs):
    """ONNX Runtime's output for `inputs`, after the checker passed the file."""
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: inputs})[0]


def pytorch_network():
    """The network as a PyTorch module."""
    import torch
    from torch import nn
    from torch.nn.functional import max_pool2d, relu, softmax

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
            self.bn1 = nn.BatchNorm2d(8, eps=BN_EPSILON)
            self.conv2 = nn.Conv2d(8, 12, 3, padding=1)
            self.conv3 = nn.Conv2d(12, 16, 3, stride=2)
            self.dense1 = nn.Linear(16 * 3 * 3, 20)
            self.dropout = nn.Dropout(0.5)
            self.dense2 = nn.Linear(20, 10)

        def forward(self, x):
            x = relu(self.bn1(self.conv1(x)))
            x = max_pool2d(relu(self.conv2(x)), 2)
            x = self.conv3(x)
            # view() with size(0), not flatten(): the exporter turns it into
            # Shape, Gather, Unsqueeze, Concat and Reshape, which is the point.
            x = x.view(x.size(0), -1)
            x = self.dropout(relu(self.dense1(x)))
            return softmax(self.dense2(x), dim=1)

    network = Network()
    state = {f"{layer}.{name}": torch.from_numpy(values)
             for layer, arrays in draw_weights().items()
             for name, values in arrays.items()}
    state["bn1.num_batches_tracked"] = torch.tensor(0)
    network.load_state_dict(state)
    return network.eval()


def export_pytorch(folder):
    """Write pytorch.onnx, the inputs and the output that goes with them."""
    import torch

    path = folder / "pytorch.onnx"
    inputs = np.random.default_rng(SEED + 1).random((BATCH, 3, 16, 16), np.float32)
    # PRESERVE keeps BatchNormalization apart from Conv; see train.py.
    torch.onnx.export(pytorch_network(), torch.from_numpy(inputs), str(path),
                      opset_version=13, training=torch.onnx.TrainingMode.PRESERVE,
                      do_constant_folding=False,
                      input_names=["input"], output_names=["probabilities"],
                      dynamic_axes={"input": {0: "batch"}, "probabilities": {0: "batch"}})
    np.save(folder / "input_nchw.npy", inputs)
    np.save(folder / "input_nhwc.npy", np.ascontiguousarray(inputs.transpose(0, 2, 3, 1)))
    np.save(folder / "output.npy", run(path, inputs))


def keras_network():
    """The network as a Keras model, taking N x 16 x 16 x 3."""
    from tensorflow import keras
    from tensorflow.keras import layers

    network = keras.Sequential([
        keras.Input((16, 16, 3), name="input"),
        layers.Conv2D(8, 3, padding="same", name="conv1"),
        layers.BatchNormalization(epsilon=BN_EPSILON, name="bn1"),
        layers.ReLU(),
        layers.Conv2D(12, 3, padding="same", activation="relu", name="conv2"),
        layers.MaxPooling2D(2),
        layers.Conv2D(16, 3, strides=2, name="conv3"),
        layers.Flatten(),
        layers.Dense(20, activation="relu", name="dense1"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax", name="dense2")])
    weights = draw_weights()
    # Keras flattens H x W x C where PyTorch flattens C x H x W.
    dense1 = weights["dense1"]["weight"].reshape(20, 16, 3, 3)
    weights["dense1"]["weight"] = dense1.transpose(0, 2, 3, 1).reshape(20, -1)
    for name, arrays in weights.items():
        values = list(arrays.values())
        # Keras stores HWIO and in x out; vectors transpose to themselves.
        axes = (2, 3, 1, 0) if name.startswith("conv") else None
        values[0] = values[0].transpose(axes)
        network.get_layer(name).set_weights(values)
    return network


def export_keras(folder):
    """Write both tf2onnx files and check them against PyTorch's output."""
    import tensorflow
    import tf2onnx

    network = keras_network()
    signature = [tensorflow.TensorSpec((None, 16, 16, 3), tensorflow.float32, name="input")]
    inputs = np.load(folder / "input_nhwc.npy")
    expected = np.load(folder / "output.npy")
    # Of tf2onnx's optimisers only these leave the transposes around every
    # convolution, and the batch-norm, where the converter put them.
    harmless = {"const_fold_optimizer": tf2onnx.optimizer.const_fold_optimizer.ConstFoldOptimizer,
                "identity_optimizer": tf2onnx.optimizer.identity_optimizer.IdentityOptimizer}
    for name, optimizers in (("tf2onnx", None), ("tf2onnx_noopt", harmless)):
        path = folder / f"{name}.onnx"
        tf2onnx.convert.from_keras(network, signature, opset=15,
                                   optimizers=optimizers, output_path=str(path))
        difference = np.abs(run(path, inputs) - expected).max()
        print(f"{path.name}: differs from pytorch.onnx by at most {difference:.1e}")
        if not difference <= TOLERANCE:
            raise SystemExit(f"{path.name} differs by more than {TOLERANCE}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("framework", choices=("pytorch", "keras"))
    parser.add_argument("--out", type=Path, default=EXPORTS,
                        help="folder to write to (default: the repository's tests/data/exports/)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    {"pytorch": export_pytorch, "keras": export_keras}[options.framework](options.out)


if __name__ == "__main__":
    main()
