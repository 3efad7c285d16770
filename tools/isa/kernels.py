"""tools/isa/kernels.txt."""
import os
import re

import compilers


class Row:
    def __init__(self, words):
        self.source, self.target, group = words[:3]
        self.group = tuple(int(n) for n in group.split("x")) if group != "-" else None
        self.options = words[3:]
        self.step = 0  # FMAs of a work-item in a step of the loop that is measured
        if self.source.endswith("_gemm_tiled.cl"):
            self.step = self.value("IP") * self.value("IK") * self.value("KS")

    def value(self, name):
        return int(dict(option.split("=") for option in self.options)[name])

    def items(self):
        return self.group[0] * self.group[1] if self.group else 64

    def loads(self):
        """Wide loads of a work-item in a step."""
        return self.value("KS") * (self.value("PB") + self.value("CB") * self.value("KB")) // 4 // self.items()


def asked(source):
    """Build options that the source (by its path from cl/ on) and its includes want, by their #error guards: "#if !defined(CB) || ..."
    or "#ifndef CB", then #error."""
    with open(os.path.join(compilers.CL, source)) as file:
        text = file.read()
    names = set()
    for guard in re.findall(r"^#if((?:ndef \w+| .*?!defined\(.*))\n#error", text, re.M):
        names |= set(re.findall(r"(?:ndef |defined\()(\w+)", guard))
    for include in re.findall(r'#include "([\w/]+\.clh)"', text):
        names |= asked(include)
    return {name for name in names if not name.startswith("WCL_")}


def read(name):
    """The table's rows, and what is wrong with it: kernels without a line, options that an #error asks for and that are missing, and others."""
    rows, wrong = [], []
    path = os.path.join(compilers.CL, "..", name)
    with open(path) as file:
        for number, line in enumerate(file, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if len(words) < 3 or words[0] not in compilers.PATHS:
                wrong.append("%s:%d: no such kernel source" % (name, number))
                continue
            row = Row(words)
            given = {option.split("=")[0] for option in row.options}
            wanted = asked(compilers.PATHS[row.source]) if row.target != "-" else set()
            if wanted - given:
                wrong.append("%s:%d: %s lacks %s" % (name, number, row.source, " ".join(sorted(wanted - given))))
            if given - wanted:
                wrong.append("%s:%d: %s does not read %s" % (name, number, row.source, " ".join(sorted(given - wanted))))
            rows.append(row)
    for source in sorted(compilers.PATHS):
        if source not in {row.source for row in rows}:
            wrong.append("%s: no line for %s" % (name, source))
    return rows, wrong
