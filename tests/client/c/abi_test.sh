#!/usr/bin/env bash
# The C ABI against what was recorded of it. A line that is gone or different breaks programs that are
# built already: give it back. Lines that are new are added to client/c/abi.txt, and
# SPRINGBOARD_ABI_VERSION is raised.
set -euo pipefail

failures=0
fail() {
  echo "abi_test: $*" >&2
  failures=$((failures + 1))
}

layout=$TEST_TMPDIR/abi_layout
cc -std=c99 -Wall -Wextra -Wpedantic -Werror -I. -o "$layout" tests/client/c/abi_layout.c

for name in libspringboard libspringboard_slim; do
  library=client/c/$name.so.1
  diff client/c/abi.txt <(
    "$layout"
    nm -D --defined-only "$library" | awk '{ print $3 }' | LC_ALL=C sort
  ) || fail "the ABI of $library is not that of client/c/abi.txt"
  needed=$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
  echo "$library: $(stat -L -c %s "$library") bytes; needs" $needed
  if readelf -d "$library" | grep -q TEXTREL; then fail "$library has text relocations"; fi
done
if readelf -d client/c/libspringboard_slim.so.1 | grep -qE 'NEEDED.*(grpc|protobuf)'; then
  fail "the slim library needs gRPC or protobuf"
fi
[[ $failures -eq 0 ]]
