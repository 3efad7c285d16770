#!/bin/sh
# Runs a test program on Oclgrind, which sees every access to memory, and wants its log empty: its exit status says nothing.
# Without --uninitialized: Oclgrind 21.10 does not know LLVM's freeze there, computes NaN, and crashes. Buffers that start as NaN do
# that check (tests/support/op_run.h).
#   oclgrind.sh OCLGRIND PROGRAM
set -u
oclgrind=$1 program=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
unset OCL_ICD_VENDORS
WINOCL_DEVICE=Oclgrind # and no other
export WINOCL_DEVICE

# The checker itself: a kernel that writes one float too far, and leaves a race, must be in the log.
printf 'kernel void wrong(global float *y) { y[get_global_id(0) / 2 + 1] = get_global_id(0); }\n' >"$folder/wrong.cl"
printf '%s\nwrong\n4 1 1\n4 1 1\n<size=8 fill=0 float>\n' "$folder/wrong.cl" >"$folder/wrong.sim"
"$oclgrind-kernel" --data-races --log "$folder/wrong.log" "$folder/wrong.sim" >/dev/null 2>&1
for pattern in 'Invalid write' 'data race'; do
    if ! grep -qi "$pattern" "$folder/wrong.log"; then
        echo "Oclgrind does not report: $pattern"
        exit 1
    fi
done

"$oclgrind" --data-races --check-api --num-threads 2 --global-mem-size 268435456 --log "$folder/log" "$program" >"$folder/out" 2>&1
status=$?
cat "$folder/out"
[ $status -eq 0 ] || exit 1
if [ -s "$folder/log" ]; then
    echo "Oclgrind's log:"
    head -n 100 "$folder/log"
    exit 1
fi
