"""Trains the Fashion-MNIST classifier and writes it as models/fashion.onnx.

    python tools/train/train.py

The seed and the thread count are fixed, so one machine gives the same model
every time.  The epoch that is kept is chosen on 5,000 pictures held out from
the training set; the test set is only looked at once, at the very end.
Writes fashion.onnx, fashion_labels.txt and pictures/*.png below models/.
"""

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

import fashion_data

VALIDATION_COUNT = 5000
MAX_SHIFT = 2
PICTURE_COUNT = 12


def conv_block(inputs, outputs):
    """3x3 convolution, batch-norm and ReLU; the batch-norm makes a bias useless."""
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def build_network():
    """The VGG-style network, giving logits (the loss wants them, not softmax)."""
    return nn.Sequential(
        *conv_block(1, 32), *conv_block(32, 32), nn.MaxPool2d(2), nn.Dropout(0.1),
        *conv_block(32, 64), *conv_block(64, 64), nn.MaxPool2d(2), nn.Dropout(0.2),
        *conv_block(64, 128), *conv_block(128, 128), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3), nn.Linear(128 * 3 * 3, 128), nn.ReLU(inplace=True),
        nn.Dropout(0.4), nn.Linear(128, 10))


def augment(batch, generator):
    """Flip half of the pictures left to right and shift each by up to MAX_SHIFT."""
    count, _, height, width = batch.shape
    flip = torch.rand(count, 1, 1, 1, generator=generator) < 0.5
    batch = torch.where(flip, batch.flip(3), batch)
    # A shift is a window into the zero-padded picture; indexing does the whole
    # batch at once, where a loop over pictures would cost more than training.
    padded = functional.pad(batch[:, 0], [MAX_SHIFT] * 4)
    offsets = torch.randint(0, 2 * MAX_SHIFT + 1, (2, count, 1), generator=generator)
    rows = offsets[0] + torch.arange(height)
    columns = offsets[1] + torch.arange(width)
    picture = torch.arange(count)[:, None, None]
    return padded[picture, rows[:, :, None], columns[:, None, :]][:, None]


def accuracy(network, inputs, labels):
    """Share of `inputs` that the network, put in eval mode, gets right."""
    network.eval()
    right = 0
    with torch.no_grad():
        for start in range(0, len(inputs), 500):
            logits = network(inputs[start:start + 500])
            right += (logits.argmax(1) == labels[start:start + 500]).sum().item()
    return right / len(inputs)


def train_epoch(network, inputs, labels, optimizer, schedule, batch_size, generator):
    """One pass over the training pictures; returns the mean loss."""
    network.train()
    order = torch.randperm(len(inputs), generator=generator)
    batches = order.split(batch_size)
    total = 0.0
    for chosen in batches:
        batch = augment(inputs[chosen], generator)
        # channels_last roughly doubles the speed of the CPU convolutions.
        batch = batch.contiguous(memory_format=torch.channels_last)
        loss = functional.cross_entropy(network(batch), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item()
    return total / len(batches)


def train(inputs, labels, options):
    """Train on all but the held-out pictures; return the best epoch's network."""
    generator = torch.Generator().manual_seed(options.seed)
    order = torch.randperm(len(inputs), generator=generator)
    held_out, kept = order[:VALIDATION_COUNT], order[VALIDATION_COUNT:]
    network = build_network().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9,
                                nesterov=True, weight_decay=5e-4)
    steps = -(-len(kept) // options.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.1, epochs=options.epochs, steps_per_epoch=steps)
    best, best_state = -1.0, None
    for epoch in range(options.epochs):
        started = time.time()
        loss = train_epoch(network, inputs[kept], labels[kept], optimizer,
                           schedule, options.batch, generator)
        score = accuracy(network, inputs[held_out], labels[held_out])
        print(f"epoch {epoch + 1:2}: loss {loss:.4f}, validation {score:.2%}, "
              f"{time.time() - started:.0f} s", flush=True)
        if score > best:
            best, best_state = score, copy.deepcopy(network.state_dict())
    network.load_state_dict(best_state)
    return network


def export(network, path):
    """Write the network, with Softmax added, as ONNX with WinoCL's metadata."""
    network = network.to(memory_format=torch.contiguous_format)
    model = nn.Sequential(*network, nn.Softmax(dim=1)).eval()
    # TrainingMode.EVAL would fold each batch-norm into the convolution before
    # it.  PRESERVE follows eval() instead: inference-mode BatchNormalization
    # nodes stay in the file and dropout goes.
    torch.onnx.export(model, torch.zeros(1, 1, 28, 28), str(path),
                      opset_version=17, training=torch.onnx.TrainingMode.PRESERVE,
                      do_constant_folding=False,
                      input_names=["input"], output_names=["probabilities"],
                      dynamic_axes={"input": {0: "batch"},
                                    "probabilities": {0: "batch"}})
    proto = onnx.load(path)
    onnx.helper.set_model_props(proto, {
        "winocl.preprocess": "unit",
        "winocl.labels": "\n".join(fashion_data.CLASS_NAMES)})
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, path)


def choose_pictures(labels):
    """Test-set indices of the first picture of each class, then the first others."""
    chosen = [int(np.flatnonzero(labels == c)[0]) for c in range(len(fashion_data.CLASS_NAMES))]
    others = [i for i in range(len(labels)) if i not in chosen]
    return chosen + others[:PICTURE_COUNT - len(chosen)]


def write_pictures(pictures, labels, folder):
    """Write the chosen test pictures as 8-bit grayscale PNGs, 00_<class>.png on."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, index in enumerate(choose_pictures(labels)):
        name = fashion_data.CLASS_NAMES[labels[index]].lower()
        name = name.replace("/", "_").replace(" ", "_").replace("-", "_")
        Image.fromarray(pictures[index]).save(folder / f"{number:02}_{name}.png")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=fashion_data.DEFAULT_DATA,
                        help="folder of the IDX .gz files (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=fashion_data.MODELS,
                        help="folder to write to (default: the repository's models/)")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2,
                        help="fixed, since it changes the order of sums")
    return parser.parse_args()


def main():
    options = parse_options()
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(options.seed)
    pictures, labels = fashion_data.load(options.data, "train")
    network = train(torch.from_numpy(fashion_data.to_input(pictures)),
                    torch.from_numpy(labels), options)
    pictures, labels = fashion_data.load(options.data, "t10k")
    score = accuracy(network, torch.from_numpy(fashion_data.to_input(pictures)),
                     torch.from_numpy(labels))
    options.out.mkdir(parents=True, exist_ok=True)
    export(network, options.out / "fashion.onnx")
    (options.out / "fashion_labels.txt").write_text("\n".join(fashion_data.CLASS_NAMES) + "\n")
    write_pictures(pictures, labels, options.out / "pictures")
    parameters = sum(p.numel() for p in network.parameters())
    print(f"test {score:.2%}, {parameters} parameters")


if __name__ == "__main__":
    main()
