#!/usr/bin/env bash
# Instructions of the hot paths, counted by callgrind, against tests/bench/instructions.txt. They do
# not depend on the machine's load, and hardly on the machine. --update writes the file anew:
#   bazel run //tests/bench:instructions_test -- --update
set -euo pipefail

tolerance_percent=3
program=tests/bench/hot_paths
kept=tests/bench/instructions.txt

# Of a run that does the path that often.
instructions_of() {
  local log
  log=$(mktemp)
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>"$log" || {
    cat "$log" >&2
    return 1
  }
  awk '$2 == "Collected" { print $4 }' "$log"
  rm "$log"
}

measure() {
  local path few many count=2000
  for path in $("$program" --list); do
    few=$(instructions_of "$path" "$count")
    many=$(instructions_of "$path" $((2 * count)))
    printf '%s\t%d\n' "$path" $(((many - few) / count))
  done
}

if [[ ${1-} == --update ]]; then
  # Bazel runs it beside links to the sources.
  measure >"${BUILD_WORKSPACE_DIRECTORY:?run it by bazel run}/$kept"
  exit
fi

awk -F '\t' -v tolerance="$tolerance_percent" '
  FNR == NR { kept[$1] = $2; next }
  {
    seen[$1] = 1
    change = kept[$1] == 0 ? 100 : 100 * ($2 - kept[$1]) / kept[$1]
    printf "%-32s %8d instructions, %+.1f %%\n", $1, $2, change
    if (change > tolerance || change < -tolerance) {
      printf "%s: expected %d, within %d %%\n", $1, kept[$1], tolerance
      ++wrong
    }
  }
  END {
    for (path in kept) if (!(path in seen)) { print path ": there is no such path"; ++wrong }
    if (wrong) {
      print "If that is what was wanted: bazel run //tests/bench:instructions_test -- --update"
      exit 1
    }
  }' "$kept" <(measure)
