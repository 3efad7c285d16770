"""Calls of the winocl program, and the line a script ends with when one fails."""
import json
import os
import subprocess
import sys
import tempfile


class Failure(Exception):
    """What could not be measured, and why: one line for the user."""


def end(name, main):
    """Runs the script's main() and exits with what it returns; a failure is one line and exit status 2."""
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"{name}: {failure}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def progress(done, total, what):
    """A line on a terminal that the next one replaces."""
    if sys.stderr.isatty():
        print(f"\r{what} {done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)


def cores():
    """CPUs that this process may use: fewer than the machine's under taskset."""
    return len(os.sched_getaffinity(0))


class Program:
    """A winocl program with options that its commands bench, run and plan share, as in 'build/winocl --conv direct'."""

    def __init__(self, words):
        self.path, *self.options = words.split() or [""]
        if not os.access(self.path, os.X_OK) or os.path.isdir(self.path):
            raise Failure(f"{self.path or 'an empty name'}: no program (build one, or give its path)")
        self.name = words

    @property
    def is_half(self):
        """Whether the weights are stored in half precision."""
        return "half-weights" in self.options or "--precision=half-weights" in self.options

    def on_device(self):
        """The same program with no option but the device."""
        chosen = [words for words in zip(self.options, [*self.options[1:], ""]) if words[0].split("=")[0] == "--device"]
        return Program(" ".join([self.path, *(word for words in chosen for word in words[: 1 if "=" in words[0] else 2])]))

    def call(self, command, *words, environment=None):
        """Runs a command: (what it printed, its peak of resident memory in bytes)."""
        environment = {**os.environ, **(environment or {})}
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as log:
            line = [self.path, command, *words, *self.options, "--quiet"]
            process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=out, stderr=log, env=environment)
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except BaseException:
                process.kill()
                process.wait()
                raise
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                log.seek(0)
                why = log.read().decode(errors="replace").strip().splitlines() or ["no message"]
                raise Failure(f"{' '.join(line)}: exit status {process.returncode}: {why[-1]}")
            out.seek(0)
            return out.read().decode(), usage.ru_maxrss * 1024

    def json(self, command, *words):
        """What a command prints with --json."""
        text, _ = self.call(command, *words, "--json")
        try:
            return json.loads(text)
        except ValueError as error:
            raise Failure(f"{self.path} {command} --json: no JSON: {error}") from None

    def bench(self, model, batch, runs, *words):
        """The result of `bench` at one batch size; its "device" is added."""
        answer = self.json("bench", model, "--batch", str(batch), "--runs", str(runs), *words)
        return {**answer["results"][0], "device": answer["device"], "version": answer["version"]}
