# What tests of documents share; to be sourced. Tests end with: exit $((failures > 0))

failures=0
fail() {
  echo "$(basename "$0" .sh): $*" >&2
  failures=$((failures + 1))
}

# The lines of the n-th fenced block of a language, the first unless said, in a document.
block() {
  awk -v fence="\`\`\`$1" -v wanted="${2:-1}" '
    $0 == fence { found += 1; inside = found == wanted; next }
    $0 == "```" && inside { exit }
    inside' "${3:-README.md}"
}

# The document with the outputs that the commands of its console sessions have now, by run_command.
updated() {
  local line in_session=
  while IFS= read -r line; do
    if [[ $line == '```console' ]]; then
      in_session=1
    elif [[ $line == '```' ]]; then
      in_session=
    elif [[ -n $in_session && $line != '$ '* ]]; then
      continue
    fi
    printf '%s\n' "$line"
    if [[ -n $in_session && $line == '$ '* ]]; then run_command "${line#'$ '}"; fi
  done <"$1"
}

# Runs each command of a console session, a line "$ COMMAND", by the test's run_command, whose output
# must be that below it. Sets `commands` to how many there were.
commands=0
check_session() {
  local document=$1 session=$2 line command= expected= actual
  actual=$(mktemp)
  commands=0
  check_command() {
    [[ -n $command ]] || return 0
    commands=$((commands + 1))
    run_command "$command" >"$actual"
    diff <(printf '%s' "$expected") "$actual" || fail "$document shows other output for: $command"
  }
  while IFS= read -r line; do
    if [[ $line == '$ '* ]]; then
      check_command
      command=${line#'$ '}
      expected=
    else
      expected+=$line$'\n'
    fi
  done <<<"$session"
  check_command
  rm -f "$actual"
}
