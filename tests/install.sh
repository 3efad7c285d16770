#!/bin/sh
# Installs a build under a temporary prefix and uses it as a stranger would: tests/consumer by pkg-config and by find_package, the
# header alone as C99 and as C++11, the program.
#   install.sh BUILD_DIR CC [CXX]
set -eu
build=$1 cc=$2 cxx=${3-}
consumer=$(dirname "$(readlink -f "$0")")/consumer
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
prefix=$folder/prefix

step() {
    echo "== $*"
}

step "install"
env -u DESTDIR cmake --install "$build" --prefix "$prefix" >"$folder/log" || { cat "$folder/log"; exit 1; }
pc=$(find "$prefix" -name winocl.pc)
libdir=$(dirname "$(dirname "$pc")")
for path in "$prefix/include/winocl/winocl.h" "$libdir/cmake/winocl/winoclConfig.cmake"; do
    [ -f "$path" ] || { echo "not installed: $path"; exit 1; }
done
find "$prefix/share" -name LICENSE | grep -q . || { echo "not installed: the licence"; exit 1; }

step "the header alone"
printf '#include <winocl/winocl.h>\nint main(void) { wcl_session_options o = WCL_SESSION_OPTIONS_INIT; return o.size == 0; }\n' >"$folder/alone.c"
"$cc" -std=c99 -pedantic -Wall -Wextra -Werror "-I$prefix/include" -c "$folder/alone.c" -o "$folder/alone.o"
if [ -n "$cxx" ]; then
    cp "$folder/alone.c" "$folder/alone.cc"
    "$cxx" -std=c++11 -pedantic -Wall -Wextra -Wno-missing-field-initializers -Werror "-I$prefix/include" -c "$folder/alone.cc" -o "$folder/alone.o"
fi

step "a consumer by pkg-config"
PKG_CONFIG_PATH=$libdir/pkgconfig
export PKG_CONFIG_PATH
static=
[ -f "$libdir/libwinocl.so" ] || static=--static
# shellcheck disable=SC2046,SC2086 # flags are several words
"$cc" "$consumer/consumer.c" $(pkg-config --cflags $static winocl) -o "$folder/consumer" $(pkg-config --libs $static winocl) -lm
LD_LIBRARY_PATH=$libdir "$folder/consumer"

step "a consumer by find_package"
cmake -S "$consumer" -B "$folder/build" "-DCMAKE_PREFIX_PATH=$prefix" "-DCMAKE_C_COMPILER=$cc" >"$folder/log" || { cat "$folder/log"; exit 1; }
cmake --build "$folder/build" >"$folder/log" || { cat "$folder/log"; exit 1; }
env -u LD_LIBRARY_PATH "$folder/build/consumer"

if [ -f "$build/winocl" ]; then
    step "the program"
    [ -f "$prefix/share/man/man1/winocl.1" ] || { echo "not installed: the manual page"; exit 1; }
    [ -f "$prefix/share/bash-completion/completions/winocl" ] && [ -f "$prefix/share/zsh/site-functions/_winocl" ] || { echo "not installed: completion"; exit 1; }
    mv "$prefix" "$folder/moved" # it finds its library wherever the tree went
    env -u LD_LIBRARY_PATH "$folder/moved/bin/winocl" --version
    env -u LD_LIBRARY_PATH "$folder/moved/bin/winocl" summary zoo:lenet5 >/dev/null
fi
