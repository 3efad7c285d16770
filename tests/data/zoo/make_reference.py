#!/usr/bin/env python3
"""Write the reference outputs that the network tests compare with.

    python3 -m venv /tmp/ref-venv
    /tmp/ref-venv/bin/pip install numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0
    /tmp/ref-venv/bin/python tests/data/zoo/make_reference.py [--out DIR] [--only NAME]

Each named network is built as an ONNX graph (opset 13) from numpy, filled with
the library's seeded weights, and run by ONNX Runtime on the CPU.  Nothing here
calls the library: the weight generator and the layer lists are written again
from their description, so that a mistake in either shows as a difference.

--only NAME   make only the files whose case name contains NAME
--out DIR     write there instead of beside this script
"""
import argparse
import hashlib
import math
import os

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
GOLDEN = 0x9E3779B97F4A7C15
MASK = 0xFFFFFFFFFFFFFFFF
INPUT_TAG = 0x696E707574  # the bytes "input"
SUM_STD = 37837.227       # std of the sum of four uniform 16-bit integers
CHUNK = 1 << 22           # elements generated at a time, to bound memory

VGG = {
    "vgg11": "64 M 128 M 256 256 M 512 512 M 512 512 M",
    "vgg13": "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    "vgg16": "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    "vgg19": "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M"
             " 512 512 512 512 M",
}

# name, input side, classes, batch, parameter count (None: not stated anywhere)
CASES = [
    ("lenet5", 28, 10, 1, 61706),
    ("lenet5", 28, 10, 3, 61706),
    ("alexnet", 227, 1000, 1, 60965224),
    ("vgg16", 224, 1000, 1, 138357544),
    ("vgg11-bn", 64, 10, 2, None),
    ("vgg13", 32, 1000, 1, None),
    ("vgg19", 32, 1000, 1, None),
]


def mix(z):
    """The splitmix64 finaliser on one Python integer."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def mix_array(z):
    """The same on an array of uint64, in place."""
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z


def tensor_key(seed, n):
    """Key of the n-th random tensor of a network."""
    return mix((seed + (n + 1) * GOLDEN) & MASK)


def seeded(key, shape, std):
    """The float32 tensor that the library generates for this key."""
    scale = np.float32(std / SUM_STD)
    out = np.empty(math.prod(shape), np.float32)
    for start in range(0, out.size, CHUNK):
        stop = min(start + CHUNK, out.size)
        h = np.arange(start + 1, stop + 1, dtype=np.uint64)
        h *= np.uint64(GOLDEN)
        h += np.uint64(key)
        fields = mix_array(h).view(np.uint16).reshape(-1, 4)
        total = fields.sum(axis=1, dtype=np.int32)
        # |total - 131070| < 2^24: the conversion is exact, one rounding remains.
        out[start:stop] = (total - 131070).astype(np.float32) * scale
    return out.reshape(shape)


def seeded_slow(key, i, std):
    """Element i by plain integers: the check on seeded()."""
    h = mix((key + (i + 1) * GOLDEN) & MASK)
    total = sum((h >> shift) & 0xFFFF for shift in (0, 16, 32, 48))
    return np.float32(total - 131070) * np.float32(std / SUM_STD)


def test_input(shape):
    """A network's test input."""
    return seeded(mix(INPUT_TAG), shape, 1.0)


