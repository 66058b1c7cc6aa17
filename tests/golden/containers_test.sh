#!/usr/bin/env bash
# Packs, objects, archives and headers of one manifest, by digest: caches that have one of them for a
# codegen version take it for what is made anew. --update writes the file:
#   bazel run //tests/golden:containers_test -- --update
set -euo pipefail

kept=tests/golden/containers.txt
springboard=client/cli/springboard
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Tail calls and frames, of each kind of result and parameter.
number=0
while IFS= read -r signature; do
  echo "symbol { name: \"f$((number += 1))\" signature: \"$signature\" }"
done >"$folder/stubs.textproto" <<'END'
void()
u32(u32,u32)
f64(f64,f64)
i8(i8,u16)
u64(u64,buffer)
bool(pointer,function,usize,isize)
f32(f32,f32,f32,f32,f32,f32,f32,f32,f32,f64)
i16(u8,u16,i8,i16,u8,u16,i8,i16,u8,u16,i8,i16)
i64(buffer,buffer,buffer,buffer,buffer,buffer,buffer,buffer)
END

digest() {
  local name=$1 file=$2
  echo "$name $(sha256sum "$file" | cut -d' ' -f1)"
}

measure() {
  local target option
  for target in aarch64-apple aarch64-linux aarch64-windows x86_64-sysv x86_64-windows; do
    for option in "" --archive --landing-pads; do
      "$springboard" object --quiet --manifest="$folder/stubs.textproto" --target="$target" $option \
        --output="$folder/stubs.o" --header="$folder/stubs.h"
      digest "object$option $target" "$folder/stubs.o"
    done
  done
  digest header "$folder/stubs.h"
  "$springboard" pack --quiet --manifest="$folder/stubs.textproto" --output="$folder/stubs.pack" \
    --target=aarch64-apple,aarch64-linux,aarch64-windows,x86_64-sysv,x86_64-windows
  digest pack "$folder/stubs.pack"
}

measure >"$folder/containers.txt"
if [[ ${1-} == --update ]]; then
  # Bazel runs it beside links to the sources.
  cp "$folder/containers.txt" "${BUILD_WORKSPACE_DIRECTORY:?run it by bazel run}/$kept"
elif ! diff "$kept" "$folder/containers.txt"; then
  echo "Files that were made are others for the same codegen version. If code generation changed:"
  echo "tools/bump-codegen-version. If only what is around the code did:"
  echo "bazel run //tests/golden:containers_test -- --update"
  exit 1
fi
