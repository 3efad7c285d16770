"""Compiles a .cl file for a target, and reads what the compiler says of each kernel."""
import glob
import math
import os
import re
import subprocess
import tempfile

import listing
import targets

CL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "cl")
# of a kernel's file, from cl/ on
PATHS = {os.path.basename(path): os.path.relpath(path, CL) for path in glob.glob(os.path.join(CL, "**", "*.cl"), recursive=True)}


compiled = {}


class Failed(Exception):
    pass


def run(command, **more):
    got = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, **more)
    if got.returncode:
        raise Failed("%s: status %d: %s" % (os.path.basename(command[0]), got.returncode, got.stdout[-1000:].strip()))
    return got.stdout


def options_of(row):
    return ["-cl-std=CL1.2", "-DWCL_HAS_FMA=1"] + ["-D" + option for option in row.options]


def clang(target, row, folder):
    """The assembly; NVIDIA's is the same for all targets."""
    library = "amdgcn--amdhsa"
    machine = ["-target", library, "-mcpu=" + target, "-nogpulib"]
    if targets.TARGETS[target]["vendor"] == "nvidia":
        # ptxas does the rest for the target; clang 15 knows no later one
        library = "nvptx64--nvidiacl"
        machine = ["-target", library, "-Xclang", "-target-cpu", "-Xclang", "sm_75", "-Xclang", "-target-feature", "-Xclang", "+ptx64"]
    link = ["-Xclang", "-mlink-builtin-bitcode", "-Xclang", os.path.join(targets.LIBCLC, library + ".bc")]
    key = (row.source, tuple(row.options), tuple(machine))
    if key not in compiled:
        out = os.path.join(folder, "out.s")
        run([targets.CLANG, "-x", "cl", "-O3", "-w", "-I", CL] + machine + link + options_of(row) + ["-S", "-o", out, os.path.join(CL, PATHS[row.source])])
        with open(out) as file:
            compiled[key] = file.read()
    return compiled[key]


def amd(target, row, folder):
    assembly = clang(target, row, folder)
    found = {}
    for kernel in re.findall(r"^\s*\.amdhsa_kernel (\w+)", assembly, re.M):
        tail = assembly[assembly.index("\n%s:" % kernel) :]
        def count(what):
            return int(re.search(what + r": *(\d+)", tail).group(1))
        spilled = re.search(r"\.name: +%s\n.*?\.vgpr_spill_count: (\d+)" % kernel, assembly, re.S)
        found[kernel] = dict(registers=count("NumVgprs"), spill=int(spilled.group(1)), scratch=count("ScratchSize"), local=count("LDSByteSize"),
                             waves=count("Occupancy"), listing=listing.amd(assembly, kernel), lanes=1)
    return found


