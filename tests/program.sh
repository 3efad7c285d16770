#!/bin/sh
# The winocl program from outside: for each case a command line, the exit status, and a pattern of what it says.
#   program.sh WINOCL JSON_CHECK SOURCE_DIR
set -u
winocl=$1 json_check=$2 source=$3
data=$source/tests/data
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
: "${WINOCL_CACHE:=$folder/cache}"
export WINOCL_CACHE
unset WINOCL_DEVICE
failures=0 cases=0

fail() {
    failures=$((failures + 1))
    printf 'FAIL %s: %s\n' "$1" "$2"
    sed 's/^/    out: /' "$folder/out" | head -n 20
    sed 's/^/    err: /' "$folder/err" | head -n 20
}

# check STATUS PATTERN ARGUMENT...: runs winocl. The pattern (extended) is looked for on stdout where the status is 0, else on stderr,
# which then is one line "winocl: ...".
check() {
    status=$1 pattern=$2
    shift 2
    cases=$((cases + 1))
    "$winocl" "$@" >"$folder/out" 2>"$folder/err" </dev/null
    got=$?
    if [ "$got" -ne "$status" ]; then
        fail "winocl $*" "status $got, expected $status"
        return 1
    fi
    stream=$folder/err
    [ "$status" -eq 0 ] && stream=$folder/out
    if ! grep -Eq -e "$pattern" "$stream"; then
        fail "winocl $*" "nothing like /$pattern/"
        return 1
    fi
    if [ "$status" -ne 0 ] && { [ "$(wc -l <"$folder/err")" -ne 1 ] || ! grep -q '^winocl: ' "$folder/err"; }; then
        fail "winocl $*" "not one line of the form winocl: WHERE: WHAT: WHY"
        return 1
    fi
}

# check_json "PATH PATH..." ARGUMENT...: stdout is JSON that has something at each path.
check_json() {
    paths=$1
    shift
    check 0 . "$@" || return 1
    # shellcheck disable=SC2086 # the paths are several words
    "$json_check" $paths <"$folder/out" 2>>"$folder/err" || fail "winocl $*" "JSON"
}

expect() { # expect NAME COMMAND...: the command succeeds
    name=$1
    shift
    cases=$((cases + 1))
    "$@" >"$folder/out" 2>"$folder/err" || fail "$name" "$*"
}

# ---- usage
check 2 'no command'
check 2 'frobnicate: unknown command' frobnicate
for later in tune build convert; do
    check 2 "$later: unknown command" $later zoo:lenet5
done
check 2 'unknown command: did you mean classify\?' clasify zoo:lenet5
check 2 'unknown command: did you mean plan\?' help paln
check 2 'frobnicate: unknown command: see winocl help' frobnicate
check 2 '--bacth: unknown or ambiguous option: did you mean --batch\?' run --bacth 3 zoo:lenet5
check 2 '--labls=x: unknown or ambiguous option: did you mean --labels\?' classify --labls=x zoo:lenet5
check 2 '--frobnicate: unknown or ambiguous option: see winocl help' run --frobnicate zoo:lenet5
check 2 'unknown command: did you mean summary\?' Summary zoo:lenet5
while read -r given meant; do
    check 3 "^winocl: zoo:[^ ]+: no network .*: did you mean zoo:$meant\\?\$" summary "zoo:$given"
    check 0 'Total params' summary "zoo:$meant"
