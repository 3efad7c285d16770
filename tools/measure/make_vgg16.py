"""Writes VGG-16 for pictures of 224x224 as ONNX, any batch size, He-initialised weights from seed 0: make_vgg16.py OUT.onnx

Runs where the packages onnx and numpy are installed. Input "input" (N, 3, 224, 224), output "prob" (N, 1000).
"""
import math
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

CONVOLUTIONS = [[64] * 2, [128] * 2, [256] * 3, [512] * 3, [512] * 3]
DENSE = [4096, 4096, 1000]


class Network:
    """Nodes one after the other, each fed by the one before."""

    def __init__(self):
        self.random = numpy.random.default_rng(0)
        self.nodes, self.weights, self.last = [], [], "input"

    def add(self, kind, name, *weights, **attributes):
        self.nodes.append(helper.make_node(kind, [self.last, *weights], [name], name=name, **attributes))
        self.last = name

    def parameters(self, name, *shape):
        """Names of filters with the variance that a ReLU keeps, and of small biases."""
        filters = self.random.standard_normal(shape, numpy.float32) * numpy.float32(math.sqrt(2 / math.prod(shape[1:])))
        bias = self.random.standard_normal(shape[0], numpy.float32) * numpy.float32(0.01)
        self.weights += [numpy_helper.from_array(filters, f"{name}.weight"), numpy_helper.from_array(bias, f"{name}.bias")]
        return f"{name}.weight", f"{name}.bias"


def build():
    network, channels = Network(), 3
    for block, layers in enumerate(CONVOLUTIONS, 1):
        for layer, filters in enumerate(layers, 1):
            name = f"conv{block}_{layer}"
            network.add("Conv", name, *network.parameters(name, filters, channels, 3, 3), kernel_shape=[3, 3], pads=[1, 1, 1, 1])
            network.add("Relu", f"{name}.relu")
            channels = filters
        network.add("MaxPool", f"pool{block}", kernel_shape=[2, 2], strides=[2, 2])
    network.add("Flatten", "flat")
    inputs = channels * 7 * 7
    for number, outputs in enumerate(DENSE, 6):
        network.add("Gemm", f"fc{number}", *network.parameters(f"fc{number}", outputs, inputs), transB=1)
        if outputs != DENSE[-1]:
            network.add("Relu", f"fc{number}.relu")
        inputs = outputs
    network.add("Softmax", "prob", axis=1)
    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(network.nodes, "vgg16", [tensor("input", TensorProto.FLOAT, ["N", 3, 224, 224])],
                              [tensor("prob", TensorProto.FLOAT, ["N", DENSE[-1]])], network.weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)


if __name__ == "__main__":
    onnx.save(build(), sys.argv[1])
