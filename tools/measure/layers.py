"""Layers of `winocl bench --layers --json`, from programs that may fuse different ones."""
from .program import Failure

TOTAL = "whole network"


def key_of(layer):
    return f"{layer['name']} ({layer['op']})"


def common_layers(lists):
    """Names of the layers that all lists have, in order."""
    keys = [dict.fromkeys(map(key_of, layers)) for layers in lists]
    names = [key for key in keys[0] if all(key in other for other in keys[1:])]
    if not names:
        raise Failure("no layer is in all results")
    return names


def add_layers(layers, names, field):
    """{name: the field's sum}. A layer that is not named counts for the one before it, into which it may be fused elsewhere."""
    sums, last = dict.fromkeys(names, 0.0), names[0]
    for layer in layers:
        key = key_of(layer)
        last = key if key in sums else last
        if layer[field] is None:
            raise Failure(f"layer {layer['name']}: no {field}: the device takes no times")
        sums[last] += layer[field]
    return sums