class Net:
    """An ONNX graph under construction, one node after another."""

    def __init__(self, name, channels, height, width, batch, seed=0):
        self.name, self.batch, self.seed = name, batch, seed
        self.shape = (channels, height, width)
        self.tip = "input"
        self.nodes, self.inits = [], []
        self.randoms = self.params = 0
        self.input_shape = (batch,) + self.shape

    def random(self, name, shape, std):
        """Add the next random tensor; returns its name."""
        data = seeded(tensor_key(self.seed, self.randoms), shape, std)
        self.randoms += 1
        return self.constant(name, data)

    def constant(self, name, data):
        """Add an initializer; returns its name."""
        self.inits.append(numpy_helper.from_array(data, name))
        self.params += data.size
        return name

    def node(self, op, extra=(), **attrs):
        """Append a node that reads the current tip."""
        out = f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, [self.tip, *extra], [out],
                                           name=out, **attrs))
        self.tip = out

    def conv(self, k, size, pad=0, stride=1, groups=1):
        """Convolution with bias."""
        c, h, w = self.shape
        tag = f"conv{len(self.nodes)}"
        std = math.sqrt(2.0 / (c // groups * size * size))
        weight = self.random(tag + ".weight", (k, c // groups, size, size), std)
        bias = self.random(tag + ".bias", (k,), 0.01)
        self.node("Conv", (weight, bias), kernel_shape=[size, size],
                  pads=[pad] * 4, strides=[stride] * 2, group=groups)
        self.shape = (k, (h + 2 * pad - size) // stride + 1,
                      (w + 2 * pad - size) // stride + 1)

    def batchnorm(self, trained=False):
        """Batch normalisation; trained=True gives it a scale and a variance."""
        k = self.shape[0]
        tag = f"bn{len(self.nodes)}"
        ones = np.ones(k, np.float32)
        beta = self.random(tag + ".beta", (k,), 0.01)
        mean = self.random(tag + ".mean", (k,), 0.1)
        gamma, var = ones, ones
        if trained:  # all different, as in a real network
            gamma = np.linspace(0.5, 1.5, k, dtype=np.float32)
            var = np.linspace(8.0, 2.0, k, dtype=np.float32)
        gamma = self.constant(tag + ".gamma", gamma)
        var = self.constant(tag + ".variance", var)
        self.node("BatchNormalization", (gamma, beta, mean, var), epsilon=1e-5)

    def pool(self, op, size, stride, ceil_mode=0):
        """Max or average pooling without padding."""
        c, h, w = self.shape
        more = {"ceil_mode": 1} if ceil_mode else {}
        self.node(op, kernel_shape=[size, size], strides=[stride] * 2, **more)
        up = stride - 1 if ceil_mode else 0
        self.shape = (c, (h - size + up) // stride + 1,
                      (w - size + up) // stride + 1)

    def flatten(self):
        self.node("Flatten", axis=1)
        self.shape = (math.prod(self.shape),)

    def dense(self, outputs):
        """Fully connected layer: Gemm with its weight stored [outputs][inputs]."""
        inputs = self.shape[0]
        tag = f"dense{len(self.nodes)}"
        weight = self.random(tag + ".weight", (outputs, inputs),
                             math.sqrt(2.0 / inputs))
        bias = self.random(tag + ".bias", (outputs,), 0.01)
        self.node("Gemm", (weight, bias), transB=1)
        self.shape = (outputs,)

    def softmax(self):
        """Softmax over the classes; remembers the tensor before it."""
        self.logits = self.tip
        self.node("Softmax", axis=1)

    def model(self, batch, show_logits):
        """The finished ONNX model; batch may be a name for "any"."""
        # The last node names the output, as exporters do.
        self.nodes[-1].output[0] = "probabilities"
        info = helper.make_tensor_value_info
        outs = [info("probabilities", TensorProto.FLOAT, (batch,) + self.shape)]
        if show_logits:
            outs.append(info(self.logits, TensorProto.FLOAT,
                             (batch,) + self.shape))
        graph = helper.make_graph(
            self.nodes, self.name,
            [info("input", TensorProto.FLOAT, (batch,) + self.input_shape[1:])],
            outs, self.inits)
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=7, producer_name="make_reference.py")


def lenet5(net, classes):
    for channels, pad in ((6, 2), (16, 0)):
        net.conv(channels, 5, pad)
        net.node("Tanh")
        net.pool("AveragePool", 2, 2)
    net.flatten()
    for outputs in (120, 84):
        net.dense(outputs)
        net.node("Tanh")
    net.dense(classes)
    net.softmax()


def big_classifier(net, classes):
    """The three dense layers that AlexNet and VGG share."""
    net.flatten()
    for _ in range(2):
        net.dense(4096)
        net.node("Relu")
        net.node("Dropout")  # the identity when not training
    net.dense(classes)
    net.softmax()


def alexnet(net, classes):
    lrn = {"size": 5, "alpha": 1e-4, "beta": 0.75, "bias": 2.0}
    net.conv(96, 11, stride=4)
    net.node("Relu")
    net.node("LRN", **lrn)
    net.pool("MaxPool", 3, 2)
    net.conv(256, 5, pad=2, groups=2)
    net.node("Relu")
    net.node("LRN", **lrn)
    net.pool("MaxPool", 3, 2)
    for channels, groups in ((384, 1), (384, 2), (256, 2)):
        net.conv(channels, 3, pad=1, groups=groups)
        net.node("Relu")
    net.pool("MaxPool", 3, 2)
    big_classifier(net, classes)


def vgg(net, layers, norm, classes):
    for item in layers.split():
        if item == "M":
            net.pool("MaxPool", 2, 2)
            continue
        net.conv(int(item), 3, pad=1)
        if norm:
            net.batchnorm()
        net.node("Relu")
    big_classifier(net, classes)


def build(name, side, classes, batch):
    """The named network as a Net."""
    net = Net(name, 1 if name == "lenet5" else 3, side, side, batch)
    if name == "lenet5":
        lenet5(net, classes)
    elif name == "alexnet":
        alexnet(net, classes)
    else:
        vgg(net, VGG[name.removesuffix("-bn")], name.endswith("-bn"), classes)
    return net


def narrow_vgg(batch):
    """A small VGG-like network whose sizes are not multiples of anything."""
    net = Net("narrow_vgg", 3, 37, 29, batch)
    for channels, norm, ceil_mode in ((5, True, True), (17, False, False),
                                      (24, True, False), (16, False, False)):
        net.conv(channels, 3, pad=1)
        if norm:
            net.batchnorm(trained=True)
        net.node("Relu")
        net.pool("MaxPool", 2, 2, ceil_mode)
    net.flatten()
    net.dense(33)
    net.node("Relu")
    net.dense(10)
    net.softmax()
    return net


def run_ort(model, data, optimise=True):
    """All outputs of the model, computed by ONNX Runtime on the CPU."""
    options = ort.SessionOptions()
    if not optimise:
        options.graph_optimization_level = \
            ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options,
                                   providers=["CPUExecutionProvider"])
    return session.run(None, {"input": data})


def spread(a, b):
    """Largest difference relative to the largest magnitude."""
    return float(np.abs(a - b).max() / np.abs(a).max())


def run_net(net, out, stem):
    """Run one network and store probabilities and logits; returns the logits."""
    data = test_input(net.input_shape)
    model = net.model(net.batch, True)
    # Unoptimised, so that no batch-norm is folded and each node is what it says.
    probs, logits = run_ort(model, data, optimise=False)
    _, fused = run_ort(model, data)
    np.save(os.path.join(out, stem + "_probs.npy"), probs)
    np.save(os.path.join(out, stem + "_logits.npy"), logits)
    print(f"{stem}: {net.params} parameters in {net.randoms} random tensors, "
          f"logits {logits.min():.4f}..{logits.max():.4f}, "
          f"largest probability {probs.max():.4f}, "
          f"ORT unfused vs fused {spread(logits, fused):.1e}")


def write_narrow(out):
    """Store narrow_vgg.onnx with its input and outputs."""
    net = narrow_vgg(2)
    data = test_input(net.input_shape)
    path = os.path.join(out, "narrow_vgg.onnx")
    model = net.model("batch", False)
    # One tensor as float_data: readers must take both ONNX encodings.
    last = model.graph.initializer[-1]
    values = numpy_helper.to_array(last)
    last.CopyFrom(helper.make_tensor(last.name, TensorProto.FLOAT,
                                     values.shape, values.tolist()))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    np.save(os.path.join(out, "narrow_vgg_input.npy"), data)
    # The file as written is what is run; a second graph shows the logits.
    probs = run_ort(onnx.load(path), data, optimise=False)[0]
    again = narrow_vgg(2)
    same, logits = run_ort(again.model("batch", True), data, optimise=False)
    assert np.array_equal(probs, same)
    np.save(os.path.join(out, "narrow_vgg_output.npy"), probs)
    np.save(os.path.join(out, "narrow_vgg_logits.npy"), logits)
    print(f"narrow_vgg: {net.params} parameters, {os.path.getsize(path)} bytes")


def show(title, values):
    print(title)
    for value in values:
        print(f"  {int(value.view(np.uint32)):08x}  {value:.9g}")


def generator_checks():
    """Check the generator against plain integers; print its exact values."""
    for key, std in ((tensor_key(0, 0), 1.0), (tensor_key(7, 3), 0.01),
                     (MASK, 0.3)):
        fast = seeded(key, (5000,), std)
        for i in (0, 1, 2, 3, 4998, 4999):
            assert fast[i] == seeded_slow(key, i, std)
    std = math.sqrt(2.0 / 25)
    print(f"mix(1) = {mix(1):016x}, key of tensor 0 = {tensor_key(0, 0):016x}, "
          f"key of the test input = {mix(INPUT_TAG):016x}")
    show("lenet5 first weight", seeded(tensor_key(0, 0), (6, 1, 5, 5), std).flat[:4])
    show("lenet5 first bias", seeded(tensor_key(0, 1), (6,), 0.01)[:4])
    show("lenet5 second weight",
         seeded(tensor_key(0, 2), (4,), math.sqrt(2.0 / 150)))
    show("test input", test_input((4,)))
    first = seeded(tensor_key(0, 0), (64, 3, 3, 3), math.sqrt(2.0 / 27))
    little = first.ravel()[:1000].astype("<f4")
    print("vgg16 first weight, sha256 of the first 1000 (little-endian):")
    print(" ", hashlib.sha256(little.tobytes()).hexdigest())
    weight = seeded(tensor_key(0, 0), (150,), std)
    for title, values in (("lenet5 first weight", weight),
                          ("lenet5 test input", test_input((784,)))):
        print(f"{title}, all {values.size}, sha256:")
        print(" ", hashlib.sha256(values.astype("<f4").tobytes()).hexdigest())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    generator_checks()
    for name, side, classes, batch, params in CASES:
        stem = f"{name}_s{side}_c{classes}_b{batch}"
        if args.only not in stem:
            continue
        net = build(name, side, classes, batch)
        # Means and variances are counted too, so only nets without BN are checked.
        assert params is None or net.params == params, net.params
        run_net(net, args.out, stem)
    if args.only in "narrow_vgg":
        write_narrow(args.out)


if __name__ == "__main__":
    main()
