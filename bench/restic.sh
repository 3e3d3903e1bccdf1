#!/usr/bin/env bash
# The same tree, one after the other in turns: `hlincos backup` to three sites, `restic backup` into three local
# repositories. Prints a table with the median of each and the ratio of the medians.
#
#   bench/restic.sh [PATIENTS] [ROUNDS]        needs restic (Debian package) and a release build
set -euo pipefail
cd "$(dirname "$0")/.."
patients=${1:-1000}
rounds=${2:-3}
command -v restic >/dev/null || { echo "restic is missing: apt-get install restic" >&2; exit 1; }
cargo build --release --locked --quiet
hlincos=$PWD/target/release/hlincos

work=$(mktemp -d)
pids=()
cleanup() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT
cd "$work"
"$hlincos" generate store --patients "$patients" --json > generated.json
export RESTIC_PASSWORD=bench
now() { date +%s.%N; }
lap() { local start end; start=$(now); "$@" >/dev/null; end=$(now); echo "$end $start" | awk '{printf "%.3f\n", $1-$2}'; }

system() { # a fresh vault of three sites and a gateway in $1
  local dir=$1 port=$2
  "$hlincos" ca init --dir "$dir/ca" >/dev/null
  local sites=()
  for i in 1 2 3; do
    "$hlincos" ca issue --dir "$dir/ca" --role shareholder --name "site-$i" --out "$dir/$i" >/dev/null
    "$hlincos" init shareholder --name "site-$i" --dir "$dir/$i" --listen "127.0.0.1:$((port+i))" >/dev/null
    sites+=(--site "site-$i=127.0.0.1:$((port+i))")
    "$hlincos" serve shareholder --config "$dir/$i/shareholder.toml" > "$dir/$i/out" & pids+=($!)
    until grep -q listening "$dir/$i/out" 2>/dev/null; do :; done
  done
  "$hlincos" ca issue --dir "$dir/ca" --role gateway --name gateway --out "$dir/gateway" >/dev/null
  "$hlincos" init gateway --dir "$dir/gateway" --listen "127.0.0.1:$port" "${sites[@]}" >/dev/null
  "$hlincos" ca issue --dir "$dir/ca" --role agent --name hospital --out "$dir/agent" >/dev/null
  "$hlincos" init agent --name hospital --dir "$dir/agent" --gateway "127.0.0.1:$port" >/dev/null
  "$hlincos" serve gateway --config "$dir/gateway/gateway.toml" > "$dir/gateway/out" & pids+=($!)
  until grep -q listening "$dir/gateway/out" 2>/dev/null; do :; done
}
ours() { "$hlincos" "$@" --config "$dir/agent/agent.toml"; }
three() { for i in 1 2 3; do restic --quiet -r "$dir/r$i" "$@"; done; }

patient=$(find store -mindepth 4 -maxdepth 4 -type d | sort | sed -n '1p')
id=$(basename "$patient")
for round in $(seq "$rounds"); do
  dir=$work/ours-$round; mkdir "$dir"; system "$dir" $((21000 + round * 10))
  sync; lap ours backup store >> ours.backup
  lap ours backup store >> ours.again
  lap ours restore "$dir/one" --patient "$id" >> ours.one
  lap ours restore "$dir/all" >> ours.all
  diff -r store "$dir/all" >&2

  dir=$work/restic-$round; mkdir "$dir"
  for i in 1 2 3; do restic --quiet init -r "$dir/r$i" >/dev/null; done
  sync; lap three backup store >> restic.backup
  lap three backup store >> restic.again
  lap restic --quiet -r "$dir/r1" restore latest --target "$dir/one" --include "$PWD/$patient" >> restic.one
  lap restic --quiet -r "$dir/r1" restore latest --target "$dir/all" >> restic.all
  for pid in "${pids[@]}"; do kill "$pid"; done; wait 2>/dev/null || true; pids=()
  rm -rf "$work"/ours-* "$work"/restic-*
done

median() { sort -n "$1" | awk '{a[NR]=$1} END {print (NR%2) ? a[(NR+1)/2] : (a[NR/2]+a[NR/2+1])/2}'; }
files=$(sed -n 's/.*"files": \([0-9]*\).*/\1/p' generated.json)
mb=$(sed -n 's/.*"bytes": \([0-9]*\).*/\1/p' generated.json | awk '{printf "%.0f", $1/1e6}')
echo "$patients patients, $files files, $mb MB; median of $rounds rounds in turns; $(nproc) cores; restic $(restic version | awk '{print $2}')"
echo
echo "| step | hlincos, (2,3), three sites | restic, three repositories | ratio |"
echo "|---|---|---|---|"
for step in "backup:first backup" "again:second backup, nothing changed" "one:restore one patient" "all:restore everything"; do
  a=$(median "ours.${step%%:*}"); b=$(median "restic.${step%%:*}")
  awk -v s="${step#*:}" -v a="$a" -v b="$b" 'BEGIN {printf "| %s | %.2f s | %.2f s | %.1f |\n", s, a, b, b/a}'
done
