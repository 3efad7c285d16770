#!/usr/bin/env python3
"""Tests of what the measuring scripts (tools/compare-peers, regress, choices, sweep, predict-gpu) compute and draw. They measure nothing.

    tests/scripts.py
"""
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import xml.etree.ElementTree as xml

TOOLS = pathlib.Path(__file__).resolve().parent.parent / "tools"
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOOLS))

from measure import choices, layers, npy, peers, plot, rounds, vgg16
from measure.program import Failure, Program

SVG = "{http://www.w3.org/2000/svg}"


def quads(change, noise, count, seed=1, drift=0.0):
    """Rounds of (old, new, new, old): times with log-normal noise, slower by `drift` from one call to the next."""
    source = random.Random(seed)
    wanted = (0, change, change, 0)
    return [[10 * math.exp(wanted[i] + drift * (4 * n + i) + source.gauss(0, noise)) for i in range(4)] for n in range(count)]


class Comparisons(unittest.TestCase):
    def test_verdicts(self):
        cases = [
            ("equal programs, quiet", quads(0, 0.002, 7), "same"),
            ("equal programs, a machine that gets slower", quads(0, 0.002, 7, drift=0.05), "same"),
            ("6 % slower, quiet", quads(math.log(1.06), 0.002, 7), "slower"),
            ("6 % faster, quiet", quads(-math.log(1.06), 0.002, 7), "faster"),
            ("2 % slower is within the tolerance", quads(math.log(1.02), 0.001, 7), "same"),
            ("20 % slower, in noise of 20 %", quads(math.log(1.2), 0.2, 7), "unsure"),
        ]
        for name, values, verdict in cases:
            with self.subTest(name):
                self.assertEqual(rounds.Comparison.of_rounds(values).verdict(0.03), verdict)

    def test_one_disturbed_round_does_not_count(self):
        values = quads(0, 0.002, 7)
        values[3][1] *= 5
        values[3][2] *= 5
        self.assertAlmostEqual(rounds.Comparison.of_rounds(values).ratio, 1, delta=0.01)

    def test_equal_programs_rarely_fail_on_a_busy_machine(self):
        verdicts = [rounds.Comparison.of_rounds(quads(0, 0.2, 7, seed)).verdict(0.03) for seed in range(300)]
        self.assertLessEqual(verdicts.count("slower"), 6)

    def test_the_noise_is_the_spread_of_the_ratio(self):
        comparisons = [rounds.Comparison.of_rounds(quads(0, 0.05, 9, seed)) for seed in range(300)]
        real = rounds.spread([math.log(c.ratio) for c in comparisons])
        claimed = sorted(c.noise for c in comparisons)[150]
        self.assertTrue(0.8 * real < claimed < 1.6 * real, f"{claimed} for {real}")

    def test_samples(self):
        slower = rounds.Comparison.of_samples([1.0, 1.01, 0.99], [1.5, 1.52, 1.49])
        self.assertAlmostEqual(slower.ratio, 1.5)
        self.assertEqual(slower.verdict(0.1), "slower")

    def test_contenders_take_turns(self):
        calls = []

        class Contender:
            def __init__(self, name):
                self.name = name

            def measure(self):
                calls.append(self.name)
                return len(calls)

        rounds.PAUSE = 0
        figures = rounds.interleave([Contender("a"), Contender("b")], 2)
        self.assertEqual((calls, figures), (["a", "b", "a", "b"], {"a": [1, 3], "b": [2, 4]}))
        self.assertEqual(rounds.best({"a": 3, "b": 2}, ["a"]), 3)
        self.assertIsNone(rounds.best({"a": 3}, []))


def layer(name, op, ms):
    return {"name": name, "op": op, "ms": ms}


class Layers(unittest.TestCase):
    apart = [layer("conv", "Conv", 4.0), layer("pool", "MaxPool", 1.0), layer("dense", "Gemm", 2.0)]
    fused = [layer("conv", "Conv", 4.5), layer("dense", "Gemm", 2.0)]

    def test_a_fused_layer_counts_for_the_one_before(self):
        names = layers.common_layers([self.fused, self.apart])
        self.assertEqual(names, ["conv (Conv)", "dense (Gemm)"])
        self.assertEqual(layers.add_layers(self.apart, names, "ms"), {"conv (Conv)": 5.0, "dense (Gemm)": 2.0})

    def test_nothing_is_lost_before_the_first(self):
        self.assertEqual(layers.add_layers(self.apart, ["dense (Gemm)"], "ms"), {"dense (Gemm)": 7.0})

    def test_refusals(self):
        with self.assertRaisesRegex(Failure, "no layer"):
            layers.common_layers([self.fused, [layer("other", "Conv", 1.0)]])
        with self.assertRaisesRegex(Failure, "conv: no ms"):
            layers.add_layers([layer("conv", "Conv", None)], ["conv (Conv)"], "ms")


