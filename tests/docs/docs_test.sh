#!/usr/bin/env bash
# The README against the programs: its C++ is the example that is built and run here, and each command
# of its console sessions gives the output that stands below it.
set -euo pipefail

# shellcheck source=tests/docs/documents.sh
source tests/docs/documents.sh

diff <(block cpp) examples/quickstart.cc ||
  fail "the C++ in README.md is not examples/quickstart.cc: copy the file there"

diff <(block cpp 1 docs/embedding.md) examples/lockdown.cc ||
  fail "the first C++ in docs/embedding.md is not examples/lockdown.cc: copy the file there"
diff <(block cpp 2 docs/embedding.md) examples/static_table.cc ||
  fail "the second C++ in docs/embedding.md is not examples/static_table.cc: copy the file there"
diff <(block cpp 3 docs/embedding.md) examples/v8/fast_call.cc ||
  fail "the third C++ in docs/embedding.md is not examples/v8/fast_call.cc: copy the file there"
diff <(block text 1 docs/embedding.md) <(examples/lockdown) ||
  fail "docs/embedding.md shows other output of examples/lockdown"
diff <(block text 2 docs/embedding.md) <(examples/static_table) ||
  fail "docs/embedding.md shows other output of examples/static_table"

diff <(block c 1 docs/client.md) examples/c/power.c ||
  fail "the C in docs/client.md is not examples/c/power.c: copy the file there"
diff <(block cpp 1 docs/client.md) examples/asynchronous.cc ||
  fail "the first C++ in docs/client.md is not examples/asynchronous.cc: copy the file there"
diff <(block cpp 2 docs/client.md) examples/fallback_test.cc ||
  fail "the second C++ in docs/client.md is not examples/fallback_test.cc: copy the file there"

programs=$(mktemp -d)
ln -s "$PWD/server/springboard_server" "$PWD/client/cli/springboard" "$programs"
PATH=$programs:$PATH

# A socket of this test's own stands in for the one in the text.
socket=$programs/s.sock
session=$(block console | sed "s#/tmp/springboard.sock#$socket#g")
server_pid=
trap '[[ -z $server_pid ]] || kill "$server_pid"; rm -rf "$programs"' EXIT

run_command() {
  local command=$1
  if [[ $command == springboard_server* ]]; then
    mkfifo "$programs/ready"
    ${command%&} >"$programs/ready" &
    server_pid=$!
    head -n 1 "$programs/ready"
  else
    bash -c "$command" 2>/dev/null || true
  fi
}

check_session README.md "$session"
[[ $commands -ge 4 ]] || fail "found only $commands commands in README.md"

[[ $(examples/quickstart "unix:$socket") == 1024 ]] || fail "the quickstart does not print 1024"

diff <(block text 1 docs/client.md) <(examples/asynchronous "unix:$socket") ||
  fail "docs/client.md shows other output of examples/asynchronous"
(cd "$programs" && bash -c "$(block sh 2 "$OLDPWD/docs/client.md")") >/dev/null ||
  fail "the command in docs/client.md that makes a pack fails"

# Each line of what tools/run is said to print is printed by the programs that it runs.
{
  signature='u64(u8,i16,buffer)'
  springboard compile --target=aarch64-apple --signature="$signature" --format=asm
  IFS=$'\t' read -r offset bytes < <(springboard compile --target=aarch64-apple \
    --signature="$signature")
  echo "aarch64-apple"
  echo "  bytes          $bytes"
  echo "  callee offset  $offset"
  examples/link_libraries "unix:$socket"
  grep -oE 'all results are the same; server stopped' tools/run
} | sed 's/ *$//' >"$programs/printed"
while IFS= read -r line; do
  [[ -z $line ]] || grep -qxF -- "$line" "$programs/printed" ||
    fail "README.md shows output of tools/run that does not come: $line"
done < <(block text | sed 's/ *$//')

# Every file that the documentation points to is there.
for document in README.md CONTRIBUTING.md docs/*.md; do
  while IFS= read -r path; do
    [[ -e $path || -e $(dirname "$document")/$path ]] || fail "$document points to missing $path"
  done < <(grep -oE '\]\([^)#:]+\)' "$document" | sed 's/^](//; s/)$//')
done

# Every Bazel target that the documents name is there.
while IFS= read -r label; do
  grep -qF "name = \"${label#*:}\"" "${label%:*}/BUILD.bazel" || fail "docs name missing $label"
done < <(grep -ohE '`tests/[a-z0-9_/]+:[a-z0-9_]+`' docs/*.md | tr -d '`')

# The commands that CI runs by themselves.
for tool in tools/run tools/test tools/sandbox-matrix tools/test-threads tools/install tools/package \
  tools/client-chaos tools/attack tools/chaos tools/test-sanitized \
  tools/scale tools/bench tools/bump-codegen-version; do
  grep -qE "^$tool( |$)" .ci/run || fail "README.md names $tool, which .ci/run does not run"
done

exit $((failures > 0))
