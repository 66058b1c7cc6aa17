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
export HOME=$TEST_TMPDIR/home
prefix=$HOME/springboard
mkdir "$HOME"
mv "$TEST_TMPDIR/made" "$prefix"

# What docs/client.md says, but for the installation itself, where the examples are.
programs=$TEST_TMPDIR/programs
mkdir "$programs"
cp -rL examples "$programs"
awk '$0 == "```" && inside { exit } inside; $0 == "```sh" { inside = 1 }' docs/client.md \
  >"$TEST_TMPDIR/commands"
[[ $(head -n 1 "$TEST_TMPDIR/commands") == 'tools/install --prefix=$HOME/springboard' ]] ||
  fail "docs/client.md does not begin with the installation"
sed -i 1d "$TEST_TMPDIR/commands"
cd "$programs"
# shellcheck source=/dev/null
source "$TEST_TMPDIR/commands" >"$TEST_TMPDIR/log" || {
  cat "$TEST_TMPDIR/log" >&2
  fail "the commands of docs/client.md fail"
}

[[ $(pkg-config --modversion springboard) == "$("$prefix/bin/springboard" --version)" ]] ||
  fail "springboard.pc has another version than the programs"

grep -q '^ExecStart=/made/bin/springboard_server ' \
  "$prefix/lib/systemd/system/springboard.service" ||
  fail "the unit does not start the server where it was installed"

cc -std=c99 -Wall -Wextra -Wpedantic -Werror -o power_slim examples/c/power.c \
  $(pkg-config --cflags --libs springboard-slim) || fail "the C example does not build, slim"
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

# expect PROGRAM LINES ARGUMENT...
expect() {
  local program=$1 lines=$2 output
  shift 2
  output=$("./$program" "$@" 2>"$TEST_TMPDIR/err") || {
    cat "$TEST_TMPDIR/err" >&2
    fail "$program $* fails"
  }
  [[ $output == "$lines" ]] || fail "$program $* prints: $output"
}
c=power_c c_slim=power_slim cmake=build/power rust=power_rust
counts() { printf '1024\ntrampolines: %d from the server, %d from this process' "$1" "$2"; }

expect "$c" "$(counts 0 1)"
expect "$c_slim" "$(counts 0 1)"
expect "$cmake" "$(counts 0 1)"
expect "$rust" "$(counts 0 1)"

# A unix socket's path is short.
folder=$(mktemp -d)
server_pid=
trap '[[ -z $server_pid ]] || kill "$server_pid"; rm -rf "$folder"' EXIT
address=unix:$folder/s
mkfifo "$folder/ready"
"$prefix/bin/springboard_server" --listen="$address" >"$folder/ready" &
server_pid=$!
IFS= read -r _ <"$folder/ready"
expect "$c" "$(counts 1 0)" "$address"
expect "$cmake" "$(counts 1 0)" "$address"
expect "$rust" "$(counts 1 0)" "$address"
if "./$c_slim" "$address" 2>"$TEST_TMPDIR/err"; then fail "the slim library takes a server"; fi
grep -qF "the slim library knows no servers" "$TEST_TMPDIR/err" ||
  fail "the slim library says of a server: $(cat "$TEST_TMPDIR/err")"

kill "$server_pid"
wait "$server_pid" || fail "the server does not end well"
server_pid=
expect "$c" "$(counts 0 1)" "$address"
expect "$cmake" "$(counts 0 1)" "$address"
expect "$rust" "$(counts 0 1)" "$address"

if ldd "./$c_slim" | grep -qE 'grpc|protobuf'; then fail "the slim library needs gRPC"; fi

# Servers for tests are in a library and a header of their own.
cat >faulty.c <<'PROGRAM'
#include <springboard_testing.h>
int main(void) {
  springboard_test_server* server = springboard_faulty_server_start(NULL);
  if (server == NULL) return 1;
  springboard_test_server_free(server);
  return 0;
}
PROGRAM
cc -o faulty faulty.c $(pkg-config --cflags --libs springboard-testing) && ./faulty ||
  fail "a program with a server for tests does not build or run"
[[ $failures -eq 0 ]]
