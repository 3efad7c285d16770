"""What compiled code must not exceed, and the loop of a product must reach."""

REGISTERS = 128  # of a work-item: two waves on a SIMD of AMD's, two work-groups of 256 on a multiprocessor of NVIDIA's
GFX90A_REGISTERS = 168  # three waves of its 512
NVIDIA_REGISTERS_OF_64 = 144  # seven work-groups of 64 items on a multiprocessor
# Known, and no part of the gate. winograd_input, and winograd_gemm of half-stored filters: the Max series' compiler takes sub-groups of 32.
# conv_gemm: written for CPUs, its gathering form indexes an array of places by a variable.
MAY_SPILL = {("pvc", "winograd_input"), ("pvc", "winograd_gemm"), ("*", "conv_gemm")}
LOCAL = 32768  # bytes of a work-group: the least that OpenCL promises
LOCAL_READ = 1.15  # bytes for an FMA; 8 x 8 sums take 1.0

# FMAs among all issue slots of the loop over a product's steps, and among those of the vector ALU: what an 8 x 8 register tile is known to
# reach with each compiler, less a small margin. Work-groups of 32 x 128 sums load more for each FMA.
DENSITY = {
    "gfx900": (0.82, 0.95),
    "gfx90a": (0.69, 0.88),
    "gfx1030": (0.84, 0.96),
    "gfx1100": (0.72, 0.93),
    "sm_80": (0.88, 0.95),
    "sm_89": (0.88, 0.95),
    "sm_90": (0.88, 0.95),
    "skl": (0.84, 0.92),
    "tgllp": (0.80, 0.90),
    "dg2": (0.80, 0.90),
    "pvc": (0.82, 0.92),
}
FLAT = 0.01  # less for flat work-groups
GATHER = 0.11  # less where a step finds its cells of a picture
PAIRED = 0.95  # of the FMAs that an instruction can hold
PAIRED_GATHER = 0.70  # clang finds fewer registers of different banks for gfx1100 there
HALVES = 0.05  # less where a step converts its filters


def product(row, got, width):
    """Of the tiled product alone."""
    whole, alu = DENSITY[got["target"]]
    less = FLAT if row.value("PB") < row.value("CB") * row.value("KB") else 0
    gathers = row.source == "conv_gemm_tiled.cl"
    less += GATHER * gathers
    less += HALVES * row.value("HALF")
    if "step_fmas" not in got:
        return ["no loop with FMAs and local memory"]
    wrong = []
    if got["step_fmas"] != row.step:
        wrong.append("%d FMAs in a step, not %d" % (got["step_fmas"], row.step))
    if got["density"] < whole - less:
        wrong.append("density %.3f < %.2f" % (got["density"], whole - less))
    if got["density_alu"] < alu - less:
        wrong.append("density of the ALU %.3f < %.2f" % (got["density_alu"], alu - less))
    if got["per_instruction"] < (PAIRED_GATHER if gathers else PAIRED) * width:
        wrong.append("%.2f FMAs in an instruction, not %d" % (got["per_instruction"], width))
    if got["local_bytes"] > LOCAL_READ:
        wrong.append("reads %.2f bytes of local memory for an FMA" % got["local_bytes"])
    if got["loop_memory"] > row.loads() + 2 or got["loop_scratch"]:  # IGC keeps sums in memory and calls that no spill
        wrong.append("%d instructions of memory in the loop, not %d" % (got["loop_memory"] + got["loop_scratch"], row.loads()))
    return wrong


def most_registers(row, target):
    if target == "gfx90a":
        return GFX90A_REGISTERS
    return NVIDIA_REGISTERS_OF_64 if target.startswith("sm_") and row.items() <= 64 else REGISTERS


def check(row, got, width):
    """The gates that a kernel of the row does not pass."""
    wrong = []
    known = {(got["target"], got["kernel"]), ("*", got["kernel"])} & MAY_SPILL
    if (got["spill"] or got["scratch"]) and not known:
        wrong.append("spills %d, scratch %d bytes" % (got["spill"], got["scratch"]))
    most = most_registers(row, got["target"])
    if got["registers"] > most:
        wrong.append("%d registers > %d" % (got["registers"], most))
    if got["local"] > LOCAL:
        wrong.append("%d bytes of local memory > %d" % (got["local"], LOCAL))
    return wrong + (product(row, got, width) if row.step else [])
