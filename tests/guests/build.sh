#!/bin/bash
# Rebuilds the guest modules from their sources and the package registries:  tests/guests/build.sh [NAME...]
#   GUEST_BUILD    scratch folder                                       (default: target/guests at the top of the repository)
#   GUEST_OUT      where the modules go                                 (default: this folder)
#   ZIG            a zig 0.15 that can `zig cc`                         (default: PyPI's ziglang in a venv in the scratch folder)
#   WASIP1_CARGO   a cargo that can build for wasm32-wasip1             (default: made by wasip1-toolchain.sh in the scratch folder)
#   WASMOTE        the command `wasmote`, which makes splay.wasm         (default: built from this repository)
# Needs python3 with venv, cargo, npm (for the assembler that makes fib.wasm, and for Kotlin's compiler, which takes Java, too: Debian's
# default-jre-headless), and for the default WASIP1_CARGO Debian's apt.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=${GUEST_BUILD:-$here/../../target/guests}
out=${GUEST_OUT:-$here}
src=$here/src
mkdir -p "$work" "$out"
work=$(cd "$work" && pwd)
want=" $* "
wanted() { [ "$want" = "  " ] || [[ $want == *" $1 "* ]]; }
any() { for n; do if wanted "$n"; then return 0; fi; done; return 1; }

rust_guests="coremark sha256 hashes regex json markdown shader"
wasi_guests="world files directories waiting sockets unstable pour"
simd_guests="simd-vectors simd-scalar"
c_guests="nbody mandelbrot matmul stream vm-calls vm-switch trees memops hash64 raytracer"
sys_guests="bzip2 lz4 lua sqlite quickjs"

if any $c_guests $sys_guests threads && [ -z "${ZIG:-}" ]; then
  if [ ! -x "$work/venv/bin/python" ] || ! "$work/venv/bin/python" -m ziglang version >/dev/null 2>&1; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install -q ziglang==0.15.2
  fi
  ZIG="$work/venv/bin/python -m ziglang"
fi
if any $sys_guests; then
  mkdir -p "$work/sources"
  cp -r "$src/sources/." "$work/sources/"
  (cd "$work/sources" && cargo vendor --locked -q vendor >/dev/null)
  v=$work/sources/vendor
fi

# cc NAME FLAGS-AND-FILES...: a stripped, optimised command module for WASI preview 1. Zig's generic CPU for wasm32 has bulk memory,
# sign extension, saturating conversions, multi-value, reference types and mutable globals; no SIMD, threads, exceptions or GC.
cc() {
  local name=$1
  shift
  echo "$name"
  $ZIG cc -target wasm32-wasi -O3 -g0 -s -fno-sanitize=undefined -ffp-contract=off -Wl,-z,stack-size=1048576 -o "$work/$name.wasm" "$@"
  install -m 644 "$work/$name.wasm" "$out/$name.wasm"
}

for name in $c_guests; do
  if wanted "$name"; then cc "$name" -I"$src/c" "$src/c/$name.c" -Wall; fi
done
# Only the features of the first version of WebAssembly:
if wanted bzip2; then
  b=$v/bzip2-sys/bzip2-1.0.8
  cc bzip2 -mcpu=mvp -DBZ_NO_STDIO -I"$b" -I"$src/c" "$src/c/bzip2.c" "$b"/{blocksort,bzlib,compress,crctable,decompress,huffman,randtable}.c
fi
if wanted lz4; then
  l=$v/lz4-sys/liblz4/lib
  cc lz4 -I"$l" -I"$src/c" "$src/c/lz4.c" "$l"/{lz4,lz4hc}.c
fi
if wanted lua; then
  l=$v/lua-src/lua-5.4.9
  files=()
  for f in "$l"/*.c; do case $f in */lua.c | */luac.c) ;; *) files+=("$f") ;; esac; done
  cc lua -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS -I"$src/lua/include" -include "$src/lua/lua-wasi.h" -I"$l" \
    "$src/lua/main.c" "${files[@]}" -lwasi-emulated-signal -lwasi-emulated-process-clocks -lm -Wno-return-type
fi
if wanted sqlite; then
  s=$v/libsqlite3-sys/sqlite3
  cc sqlite -O2 -I"$s" -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_DEFAULT_UNIX_VFS='"unix-none"' \
    -DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_TEMP_STORE=3 -D_WASI_EMULATED_MMAN -D_WASI_EMULATED_GETPID \
    "$src/sqlite/shell.c" "$s/sqlite3.c" -lwasi-emulated-mman -lwasi-emulated-getpid -lm -Wno-everything
fi
if wanted quickjs; then
  q=$v/rquickjs-sys/quickjs
  cc quickjs -O2 -DNDEBUG -D_GNU_SOURCE -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS -I"$q" "$src/js/main.c" \
    "$q"/{quickjs,libregexp,libunicode,dtoa}.c -lwasi-emulated-signal -lwasi-emulated-process-clocks -lm -Wno-everything
fi

