#!/usr/bin/env bash
# One stage on a node of GPUS cards. SFT trains on all of them; for GRPO the last SERVE cards generate with vLLM and the
# others train. The same command continues a killed run.
#   training/launch/one-node.sh sft  [RUN_DIR [--set a.b=c ...]]
#   training/launch/one-node.sh grpo [RUN_DIR [--set a.b=c ...]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
stage=${1:?sft or grpo}
run=${2:-runs/$stage}
shift $(($# < 2 ? $# : 2))

GPUS=${GPUS:-8}
SERVE=${SERVE:-2}
MODEL=${MODEL:-Qwen/Qwen2.5-VL-7B-Instruct}
PIXELS=${PIXELS:-200704} # trainer and server must shrink images alike
CONFIG=${CONFIG:-training/configs/h200/$stage.toml}
LAUNCH=${LAUNCH:-training/launch/ddp.yaml} # zero2.yaml, zero3.yaml or fsdp2.yaml where a whole model does not fit
export HF_HUB_DISABLE_TELEMETRY=1 TOKENIZERS_PARALLELISM=false
given=(--set model.path="$MODEL" --set model.max_pixels="$PIXELS" "$@")
train=$GPUS

if [[ $stage == grpo ]]; then
  train=$((GPUS - SERVE))
  ((train > 0)) || { echo "GRPO needs cards to train on besides the $SERVE that serve; set GPUS and SERVE" >&2; exit 2; }
  given+=(--set train.vllm_server_base_url=http://127.0.0.1:8000)
  mkdir -p "$run"
  CUDA_VISIBLE_DEVICES=$(seq -s, "$train" $((GPUS - 1))) VLLM_SERVER_DEV_MODE=1 \
    vllm serve "$MODEL" --weight-transfer-config '{"backend": "nccl"}' \
    --logprobs-mode processed_logprobs --max-logprobs -1 --enable-scale-out --dtype bfloat16 \
    --mm-processor-kwargs "{\"max_pixels\": $PIXELS}" --tensor-parallel-size "$SERVE" \
    --host 127.0.0.1 --port 8000 >>"$run/vllm.log" 2>&1 &
  server=$!
  trap 'kill "$server" 2>/dev/null || true' EXIT
  until curl --silent --fail --output /dev/null http://127.0.0.1:8000/health; do
    kill -0 "$server" || { echo "vLLM has ended; see $run/vllm.log" >&2; exit 1; }
    sleep 5
  done
fi

CUDA_VISIBLE_DEVICES=$(seq -s, 0 $((train - 1)))
export CUDA_VISIBLE_DEVICES
SKIN_R1_GPUS=$train python -m training doctor "$stage" "$CONFIG" "${given[@]}"
accelerate launch --config_file "$LAUNCH" --num_processes "$train" \
  -m training "$stage" "$CONFIG" --run-dir "$run" "${given[@]}"
