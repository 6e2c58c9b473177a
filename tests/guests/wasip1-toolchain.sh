#!/bin/bash
# wasip1-toolchain.sh DIR: makes a Rust toolchain in DIR that builds for wasm32-wasip1, from Debian packages and Rust crates alone.
# Needs Debian (bookworm with its security archive, or newer) and root for apt-get. About two minutes. Use: DIR/bin/cargo build --target wasm32-wasip1
# Where rustup can fetch targets this is not needed: `rustup target add wasm32-wasip1` and WASIP1_CARGO=cargo do the same
# (with another compiler version, so with other bytes in the modules).
set -euo pipefail
dir=$(mkdir -p "$1" && cd "$1" && pwd)
target=wasm32-wasip1
host=x86_64-unknown-linux-gnu
[ -e "$dir/.done" ] && exit 0

if ! { [ -x /usr/bin/rustc ] && [ -d /usr/lib/rustlib/src ] && [ -d /usr/lib/wasm32-wasi ]; }; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null
  apt-get install -yq --no-install-recommends rustc-web cargo-web rust-web-src wasi-libc >/dev/null
fi
llvm=$(/usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
[ -x "/usr/bin/lld-$llvm" ] || DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "lld-$llvm" >/dev/null

lib=$dir/lib/rustlib
mkdir -p "$dir/bin" "$lib/$host/bin" "$lib/$target/lib"
ln -sfn "/usr/lib/rustlib/$host/lib" "$lib/$host/lib"
ln -sfn /usr/lib/rustlib/src "$lib/src"
ln -sfn "/usr/bin/lld-$llvm" "$lib/$host/bin/rust-lld"
for tool in rustc rustdoc; do
  printf '#!/bin/sh\nexec /usr/bin/%s --sysroot %s "$@"\n' $tool "$dir" >"$dir/bin/$tool"
done
cat >"$dir/bin/cargo" <<S
#!/bin/sh
unset RUSTUP_TOOLCHAIN
export RUSTC=$dir/bin/rustc RUSTDOC=$dir/bin/rustdoc
: \${CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS:=-Clink-self-contained=no -Clink-arg=/usr/lib/wasm32-wasi/crt1-command.o -Clink-arg=$dir/stubs.o -Lnative=/usr/lib/wasm32-wasi}
export CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS
exec /usr/bin/cargo "\$@"
S
chmod 755 "$dir"/bin/*

# The standard library, built once: the only step that needs the unstable -Zbuild-std.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/src"
echo '#![no_std]' >"$tmp/src/lib.rs"
printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$tmp/Cargo.toml"
(cd "$tmp" && RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$tmp/target CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS=-Cembed-bitcode=yes \
  "$dir/bin/cargo" build -q --release -Zbuild-std=std,panic_abort --target $target)
for f in "$tmp/target/$target/release/deps"/*.rlib; do
  case $f in *libempty*) ;; *) cp "$f" "$lib/$target/lib/" ;; esac
done

# Debian's wasi-libc lacks the single-thread pthread stubs that the standard library refers to (58: not supported).
{
  echo '#![no_std]'
  for f in attr_init:1:0 attr_destroy:1:0 attr_setstacksize:2:0 create:4:58 join:2:0 detach:1:0; do
    IFS=: read -r name count result <<<"$f"
    echo "#[no_mangle] pub extern \"C\" fn pthread_$name($(for ((i = 0; i < count; i++)); do printf '_: usize, '; done)) -> i32 { $result }"
  done
} >"$tmp/stubs.rs"
"$dir/bin/rustc" --edition 2021 --crate-name stubs --crate-type lib --emit obj -O -Cpanic=abort --target $target -o "$dir/stubs.o" "$tmp/stubs.rs"
touch "$dir/.done"