done <<'END'
lenet lenet5
alxenet?seed=3 alexnet
vgg61 vgg16
VGG16 vgg16
vgg16bn vgg16-bn
vgg19_bn?classes=10 vgg19-bn
vgg1-bn vgg16-bn
END
check 3 'no network is called mobilenet; there are lenet5, .*vgg19-bn$' summary zoo:mobilenet
check 2 '--frobnicate: unknown' run --frobnicate zoo:lenet5
check 2 'unknown option' run -z zoo:lenet5
check 2 'needs a value' bench zoo:lenet5 --batch
check 2 'takes no value' devices --json=1
check 2 'operand is missing' run
check 2 'operand is missing' classify zoo:lenet5
check 2 'too many operands' run zoo:lenet5 zoo:lenet5
check 2 '--top: not an option of run' run zoo:lenet5 --top 3
check 2 'no implementation' run zoo:lenet5 --conv f3
check 2 'no implementation; there is fp32, half-weights' run zoo:lenet5 --precision fp16
check 0 'half=1' plan zoo:lenet5 --precision half-weights
check 0 'clblast: it reads fp32 weights only' plan zoo:lenet5 --precision half-weights --dense clblast
check 0 'half-weights' bench zoo:lenet5 --precision half-weights --runs 1 --warmup 0
check 2 '--plan-as fpga: no implementation; there is cpu, gpu' plan zoo:lenet5 --plan-as fpga
check 2 'no implementation' run zoo:lenet5 --dense magic
check 2 'no implementation' classify zoo:lenet5 x.png --preprocess magic
check 2 'no implementation' summary zoo:lenet5 --shapes nhcw
check 2 'no implementation' devices --log loud
check 2 'unknown' run zoo:lenet5 --records file
check 2 'not a whole number' run zoo:lenet5 --batch 0
check 2 'not a whole number' bench zoo:lenet5 --batch 1,x
check 2 'not a whole number' bench zoo:lenet5 --runs 0
check 2 'takes one size' run zoo:lenet5 --batch 1,2
check 2 'not a number of bytes' run zoo:lenet5 --memory 5Q
check 2 'not a number of bytes' run zoo:lenet5 --memory 99999999999G
check 2 'not a number, zero or more' verify --rtol x "$folder"
check 2 'not an accuracy' evaluate zoo:lenet5 --expect 110%
check 2 '--images is missing' evaluate zoo:lenet5
check 2 'needs --labels' evaluate zoo:lenet5 --images x.idx
check 0 '^winocl [0-9]+\.[0-9]+\.[0-9]+$' --version
check 0 '^usage' --help
check 0 '^usage' help
check 0 '--preprocess METHOD' help classify
check 0 '^usage: winocl run' run --help
check 2 'unknown command' help frobnicate
cases=$((cases + 1))
"$winocl" help | grep -Eq 'tune|convert|half-weights' && fail help 'lists what there is not'
if [ -w /dev/full ]; then
    cases=$((cases + 1))
    "$winocl" help >/dev/full 2>"$folder/err"
    [ $? -eq 3 ] || fail 'help >/dev/full' 'a full disk looks like success'
fi

# ---- devices
check 0 'is the default: ' devices
check_json 'devices.0.name devices.0.platform devices.0.driver devices.0.type devices.0.global_bytes devices.0.default' devices --json
check 4 'no such device' run zoo:lenet5 --device 'no such thing'
(OCL_ICD_VENDORS=/nonexistent && export OCL_ICD_VENDORS && check 4 'no OpenCL platform' devices && check 4 'no OpenCL platform' run zoo:lenet5 &&
    check 0 'Total params' summary zoo:lenet5) || failures=$((failures + 1))
(WINOCL_DEVICE='no such thing' && export WINOCL_DEVICE && check 4 'no such device' run zoo:lenet5 && check 0 . run zoo:lenet5 --device '') ||
    failures=$((failures + 1))

# ---- roofline
check 0 '^ +[0-9]+\.[0-9] GFLOP/s ' roofline
check 0 '^ +[0-9]+\.[0-9] GB/s ' roofline --quiet
check 0 '^ +[0-9]+\.[0-9] us ' roofline
check_json 'schema version device.name device.platform device.driver device.type fma gflops gigabytes_per_second ridge_flop_per_byte
    buffer_bytes launch_us stored kept' roofline --json
check 0 '^not stored: ' roofline --cache ''
check 0 '^stored: ' roofline --cache "$folder/rates"
check 0 '^measured rates of 1 device$' cache --cache "$folder/rates"
check 0 '^rates .*: measured$' plan zoo:lenet5 --cache "$folder/rates"
check_json 'rates.gflops rates.gigabytes_per_second rates.launch_us rates.measured' plan zoo:lenet5 --json --cache "$folder/rates"
check 0 "^$folder/rates: 0 programs, 0 B" cache --clear --cache "$folder/rates"
check 0 '^rates .*: guessed' plan zoo:lenet5 --cache "$folder/rates"
check 0 '^rates .*: guessed' plan zoo:lenet5 --cache ''
check 4 'no such device' roofline --device 'no such thing'
check 2 'too many operands' roofline zoo:lenet5
check 2 '--conv: not an option of roofline' roofline --conv f2

# ---- summary: the table of a well-known network
grep -v '^#' "$data/vgg16_summary.tsv" >"$folder/wanted.tsv"
check 0 '^Total params: 138,357,544$' summary zoo:vgg16 &&
    sed -En 's/^([a-z0-9_]+) \(([A-Za-z0-9]+)\) +(\([^)]*\)) +([0-9]+) *$/\1\t\2\t\3\t\4/p' "$folder/out" >"$folder/got.tsv"
expect 'summary zoo:vgg16: its 24 rows' cmp "$folder/wanted.tsv" "$folder/got.tsv"
check 0 '^Trainable params: 138,357,544$' summary zoo:vgg16
check 0 '^Non-trainable params: 8,448$' summary zoo:vgg16-bn
check 0 '\(3, 224, 224, 64\)' summary zoo:vgg16 --batch 3
check 0 '\(None, 64, 224, 224\)' summary --shapes nchw zoo:vgg16
check 0 '\(None, 5, 37, 29\)' summary --shapes nchw "$data/zoo/narrow_vgg.onnx"
check_json 'layers.0.name layers.0.type layers.0.output_shape.3 layers.0.parameters parameters' summary --json zoo:lenet5