class Tensors(unittest.TestCase):
    def test_npy(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/x.npy"
            values = npy.normal((2, 3), 1)
            npy.write(path, (2, 3), values)
            self.assertEqual(npy.read(path), ((2, 3), values))
            data = pathlib.Path(path).read_bytes()
            self.assertEqual((len(data) - 24) % 64, 0)
            for name, content, reason in [("short", data[:-1], "too short"), ("text", b"text, no tensor", "no .npy"),
                                          ("double", data.replace(b"<f4", b"<f8"), "float32")]:
                pathlib.Path(path).write_bytes(content)
                with self.subTest(name), self.assertRaisesRegex(ValueError, reason):
                    npy.read(path)

    def test_deviation(self):
        cases = [
            ("equal", [1.0, -4.0], [1.0, -4.0], 0),
            ("a quarter", [2.0, -4.0], [1.0, -4.0], 0.25),
            ("short", [1.0], [1.0, 2.0], math.inf),
            ("no number", [math.nan, 1.0], [1.0, 1.0], math.inf),
            ("no number, last", [1.0, math.nan], [1.0, 1.0], math.inf),
        ]
        for name, got, expected, deviation in cases:
            with self.subTest(name):
                self.assertEqual(npy.deviation(got, expected), deviation)

    def test_logits(self):
        wanted = [1.0, -3.0, 2.0, 0.5, 0.5, -1.0]  # rows with mean 0
        powers = [math.exp(value) for value in wanted]
        rows = [value / sum(powers[:3]) for value in powers[:3]] + [value / sum(powers[3:]) for value in powers[3:]]
        for got, expected in zip(npy.logits(rows, 2), wanted):
            self.assertAlmostEqual(got, expected)
        self.assertTrue(math.isnan(npy.logits([math.nan, 1.0], 1)[0]))


class Plots(unittest.TestCase):
    def test_well_formed(self):
        series = {"a & b": [(1, 2.0), (4, 1.5), (2, 1.75)], "c": [(1, 3.0)]}
        panels = [plot.Panel("left", "batch", series), plot.Panel("right", "size", {"c": [(64, 1.0)]})]
        root = xml.fromstring(plot.draw("title <1>", "ms", panels))
        self.assertEqual(len(root.findall(f"{SVG}polyline")), 3)
        self.assertEqual(len(root.findall(f"{SVG}circle")), 5)
        points = [tuple(map(float, pair.split(","))) for pair in root.find(f"{SVG}polyline").get("points").split()]
        self.assertEqual(points, sorted(points))
        width, height = float(root.get("width")), float(root.get("height"))
        self.assertTrue(all(0 < x < width and 0 < y < height for x, y in points))
        self.assertAlmostEqual(points[1][0] - points[0][0], points[2][0] - points[1][0], delta=0.2)  # 1, 2, 4: a logarithmic axis
        self.assertLess(points[0][1], points[2][1])  # 2.0 stands higher than 1.5
        self.assertIn("title <1>", [element.text for element in root.findall(f"{SVG}text")])

    def test_ticks(self):
        for highest, last in [(0.9, 1.0), (1.0, 1.0), (1.01, 1.5), (7, 8), (23, 25), (480, 500)]:
            ticks = plot.nice_steps(highest)
            with self.subTest(highest=highest):
                self.assertAlmostEqual(ticks[-1], last)
                self.assertTrue(3 <= len(ticks) <= 7)

    def test_no_points(self):
        with self.assertRaises(ValueError):
            plot.Panel("empty", "x", {"a": []})


class Arithmetic(unittest.TestCase):
    def test_products_of_vgg16(self):
        for m, giga in [(0, 15.347), (2, 6.821), (4, 3.943)]:
            with self.subTest(m=m):
                self.assertAlmostEqual(sum(layer.products(m) for layer in vgg16.convolutions(1)) / 2e9, giga, places=3)

    def test_bounds(self):
        memory, work = vgg16.Device(math.inf, 1e9), vgg16.Device(1e9, math.inf, gemm=0.5)
        filters = sum(4 * c * k for _, c, k in vgg16.DENSE)
        self.assertAlmostEqual(vgg16.dense_seconds(memory, 1), (filters + 4 * sum(c + k for _, c, k in vgg16.DENSE)) / 1e9)
        self.assertAlmostEqual(vgg16.dense_seconds(work, 3), 3 * filters / 2 / 1e9 / 0.5)
        last = vgg16.convolutions(1)[-1]  # 512 channels of 14x14, pooled to 7x7
        self.assertAlmostEqual(last.one_kernel(memory, 2), 4 * 512 * (14 * 14 + 7 * 7 + 16 * 512) / 1e9)
        v = 4 * 512 * 36 * 16  # as many bytes as M has
        self.assertAlmostEqual(last.three_kernels(memory, 4), (4 * v + 4 * 512 * (14 * 14 + 7 * 7 + 36 * 512)) / 1e9)

    def test_a_choice_is_never_slower(self):
        device = vgg16.Device(1e13, 4e11, 0.8, 0.7)
        alone = [vgg16.network_seconds(device, 1, [treat]) for treat in (vgg16.direct, vgg16.fused(2), vgg16.three(4))]
        self.assertLess(vgg16.network_seconds(device, 1, [vgg16.direct, vgg16.fused(2), vgg16.three(4)]), min(alone))


class PeerProcesses(unittest.TestCase):
    def start(self, folder, script):
        """A peer whose Python is a shell script."""
        python = pathlib.Path(folder) / "mnn/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        npy.write(f"{folder}/mnn.npy", (1, 2), npy.normal((1, 2), 1))
        with unittest.mock.patch.dict(os.environ, WINOCL_PEERS=folder):
            return peers.Peer("mnn", "input.npy", folder, 3)

    def test_protocol(self):
        ready = 'READY {"version": "1.2", "first_ms": 5, "peak_bytes": 6}'
        with tempfile.TemporaryDirectory() as folder:
            peer = self.start(folder, f"echo chatter; echo '{ready}'; while read n; do echo MS $n.5; done")
            self.assertEqual((peer.version, peer.first_ms, peer.peak_bytes, peer.measure(), peer.measure()), ("1.2", 5, 6, 3.5, 3.5))
            peer.close()
            self.assertEqual(peer.process.returncode, 0)

    def test_the_end_of_a_peer_is_told(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(Failure, "mnn ended without an answer: no such model"):
            self.start(folder, "echo no such model >&2")

    def test_what_is_not_installed(self):
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch.dict(os.environ, WINOCL_PEERS=folder):
            with self.assertRaisesRegex(Failure, "compare-peers --setup"):
                peers.Peer("mnn", "input.npy", folder, 3)
            with self.assertRaisesRegex(Failure, "compare-peers --setup"):
                peers.model()


class Programs(unittest.TestCase):
    def test_options(self):
        program = Program(f"{sys.executable} --precision half-weights --device cpu --conv f2")
        self.assertTrue(program.is_half)
        self.assertEqual(program.on_device().options, ["--device", "cpu"])
        self.assertEqual(Program(f"{sys.executable} --device=1:0").on_device().options, ["--device=1:0"])
        for words in ("", "/no/such/program", "/"):
            with self.subTest(words), self.assertRaisesRegex(Failure, "no program"):
                Program(words)

    def test_a_failed_call_says_why(self):
        with self.assertRaisesRegex(Failure, "exit status 2: .*no-such-command"):
            Program(sys.executable).call("no-such-command")

    def test_each_peer_has_an_environment(self):
        self.assertLessEqual(set(peers.PEERS.values()), set(peers.ENVIRONMENTS))
        self.assertIn(peers.REFERENCE, peers.PEERS)

    def test_command_lines(self):
        cases = [
            ("compare-peers", ["--peers", "nobody"], "no peer is called nobody"),
            ("compare-peers", ["--winocl", "/no/such/program"], "/no/such/program: no program"),
            ("regress", ["one"], "two programs are wanted"),
            ("regress", ["--against", "/no/such/file", sys.executable], "/no/such/file: No such file"),
            ("choices", ["--winocl", "/no/such/program", "zoo:vgg16"], "/no/such/program: no program"),
            ("compare-torch", ["--winocl", "/no/such/program"], "/no/such/program: no program"),
            ("sweep", [], "either a program or --draw"),
            ("sweep", ["--draw", "/no/such/file"], "/no/such/file: No such file"),
        ]
        for script, words, message in cases:
            with self.subTest(script=script, words=words):
                done = subprocess.run([sys.executable, "-B", TOOLS / script, *words], capture_output=True, text=True)
                self.assertEqual(done.returncode, 2)
                self.assertIn(message, done.stderr)


class Choices(unittest.TestCase):
    def test_the_fastest_of_each_layer(self):
        def result(**rows):
            return {name: {"algorithm": algorithm, "ms": ms} for name, (algorithm, ms) in rows.items()}

        results = [result(a=("gemm", [2, 9, 2]), b=("direct", [1, 1, 1]), c=("f4", [3, 3, 3]), pool=(None, [1, 1, 1])),
                   result(a=("direct", [5, 4, 2]), b=("direct", [1, 2, 2]), c=("f2", [2, 2, 8]), pool=(None, [1, 1, 1])),
                   result(a=("gemm", [1.5, 1.5, 1.5]), c=("f4", [9, 9, 9]))]
        self.assertEqual(choices.compare(results),
                         [("a", "gemm", 1.75, "gemm", 1.75), ("c", "f4", 6, "f2", 2)])


if __name__ == "__main__":
    unittest.main()
