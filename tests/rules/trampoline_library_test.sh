#!/usr/bin/env bash
# Builds and runs examples/build_farm, a workspace of its own, by Bazel: with the springboard program
# of this build, as projects do that have it installed.
set -euo pipefail

root=$PWD
scratch=$(mktemp -d "${TEST_TMPDIR:-/tmp}/rules.XXXXXX")
export HOME=$scratch
server=
cleanup() {
  (cd "$scratch/farm" && farm_bazel shutdown) > /dev/null 2>&1 || true
  if [[ -n $server ]]; then kill "$server" || true; fi
  chmod -R u+w "$scratch" && rm -rf "$scratch"
}
trap cleanup EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# The workspace that others see: the rule, and the program.
springboard=$scratch/springboard
mkdir -p "$springboard"/{client/cli,rules,third_party}
cp -L rules/* "$springboard/rules"
cp -L third_party/repositories.bzl "$springboard/third_party"
touch "$springboard/third_party/BUILD.bazel"
echo 'workspace(name = "springboard")' > "$springboard/WORKSPACE"
cp -L client/cli/springboard_static "$springboard/client/cli"
echo 'exports_files(["springboard_static"])' > "$springboard/client/cli/BUILD.bazel"

cp -RL examples/build_farm "$scratch/farm"
cd "$scratch/farm"

farm_bazel() {
  bazel --output_user_root="$scratch/bazel" --max_idle_secs=60 "$@"
}
# Nothing but what a farm's action has: no network.
run() {
  local command=$1
  shift
  farm_bazel "$command" --override_repository=springboard="$springboard" \
    --sandbox_default_allow_network=false "$@"
}
digests() {
  (cd bazel-bin && sha256sum stubs.pack stubs/*/*)
}

run run //:call_libraries > "$scratch/out" 2> "$scratch/log" ||
  fail "the example: $(cat "$scratch/out" "$scratch/log")"
[[ $(grep -c ' ok$' "$scratch/out") == 4 ]] || fail "the example's calls: $(cat "$scratch/out")"

run build //:stubs 2> "$scratch/log" || fail "all outputs: $(cat "$scratch/log")"
for target in aarch64-apple aarch64-linux x86_64-sysv x86_64-windows; do
  for file in stubs.o stubs.h; do
    [[ -s bazel-bin/stubs/$target/$file ]] || fail "no bazel-bin/stubs/$target/$file"
  done
done
digests > "$scratch/first"

# An action sees its tool and its manifest, and nothing else: no library of the machine either.
LC_ALL=C ldd "$springboard/client/cli/springboard_static" > "$scratch/log" 2>&1 || true
grep -q "not a dynamic executable" "$scratch/log" || fail "the tool needs: $(cat "$scratch/log")"
inputs=$(run aquery 'mnemonic("Springboard.*", //:stubs)' 2> "$scratch/log" |
  grep -oP '(?<=Inputs: \[).*(?=\])' | sort -u)
[[ $inputs == "external/springboard/client/cli/springboard_static, stubs.textproto" ]] ||
  fail "inputs of the actions: $inputs $(cat "$scratch/log")"

[[ -s bazel-bin/call_libraries.runfiles/springboard_build_farm/stubs.pack ]] ||
  fail "the pack is not in the runfiles"

# Every attribute.
cat >> BUILD.bazel <<END

trampoline_library(
    name = "padded",
    landing_pads = True,
    manifests = ["stubs.textproto", "more.textproto"],
    symbol_pattern = "jump_{name}",
    targets = ["x86_64-sysv"],
)

trampoline_library(
    name = "elsewhere",
    manifest = "stubs.textproto",
    targets = ["aarch64-apple"],
)

cc_library(
    name = "includes_elsewhere",
    srcs = ["elsewhere.cc"],
    deps = [":elsewhere"],
)

trampoline_library(
    name = "nothing",
    manifest = "windows.textproto",
    targets = ["x86_64-sysv"],
)

