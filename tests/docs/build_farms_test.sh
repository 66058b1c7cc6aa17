#!/usr/bin/env bash
# docs/build-farms.md against the programs: its files are those of the example, and its commands give
# the output that stands below them. //tests/rules:trampoline_library_test runs the Bazel part.
# --update writes the outputs anew, as after a change of code generation:
#   bazel run //tests/docs:build_farms_test -- --update
set -euo pipefail

# shellcheck source=tests/docs/documents.sh
source tests/docs/documents.sh

document=$PWD/docs/build-farms.md
example=$PWD/examples/build_farm

# The first block of a kind, or another, is this file.
expect_file() {
  diff <(block "$1" "${3:-1}" "$document") "$example/$2" ||
    fail "${3:-1}: the $1 in docs/build-farms.md is not examples/build_farm/$2: copy the file there"
}
expect_file textproto stubs.textproto
expect_file python BUILD.bazel
expect_file python WORKSPACE 2
expect_file bazelrc .bazelrc
expect_file makefile Makefile
expect_file cmake CMakeLists.txt

scratch=$(mktemp -d "${TEST_TMPDIR:-/tmp}/build_farms.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/work"
ln -s "$PWD/client/cli/springboard" "$scratch/bin"
PATH=$scratch/bin:$PATH

# Its commands, in a folder of files as the text has them.
cp -L "$example/stubs.textproto" "$scratch/work"
run_command() {
  (cd "$scratch/work" && bash -c "$1" 2>&1) || true
}
if [[ ${1-} == --update ]]; then
  # Bazel runs it beside links to the sources.
  updated "$document" >"$scratch/updated"
  cp "$scratch/updated" "${BUILD_WORKSPACE_DIRECTORY:?run it by bazel run}/docs/build-farms.md"
  exit
fi
sessions=0
while session=$(block console $((sessions + 1)) "$document") && [[ -n $session ]]; do
  check_session docs/build-farms.md "$session"
  [[ $commands -ge 1 ]] || fail "there is no command in console session $((sessions + 1))"
  sessions=$((sessions + 1))
done
[[ $sessions -ge 4 ]] || fail "found only $sessions console sessions"

block json 1 "$document" >"$scratch/work/symbols.json"
(cd "$scratch/work" && springboard pack --quiet --manifest=symbols.json --output=symbols.pack) ||
  fail "the JSON is no manifest"

# Runs the n-th block of commands in a copy of the repository's example.
cp -RL --parents examples/build_farm "$scratch/work"
run_block() {
  (cd "$scratch/work" && bash -euo pipefail -c "$(block sh "$1" "$document")") >"$scratch/out" 2>&1 || {
    cat "$scratch/out" >&2
    fail "these commands fail: $(block sh "$1" "$document")"
  }
}
expect_block() {
  block sh "$1" "$document" | grep -qF -- "$2" ||
    fail "the commands with \"$2\" are not the sh block $1 of docs/build-farms.md"
  run_block "$1"
}
expect_calls() {
  [[ $(grep -c ' ok$' "$scratch/out") == 4 ]] || fail "the example's calls: $(cat "$scratch/out")"
}
expect_block 1 ast-dump=json
block sh 2 "$document" | grep -q '^bazel run //:call_libraries$' ||
  fail "the second sh block is not what //tests/rules:trampoline_library_test runs"
expect_block 3 make
expect_calls
# What is made already is not made again.
(cd "$scratch/work/examples/build_farm" && make --question) || fail "make makes it again"
expect_block 4 cmake
expect_calls

# The form of what tools/scale prints.
form() {
  sed -E 's/[0-9]+(\.[0-9]+)?/N/g'
}
diff <(block text 1 "$document" | form) \
  <(tests/scale/scale.sh --springboard="$PWD/client/cli/springboard" \
    --server="$PWD/server/springboard_server" --signatures=20000 --folder="$scratch" | form) ||
  fail "tools/scale prints other lines than docs/build-farms.md says"

exit $((failures > 0))
