#!/bin/sh
# Runs a test program on Oclgrind, which sees every access to memory, and wants its log empty. Its own exit status says nothing.
#   oclgrind.sh OCLGRIND PROGRAM
set -u
oclgrind=$1 program=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
unset OCL_ICD_VENDORS WINOCL_DEVICE

"$oclgrind" --data-races --uninitialized --check-api --num-threads 2 --global-mem-size 268435456 --log "$folder/log" \
    "$program" >"$folder/out" 2>&1
status=$?
cat "$folder/out"
[ $status -eq 0 ] || exit 1
if [ -s "$folder/log" ]; then
    echo "Oclgrind's log:"
    head -n 100 "$folder/log"
    exit 1
fi
