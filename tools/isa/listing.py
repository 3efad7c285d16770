"""Disassembly as a list of instructions, and what the loop round its FMAs holds."""
import re


def instruction(text, kind, slots=1.0, fma=0, read=0, write=0, targets=()):
    """kind: alu (vector), scalar, local, memory, scratch, control. fma: FMAs of a lane (Intel: of all lanes). read, write: bytes of
    local memory of a lane (Intel: of all lanes). slots: issue slots."""
    return dict(text=text, kind=kind, slots=slots, fma=fma, fmas=1 if fma else 0, read=read, write=write, targets=list(targets))


def amd(assembly, kernel):
    body = re.search(r"^%s:(.*?)^\.Lfunc_end" % re.escape(kernel), assembly, re.M | re.S).group(1)
    out = []
    for line in body.splitlines():
        text = line.split(";")[0].strip()
        label = re.match(r"([.\w$]+):", text)
        if label:
            out.append(label.group(1))
        if label or not text or text.startswith("."):
            continue
        op = text.split()[0]
        if op.startswith("v_dual"):
            item = instruction(text, "alu", fma=len(re.findall(r"v_dual_(?:fmac|fmaak|fmamk)_f32", text)))
        elif op.startswith("v_pk_fma_f32"):
            item = instruction(text, "alu", fma=2)
        elif re.match(r"v_(fma|fmac|mac|mad|fmaak|fmamk|madak|madmk)_f32", op):
            item = instruction(text, "alu", fma=1)
        elif op.startswith("v_"):
            item = instruction(text, "alu")
        elif op.startswith("ds_"):
            size = 16 if "b128" in op else 12 if "b96" in op else 8 if "b64" in op else 4
            size *= 2 if re.search(r"(read|write|load|store)(2|_2addr)", op) else 1
            item = instruction(text, "local", **{"read" if re.search("read|load", op) else "write": size})
        elif re.match(r"(scratch|buffer)_", op):  # amdhsa: buffer instructions are scratch's only
            item = instruction(text, "scratch")
        elif re.match(r"(global|flat)_", op):
            item = instruction(text, "memory")
        elif re.match(r"s_(waitcnt|nop|barrier|branch|cbranch|delay|clause|inst_pref|setprio)", op):
            item = instruction(text, "control")
        else:
            item = instruction(text, "scalar")
        if "branch" in op:
            item["targets"] = re.findall(r"[.\w$]+", text.split(None, 1)[1])
        out.append(item)
    return out


def nvidia(sass, kernel):
    out, inside = [], False
    for line in sass.splitlines():
        if line.startswith(".text."):
            inside = line.startswith(".text.%s:" % kernel)
        label = re.match(r"(\.L_x_\d+):", line.strip())
        if inside and label:
            out.append(label.group(1))
        found = re.search(r"/\*[0-9a-f]{4,}\*/\s+(?:\{\s*)?(@!?U?P\w+\s+)?([A-Z][\w.]*)(.*)", line)
        if not inside or label or not found:
            continue
        op, text = found.group(2), found.group(2) + found.group(3)
        size = 16 if ".128" in op else 8 if ".64" in op else 4
        if op.startswith("FFMA"):
            item = instruction(text, "alu", fma=2 if op.startswith("FFMA2") else 1)
        elif re.match(r"(LDS|STS)\b", op):
            item = instruction(text, "local", **{"read" if op.startswith("LDS") else "write": size})
        elif re.match(r"(LDL|STL)\b", op):
            item = instruction(text, "scratch")
        elif re.match(r"(LDG|STG|LD|ST|RED|ATOM)\b", op):
            item = instruction(text, "memory")
        elif re.match(r"(BRA|BAR|NOP|EXIT|BSSY|BSYNC|WARPSYNC|DEPBAR|CALL|RET|YIELD|SYNCS)\b", op):
            item = instruction(text, "control")
        else:
            item = instruction(text, "scalar" if re.match("U|LDC", op) else "alu")
        if op.startswith("BRA"):
            item["targets"] = re.findall(r"\.L_x_\d+", text)
            if out and item["targets"][:1] == [out[-1]]:
                break  # the endless loop that fills up the section
        out.append(item)
    return out


