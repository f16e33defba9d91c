#!/usr/bin/env bash
# One stage on one GPU; the doctor looks first. The same command continues a killed run.
#   training/launch/one-gpu.sh sft|grpo [CONFIG [RUN_DIR [--set a.b=c ...]]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
stage=${1:?sft or grpo}
config=${2:-training/configs/paper/$stage.toml}
run=${3:-runs/$stage}
shift $(($# < 3 ? $# : 3))
export HF_HUB_DISABLE_TELEMETRY=1 TOKENIZERS_PARALLELISM=false

python -m training doctor "$stage" "$config" "$@"
exec python -m training "$stage" "$config" --run-dir "$run" "$@"
