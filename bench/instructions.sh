#!/usr/bin/env bash
# Instructions per byte of secret that the portable kernel takes to split and combine, counted by valgrind:
# the same number on every run, whatever else the machine does.
#
#   bench/instructions.sh                      needs valgrind (Debian package)
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "valgrind is missing: apt-get install valgrind" >&2; exit 1; }
cargo build --release --locked --quiet -p hlincos-sharing --example portable
count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null target/release/examples/portable "$@" 2>&1 |
    awk '/Collected/ {print $NF}'
}
echo "| (k,n) | instructions per byte, split with its randomness and combine |"
echo "|---|---|"
for kn in "2 3" "3 5" "5 9"; do
  # Two lengths of work, so that starting the program does not count.
  some=$(count $kn 2) more=$(count $kn 18)
  echo "$kn $some $more" | awk '{printf "| (%d,%d) | %.1f |\n", $1, $2, ($4 - $3) / 16 / 65536}'
done