def intel_send(body, comment, op, register):
    """A message to memory: of local memory the bytes, else whether it is scratch's."""
    local = ".slm" in op or re.search(r"0x[0-9A-Fa-f]*FE\b", body)
    if "fence" in comment or "fence" in op or "gateway" in comment or "barrier" in comment or ".gtwy" in op:
        return instruction(body, "control")
    if not local:
        return instruction(body, "scratch" if "scratch" in comment.lower() else "memory")
    read, write = re.search(r"rd:(\d+)", comment), re.search(r"wr:(\d+)\+(\d+)", comment)
    typed = re.search(r"\]\s+r\d+:(\d+)" if op.startswith("store") else r"\)\s+r\d+:(\d+)", body)
    if typed and not read:
        return instruction(body, "local", **{"read" if op.startswith("load") else "write": int(typed.group(1)) * register})
    if read and int(read.group(1)):
        return instruction(body, "local", read=int(read.group(1)) * register)
    return instruction(body, "local", write=int(write.group(2)) * register if write else 0)


def intel(assembly, lanes, register):
    out = []
    for line in assembly.splitlines():
        label = re.match(r"([\w.]+):\s*$", line)
        if label and not line.startswith("//"):
            out.append(label.group(1))
        body, _, comment = line.partition("//")
        found = re.match(r"\s*(\([^)]*\))?\s*([a-z][\w.]*)\s*(?:\((\d+)\|M\d+\))?(.*)", body)
        if label or not found or found.group(2).startswith("."):
            continue
        op, width, body = found.group(2), int(found.group(3) or 1), body.strip()
        slots = max(1.0, width / lanes)
        if op.split(".")[0] == "mad" and ":f" in body:
            item = instruction(body, "alu", slots, fma=width)
        elif op.startswith("send") or re.match(r"(load|store|fence|atomic)\b", op):
            item = intel_send(body, comment, op, register)
        elif re.match(r"(sync|jmpi|goto|while|join|brc|brd|if|endif|else|wait|nop|call|ret)", op):
            item = instruction(body, "control")
        else:
            item = instruction(body, "scalar" if width == 1 else "alu", slots)
        if re.match(r"(jmpi|goto|while|brc|brd)", op):
            item["targets"] = re.findall(r"[_L]\w+", found.group(4))
        out.append(item)
    return out


def loops(listing):
    """(first, last) of each backward branch."""
    place, found = {}, []
    for at, item in enumerate(listing):
        if isinstance(item, str):
            place[item] = at
        else:
            found += [(place[t], at) for t in item["targets"] if t in place]
    return found


def tally(items):
    counts = {key: sum(i[key] for i in items) for key in ("slots", "fma", "fmas", "read", "write")}
    counts["fma_slots"] = sum(i["slots"] for i in items if i["fmas"])
    counts["alu_slots"] = sum(i["slots"] for i in items if i["kind"] == "alu")
    for kind in ("memory", "scratch", "local", "control", "scalar"):
        counts[kind] = sum(1 for i in items if i["kind"] == kind)
    return counts


def inside(listing, loop):
    return [item for item in listing[loop[0] : loop[1] + 1] if not isinstance(item, str)]


def steps(listing, expected):
    """Tally of the loop over a product's steps: the smallest that has FMAs and fills local memory. A loop inside it, which the compiler
    did not unroll, counts as often as it must run for `expected` FMAs. None where there is no such loop."""
    counts = {loop: tally(inside(listing, loop)) for loop in loops(listing)}
    whole = [loop for loop in counts if counts[loop]["fma"] and counts[loop]["write"]]
    if not whole:
        return None
    step = min(whole, key=lambda loop: loop[1] - loop[0])
    within = [loop for loop in counts if loop != step and step[0] <= loop[0] and loop[1] <= step[1] and counts[loop]["fma"]]
    result = counts[step]
    if within and result["fma"] < expected:
        inner = counts[min(within, key=lambda loop: loop[1] - loop[0])]
        trips = (expected - result["fma"]) / inner["fma"]
        result = {key: result[key] + inner[key] * trips for key in result}
    return result
