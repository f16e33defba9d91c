#!/usr/bin/env bash
# SFT, GRPO and GRPO without SFT on real images, measured: one call of at most ten minutes on one H100 or H200.
#   DATA=FOLDER_OF_HAM10000 training/launch/gpu.sh OUT [small]
# `small` tries the same chain without a GPU. OUT gets at most eight small files, also where time ran out; what is
# larger lies under RUN, and the same command continues there.
set -euo pipefail
out=$(realpath -m "${1:?where the results go}")
size=${2:-}
data=$(realpath "${DATA:?a folder in the layout of HAM10000: metadata.csv and images/}")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
run=$(realpath -m "${RUN:-${TMPDIR:-/tmp}/skin-r1-gpu${size:+-$size}}")
seconds=${SECONDS_AT_MOST:-540} # of ten minutes, less what the machine and the summary need
python=${PYTHON:-python3}
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 PYTHONUNBUFFERED=1
mkdir -p "$out" "$run"

chain=eval/configs/gpu.toml
given=(--set "data=$data")
if [[ $size == small ]]; then
    sed 's#training/configs/gpu/#training/configs/gpu/small/#' "$chain" >"$run/small.toml"
    chain=$run/small.toml
    given+=(--set limit=16 --set resamples=200 --set browse=4)
else
    export OMP_NUM_THREADS=${OMP_NUM_THREADS:-4} # the tiny models of other chains want one
fi

# Told every half minute, so that a call that is cut off leaves what was reached.
summary() { "$python" training/launch/gpu.py "$run/chain" "$out"; }
(while sleep 30; do summary >/dev/null 2>&1 || true; done) &
teller=$!
trap 'kill "$teller" 2>/dev/null || true' EXIT

code=0
timeout --signal=INT --kill-after=20 "$seconds" "$python" -m eval chain "$chain" --run-dir "$run/chain" --seed 0 \
    "${given[@]}" 2>&1 | tee -a "$out/log.txt" || code=${PIPESTATUS[0]}
kill "$teller" 2>/dev/null || true
[[ -f $run/chain/report.html ]] && cp "$run/chain/report.html" "$out/report.html"
summary
exit "$code"
