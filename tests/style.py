#!/usr/bin/env python3
"""The house style (docs/design.md), as far as a script can see it.

    tests/style.py [--clang-format PROGRAM] [--objects FILE.o...]

With --clang-format (version 14) the formatting is checked too; with --objects, the library's objects, the names that they export to each
other. Prints FILE:LINE: what is wrong, and exits with 1 if something is.
"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_LINES, FUNCTION_LINES, PARAMETERS, COLUMNS = 600, 60, 6, 110

# Which rooms of host/ a room may include, itself aside: in the order in which a network passes through, upwards.
FLOW = ["base", "tune", "runtime", "kernels", "ops", "model", "graph", "plan", "session"]
BELOW = {room: FLOW[:at] for at, room in enumerate(FLOW)}
BELOW["formats"] = BELOW["graph"]
BELOW["tuner"] = FLOW + ["ref"]
BELOW["ref"] = ["base"]
MAY_CALL_REF = {"host/session/selftest.c"}
# what kernels and host code both compute stands in one .clh
MAY_READ_CL = {"host/kernels/pack/pack_host.c"}

# word, files that may use it, what to use instead
CALLS = [
    (r"(?:v?f?printf|puts|fputs|putchar|perror)", (), "the log callback"),
    (r"(?:abort|exit|_exit|_Exit|quick_exit)", (), "a status"),
    (r"(?:malloc|calloc|realloc|aligned_alloc|posix_memalign|free|strdup|strndup|asprintf)", ("host/base/memory.c",), "wcl__alloc and wcl__free"),
    (r"clSetKernelArg", ("host/runtime/launch.c",), "wcl__launch"),
    (r"CLBlast[A-Z]\w*", ("host/kernels/dense/clblast.c",), "host/kernels/dense/clblast.h"),
]

# Whoever compares an operator's name knows that operator: a flag or a hook of its row serves the next one, too. The registry looks names up.
OP_NAMES, MAY_COMPARE_OP_NAMES = r"str\w*cmp\s*\(.*\bop(?:->name|_name)\b", {"host/ops/registry.c"}

findings = []


def find(path, line, what):
    findings.append(f"{path.relative_to(ROOT)}:{line}: {what}")


def blank(text):
    """The text without what comments and literals say; lines stay where they are."""
    pattern = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)

    def replace(match):
        word = match.group(0)
        if word[0] in "\"'":
            return word[0] + " " * (len(word) - 2) + word[0]
        return re.sub(r"[^\n]", " ", word)

    return pattern.sub(replace, text)


def functions(lines):
    """(first line, last line, head) of each function; relies on the formatting: its braces stand in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            first = number - 1
            while first > 1 and lines[first - 2].strip() and not re.search(r"[;}]\s*$|^#|^\s*\*/|\)\s*$", lines[first - 2]):
                first -= 1
            start = first
        elif line == "}" and start:
            head = " ".join(lines[start - 1 : number])
            yield start, number, head[: head.index("{")]
            start = None


def switch_lines(body):
    """Lines of the function's outermost switches: a parser's may be long."""
    count, end = 0, None
    for line in body:
        if end is None and re.match(r"    switch \(", line):
            end = "    }"
        if end:
            count += 1
            if line == end:
                end = None
    return count


def check_functions(path, lines, room):
    for first, last, head in functions(lines):
        name = re.search(r"(\w+)\s*\(", head)
        name = name.group(1) if name else "?"
        length = last - first + 1 - switch_lines(lines[first - 1 : last])
        if length > FUNCTION_LINES:
            find(path, first, f"{name} has {length} lines, {FUNCTION_LINES} are the limit")
        # the public API's are documented in the header
        parameters = head[head.index("(") :].count(",") + 1 if "(" in head else 0
        if room and parameters > PARAMETERS and not re.match(r"wcl_[a-z]", name):
            find(path, first, f"{name} has {parameters} parameters: make a struct of more than {PARAMETERS}")
        labels = [n for n in range(first, last) if re.match(r"\s*(?!default\b)[A-Za-z_]\w*:\s*(?:;|$)", lines[n - 1])]
        if room and len(labels) > 1:
            find(path, labels[1], f"{name} has {len(labels)} labels")
        for n in labels if room else []:
            if not lines[n - 1].strip().startswith("cleanup:"):
                find(path, n, "a label that is not cleanup")


def check_includes(path, text, room):
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if not include:
            continue
        quoted, target = include.group(1) == '"', include.group(2)
        top = path.relative_to(ROOT).parts[0]
        if ".." in target.split("/"):
            find(path, number, f"{target}: includes start at host/, never with ..")
        if top == "cl" and path.suffix in (".cl", ".clh") and not target.endswith(".clh"):
            find(path, number, f"{target}: kernels include .clh files only")
        if top in ("tools", "examples") and quoted and not (path.parent / target).is_file():
            find(path, number, f"{target}: {top} uses <winocl/...> and its own files")
        if target.startswith("clblast") and str(path.relative_to(ROOT)) != "host/kernels/dense/clblast.c":
            find(path, number, "CLBlast is called from host/kernels/dense/clblast.c alone")
        if room and quoted:
            other = target.split("/")[0]
            if other == "ref" and str(path.relative_to(ROOT)) in MAY_CALL_REF:
                continue
            if other == "cl" and target.endswith(".clh") and str(path.relative_to(ROOT)) in MAY_READ_CL:
                continue
            if "/" not in target or (other != room and other not in BELOW[room]):
                find(path, number, f"{target}: {room} may include {', '.join([room] + BELOW[room])}")


