#!/usr/bin/env bash
# Makes a pack of very many trampolines, in process and by a server: see --help.
set -euo pipefail

usage() {
  cat <<END
usage: scale.sh --springboard=PROGRAM --server=PROGRAM [--signatures=N] [--folder=DIR]

Makes packs of N different signatures for every target, as a build farm does, and says how long it
takes, how many trampolines a second that is, and how much memory:

  in process        springboard pack --manifest=...
  through a server  the same, with batches under way to a server that is started here
  interrupted       killed half-way: there must be no file

  --springboard=PROGRAM, --server=PROGRAM  what is measured
  --signatures=N                           1 to 4,000,000; 1,000,000 unless said
  --folder=DIR                             where the manifest and the packs are, removed at the
                                           end; TMPDIR, or /tmp, unless said. It takes about
                                           3 KB for a signature

Exit codes: 0 both packs are the same, the interrupted one left nothing, and no process took 500 MiB;
1 not so, 2 wrong usage.
END
}

wrong_usage() {
  echo "scale.sh: $*; --help tells more" >&2
  exit 2
}

springboard=
server=
signatures=1000000
folder=${TMPDIR:-/tmp}
for argument in "$@"; do
  case $argument in
    --help) usage && exit ;;
    --springboard=*) springboard=${argument#*=} ;;
    --server=*) server=${argument#*=} ;;
    --signatures=*) signatures=${argument#*=} ;;
    --folder=*) folder=${argument#*=} ;;
    *) wrong_usage "unknown argument $argument" ;;
  esac
done
[[ -x $springboard ]] || wrong_usage "--springboard says no program: \"$springboard\""
[[ -x $server ]] || wrong_usage "--server says no program: \"$server\""
[[ $signatures =~ ^[1-9][0-9]{0,6}$ && $signatures -le 4000000 ]] ||
  wrong_usage "--signatures must be 1 to 4000000, got \"$signatures\""
[[ -d $folder ]] || wrong_usage "--folder says no folder: \"$folder\""

most_mebibytes=500
# The longest path of a socket is 106 bytes, and folders of tests are longer.
socket_folder=$(mktemp -d /tmp/scale.XXXXXX)
scratch=$(mktemp -d "$folder/scale.XXXXXX")
server_pid=
pack_pid=
cleanup() {
  for pid in $pack_pid $server_pid; do
    kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true
  done
  rm -rf "$scratch" "$socket_folder"
}
trap cleanup EXIT

failures=0
fail() {
  echo "scale.sh: $*" >&2
  failures=$((failures + 1))
}

# Each number is written in digits that are types, so that every signature is there once.
write_manifest() {
  awk -v count="$signatures" 'BEGIN {
    types = split("u8 i8 u16 i16 u32 i32 u64 i64 usize isize f32 f64 bool pointer buffer", type)
    for (i = 1; i <= count; ++i) {
      parameters = ""
      for (rest = i; rest > 0; rest = int((rest - 1) / types))
        parameters = parameters "," type[(rest - 1) % types + 1]
      printf "symbol { name: \"f%d\" signature: \"%s(%s)\" }\n", i, type[i % (types - 1) + 1],
        substr(parameters, 2)
    }
  }'
}

pack=("$springboard" pack --manifest="$scratch/stubs.textproto"
  --target=x86_64-sysv,x86_64-windows,aarch64-linux,aarch64-windows,aarch64-apple)

# What a pack's command says of itself, without the file's name.
measure() {
  local what=$1 file=$2 said mebibytes
  shift 2
  said=$("${pack[@]}" --output="$file" "$@")
  said=${said#*: }
  printf '%-16s  %s\n' "$what" "$said"
  mebibytes=$(sed -nE 's/.* with ([0-9]+) MiB .*/\1/p' <<<"$said")
  [[ -n $mebibytes && $mebibytes -lt $most_mebibytes ]] ||
    fail "$what: must take less than $most_mebibytes MiB, took \"$mebibytes\""
}

start_server() {
  mkfifo "$socket_folder/said"
  "$server" --listen="unix:$socket_folder/s" >"$socket_folder/said" 2>"$scratch/log" &
  server_pid=$!
  read -r -t 60 _ <"$socket_folder/said" || {
    cat "$scratch/log" >&2
    fail "the server did not start"
    exit 1
  }
}

echo "$signatures signatures for 5 targets"
write_manifest >"$scratch/stubs.textproto"
mkdir "$scratch/packs"
started=${EPOCHREALTIME/[.,]/}
measure "in process" "$scratch/packs/a"
took=$((${EPOCHREALTIME/[.,]/} - started)) # us
start_server
measure "through a server" "$scratch/packs/b" --server="unix:$socket_folder/s"
cmp "$scratch/packs/a" "$scratch/packs/b" || fail "a server's pack is another one"
rm "$scratch/packs/a" "$scratch/packs/b"
server_mebibytes=$(awk '$1 == "VmHWM:" { printf "%.0f", $2 / 1024 }' "/proc/$server_pid/status")
echo "the server        took $server_mebibytes MiB at most"
[[ $server_mebibytes -lt 500 ]] || fail "the server took 500 MiB or more"

# Killed at a part of what it took: half-way, and sooner if this machine has become faster.
interrupt() {
  "${pack[@]}" --output="$scratch/packs/c" >/dev/null &
  pack_pid=$!
  sleep "$(awk -v took="$took" -v part="$1" 'BEGIN { print took * part / 1e6 }')"
  kill -KILL "$pack_pid" 2>/dev/null || true
  local status=0
  wait "$pack_pid" 2>/dev/null || status=$?
  pack_pid=
  [[ $status == 137 ]]
}
if interrupt 0.5 || { rm -f "$scratch/packs/c" && interrupt 0.2; }; then
  left=$(ls -A "$scratch/packs")
  if [[ -z $left ]]; then
    echo "interrupted       left no file"
  else
    fail "an interrupted command left $left"
  fi
else
  fail "the command ended before it could be interrupted: --signatures must be more"
fi

exit $((failures > 0))