# ---- plan
check 0 '^peak ' plan zoo:lenet5
check 0 '^planned +as for a gpu$' plan zoo:lenet5 --plan-as gpu
check 0 'NCHW4c' plan zoo:vgg11 --plan-as gpu
check 0 'fused-f' plan zoo:vgg11 --plan-as cpu
check 0 '"plan_as":\s*"gpu"' plan zoo:lenet5 --plan-as gpu --json
check 0 'planned as for a gpu' bench zoo:lenet5 --plan-as gpu --runs 1 --warmup 0
check 0 'gemm' plan --conv gemm "$data/zoo/narrow_vgg.onnx"
check 0 'f2' plan --conv f2 "$data/zoo/narrow_vgg.onnx"
check_json 'bytes.total host_steps layers.0.name layers.0.op layers.0.algorithm layers.0.gflop layers.0.bytes layers.0.parameters
    layers.0.layout layers.0.reason' plan --json zoo:lenet5 --batch 4
check_json 'layers.0.family layers.0.configuration.cb layers.0.format notes' plan --json zoo:lenet5 --conv direct

# ---- families, and values for their parameters
check 0 '^conv_gemm +Conv +cb +by the node ' families
check 0 '^ +group +1 to 1024 +work-items of a work-group$' families convert
check 0 '^dense +Gemm, MatMul ' families lrn dense
expect 'families lrn dense: no others' sh -c "! grep -q conv_ '$folder/out'"
check_json 'schema version families.1.family families.1.operators.0 families.1.parameters.0.name families.1.parameters.0.least
    families.1.parameters.0.most families.1.parameters.0.standard families.1.parameters.0.follows families.1.parameters.0.meaning' families --json
check 2 'conv_gem: unknown kernel family: did you mean conv_gemm\?$' families lrn conv_gem
check 2 'nonsense: unknown kernel family: see winocl families$' families nonsense
check 2 '--set: not an option of families' families --set pool=group=3
check 2 '--set: not an option of roofline' roofline --set pool=group=3
set -- zoo:lenet5 --conv gemm --plan-as cpu
check 0 '^conv2d_1 .*  conv_gemm: cb=[0-9]+ pb=3 kb=2 ' plan "$@" --set 'conv_gemm:conv2d_1=pb=3 kb=2'
check 0 '^conv2d_2 .*  conv_gemm: cb=[0-9]+ pb=5 ' plan "$@" --set conv_gemm:conv2d_1=pb=3 --set conv_gemm=pb=5
check 0 '^conv2d_1 .*  conv_gemm: cb=[0-9]+ pb=3 ' plan "$@" --set conv_gemm:conv2d_1=pb=3 --set conv_gemm=pb=5
check 0 '"pb":.3' plan "$@" --json --set conv_gemm:conv2d_1=pb=3
check_json 'notes.0' plan "$@" --json --set conv_direct=out_w=3
check 0 '^note +conv_direct=out_w=3: not used: nothing runs by conv_direct here$' plan "$@" --set conv_direct=out_w=3
check 2 '^winocl: zoo:lenet5: conv_gemm=gather=0: gather must be 1: ' plan "$@" --set conv_gemm=gather=0
for command in plan run bench profile; do
    check 2 '^winocl: zoo:lenet5: conv_gemm=pb=33: pb=33 is not in 1...32 \(output pixels of a work-item\)$' $command "$@" --set conv_gemm=pb=33
done
check 2 'conv_gemm:conv2d_1=act=1: act is [0-9] here: it follows from the node' plan "$@" --set conv_gemm:conv2d_1=act=1
check 2 'conv_gemm:conv2d_9=pb=3: the network as it runs has no node of this name$' plan "$@" --set conv_gemm:conv2d_9=pb=3
check 2 'conv_gemm:dense_1=pb=3: conv_gemm cannot run this node$' plan "$@" --set conv_gemm:dense_1=pb=3
check 2 'lrn=group=3: lrn cannot run any node$' plan "$@" --set lrn=group=3
check 2 '"conv_gem=pb=3": there is no kernel family conv_gem$' plan "$@" --set conv_gem=pb=3
check 2 'conv_gemm: no parameter "bp"$' plan "$@" --set conv_gemm=bp=3
check 2 'is not of the form FAMILY\[:NODE\]=NAME=VALUE\.\.\.$' plan "$@" --set conv_gemm
check 2 'needs a value' plan "$@" --set
check 0 'float32 \(1, 10\)' run "$@" --set conv_gemm=pb=3
check 0 '  conv2d_1 .* %  conv_gemm: cb=[0-9]+ pb=3 ' bench "$@" --runs 1 --warmup 0 --layers --set conv_gemm=pb=3
check_json 'results.0.layers.0.family results.0.layers.1.configuration.pb results.0.layers.0.parameters results.0.layers.0.format' \
    bench "$@" --runs 1 --warmup 0 --layers --json --set conv_gemm=pb=3
