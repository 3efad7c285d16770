#!/bin/sh
# The shared library exports what tests/exports.txt lists, with the version WINOCL_0, and the list is what the header declares.
#   exports.sh LIBRARY HEADER...
set -eu
library=$1
shift
list=$(dirname "$0")/exports.txt
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export LC_ALL=C

cat "$@" | sed -n 's/^WCL_API .*[ *]\(wcl_[a-z0-9_]*\)(.*/\1/p' | sort >"$folder/declared"
nm -D --defined-only --with-symbol-versions "$library" | awk '$2 != "A" { print $3 }' | sort >"$folder/exported"
sed 's/$/@@WINOCL_0/' "$list" >"$folder/expected"

status=0
echo "the header (+) against tests/exports.txt (-):"
diff -u "$list" "$folder/declared" || status=1
echo "the library (+) against tests/exports.txt (-):"
diff -u "$folder/expected" "$folder/exported" || status=1
[ -s "$list" ] || status=1
exit $status
