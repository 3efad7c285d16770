"""VGG-16's arithmetic: the work and the bytes of each layer, by the algorithm. Pictures of 224x224, float32, a padded border of 1."""
import math

# name, input channels, filters, width and height, whether a 2x2 max-pool follows
CONVOLUTIONS = [
    ("conv1_1", 3, 64, 224, False), ("conv1_2", 64, 64, 224, True),
    ("conv2_1", 64, 128, 112, False), ("conv2_2", 128, 128, 112, True),
    ("conv3_1", 128, 256, 56, False), ("conv3_2", 256, 256, 56, False), ("conv3_3", 256, 256, 56, True),
    ("conv4_1", 256, 512, 28, False), ("conv4_2", 512, 512, 28, False), ("conv4_3", 512, 512, 28, True),
    ("conv5_1", 512, 512, 14, False), ("conv5_2", 512, 512, 14, False), ("conv5_3", 512, 512, 14, True),
]
DENSE = [("fc6", 25088, 4096), ("fc7", 4096, 4096), ("fc8", 4096, 1000)]


class Device:
    """Rates in FLOP/s and bytes/s; the densities are the part of the FMA slots that a kernel's inner loop fills."""

    def __init__(self, flops, bandwidth, gemm=1.0, fused=1.0):
        self.flops, self.bandwidth, self.gemm, self.fused = flops, bandwidth, gemm, fused

    def seconds(self, flop, data, density):
        return max(flop / (self.flops * density), data / self.bandwidth)


class Layer:
    """A 3x3 convolution at a batch size, its ReLU and the pool after it in the same kernel."""

    def __init__(self, row, batch):
        self.name, self.c, self.k, self.size, self.pooled = row
        self.batch = batch
        self.x = 4 * batch * self.c * self.size**2
        self.y = 4 * batch * self.k * self.size**2 / (4 if self.pooled else 1)

    def products(self, m):
        """Additions and multiplications of the products of F(m x m, 3x3); m = 0: direct."""
        tiles = math.ceil(self.size / m) ** 2 * (m + 2) ** 2 if m else 9 * self.size**2
        return 2 * self.batch * tiles * self.c * self.k

    def filters(self, m):
        """Bytes of the filters, transformed."""
        return 4 * ((m + 2) ** 2 if m else 9) * self.c * self.k

    def one_kernel(self, device, m):
        """Seconds of direct convolution, or of a fused kernel: everything is read and written once."""
        return device.seconds(self.products(m), self.x + self.y + self.filters(m), device.fused)

    def three_kernels(self, device, m):
        """Seconds of transform, products and inverse transform, with V and M in memory between them."""
        points = 4 * self.batch * math.ceil(self.size / m) ** 2 * (m + 2) ** 2
        v, out = points * self.c, points * self.k
        transforms = (self.x + v + out + self.y) / device.bandwidth
        return transforms + device.seconds(self.products(m), v + self.filters(m) + out, device.gemm)


def convolutions(batch):
    return [Layer(row, batch) for row in CONVOLUTIONS]


def dense_seconds(device, batch):
    return sum(device.seconds(2 * batch * c * k, 4 * (c * k + batch * (c + k)), device.gemm) for _, c, k in DENSE)


def network_seconds(device, batch, treatments):
    """Seconds of the network, each layer by the fastest of the treatments: functions of (layer, device). conv1_1 is direct."""
    first, *rest = convolutions(batch)
    best = sum(min(treat(layer, device) for treat in treatments) for layer in rest)
    return first.one_kernel(device, 0) + best + dense_seconds(device, batch)


def direct(layer, device):
    return layer.one_kernel(device, 0)


def fused(m):
    return lambda layer, device: layer.one_kernel(device, m)


def three(m):
    return lambda layer, device: layer.three_kernels(device, m)