check 0 'class [0-9]' classify "$@" "$data/preprocess/gray.png" --set conv_gemm=pb=3
check 2 'pb=33 is not in' classify "$@" "$data/preprocess/gray.png" --set conv_gemm=pb=33
# an input of 60 GB is not made to say so
check 2 'pb=33 is not in' plan zoo:vgg16 --batch 100000 --set conv_gemm=pb=33

# a table as wide as the terminal, which script(1) gives it; a file, or --json, gets all
widest() { awk '{ sub(/\r$/, "") } /^$/ { exit } { if (length > most) most = length } END { print most }' "$folder/out"; }
on_terminal() { # on_terminal COLUMNS SETTING ARGUMENT...: the size is the terminal's own
    script -qec "stty cols $1 && $2 '$winocl' $3" /dev/null </dev/null >"$folder/out"
    most=$(widest) dots=$(grep -c '\.\.\.' "$folder/out")
}
check 0 'chunk=' plan zoo:vgg11
full=$(widest)
if command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    for columns in 45 80 118 130; do
        on_terminal $columns '' 'plan zoo:vgg11'
        expect "plan: $most columns, $dots lines cut on a terminal of $columns" test "$most" -le $columns -a "$dots" -gt 8
    done
    on_terminal "$full" '' 'plan zoo:vgg11'
    expect "plan: $dots lines cut on a terminal as wide as the table" test "$most" -eq "$full" -a "$dots" -eq 0
    on_terminal 400 COLUMNS=70 'plan zoo:vgg11'
    expect "plan: $most columns with COLUMNS=70" test "$most" -le 70
    on_terminal 80 '' 'plan --json zoo:vgg11'
    expect "plan --json: $dots lines cut on a terminal" test "$dots" -eq 0
fi
check 5 '^winocl: zoo:lenet5: .* [0-9]+ bytes' plan zoo:lenet5 --memory 1k
# an input of 60 GB is not made to say that it does not fit
check 5 '^winocl: zoo:vgg16: tensor .* takes [0-9]+ bytes, the device.s largest buffer has [0-9]+' plan zoo:vgg16 --batch 100000

# ---- run
check 0 'float32 \(1, 10\)' run zoo:lenet5
check 0 'untrained' run zoo:lenet5
check 0 'float32 \(3, 10\)' run zoo:lenet5 --batch 3
check 0 'float32 \(2, 10\)' run "$data/zoo/narrow_vgg.onnx" -i "$data/zoo/narrow_vgg_input.npy" -o "$folder/output.npy"
expect 'run -o writes a file' test -s "$folder/output.npy"
check 0 . run "$data/exports/tf2onnx.onnx" -i "$data/exports/input_nhwc.npy"
check 0 . run "$data/exports/pytorch.onnx" -i "$data/exports/input_nchw.npy" --check-finite
check 0 . run "$data/zoo/narrow_vgg.onnx" -i "$data/zoo/narrow_vgg_input.npy" --conv direct --dump "$folder/dump"
expect 'run --dump writes tensors' test "$(find "$folder/dump" -name '*.npy' | wc -l)" -ge 8
check 0 'tensors agree' run "$data/zoo/narrow_vgg.onnx" -i "$data/zoo/narrow_vgg_input.npy" --conv gemm --compare "$folder/dump"
check 0 'tensors agree' run "$data/zoo/narrow_vgg.onnx" -i "$data/zoo/narrow_vgg_input.npy" --conv f2 --compare "$folder/dump"
check 1 'first tensor that differs: it is float32 \(1, ' run "$data/zoo/narrow_vgg.onnx" --batch 1 --compare "$folder/dump"
head -c -4 "$folder/dump/probabilities.npy" >"$folder/cut" && printf '\0\0\200\77' | cat "$folder/cut" - >"$folder/dump/probabilities.npy"
check 1 'probabilities: the first tensor that differs: 1 of 20 elements differ, most at \(1, 9\)' run "$data/zoo/narrow_vgg.onnx" \
    -i "$data/zoo/narrow_vgg_input.npy" --compare "$folder/dump"
mkdir "$folder/empty"
check 3 'nothing to compare' run zoo:lenet5 --compare "$folder/empty"
check 3 'cannot open' run zoo:lenet5 -i "$folder/missing.npy"
check 3 'takes float32' run zoo:lenet5 -i "$data/preprocess/norm_pixels.npy"
check 3 'takes float32' run zoo:lenet5 -i "$data/preprocess/norm_unit.npy"
head -c 200 "$data/zoo/narrow_vgg_input.npy" >"$folder/cut.npy"
check 3 'cut.npy' run "$data/zoo/narrow_vgg.onnx" -i "$folder/cut.npy"
check 3 '' run zoo:lenet5 -o "$folder/missing/out.npy"
check 2 'no more than 1' run "$data/zoo/narrow_vgg.onnx" -i "$data/zoo/narrow_vgg_input.npy" -i "$data/zoo/narrow_vgg_input.npy"
check 3 '--batch 3: ' run "$data/zoo/narrow_vgg.onnx" -i "$data/zoo/narrow_vgg_input.npy" --batch 3
check 5 '^winocl: zoo:lenet5: .* [0-9]+ bytes' run zoo:lenet5 --memory 1k