trampoline_library(
    name = "little",
    manifest = "windows.textproto",
    strict = False,
    targets = ["x86_64-sysv"],
)
END
echo 'symbol { name: "cbrtf" signature: "f32(f32)" }' > more.textproto
echo 'symbol { name: "f" signature: "void()" target: "x86_64-windows" }' > windows.textproto
echo '#include "elsewhere.h"' > elsewhere.cc
run build //:padded --output_groups=objects 2> "$scratch/log" || fail "padded: $(cat "$scratch/log")"
object=bazel-bin/padded/x86_64-sysv/padded.o
nm "$object" | grep -q ' T jump_cbrtf$' || fail "no jump_cbrtf in $(nm "$object")"
readelf -n "$object" | grep -q 'x86 feature: IBT, SHSTK' || fail "no landing pads: $(readelf -n "$object")"
[[ ! -e bazel-bin/padded.pack ]] || fail "the output group objects makes the pack"
run build //:padded --output_groups=pack 2> "$scratch/log" || fail "padded: $(cat "$scratch/log")"
[[ -s bazel-bin/padded.pack ]] || fail "the output group pack does not make the pack"
run build //:elsewhere 2> "$scratch/log" || fail "for another platform: $(cat "$scratch/log")"
if run build //:includes_elsewhere 2> "$scratch/log"; then fail "a header of no platform compiles"; fi
grep -q '#error //:elsewhere has no trampolines for x86_64-sysv: its targets are aarch64-apple' \
  "$scratch/log" || fail "another platform's header: $(cat "$scratch/log")"
if run build //:nothing 2> "$scratch/log"; then fail "an object of nothing is built"; fi
grep -q -e '--strict: x86_64-sysv: none of the 1 function is for it' "$scratch/log" ||
  fail "an object of nothing: $(cat "$scratch/log")"
run build //:little 2> "$scratch/log" || fail "not strict: $(cat "$scratch/log")"

# Made again they are the same, so that caches of machines agree.
farm_bazel clean 2> "$scratch/log"
run build //:stubs 2> "$scratch/log" || fail "a second time: $(cat "$scratch/log")"
digests | diff "$scratch/first" - || fail "other outputs the second time"

# A server's are the same too.
"$root/server/springboard_server" --listen=127.0.0.1:0 > "$scratch/server" 2> /dev/null &
server=$!
for _ in {1..100}; do
  if [[ -s $scratch/server ]]; then break; fi
  sleep 0.1
done
address=$(sed -n 's/^listening on //p' "$scratch/server")
[[ -n $address ]] || fail "the server does not start"
sed -i "s/manifest = \"stubs.textproto\",/&\n    server = \"$address\",/" BUILD.bazel
run build //:stubs 2> "$scratch/log" || fail "with a server: $(cat "$scratch/log")"
run aquery 'mnemonic("Springboard.*", //:stubs)' > "$scratch/actions" 2> /dev/null
grep -q -e "--server=$address" "$scratch/actions" || fail "the actions do not use the server"
awk '/^action / { ++count }
  /ExecutionInfo: {no-remote-exec: 1, requires-network: 1}/ { says[count] = 1 }
  END { for (i = 1; i <= count; ++i) if (!says[i]) exit 1; exit count == 0 }' "$scratch/actions" ||
  fail "the actions do not say that they need the network: $(cat "$scratch/actions")"
digests | diff "$scratch/first" - || fail "other outputs with a server"
sed -i '/server = /d' BUILD.bazel

# What is wrong is said with its place, and leaves nothing.
echo 'symbol { name: "log2" signature: "f64(f65)" }' >> stubs.textproto
if run build //:stubs 2> "$scratch/log"; then fail "a wrong manifest is built"; fi
grep -q 'stubs.textproto:6: symbol\[4\].signature.parameters\[0\]' "$scratch/log" ||
  fail "a wrong manifest: $(cat "$scratch/log")"
sed -i '$d' stubs.textproto
sed -i 's/"x86_64-sysv",/"x86_64-sysv", "sparc64-solaris",/' BUILD.bazel
if run build //:stubs 2> "$scratch/log"; then fail "an unknown target is built"; fi
grep -q 'a target is one of .*; got sparc64-solaris' "$scratch/log" ||
  fail "an unknown target: $(cat "$scratch/log")"
echo PASS