def check_macros(path, text):
    for match in re.finditer(r"^[ \t]*#[ \t]*define\b(?:[^\n]*\\\n)*[^\n]*", text, re.M):
        word = re.search(r"\b(goto|return)\b", match.group(0))
        is_case = re.search(r"\)[\s\\]*case\b", match.group(0))
        is_function = re.search(r"^\s*\{\s*\\$", match.group(0), re.M)
        if word and not is_case and not is_function:
            find(path, text[: match.start()].count("\n") + 1, f"a macro hides a {word.group(1)}")


def check_c(path):
    relative = path.relative_to(ROOT)
    room = relative.parts[1] if relative.parts[0] == "host" else None
    raw = path.read_text()
    text = blank(raw)
    lines = text.splitlines()
    if len(lines) > FILE_LINES and relative.parts[0] != "include":
        find(path, len(lines), f"{len(lines)} lines, {FILE_LINES} are the limit")
    if room and not raw.startswith("/*"):
        find(path, 1, "a file of host/ begins with a comment that says what it is for")
    if room and room not in BELOW:
        find(path, 1, f"no such room: {room}")
        return
    check_functions(path, lines, room)
    check_includes(path, raw, room)
    check_macros(path, text)
    if not room:
        return
    for number, line in enumerate(lines, 1):
        if re.search(OP_NAMES, line) and str(relative) not in MAY_COMPARE_OP_NAMES:
            find(path, number, "an operator's name is compared: ask a flag or a hook of its row (host/ops/op.h)")
        for word, files, instead in CALLS:
            call = re.search(rf"(?<!\w)({word})\s*\(", line)
            if call and str(relative) not in files:
                find(path, number, f"{call.group(1)}: use {instead}")


def with_includes(path, seen):
    seen.add(path)
    text = path.read_text()
    for target in re.findall(r'^#include "([^"]+)"', text, re.M):
        if ROOT / "cl" / target not in seen:
            text += with_includes(ROOT / "cl" / target, seen)
    return text


# "#if !defined(CB) || ..." or "#ifndef CB", with the #error behind it
GUARD = r"^[ \t]*#[ \t]*if(ndef \w+|[^\n]*!defined\([^\n]*)\n[ \t]*#[ \t]*error"