# ---- models
check 3 'missing.onnx' run "$folder/missing.onnx"
check 3 'zoo:nothing' run zoo:nothing
check 2 'size=x' run 'zoo:lenet5?size=x'
: >"$folder/empty.onnx"
check 3 'empty.onnx' run "$folder/empty.onnx"
head -c 20000 "$data/zoo/narrow_vgg.onnx" >"$folder/cut.onnx"
check 3 'cut.onnx' run "$folder/cut.onnx"
check 3 'gray.png' run "$data/preprocess/gray.png"
check 3 '' summary "$folder"

# ---- classify
pictures=$data/preprocess
check 0 '^ +[0-9.]+% +class [0-9]' classify zoo:lenet5 "$pictures/gray.png"
check 0 'untrained' classify zoo:lenet5 "$pictures/gray.png"
printf 'zero\r\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n' >"$folder/labels"
check 0 '(zero|one|two|three|four|five|six|seven|eight|nine) \(class [0-9]\)$' classify zoo:lenet5 "$pictures/gray.png" --labels "$folder/labels"
check_json '0.file 0.top.0.class 0.top.0.label 0.top.0.probability 0.top.9 1.top.0' classify zoo:lenet5 --json --top 20 \
    "$pictures/gray.png" "$pictures/rgb.jpg"
check_json '4.top.4' classify zoo:lenet5 --json --batch 2 "$pictures/gray.png" "$pictures/rgb.jpg" "$pictures/rgba.png" "$pictures/rgb16.png" \
    "$pictures/palette.png"
for method in caffe torchvision tf unit; do
    check 0 'class' classify "$data/exports/tf2onnx.onnx" --preprocess $method "$pictures/rgb.png"
done
head -n 9 "$folder/labels" >"$folder/nine" && { cat "$folder/labels" && echo ten; } >"$folder/eleven" && { cat "$folder/labels" && echo && echo; } >"$folder/blank"
check 3 'nine: holds 9 class names, zoo:lenet5 has 10 classes' classify zoo:lenet5 "$pictures/gray.png" --labels "$folder/nine"
check 3 'eleven: holds 11 class names, zoo:lenet5 has 10 classes' classify zoo:lenet5 "$pictures/gray.png" --labels "$folder/eleven"
check 0 'class' classify zoo:lenet5 "$pictures/gray.png" --labels "$folder/blank"
# Labels, paths and names that would move a terminal's cursor: ESC, DEL, a C1 character in UTF-8 and as a byte, and what is no UTF-8.
evil=$(printf 'a\033[2J\177\302\233\233\377\303\251')
for digit in 0 1 2 3 4 5 6 7 8 9; do printf '%s\n' "$evil"; done >"$folder/evil"
raw() { LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177\233\377]')" "$folder/out" "$folder/err"; }
cp "$pictures/gray.png" "$folder/$evil.png"
shown='a\\x1b\[2J\\x7f\\xc2\\x9b\\x9b\\xff'
check 0 "$shown.* \(class" classify zoo:lenet5 "$folder/$evil.png" --labels "$folder/evil" && raw && fail 'classify' 'raw control characters in a label'
check 0 "^$folder/$shown" classify zoo:lenet5 "$folder/$evil.png" && raw && fail 'classify' 'raw control characters in a path'
check 3 "$shown.*: cannot open" classify zoo:lenet5 "$folder/missing $evil" && raw && fail 'classify' 'raw control characters in an error'
check_json '0.file 0.top.0.label' classify zoo:lenet5 --json "$folder/$evil.png" --labels "$folder/evil" && raw && fail 'classify --json' 'raw bytes'
check 0 'a.u001b.2J.u007f.u009b.ufffd.ufffd' classify zoo:lenet5 --json "$folder/$evil.png" --labels "$folder/evil"
check 0 "^$folder/$shown.*: 0 programs" cache --cache "$folder/$evil" && raw && fail 'cache' 'raw control characters in a path'
check 3 'cut.png: cannot decode: the file is cut short' classify zoo:lenet5 "$pictures/gray.png" "$pictures/cut.png"
check 3 'cut.jpg: cannot decode: ' classify zoo:lenet5 "$pictures/cut.jpg"
check 3 'huge.png: cannot decode: 30000 x 30000' classify zoo:lenet5 "$pictures/huge.png"
check 3 'cannot open' classify zoo:lenet5 "$folder/missing.png"
check 3 'neither a PNG nor a JPEG' classify zoo:lenet5 "$data/zoo/README.md"
check 3 'cannot open' classify zoo:lenet5 "$pictures/gray.png" --labels "$folder/missing"

