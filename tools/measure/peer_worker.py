"""One peer with VGG-16, in an environment that has it: peer_worker.py NAME THREADS INPUT.npy OUTPUT.npy

Runs in the folder of the models. Makes the network, runs it once, writes the output, warms up, and prints a line

    READY {"version": ..., "first_ms": from the peer's loaded library to the first result, "peak_bytes": resident then}

Then answers each line N on standard input with `MS x`: the fastest of N runs on the whole batch.
"""
import json
import sys
import time

import numpy

WARMUP = 2


def onnxruntime(x, threads):
    import onnxruntime as library

    def create():
        options = library.SessionOptions()
        options.intra_op_num_threads = threads
        session = library.InferenceSession("vgg16.onnx", options, providers=["CPUExecutionProvider"])
        return lambda: session.run(None, {"input": x})[0]

    return library.__version__, create


def openvino(x, threads):
    import openvino as library

    def create():
        core = library.Core()
        model = core.read_model("vgg16.onnx")
        model.reshape(list(x.shape))
        # without the hint it takes bfloat16 where the CPU has it
        compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads})
        request = compiled.create_infer_request()
        return lambda: request.infer({0: x})[compiled.output(0)]

    return library.__version__, create


def ncnn(x, threads, half=True):
    import ncnn as library

    images = [numpy.ascontiguousarray(image) for image in x]

    def create():
        net = library.Net()
        net.opt.num_threads = threads
        if not half:
            net.opt.use_fp16_storage = net.opt.use_fp16_packed = net.opt.use_fp16_arithmetic = False
        net.load_param("vgg16.ncnn.param")
        net.load_model("vgg16.ncnn.bin")

        def one(image):
            extractor = net.create_extractor()
            extractor.input("in0", library.Mat(image).clone())
            return numpy.array(extractor.extract("out0")[1])

        return lambda: numpy.stack([one(image) for image in images])  # it has no batch: one after the other

    return library.__version__, create


def mnn(x, threads):
    import MNN as library
    from MNN import expr, nn

    def create():
        runtime = nn.create_runtime_manager(({"backend": "CPU", "numThread": threads, "precision": "high"},))
        module = nn.load_module_from_file("vgg16.mnn", ["input"], ["prob"], runtime_manager=runtime)
        tensor = expr.const(x, list(x.shape), expr.NCHW)
        return lambda: numpy.array(module.onForward([tensor])[0].read())

    return library.version(), create


PEERS = {
    "onnxruntime": onnxruntime,
    "openvino": openvino,
    "ncnn": ncnn,
    "ncnn-fp32": lambda x, threads: ncnn(x, threads, half=False),
    "mnn": mnn,
}


def peak_bytes():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def main(name, threads, source, target):
    x = numpy.load(source)
    version, create = PEERS[name](x, int(threads))
    start = time.perf_counter()
    run = create()
    output = run()
    first = (time.perf_counter() - start) * 1e3
    ready = {"version": version, "first_ms": first, "peak_bytes": peak_bytes()}
    numpy.save(target, numpy.asarray(output, numpy.float32).reshape(len(x), -1))
    for _ in range(WARMUP):
        run()
    print("READY", json.dumps(ready), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            run()
            times.append((time.perf_counter() - start) * 1e3)
        print("MS", min(times), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
