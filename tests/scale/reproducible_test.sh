#!/usr/bin/env bash
# The same manifest gives the same pack, objects, archives and headers: in any order, by any number of
# threads, with and without a server, in another folder, locale and time zone, with another umask, and
# on another processor.
set -euo pipefail

springboard=$PWD/client/cli/springboard
server=$PWD/server/springboard_server
stubs=$PWD/examples/build_farm/stubs.textproto
socket_folder=$(mktemp -d /tmp/reproducible.XXXXXX)
scratch=$(mktemp -d "${TEST_TMPDIR:-/tmp}/reproducible.XXXXXX")
server_pid=
cleanup() {
  [[ -z $server_pid ]] || kill -KILL "$server_pid" 2>/dev/null || true
  rm -rf "$scratch" "$socket_folder"
}
trap cleanup EXIT

targets=(x86_64-sysv x86_64-windows aarch64-linux aarch64-windows aarch64-apple)
failures=0
runs=0

# Makes everything of the manifests by a way of running the program, and compares it with the first.
# --jobs is for `pack` alone.
expect_same() {
  local what=$1 target
  shift
  local -a how=() manifests=() for_all=() for_pack=()
  while [[ $# -gt 0 ]]; do
    case $1 in
      --manifest=*) manifests+=("$1") ;;
      --server=*) for_all+=("$1") ;;
      --jobs=*) for_pack+=("$1") ;;
      *) how+=("$1") ;;
    esac
    shift
  done
  local made=$scratch/made
  mkdir "$made"
  "${how[@]}" "$springboard" pack --quiet "${manifests[@]}" "${for_all[@]}" "${for_pack[@]}" \
    --target="$(IFS=, && echo "${targets[*]}")" --output="$made/stubs.pack"
  for target in "${targets[@]}"; do
    mkdir "$made/$target"
    "${how[@]}" "$springboard" object --quiet "${manifests[@]}" "${for_all[@]}" --target="$target" \
      --output="$made/$target/stubs.o" --header="$made/$target/stubs.h"
    "${how[@]}" "$springboard" object --quiet "${manifests[@]}" "${for_all[@]}" --target="$target" \
      --archive --landing-pads --output="$made/$target/libstubs.a"
  done
  (cd "$made" && find . -type f | LC_ALL=C sort | xargs sha256sum) >"$scratch/digests"
  rm -r "$made"
  runs=$((runs + 1))
  if [[ $runs == 1 ]]; then
    mv "$scratch/digests" "$scratch/first"
    [[ $(wc -l <"$scratch/first") == 16 ]] || {
      echo "reproducible_test: expected 16 files, there are" "$(cat "$scratch/first")" >&2
      exit 1
    }
  elif ! diff "$scratch/first" "$scratch/digests"; then
    echo "reproducible_test: $what: other bytes; > is what it gives" >&2
    failures=$((failures + 1))
  fi
}

in_another_folder() {
  (cd / && exec "$@")
}
with_another_umask() {
  (umask 077 && exec "$@")
}

# More than one portion of work, and names that sort otherwise than they are listed.
cp "$stubs" "$scratch/a.textproto"
awk 'BEGIN {
  types = split("u8 i16 u32 u64 f32 f64 pointer buffer bool isize", type)
  for (i = 1; i <= 3000; ++i) {
    parameters = ""
    for (rest = i; rest > 0; rest = int((rest - 1) / types))
      parameters = parameters "," type[(rest - 1) % types + 1]
    printf "symbol { name: \"f%d\" signature: \"%s(%s)\" }\n", i, type[i % 7 + 1],
      substr(parameters, 2)
  }
}' >>"$scratch/a.textproto"
tac "$scratch/a.textproto" >"$scratch/reversed.textproto"
LC_ALL=C sort "$scratch/a.textproto" >"$scratch/sorted.textproto"
head -n 1500 "$scratch/a.textproto" >"$scratch/head.textproto"
tail -n +1501 "$scratch/a.textproto" >"$scratch/tail.textproto"
manifest=--manifest=$scratch/a.textproto

mkfifo "$socket_folder/said"
"$server" --listen="unix:$socket_folder/s" >"$socket_folder/said" 2>/dev/null &
server_pid=$!
read -r -t 60 _ <"$socket_folder/said" || {
  echo "reproducible_test: the server did not start" >&2
  exit 1
}

expect_same "the first" env "$manifest"
expect_same "once more" env "$manifest"
expect_same "in reverse order" env "--manifest=$scratch/reversed.textproto"
expect_same "in sorted order" env "--manifest=$scratch/sorted.textproto"
expect_same "two manifests" env "--manifest=$scratch/tail.textproto" \
  "--manifest=$scratch/head.textproto"
for jobs in 1 2 8 64; do
  expect_same "$jobs threads" env "$manifest" "--jobs=$jobs"
done
expect_same "a server" env "$manifest" "--server=unix:$socket_folder/s"
expect_same "a server, 8 calls at a time" env "$manifest" "--server=unix:$socket_folder/s" --jobs=8
expect_same "another folder" in_another_folder "$manifest"
expect_same "another umask" with_another_umask "$manifest"
expect_same "another environment" env -i LC_ALL=C.UTF-8 TZ=Asia/Kathmandu HOME=/ "$manifest"
expect_same "other addresses" setarch --addr-no-randomize "$manifest"
expect_same "another processor" qemu-x86_64 -cpu qemu64 "$manifest"

echo "$runs ways, the same bytes; $failures differ"
exit $((failures > 0))