# ---- evaluate: five black pictures of 28 x 28
{
    printf '\0\0\10\3\0\0\0\5\0\0\0\34\0\0\0\34'
    head -c 3920 /dev/zero
} >"$folder/images"
printf '\0\0\10\1\0\0\0\5\0\1\2\3\4' >"$folder/classes"
gzip -c "$folder/images" >"$folder/images.gz"
gzip -c "$folder/classes" >"$folder/classes.gz"
set -- evaluate zoo:lenet5 --preprocess unit
check 0 '^accuracy 0\.[02]000 \([01] of 5\), [0-9.]+ images/s' "$@" --images "$folder/images" --labels "$folder/classes" \
    --predictions "$folder/predictions" --batch 2
expect 'evaluate --predictions: five lines' test "$(wc -l <"$folder/predictions")" -eq 5
expect 'evaluate --predictions: of one class' test "$(sort -u "$folder/predictions" | wc -l)" -eq 1
check 0 'of 5\)' "$@" --images "$folder/images.gz" --labels "$folder/classes.gz"
check 0 'of 3\)' "$@" --images "$folder/images" --labels "$folder/classes" --limit 3
check 1 'less than the expected 0.9' "$@" --images "$folder/images" --labels "$folder/classes" --expect 90%
predicted=$(head -n 1 "$folder/predictions")
mkdir "$folder/set"
for class in 0 1 2 3 4 5 6 7 8 9; do
    mkdir "$folder/set/$class"
done
cp "$pictures/gray.png" "$folder/set/$predicted"
check 0 'of 1\)' "$@" --images "$folder/set"
expect 'evaluate: no warning' sh -c "! grep -q warning '$folder/err'"
mkdir "$folder/set/more"
check 0 'of 1\)' "$@" --images "$folder/set" && { grep -q '^winocl: warning: .*set: 11 sub-folders for the network.s 10 classes' "$folder/err" || fail evaluate 'no warning of 11 sub-folders'; }
rmdir "$folder/set/more"
check 2 'sub-folders' "$@" --images "$folder/set" --labels "$folder/classes"
check 3 'no pictures' "$@" --images "$folder/empty"
check 3 'cannot create' "$@" --images "$folder/images" --labels "$folder/classes" --predictions "$folder/missing/file"
class=$(printf '\\%03o' "$predicted")
printf "\\0\\0\\10\\1\\0\\0\\0\\5$class$class$class$class$class" >"$folder/all_right"
check 0 '^accuracy 1.0000' "$@" --images "$folder/images" --labels "$folder/all_right" --expect 1
head -c 2000 "$folder/images" >"$folder/cut"
check 3 'cut: cannot read: the file is cut short' "$@" --images "$folder/cut" --labels "$folder/classes"
for length in 20 30 45; do
    head -c $length "$folder/images.gz" >"$folder/cut.gz"
    check 3 'cut.gz: cannot read' "$@" --images "$folder/cut.gz" --labels "$folder/classes"
done
head -c -8 "$folder/classes.gz" >"$folder/cut.gz" && printf '\1\2\3\4\5\0\0\0' >>"$folder/cut.gz"
check 3 'cut.gz: cannot read' "$@" --images "$folder/images" --labels "$folder/cut.gz"
check 3 'labels in' "$@" --images "$folder/images" --labels "$folder/images"
printf '\0\0\10\1\0\0\0\4\0\1\2\3' >"$folder/four"
check 3 'holds 4 labels' "$@" --images "$folder/images" --labels "$folder/four"
printf '\0\0\10\3\377\377\377\377\377\377\377\377\377\377\377\377' >"$folder/liar"
check 3 'too large' "$@" --images "$folder/liar" --labels "$folder/classes"
check 3 'cannot open' "$@" --images "$folder/missing" --labels "$folder/classes"
check 3 'not an IDX file' "$@" --images "$data/zoo/README.md" --labels "$folder/classes"

