#!/usr/bin/env bash
# The demo of a model that takes numbers: sets up, builds, trains a small digit classifier (seconds, on the CPU) and
# scores 500 handwritten digits with it on two ranks, once as TorchScript and once as AOTInductor. Run again, it takes
# seconds.
source "$(dirname "$0")/common.sh"

data=build/demo
trainer=scripts/demo/train_digits.py

scripts/setup.sh
scripts/build.sh --program
allow_any_mpirun

# Trains unless this very script already did here. The compiled model belongs to one torch and one kind of CPU.
train_once() {
  local made_from
  made_from=$(cat "$trainer" .venv/.infer-setup | sha256sum)
  if [[ -f $data/made_from && $(<"$data/made_from") == "$made_from" ]]; then
    say "using the model in $data"
    return 0
  fi
  say "training the demo's model into $data"
  rm -rf "$data"
  .venv/bin/python "$trainer" "$data"
  echo "$made_from" >"$data/made_from"
}

train_once
score=(mpirun -np 2 --bind-to none build/release/bin/infer --input "$data/digits.jsonl" --task classification
  --labels "$data/labels.txt" --passthrough digit)
show "${score[@]}" --model "$data/digits.pt" --output "$data/out_pt.jsonl" --overwrite
show "${score[@]}" --model "$data/digits.pt2" --input-spec 'pixels:float32:[8,8]' --output "$data/out_pt2.jsonl" --overwrite

echo >&2
say "the first five rows of $data/out_pt.jsonl:"
head -n 5 "$data/out_pt.jsonl"
echo
.venv/bin/python scripts/demo/compare.py "$data/out_pt.jsonl" "$data/out_pt2.jsonl"
