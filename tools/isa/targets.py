"""The GPUs that are compiled for, and the programs that do it."""
import os
import shutil

# fma: FMAs that one compute unit (AMD), multiprocessor (NVIDIA) or sub-slice (Intel) finishes in a clock; slot: issue slots that each
# takes; width: FMAs of a lane in one instruction at its peak (packed or dual-issued); local: bytes of local memory in a clock.
# waves, warps, threads: the most that are resident on a SIMD, multiprocessor or sub-slice.
# Intel: lanes of an FMA unit, bytes of a register.
TARGETS = {
    "gfx900": dict(vendor="amd", name="Vega 10", fma=64, width=1, slot=1, local=128, waves=10),
    "gfx90a": dict(vendor="amd", name="MI200", fma=128, width=2, slot=1, local=128, waves=8),
    "gfx1030": dict(vendor="amd", name="RX 6800/6900", fma=64, width=1, slot=1, local=128, waves=16),
    "gfx1100": dict(vendor="amd", name="RX 7900", fma=128, width=2, slot=1, local=128, waves=16),
    "sm_80": dict(vendor="nvidia", name="A100", fma=64, width=1, slot=2, local=128, warps=64, shared=164, blocks=32),
    "sm_89": dict(vendor="nvidia", name="RTX 40", fma=128, width=1, slot=1, local=128, warps=48, shared=100, blocks=24),
    "sm_90": dict(vendor="nvidia", name="H100", fma=128, width=1, slot=1, local=128, warps=64, shared=228, blocks=32),
    "skl": dict(vendor="intel", name="Gen9", fma=64, width=1, slot=1, local=64, lanes=8, register=32, threads=56, shared=64),
    "tgllp": dict(vendor="intel", name="Xe-LP", fma=128, width=1, slot=1, local=128, lanes=8, register=32, threads=112, shared=128),
    "dg2": dict(vendor="intel", name="Arc", fma=128, width=1, slot=1, local=128, lanes=8, register=32, threads=128, shared=128),
    "pvc": dict(vendor="intel", name="Max 1550", fma=128, width=1, slot=1, local=128, lanes=16, register=64, threads=64, shared=128),
}


def program(variable, *names):
    """Path of the first that is there: $VARIABLE alone where it is set."""
    for name in [os.environ[variable]] if variable in os.environ else names:
        path = shutil.which(name)
        if path:
            return path
    return None


CLANG = program("CLANG", "clang-15")
PTXAS = program("PTXAS", "ptxas", "/usr/local/cuda/bin/ptxas")
NVDISASM = program("NVDISASM", "nvdisasm", "/usr/local/cuda/bin/nvdisasm")
OCLOC = program("OCLOC", "ocloc")
LIBCLC = os.environ.get("LIBCLC", "/usr/lib/clc")


def missing(target):
    """What a target lacks; "" if nothing."""
    vendor = TARGETS[target]["vendor"]
    library = {"amd": "amdgcn--amdhsa.bc", "nvidia": "nvptx64--nvidiacl.bc"}.get(vendor)
    lacks = []
    if not CLANG:  # Intel's, too: local memory is read off a compilation for AMD
        lacks.append("clang-15 (or CLANG)")
    if not os.path.exists(os.path.join(LIBCLC, library or "amdgcn--amdhsa.bc")):
        lacks.append("libclc-15 (or LIBCLC)")
    if vendor == "nvidia" and not PTXAS:
        lacks.append("ptxas (or PTXAS)")
    if vendor == "nvidia" and not NVDISASM:
        lacks.append("nvdisasm (or NVDISASM)")
    if vendor == "intel" and not OCLOC:
        lacks.append("ocloc (or OCLOC)")
    return ", ".join(lacks)