# ---- verify
check 3 'cannot open' verify "$folder/missing"
nodes=/usr/share/libonnx-testdata/data/node
if [ -d "$nodes" ]; then
    check 0 '^PASS test_relu$' verify "$nodes/test_relu" "$nodes/test_flatten_axis1/"
    check 0 '^2 passed, 0 failed, 0 skipped$' verify "$nodes/test_relu" "$nodes/test_flatten_axis1/"
    check_json '2.top.4' classify --json "$nodes/test_averagepool_2d_default/model.onnx" "$pictures/rgb.png" "$pictures/gray.jpg" "$pictures/rgb.jpg"
    check 0 '^weights ' plan "$nodes/test_basic_conv_with_padding/model.onnx" # its filters are an input: they get values
    check 3 'batch is fixed at 1' run "$nodes/test_averagepool_2d_default/model.onnx" --batch 2
    check 3 'no picture fits' classify "$nodes/test_relu/model.onnx" "$pictures/rgb.png"
    check 0 '^SKIP test_det_2d: unsupported: Det \(unknown operator\)' verify "$nodes/test_det_2d"
    # int64 that the device makes, into files and against them
    topk="$nodes/test_top_k/model.onnx" k="$folder/k.npy"
    { printf '\223NUMPY\1\0v\0%-117s\n' "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }"; printf '\3\0\0\0\0\0\0\0'; } >"$k"
    check 0 '^PASS test_top_k_smallest$' verify "$nodes/test_top_k" "$nodes/test_top_k_smallest"
    check 0 '^indices  int64 \(3, 3\)  min 0 ' run "$topk" -i "k=$k" -o "indices=$folder/indices.npy" --dump "$folder/topk"
    expect 'run -o writes int64' cmp -s "$folder/indices.npy" "$folder/topk/indices.npy"
    expect 'run -o writes 9 of 8 bytes' test "$(wc -c <"$folder/indices.npy")" -eq $((128 + 9 * 8))
    check 0 '^3 tensors agree' run "$topk" -i "k=$k" --compare "$folder/topk"
    head -c -8 "$folder/indices.npy" >"$folder/topk/indices.npy" && printf '\11\0\0\0\0\0\0\0' >>"$folder/topk/indices.npy"
    check 1 'indices: .* 1 of 9 elements differ' run "$topk" -i "k=$k" --compare "$folder/topk"
    cp -r "$nodes/test_relu" "$folder/test_wrong"
    length=$(wc -c <"$folder/test_wrong/test_data_set_0/output_0.pb")
    { head -c $((length - 4)) "$nodes/test_relu/test_data_set_0/output_0.pb"; printf '\0\0\200\77'; } \
        >"$folder/test_wrong/test_data_set_0/output_0.pb"
    cases=$((cases + 1))
    "$winocl" verify "$folder/test_wrong" >"$folder/out" 2>"$folder/err"
    if [ $? -ne 1 ] || ! grep -q '^FAIL test_wrong: output y: 1 of 60 elements differ' "$folder/out" ||
        ! grep -q '^0 passed, 1 failed, 0 skipped$' "$folder/out"; then
        fail 'verify' 'a wrong value passed'
    fi
fi

# ---- profile: the table, the trace, the picture
check 0 '^  conv2d_1 +Conv .* [0-9.]+ %$' profile zoo:lenet5 --runs 2 --warmup 0
check 0 '^kernels [0-9.]+ ms, a whole run [0-9.]+ ms' profile zoo:lenet5 --runs 3 --batch 2
odd=$(printf '%s/odd <&>"\377 name.onnx' "$folder")
cp "$data/zoo/narrow_vgg.onnx" "$odd"
check 0 . profile "$odd" --runs 2 --trace "$folder/trace.json" --svg "$folder/layers.svg"
launches=$(($(wc -l <"$folder/out") - 3)) # without the lines around the table
expect 'profile --trace: events' sh -c "'$json_check' displayTimeUnit traceEvents.0.args.name traceEvents.2.ph traceEvents.2.ts traceEvents.2.dur \
    traceEvents.2.args.kernel traceEvents.2.args.output_shape.0 <'$folder/trace.json'"
expect 'profile --trace: an event a launch' test "$(grep -c '"ts":' "$folder/trace.json")" -eq "$launches"
expect 'profile --svg: what XML may not hold is escaped' grep -q 'odd &#60;&#38;&#62;&#34;? name.onnx, batch 1' "$folder/layers.svg"
expect 'profile --svg: a bar a layer' test "$(grep -c '<g>' "$folder/layers.svg")" -ge 8
if command -v python3 >/dev/null; then
    expect 'profile --svg: well-formed' python3 -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' "$folder/layers.svg"
    expect 'profile --trace: one launch after the other' python3 -c 'import sys, json
events = [e for e in json.load(open(sys.argv[1], errors="replace"))["traceEvents"] if e["ph"] == "X"]
assert events[0]["ts"] == 0 and all(e["dur"] > 0 for e in events)
assert all(a["ts"] < b["ts"] for a, b in zip(events, events[1:]))' "$folder/trace.json"
fi
check 3 'trace.json: cannot create' profile zoo:lenet5 --runs 1 --trace "$folder/missing/trace.json"
check 3 'layers.svg: cannot create' profile zoo:lenet5 --runs 1 --svg "$folder/missing/layers.svg"
check 2 '--svg: not an option of bench' bench zoo:lenet5 --svg "$folder/x.svg"
check 2 'takes one size' profile zoo:lenet5 --batch 1,2
check 5 '^winocl: zoo:lenet5: .* [0-9]+ bytes' profile zoo:lenet5 --memory 1k

