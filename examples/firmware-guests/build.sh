#!/bin/bash
# Rebuilds coremark.wasm, the one guest here that is not text:  examples/firmware-guests/build.sh
# Needs the toolchain of `cargo xtask setup-embedded wasm32-unknown-unknown`, or any cargo for that target, named by WASM_CARGO.
# With another compiler the bytes change; what the guest prints must not.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cargo=${WASM_CARGO:-${WASMOTE_EMBEDDED_DIR:-/opt/rust-embedded}/bin/cargo}
target=${CARGO_TARGET_DIR:-$here/../../target}/firmware-guests
# A small memory, 2 KiB of it stack below the data, and no paths of this machine in the module.
flags=(-Clink-arg=-zstack-size=2048 -Clink-arg=--stack-first -Clink-arg=--initial-memory=65536 -Clink-arg=--max-memory=65536)
for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/; do flags+=("--remap-path-prefix=${registry%/}=/crates"); done
flags+=("--remap-path-prefix=$("${cargo%cargo}rustc" --print sysroot)/lib/rustlib/src/rust=/rust")
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\037'; echo "${flags[*]}")
export CARGO_ENCODED_RUSTFLAGS
(cd "$here/coremark" && "$cargo" build -q --locked --release --target wasm32-unknown-unknown --target-dir "$target")
# The linker only knows pages of 64 KiB: have the memory be 10,256 pages of one byte instead, which end where the data does.
small='BEGIN { $/ = undef } s/\x05\x04\x01\x01\x01\x01(?=\x06)/\x05\x07\x01\x09\x90\x50\x90\x50\x00/ == 1 or die "no memory of one page"'
perl -pi -e "$small" "$target/wasm32-unknown-unknown/release/coremark_guest.wasm"
install -m 644 "$target/wasm32-unknown-unknown/release/coremark_guest.wasm" "$here/coremark.wasm"
ls -l "$here/coremark.wasm"