def macros(path):
    """Build options that the kernel's code depends on, its includes' too, and those that an #error asks for. OpenCL's own macros are none, nor
    is what an #if defined(...) without an #error asks for."""
    code = blank(with_includes(path, set()))
    asked = {name for guard in re.findall(GUARD, code, re.M) for name in re.findall(r"(?:ndef |defined\()(\w+)", guard)}
    code = re.sub(r"^([ \t]*#[ \t]*)ifndef (\w+)", r"\1if !defined(\2)", code, flags=re.M)
    optional = set(re.findall(r"defined\((\w+)", code)) - asked
    code = re.sub(r"^[ \t]*#[ \t]*error[^\n]*", "", re.sub(r"defined\(\w+\)", "", code), flags=re.M)
    own = set(re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", code, re.M))
    # a macro's parameters are its own names
    for names in re.findall(r"^[ \t]*#[ \t]*define[ \t]+\w+\(([^)]*)\)", code, re.M):
        own.update(name.strip() for name in names.split(","))
    opencl = re.compile(r"CLK_\w+|INFINITY|NAN|MAXFLOAT|HUGE_VALF|(?:FLT|INT|UINT|M|FP|CL|__OPENCL)_\w+|__\w+")
    used = {name for name in re.findall(r"\b[A-Z][A-Z0-9_]*\b", code) if not opencl.fullmatch(name)}
    return used - own - optional, asked - own


def kernel_lists():
    """Kernel -> (file, the fields that it reads) by the families' {"name", "field field"}."""
    lists = {}
    for path in sorted((ROOT / "host/kernels").rglob("*.c")):
        text = path.read_text()
        for found in re.finditer(r"\bwcl__kernel \w+(?:\[\w*\])? =\s*(\{.*?\});", text, re.S):
            for name, words in re.findall(r'\{\s*"(\w+)",\s*((?:"[^"]*"\s*)+)\}', found.group(1)):
                if name in lists:
                    find(path, text[: found.start()].count("\n") + 1, f"{name} has two lists of what it reads")
                lists[name] = (path, set("".join(re.findall(r'"([^"]*)"', words)).split()))
    return lists


def check_macros_of(path, lists):
    """The build options of a kernel: those that its code depends on, no others, are asked for and are passed by its family."""
    used, asked = macros(path)
    for name in sorted(used - asked):
        find(path, 1, f"{name} comes from a build option, and no #error says so when it is missing")
    for name in sorted(asked - used):
        find(path, 1, f"an #error asks for {name}, which the kernel does not read")
    options = {name.lower() for name in used if not name.startswith("WCL_")}
    where, reads = lists.get(path.stem, (path, set()))
    for name in sorted(options - reads):
        find(where, 1, f"{path.stem} reads {name}, which its list lacks")
    for name in sorted(reads - options):
        find(where, 1, f"{path.stem} does not read {name}, which its list has")


def check_program(path):
    """A program holds one kernel, and both have one name."""
    code = re.sub(r"__attribute__\(\(.*?\)\)\)?", " ", blank(path.read_text()), flags=re.S)
    names = re.findall(r"\bkernel\s+(?:[A-Z_]+\s+)?void\s+(\w+)\s*\(", code)
    if names != [path.stem] or len(re.findall(r"\b(?:__)?kernel\b", code)) != 1:
        find(path, 1, f"its kernels are {', '.join(names) or 'none'}: it must hold {path.stem}, and no other")


def check_kernel(path, lists):
    text = path.read_text()
    if path.suffix == ".cl":
        check_program(path)
        check_macros_of(path, lists)
    if not text.startswith("/*"):
        find(path, 1, "a kernel file starts with a comment: formula, layouts, work-item, local memory")
    if len(text.splitlines()) > FILE_LINES:
        find(path, 1, f"more than {FILE_LINES} lines")
    check_includes(path, text, None)


def check_text(path):
    narrow = path.suffix in (".c", ".h", ".cl", ".clh")
    is_table = False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        # a table whose rows are lines
        is_table = "clang-format off" in line or (is_table and "clang-format on" not in line)
        if narrow and not is_table and len(line) > COLUMNS:
            find(path, number, f"{len(line)} columns, {COLUMNS} are the limit")
        if re.search(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b", line):
            find(path, number, "unfinished")
        if line != line.rstrip():
            find(path, number, "space at the end of the line")
        if "\t" in line and path.suffix != ".tsv":
            find(path, number, "a tab")


def check_format(program, paths):
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if not re.search(r"version 14\.", version):
        print(f"formatting not checked: clang-format 14 is wanted, this is {version.strip()}")
        return
    got = subprocess.run([program, "--dry-run", "-Werror", *map(str, paths)], capture_output=True, text=True, cwd=ROOT).stderr
    for path, line in sorted(set(re.findall(r"^(\S+?):(\d+):\d+: error:", got, re.M)), key=lambda at: (at[0], int(at[1]))):
        find(pathlib.Path(path), int(line), "not as clang-format writes it")


def check_isa_table():
    """Each kernel has a line in tools/isa/kernels.txt, with the options that it reads."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(ROOT / "tools/isa"))
    import kernels

    findings.extend(kernels.read("tools/isa/kernels.txt")[1])


def check_names(objects):
    """Public names are those of tests/exports.txt; a name shared between files is wcl__; what no other file uses is static."""
    public = set((ROOT / "tests/exports.txt").read_text().split())
    tests = " ".join(path.read_text() for path in (ROOT / "tests").rglob("*.[ch]"))
    defined, used = {}, {}
    for path in objects:
        for line in subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout.splitlines():
            kind, name = line.split()[-2:]
            if kind.upper() == "U":
                used.setdefault(name, set()).add(path)
            elif kind.isupper() and "." not in name:
                defined[name] = path
    for name, path in sorted(defined.items()):
        place = path.split(".dir/")[-1]
        if not name.startswith("wcl_"):
            findings.append(f"{place}: {name}: neither wcl_ nor static")
        elif not name.startswith("wcl__") and name not in public:
            findings.append(f"{place}: {name}: a public name that tests/exports.txt lacks")
        elif name.endswith("_table"):
            continue  # a kernel family's parameters, for whoever tunes it
        elif name.startswith("wcl__") and not used.get(name) and not re.search(rf"\b{name}\b", tests):
            findings.append(f"{place}: {name}: used in this file only, so static")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clang-format")
    parser.add_argument("--objects", nargs="*", default=[])
    arguments = parser.parse_args()
    folders = [ROOT / name for name in ("include", "host", "cl", "tools", "tests", "examples", "cmake")]
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    sources = [path for path in files if path.suffix in (".c", ".h")]
    kernels = [path for path in files if path.suffix in (".cl", ".clh")]
    for path in sources:
        check_c(path)
    lists = kernel_lists()
    for path in kernels:
        check_kernel(path, lists)
    for name in sorted(set(lists) - {path.stem for path in kernels if path.suffix == ".cl"}):
        find(lists[name][0], 1, f"there is no {name}.cl")
    for path in sources + kernels + [path for path in files if path.suffix in (".sh", ".py", ".cmake", ".txt", ".map", ".in")]:
        check_text(path)
    check_isa_table()
    if arguments.clang_format:
        check_format(arguments.clang_format, sources)
    if arguments.objects:
        check_names(arguments.objects)
    print("\n".join(findings) if findings else f"{len(sources)} C files and {len(kernels)} kernel files: as they should be")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