# ---- bench, cache
check 0 'images/s' bench zoo:lenet5 --runs 2 --warmup 0
check 0 '^  planning [0-9.]+ ms, enqueueing a run [0-9.]+ ms$' bench zoo:lenet5 --runs 1 --warmup 0
check 0 'conv2d_1 .* [0-9]+ %  ' bench zoo:lenet5 --runs 2 --warmup 0 --layers
check_json 'schema version model device.name device.platform device.driver device.type precision results.1.batch results.1.runs
    results.0.ms.min results.0.ms.median results.0.ms.max results.0.images_per_second results.0.load_ms results.0.build_ms
    results.0.first_run_ms results.0.plan_ms results.0.enqueue_ms results.0.bytes.weights results.0.bytes.activations results.0.bytes.workspace results.0.bytes.total
    results.0.layers.0.name results.0.layers.0.op results.0.layers.0.algorithm results.0.layers.0.ms results.0.layers.0.gflop
    results.0.layers.0.bytes results.0.layers.0.least_gflop results.0.layers.0.least_bytes results.0.layers.0.bound_ms
    roofline.gflops roofline.gigabytes_per_second' bench zoo:lenet5 --batch 1,3 --runs 2 --layers --json
check 0 . run zoo:lenet5 --cache "$folder/other"
check 0 "^$folder/other: [1-9][0-9]* programs" cache --cache "$folder/other"
check 0 "^$folder/other: 0 programs, 0 B" cache --cache "$folder/other" --clear
check 0 'switched off' cache --cache ''
mkdir -p "$folder/xdg/pocl/kcache/AB" "$folder/pocl_own" && head -c 3000 /dev/zero >"$folder/xdg/pocl/kcache/AB/x" && head -c 5 /dev/zero >"$folder/pocl_own/y"
(XDG_CACHE_HOME=$folder/xdg && export XDG_CACHE_HOME && unset POCL_CACHE_DIR &&
    check 0 "^PoCL .* does not clear: $folder/xdg/pocl/kcache: 2.9 KiB\$" cache --clear --cache "$folder/other" && expect 'kcache stays' test -e "$folder/xdg/pocl/kcache/AB/x" &&
    POCL_CACHE_DIR=$folder/pocl_own && export POCL_CACHE_DIR && check 0 "^PoCL .* does not clear: $folder/pocl_own: 5 B\$" cache) || failures=$((failures + 1))
mkdir -p "$folder/junk" && : >"$folder/junk/$(printf '%064d' 0).bin" && chmod 700 "$folder/junk"
check 0 "^$folder/junk: 1 programs" cache --cache "$folder/junk"
check 0 "^$folder/junk: 0 programs, 0 B" cache --cache "$folder/junk" --clear
chmod 777 "$folder/junk"
cases=$((cases + 1))
"$winocl" run zoo:lenet5 --cache "$folder/junk" >"$folder/out" 2>"$folder/err" || fail 'run' 'a cache that is not trusted stops it'
[ "$(grep -c '^winocl: warning: .* is not trusted, .*others may write to it' "$folder/err")" -eq 1 ] || fail 'run' 'not one warning of an untrusted cache'
cases=$((cases + 1))
"$winocl" run zoo:lenet5 --cache /dev/null/cache >"$folder/out" 2>"$folder/err" || fail 'run --cache /dev/null/cache' 'an unwritable cache stops it'
grep -q '^winocl: warning: ' "$folder/err" || fail 'run --cache /dev/null/cache' 'no warning'
"$winocl" run zoo:lenet5 --quiet --cache /dev/null/cache 2>"$folder/err" >"$folder/out"
[ ! -s "$folder/err" ] || fail 'run --quiet' 'not quiet'

# ---- completion in bash: every command and every option of help
complete_with() { # complete_with WORD...: what the last word may become
    bash -c '. "$1" && shift && COMP_WORDS=("$@") && COMP_CWORD=$(($# - 1)) && _winocl && printf "%s\n" "${COMPREPLY[@]}"' - \
        "$source/tools/completion/winocl.bash" "$winocl" "$@" | sort -u
}
if command -v bash >/dev/null; then
    expect 'completion: bash -n' bash -n "$source/tools/completion/winocl.bash"
    complete_with '' >"$folder/got"
    expect 'completion: commands' test "$(wc -l <"$folder/got")" -eq "$("$winocl" help | grep -c '^  [a-z]')"
    while read -r name; do
        "$winocl" help "$name" | awk '$1 ~ /^--/ {print $1} $1 ~ /^-[a-z],$/ {print $2}' | sort -u >"$folder/wanted"
        complete_with "$name" -- >"$folder/got"
        expect "completion: $name has options" grep -qx -e --quiet "$folder/wanted"
        expect "completion: options of $name" cmp "$folder/wanted" "$folder/got"
    done <<END
$(complete_with '')
END
    expect 'completion: of a beginning' test "$(complete_with run --che)" = --check-finite
fi
if command -v zsh >/dev/null; then
    expect 'completion: zsh -n' zsh -n "$source/tools/completion/_winocl"
fi

printf '%d of %d cases failed\n' "$failures" "$cases"
[ "$failures" -eq 0 ]
