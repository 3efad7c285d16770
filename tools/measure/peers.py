"""The peers: where they are installed, how, and each as a process that runs when it is asked to."""
import json
import os
import pathlib
import subprocess
import sys

from . import npy
from .program import Failure, cores

HERE = pathlib.Path(__file__).resolve().parent
REFERENCE = "onnxruntime"  # whose output winocl's is compared with

# environment, packages: one environment each, since they want different versions of the same packages
ENVIRONMENTS = {
    "ort": ["onnxruntime", "onnx", "numpy"],
    "openvino": ["openvino", "numpy"],
    "ncnn": ["ncnn", "pnnx", "numpy"],
    "mnn": ["MNN", "numpy"],
}
# name, environment
PEERS = {"onnxruntime": "ort", "openvino": "openvino", "ncnn": "ncnn", "ncnn-fp32": "ncnn", "mnn": "mnn"}
HALF = {"ncnn"}  # keep weights in half precision; ncnn-fp32 reads the same rounded ones and computes with fp32


def home():
    return pathlib.Path(os.environ.get("WINOCL_PEERS") or pathlib.Path.home() / ".cache/winocl-peers")


def model():
    path = home() / "vgg16.onnx"
    if not path.is_file():
        raise Failure(f"{path} is missing: run tools/compare-peers --setup")
    return path


def step(log, *command, folder=None):
    """Runs a command of the set-up, what it prints into the log."""
    with open(log, "w") as file:
        status = subprocess.run([str(word) for word in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file).returncode
    if status:
        raise Failure(f"{command[0]} failed with exit status {status}, see {log}")


def setup():
    """Installs what is missing, and makes the model in each peer's format. A half-made part is made again."""
    top = home()
    top.mkdir(parents=True, exist_ok=True)
    for name, packages in ENVIRONMENTS.items():
        if not (top / name / ".done").exists():
            print(f"{name}: installing {', '.join(packages)}", flush=True)
            step(top / f"{name}.log", sys.executable, "-m", "venv", "--clear", top / name)
            step(top / f"{name}.log", top / name / "bin/pip", "install", "--disable-pip-version-check", *packages)
            (top / name / ".done").touch()
    work = top / "work"
    work.mkdir(exist_ok=True)
    onnx = top / "vgg16.onnx"
    if not onnx.exists():
        print("VGG-16 as ONNX", flush=True)
        step(top / "onnx.log", top / "ort/bin/python", HERE / "make_vgg16.py", work / "vgg16.onnx")
        (work / "vgg16.onnx").rename(onnx)
    if not (top / "vgg16.ncnn.bin").exists():
        print("VGG-16 for ncnn", flush=True)
        outputs = [f"{key}={work / name}" for key, name in (("ncnnparam", "vgg16.ncnn.param"), ("ncnnbin", "vgg16.ncnn.bin"))]
        step(top / "pnnx.log", top / "ncnn/bin/pnnx", onnx, "inputshape=[1,3,224,224]", "fp16=1", *outputs, folder=work)
        for name in ("vgg16.ncnn.param", "vgg16.ncnn.bin"):  # the larger one last: it says that both are there
            (work / name).rename(top / name)
    if not (top / "vgg16.mnn").exists():
        print("VGG-16 for MNN", flush=True)
        step(top / "mnn.log", top / "mnn/bin/mnnconvert", "-f", "ONNX", "--modelFile", onnx, "--MNNModel", work / "vgg16.mnn",
             "--bizCode", "x", folder=work)
        (work / "vgg16.mnn").rename(top / "vgg16.mnn")
    for pattern in ("vgg16.pnnx*", "vgg16_*.py", ".__convert*"):  # what the converters leave behind, beside the model too
        for path in [*top.glob(pattern), *work.glob("*")]:
            path.unlink()
    work.rmdir()
    print(top)


class Peer:
    """A peer's process: made, run once and warmed up when the constructor returns."""

    is_peer = True

    def __init__(self, name, source, folder, runs):
        self.name, self.runs, self.is_half = name, runs, name in HALF
        python = home() / PEERS[name] / "bin/python"
        if not python.exists():
            raise Failure(f"{python} is missing: run tools/compare-peers --setup")
        self.log = pathlib.Path(folder) / f"{name}.log"
        target = pathlib.Path(folder) / f"{name}.npy"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([python, HERE / "peer_worker.py", name, str(cores()), source, target], cwd=home(),
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            ready = json.loads(self._answer("READY"))
            self.version, self.first_ms, self.peak_bytes = ready["version"], ready["first_ms"], ready["peak_bytes"]
            self.shape, self.output = npy.read(target)
        except BaseException:
            self.close()
            raise

    def _answer(self, word):
        for line in self.process.stdout:
            if line.startswith(word + " "):
                return line[len(word) :]
        last = self.log.read_text(errors="replace").strip().splitlines() or ["no message"]
        raise Failure(f"{self.name} ended without an answer: {last[-1]}")

    def measure(self):
        """ms of the fastest of its runs, for the whole batch."""
        self.process.stdin.write(f"{self.runs}\n")
        self.process.stdin.flush()
        return float(self._answer("MS"))

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.stdout.close()
        self.process.wait()
