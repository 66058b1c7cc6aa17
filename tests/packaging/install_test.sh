#!/usr/bin/env bash
# What tools/install installs, used by other people's builds: C with pkg-config, CMake, and Rust, each
# without a server, with one, and with one that is gone.
set -euo pipefail

failures=0
fail() {
  echo "install_test: $*" >&2
  failures=$((failures + 1))
}

# Made in one place and used in another.
packaging/install_tree "$TEST_TMPDIR" /made lib "$PWD"
mkdir "$TEST_TMPDIR/opt"
mv "$TEST_TMPDIR/made" "$TEST_TMPDIR/opt/springboard"
prefix=$TEST_TMPDIR/opt/springboard
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export LD_LIBRARY_PATH=$prefix/lib
programs=$TEST_TMPDIR/programs
mkdir "$programs"

[[ $(pkg-config --modversion springboard) == "$("$prefix/bin/springboard" --version)" ]] ||
  fail "springboard.pc has another version than the programs"

cc -std=c99 -Wall -Wextra -Wpedantic -Werror -o "$programs/c" examples/c/power.c \
  $(pkg-config --cflags --libs springboard) || fail "the C example does not build"
cc -std=c99 -o "$programs/c_slim" examples/c/power.c \
  $(pkg-config --cflags --libs springboard-slim) || fail "the C example does not build, slim"

cmake -S examples/cmake -B "$TEST_TMPDIR/cmake" -DCMAKE_PREFIX_PATH="$prefix" >"$TEST_TMPDIR/log" &&
  cmake --build "$TEST_TMPDIR/cmake" >>"$TEST_TMPDIR/log" || {
  cat "$TEST_TMPDIR/log" >&2
  fail "the CMake example does not build"
}
cp "$TEST_TMPDIR/cmake/power" "$programs/cmake"
# The same project, that wants what is not there.
mkdir "$TEST_TMPDIR/newer"
cp examples/cmake/power.cc "$TEST_TMPDIR/newer"
sed 's/Springboard 0.1 /Springboard 99 /' examples/cmake/CMakeLists.txt \
  >"$TEST_TMPDIR/newer/CMakeLists.txt"
if cmake -S "$TEST_TMPDIR/newer" -B "$TEST_TMPDIR/newer" -DCMAKE_PREFIX_PATH="$prefix" \
  >"$TEST_TMPDIR/log" 2>&1; then
  fail "CMake finds a version 99"
fi
grep -qF 'compatible with requested version "99"' "$TEST_TMPDIR/log" ||
  fail "CMake says of a version 99: $(cat "$TEST_TMPDIR/log")"

rustc -O -L "native=$(pkg-config --variable=libdir springboard)" -o "$programs/rust" \
  examples/rust/power.rs || fail "the Rust example does not build"

# expect PROGRAM LINES ARGUMENT...
expect() {
  local program=$1 lines=$2 output
  shift 2
  output=$("$programs/$program" "$@" 2>"$TEST_TMPDIR/err") || {
    cat "$TEST_TMPDIR/err" >&2
    fail "$program $* fails"
  }
  [[ $output == "$lines" ]] || fail "$program $* prints: $output"
}
counts() { printf '1024\ntrampolines: %d from the server, %d from this process' "$1" "$2"; }

expect c "$(counts 0 1)"
expect c_slim "$(counts 0 1)"
expect cmake 1024
expect rust 1024

# A unix socket's path is short.
folder=$(mktemp -d)
server_pid=
trap '[[ -z $server_pid ]] || kill "$server_pid"; rm -rf "$folder"' EXIT
address=unix:$folder/s
mkfifo "$folder/ready"
"$prefix/bin/springboard_server" --listen="$address" >"$folder/ready" &
server_pid=$!
IFS= read -r _ <"$folder/ready"
expect c "$(counts 1 0)" "$address"
expect cmake 1024 "$address"
expect rust 1024 "$address"
if "$programs/c_slim" "$address" 2>"$TEST_TMPDIR/err"; then fail "the slim library takes a server"; fi
grep -qF "the slim library knows no servers" "$TEST_TMPDIR/err" ||
  fail "the slim library says of a server: $(cat "$TEST_TMPDIR/err")"

kill "$server_pid"
wait "$server_pid" || fail "the server does not end well"
server_pid=
expect c "$(counts 0 1)" "$address"
expect cmake 1024 "$address"
expect rust 1024 "$address"

if ldd "$programs/c_slim" | grep -qE 'grpc|protobuf'; then fail "the slim library needs gRPC"; fi
[[ $failures -eq 0 ]]
