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
installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}, ${Provides}\n' |
  sed -n 's/^installed //p' | sed 's/ *([^)]*)//g; s/, */\n/g')
while IFS= read -r name; do
  grep -qxF "$name" <<<"$installed" ||
    fail "the package needs $name, which is not installed here"
done < <(sed 's/ *([^)]*)//g; s/, /\n/g' <<<"$needs")
for wanted in libgrpc++1.51 libabsl20220623 libc6; do
  [[ $needs == *"$wanted"* ]] || fail "the package does not say that it needs $wanted: $needs"
done

root=$TEST_TMPDIR/root
mkdir -p "$root/etc" "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/info"
touch "$root/var/lib/dpkg/status"
# What it needs is outside of the scratch root; its script is run there too.
dpkg --root="$root" --force-not-root --force-depends --force-script-chrootless --no-triggers \
  --log=/dev/null --install "$package" >"$TEST_TMPDIR/log" 2>&1 || {
  cat "$TEST_TMPDIR/log" >&2
  exit 1
}
dpkg --root="$root" --audit || fail "dpkg finds the installation wrong"
(cd "$root" && md5sum --quiet --check var/lib/dpkg/info/springboard.md5sums) ||
  fail "a file is not what the package says"

# What operators deploy.
for file in lib/systemd/system/springboard.{service,socket} lib/sysusers.d/springboard.conf \
  share/doc/springboard/examples/{springboard.toml,kubernetes/deployment.yaml}; do
  [[ -s $root/usr/$file ]] || fail "the package has no usr/$file"
done
grep -qx 'ExecStart=/usr/bin/springboard_server .*' \
  "$root/usr/lib/systemd/system/springboard.service" || fail "the unit starts something else"
if command -v systemd-sysusers >/dev/null; then
  grep -q '^springboard:' "$root/etc/passwd" || fail "the package makes no user springboard"
fi

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
