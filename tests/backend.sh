#!/bin/sh
# ONNX's backend tests (Debian's libonnx-testdata) through `winocl verify`, against the verdicts that data/backend_expected.txt keeps.
#   backend.sh WINOCL EXPECTED [DATA]          compares; status 77 if the data is not there
#   backend.sh --write WINOCL EXPECTED [DATA]  writes the verdicts
# A folder whose operators are not all ours (verify: "unknown operator") is in no list; every other one must be, with its verdict, and
# for a SKIP with its reason.
set -u
write=
if [ "$1" = --write ]; then
    write=yes
    shift
fi
winocl=$1 expected=$2 data=${3:-/usr/share/libonnx-testdata/data}
if [ ! -d "$data/node" ]; then
    echo "$data is not there: Debian's libonnx-testdata"
    exit 77
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
: "${WINOCL_CACHE:=$folder/cache}"
export WINOCL_CACHE
LC_ALL=C
export LC_ALL

# data/real has no models but those that would be downloaded
find "$data" -name model.onnx -printf '%h\n' | sort >"$folder/folders"
xargs "$winocl" verify <"$folder/folders" >"$folder/all" 2>"$folder/err"
status=$?
tail -n 1 "$folder/all"
if [ "$status" -ne 0 ] && ! grep -q '^FAIL' "$folder/all"; then
    cat "$folder/err"
    exit 1
fi
grep -E '^(PASS|FAIL|SKIP) ' "$folder/all" >"$folder/verdicts"
if [ "$(wc -l <"$folder/verdicts")" -ne "$(wc -l <"$folder/folders")" ]; then
    echo "not every folder has a verdict"
    exit 1
fi
grep -Ev '^SKIP [^ ]+: unsupported: .*\(unknown operator\)' "$folder/verdicts" | sort -k 2 >"$folder/got"
if [ "$write" ]; then
    {
        echo '# What winocl verify says of the folders of libonnx-testdata that need only our operators (and of those that it cannot tell:'
        echo '# inputs that are no tensors, or of strings or bfloat16, are refused before the operators are looked at). Written by ../backend.sh.'
        cat "$folder/got"
    } >"$expected"
    exit 0
fi
if ! grep -v '^#' "$expected" | diff - "$folder/got"; then
    echo "(<: expected, >: got)"
    exit 1
fi
