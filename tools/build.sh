#!/bin/sh
# Builds every function for Lambda: target/lambda/<binary>/bootstrap, which template.yaml points at.
# Usage: tools/build.sh arm64|x86_64, with cargo-lambda and zig on the PATH.
set -eu
cd "$(dirname "$0")/.."

arch=$1
newest_glibc=2.34 # what provided.al2023 has
case $arch in
arm64) target=aarch64-unknown-linux-gnu ;;
x86_64) target=x86_64-unknown-linux-gnu ;;
*) echo "ARCH is arm64 or x86_64, not $arch" >&2; exit 2 ;;
esac

if [ ! -d "$(rustc --print target-libdir --target $target)" ] && ! rustup target add $target; then
    echo "Rust's $target is not installed, and rustup cannot fetch it." >&2
    echo "ARCH=x86_64 and ARCH=arm64 can both be deployed; build for the one this machine has." >&2
    exit 1
fi

# The machine's own linker where it can link; zig's where it would have to cross over.
if [ "$(rustc -vV | sed -n 's/^host: //p')" = $target ]; then
    export CARGO_LAMBDA_COMPILER="${CARGO_LAMBDA_COMPILER:-cargo}"
fi
rm -rf target/lambda
cargo lambda build --release --target $target --locked --package functions --bins \
    --lambda-dir target/lambda

# A newer glibc than Lambda's shows only when a function starts there: "GLIBC_2.38 not found".
for binary in target/lambda/*/bootstrap; do
    needs=$(grep -aoE 'GLIBC_2\.[0-9]+' "$binary" | cut -d_ -f2 | sort -uV | tail -n 1)
    if [ "$(printf '%s\n' "$needs" $newest_glibc | sort -V | tail -n 1)" != $newest_glibc ]; then
        echo "$binary needs glibc $needs, and Lambda has $newest_glibc." >&2
        echo "Build with zig's instead: CARGO_LAMBDA_COMPILER=cargo-zigbuild make build ARCH=$arch" >&2
        exit 1
    fi
done

echo $arch > target/lambda/architecture # for `make deploy`
echo "$(ls -d target/lambda/*/ | wc -l) functions for $arch in target/lambda," \
    "$(du -sh target/lambda | cut -f 1) before compression"