# With a shared memory. wasi-libc has no threads here: src/threads/wasi stands in for that part.
if wanted threads; then
  t=$src/threads
  cc threads -Os -mcpu=generic+atomics+bulk_memory -I"$t/wasi" -I"$src/c" "$t"/*.c "$t/wasi/pthread.c" -Wall -Wextra \
    -Wl,--import-memory,--export-memory,--shared-memory,--max-memory=67108864 -Wl,-z,stack-size=65536
  mkdir -p "$out/threads"
  mv "$out/threads.wasm" "$out/threads/threads.wasm"
fi

if any fib accesses accesses-shared; then
  mkdir -p "$work/npm"
  (cd "$work/npm" && [ -d node_modules/wabt ] || npm install --no-save --silent --prefix "$work/npm" wabt@1.0.37 >/dev/null)
  for name in fib accesses; do
    if wanted "$name"; then
      echo "$name"
      "$work/npm/node_modules/.bin/wat2wasm" "$src/wat/$name.wat" -o "$out/$name.wasm"
    fi
  done
  if wanted accesses-shared; then
    echo accesses-shared
    sed 's/ 2 2)/ 2 2 shared)/' "$src/wat/accesses.wat" > "$work/accesses-shared.wat"
    "$work/npm/node_modules/.bin/wat2wasm" --enable-threads "$work/accesses-shared.wat" -o "$out/accesses-shared.wasm"
  fi
fi

if any splay; then
  echo splay
  ${WASMOTE:-cargo run --quiet -p wasmote-cli --} parse "$src/wat/splay.wat" -o "$out/splay.wasm"
fi

# kotlin.wasm has the exceptions of WebAssembly 3.0, kotlin-legacy.wasm the legacy ones. The expected output is that of
# the same program on the Java virtual machine.
if any kotlin kotlin-legacy; then
  k=$work/kotlin
  mkdir -p "$k/npm"
  [ -d "$k/npm/node_modules/binaryen" ] || npm install --no-save --silent --prefix "$k/npm" kotlin-compiler@2.4.20 binaryen@132.0.0 >/dev/null
  kc=$k/npm/node_modules/kotlin-compiler
  std=(-Xwasm-target=wasm-wasi -libraries "$kc/lib/kotlin-stdlib-wasm-wasi.klib")
  export JAVA_OPTS=-Xmx2g
  "$kc/bin/kotlinc-wasm" "${std[@]}" -ir-output-dir "$k" -ir-output-name guest "$src"/kotlin/*.kt "$src"/kotlin/wasm/*.kt
  for name in kotlin kotlin-legacy; do
    if wanted "$name"; then
      echo "$name"
      new=$([ "$name" = kotlin ] && echo true || echo false)
      "$kc/bin/kotlinc-wasm" "${std[@]}" -Xir-produce-js -Xinclude="$k/guest.klib" -ir-output-dir "$k/$name" -ir-output-name guest -Xir-dce \
        -Xwasm-use-new-exception-proposal="$new" -Xwasm-enable-array-range-checks
      node "$k/npm/node_modules/binaryen/bin/wasm-opt" --enable-gc --enable-reference-types --enable-exception-handling --enable-bulk-memory \
        --enable-nontrapping-float-to-int --enable-multivalue --enable-sign-ext --closed-world -O3 --gufa -O3 --type-merging -Oz \
        "$k/$name/guest.wasm" -o "$k/$name.wasm"
      install -m 644 "$k/$name.wasm" "$out/$name.wasm"
    fi
  done
  "$kc/bin/kotlinc-jvm" "$src"/kotlin/*.kt "$src"/kotlin/jvm/*.kt -include-runtime -d "$k/guest.jar"
  mkdir -p "$out/expected"
  for part in trees maps coroutines text failures shapes; do
    java -jar "$k/guest.jar" $part 10 >"$out/expected/kotlin-$part.txt"
  done
fi

if any $rust_guests $wasi_guests $simd_guests; then
  # Keeps paths of this machine out of the modules
  cat >"$work/rustc-remap" <<'S'
#!/bin/sh
rustc=$1
shift
for d in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/; do set -- "$@" "--remap-path-prefix=${d%/}=/crates"; done
case " $* " in *" --target wasm32-wasip1 "*) set -- "$@" $GUEST_RUSTFLAGS ;; esac
exec "$rustc" "$@" "--remap-path-prefix=$("$rustc" --print sysroot)/lib/rustlib/src/rust=/rust"
S
  chmod 755 "$work/rustc-remap"
  export RUSTC_WRAPPER=$work/rustc-remap GUEST_RUSTFLAGS=
  if [ -z "${WASIP1_CARGO:-}" ]; then
    bash "$here/wasip1-toolchain.sh" "$work/wasip1"
    WASIP1_CARGO=$work/wasip1/bin/cargo
  fi
fi

# rust PROJECT TO NAME...: builds the programs of a project that are wanted
rust() {
  local project=$1 to=$2 name bins=() names=()
  for name in "${@:3}"; do if wanted "$name"; then names+=("$name") bins+=(--bin "$name"); fi; done
  [ "${#names[@]}" = 0 ] && return 0
  (cd "$src/$project" && CARGO_TARGET_DIR=$work/$project "$WASIP1_CARGO" build -q --locked --release --target wasm32-wasip1 "${bins[@]}")
  mkdir -p "$to"
  for name in "${names[@]}"; do
    echo "$name"
    install -m 644 "$work/$project/wasm32-wasip1/release/$name.wasm" "$to/$name.wasm"
  done
}
rust rust "$out" $rust_guests
# These use no C library and no start files: they import the functions that they call, and no others.
CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS=-Clink-self-contained=no rust wasi "$out/wasi" $wasi_guests
# One program, with vectors and without.
simd() {
  local name=$1 flags=$2
  shift 2
  echo "$name"
  (cd "$src/simd" && GUEST_RUSTFLAGS=$flags CARGO_TARGET_DIR=$work/$name "$WASIP1_CARGO" build -q --locked --release --target wasm32-wasip1 "$@")
  install -m 644 "$work/$name/wasm32-wasip1/release/simd.wasm" "$out/$name.wasm"
}
if wanted simd-vectors; then simd simd-vectors -Ctarget-feature=+simd128 --features vectors; fi
if wanted simd-scalar; then simd simd-scalar ""; fi
(cd "$out" && find . -maxdepth 2 -name "*.wasm" -exec ls -l -- {} +)
