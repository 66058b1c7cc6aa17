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
cc -std=gnu11 -Wall -Wextra -Werror -I. -Iclient/c -o "$layout" tests/client/c/abi_layout.c
diff client/c/abi.txt <("$layout") || fail "the ABI of the headers is not that of client/c/abi.txt"

# Each library exports the functions of the list, and nothing else.
for library in libspringboard libspringboard_slim libspringboard_testing; do
  file=client/c/$library.so.1
  functions=$(grep -oE 'springboard_[a-z_]+\(' client/c/abi.txt | tr -d '(')
  if [[ $library != *_testing ]]; then
    functions=$(grep -vE 'springboard_(test|faulty)_' <<<"$functions")
  fi
  diff <(LC_ALL=C sort <<<"$functions") \
    <(nm -D --defined-only "$file" | awk '{ print $3 }' | LC_ALL=C sort) ||
    fail "$file does not export the functions of client/c/abi.txt, and those alone"
  needed=$(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
  echo "$file: $(stat -L -c %s "$file") bytes; needs" $needed
  if readelf -d "$file" | grep -q TEXTREL; then fail "$file has text relocations"; fi
done
if readelf -d client/c/libspringboard_slim.so.1 | grep -qE 'NEEDED.*(grpc|protobuf)'; then
  fail "the slim library needs gRPC or protobuf"
fi
[[ $failures -eq 0 ]]
