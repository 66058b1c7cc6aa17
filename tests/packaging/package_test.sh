#!/usr/bin/env bash
# The Debian package: made, installed into a scratch root, and its programs run from there.
set -euo pipefail

# dpkg looks for programs there.
export PATH=$PATH:/usr/sbin:/sbin

failures=0
fail() {
  echo "package_test: $*" >&2
  failures=$((failures + 1))
}

package=$(packaging/debian_package "$TEST_TMPDIR/packages" "$PWD" 2>"$TEST_TMPDIR/log") || {
  cat "$TEST_TMPDIR/log" >&2
  exit 1
}

# This machine has everything that the package says it needs.
needs=$(dpkg-deb --field "$package" Depends)
while IFS= read -r name; do
  dpkg-query --show --showformat='${db:Status-Status}' "$name" | grep -qx installed ||
    fail "the package needs $name, which is not installed here"
done < <(sed 's/ *([^)]*)//g; s/, /\n/g' <<<"$needs")
for wanted in libgrpc++1.51 libabsl20220623 libc6; do
  [[ $needs == *"$wanted"* ]] || fail "the package does not say that it needs $wanted: $needs"
done

root=$TEST_TMPDIR/root
mkdir -p "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/info"
touch "$root/var/lib/dpkg/status"
# What it needs is outside of the scratch root; nothing is run in there.
dpkg --root="$root" --force-not-root --force-depends --no-triggers --log=/dev/null \
  --install "$package" >"$TEST_TMPDIR/log" 2>&1 || {
  cat "$TEST_TMPDIR/log" >&2
  exit 1
}
dpkg --root="$root" --audit || fail "dpkg finds the installation wrong"
(cd "$root" && md5sum --quiet --check var/lib/dpkg/info/springboard.md5sums) ||
  fail "a file is not what the package says"

libdir=$root/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
folder=$(mktemp -d)
server_pid=
trap '[[ -z $server_pid ]] || kill "$server_pid"; rm -rf "$folder"' EXIT
address=unix:$folder/s
mkfifo "$folder/ready"
"$root/usr/bin/springboard_server" --listen="$address" >"$folder/ready" &
server_pid=$!
IFS= read -r _ <"$folder/ready"
result=$("$root/usr/bin/springboard" call --server="$address" --library=libm.so.6 --symbol=pow \
  --signature='f64(f64,f64)' -- 2 10)
[[ $result == 1024 ]] || fail "springboard call prints: $result"

flags=$(PKG_CONFIG_PATH=$libdir/pkgconfig pkg-config --cflags --libs springboard)
cc -o "$folder/power" examples/c/power.c $flags
output=$(LD_LIBRARY_PATH=$libdir "$folder/power" "$address")
[[ $output == 1024*'1 from the server'* ]] || fail "the C example prints: $output"

kill "$server_pid"
wait "$server_pid" || fail "the server does not end well"
server_pid=
[[ $failures -eq 0 ]]