def nvidia(target, row, folder):
    facts, path = targets.TARGETS[target], os.path.join(folder, "out.ptx")
    text = clang(target, row, folder)
    if row.group:  # clang 15 drops reqd_work_group_size here, drivers do not
        text = re.sub(r"(\.entry \w+\(.*?\n\))(\n\{)", r"\1\n.reqntid %d, %d, 1\2" % row.group, text, flags=re.S)
    with open(path, "w") as file:
        file.write(text)
    cubin = os.path.join(folder, "out.cubin")
    said = run([targets.PTXAS, "-v", "-arch=" + target, path, "-o", cubin])
    sass = run([targets.NVDISASM, "-c", cubin])
    found = {}
    for kernel in re.findall(r"\.entry (\w+)\(", text):
        part = said[said.index("'%s'" % kernel) :]
        stack, stores, loads = map(int, re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", part).groups())
        used = re.search(r"Used (\d+) registers([^\n]*)", part)
        shared = re.search(r"(\d+) bytes smem", used.group(2))
        registers, local = int(used.group(1)), int(shared.group(1)) if shared else 0
        warps = math.ceil(row.items() / 32)
        blocks = min(facts["warps"] // warps, 65536 // (math.ceil(registers * 32 / 256) * 256 * warps), facts["blocks"], facts["shared"] * 1024 // (local + 1024))
        found[kernel] = dict(registers=registers, spill=stores + loads, scratch=stack, local=local, waves=blocks, listing=listing.nvidia(sass, kernel), lanes=1)
    return found


def intel(target, row, folder):
    facts, dump = targets.TARGETS[target], os.path.join(folder, "dump")
    os.mkdir(dump)
    run([targets.OCLOC, "compile", "-file", os.path.join(CL, PATHS[row.source]), "-device", target, "-options", " ".join(options_of(row) + ["-I", CL]), "-out_dir",
         os.path.join(folder, "out")], env=dict(os.environ, IGC_ShaderDumpEnable="1", IGC_DumpToCustomDir=dump), cwd=folder)
    found = {}
    local = {kernel: what["local"] for kernel, what in amd("gfx1030", row, folder).items()}  # IGC's dump does not say
    for path in sorted(glob.glob(os.path.join(dump, "*.asm")), key=os.path.getmtime):  # the last one of a kernel is what it settled for
        with open(path, errors="replace") as file:
            assembly = file.read()
        kernel = re.search(r"^//\.kernel (\w+)", assembly, re.M).group(1)
        lanes, registers = int(re.search(r"_simd(\d+)_", path).group(1)), int(re.search(r"numGRF=(\d+)", assembly).group(1))
        spilled = re.search(r"//\.spill size (\d+)", assembly)
        hardware = math.ceil(row.items() / lanes)
        resident = facts["threads"] if registers == 128 else facts["threads"] // 2
        groups = min(resident // hardware, facts["shared"] * 1024 // local[kernel] if local[kernel] else resident)
        found[kernel] = dict(registers=registers, spill=int(spilled.group(1)) if spilled else 0, scratch=0, local=local[kernel], waves=groups,
                             listing=listing.intel(assembly, facts["lanes"], facts["register"]), lanes=lanes)
    if not found:
        raise Failed("ocloc left no listing")
    return found


def density(target, kernel, row):
    """What the loop round the FMAs holds: shares of issue slots, and bytes of local memory read for an FMA."""
    facts, lanes = targets.TARGETS[target], kernel["lanes"]
    counts = listing.steps(kernel.pop("listing"), row.step * lanes)
    if counts is None:
        return {}
    bytes_moved = max((counts["read"] + counts["write"]) / counts["fma"], 1e-9)
    useful = facts["slot"] * (counts["fma_slots"] if facts["vendor"] == "intel" else counts["fma"] / facts["width"])
    bandwidth = facts["local"] / (bytes_moved * facts["fma"])
    return dict(step_fmas=round(counts["fma"] / lanes), density=counts["fma_slots"] / counts["slots"], density_alu=counts["fma_slots"] / counts["alu_slots"],
                per_instruction=counts["fma"] / lanes / counts["fmas"], local_bytes=counts["read"] / counts["fma"], loop_memory=round(counts["memory"]),
                loop_scratch=round(counts["scratch"]), bound_low=min(1, useful / counts["slots"], bandwidth), bound_high=min(1, useful / counts["alu_slots"], bandwidth))


def measure(target, row):
    """One dict for each of the row's kernels, or one with `error`."""
    vendor = targets.TARGETS[target]["vendor"]
    try:
        with tempfile.TemporaryDirectory(prefix="isa-") as folder:
            found = {"amd": amd, "nvidia": nvidia, "intel": intel}[vendor](target, row, folder)
        rows = []
        for name in sorted(found):
            kernel = found[name]
            rows.append(dict(kernel=name, target=target, options=" ".join(row.options), **density(target, kernel, row), **kernel))
        return rows
    except (Failed, OSError, AttributeError, ValueError, subprocess.TimeoutExpired) as error:
        return [dict(kernel=row.source, target=target, options=" ".join(row.options), error=str(error))]
