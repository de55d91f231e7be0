#!/usr/bin/env bash
# A real text job from nothing: sets up, builds, fetches a sentence encoder and labelled tweets, trains a classifier on
# top, exports it as one bundle and scores 1,000 tweets with it on two ranks. Run again, it takes seconds.
# scripts/demo_tensors.sh is a shorter one, with a model that takes numbers.
source "$(dirname "$0")/common.sh"

DEMO_DIR=build/demo_text
infer=build/release/bin/infer
python=.venv/bin/python

scripts/setup.sh
scripts/build.sh --program
allow_any_mpirun

# Makes the bundle unless these very scripts already did here: it belongs to one torch and one kind of CPU.
make_bundle_once() {
  local made_from
  made_from=$(cat scripts/demo/{fetch_text,sentiment}.py scripts/infer_export/*.py .venv/.infer-setup | sha256sum)
  if [[ -f $DEMO_DIR/made_from && $(<"$DEMO_DIR/made_from") == "$made_from" ]]; then
    say "using the model in $DEMO_DIR"
    return 0
  fi
  say "fetching a sentence encoder (84 MB) and labelled tweets into $DEMO_DIR"
  "$python" scripts/demo/fetch_text.py "$DEMO_DIR" || die "fetching failed (see above): check the network"
  show "$python" scripts/export_model.py --hf "$DEMO_DIR/minilm" --task embedding --out "$DEMO_DIR/encoder.pt" \
    --overwrite
  show mpirun -np 2 --bind-to none "$infer" --model "$DEMO_DIR/encoder.pt" --input "$DEMO_DIR/train.jsonl" \
    --output "$DEMO_DIR/train.npy" --overwrite
  say "training a classifier on these embeddings"
  "$python" scripts/demo/sentiment.py "$DEMO_DIR/train.jsonl" "$DEMO_DIR/train.npy" "$DEMO_DIR/head.npz"
  show "$python" scripts/export_model.py --hf "$DEMO_DIR/minilm" --task text-classification --head "$DEMO_DIR/head.npz" \
    --labels negative,positive --max-length 128 --out "$DEMO_DIR/sentiment.pt2" --overwrite
  echo "$made_from" >"$DEMO_DIR/made_from"
}

make_bundle_once
show mpirun -np 2 --bind-to none "$infer" --model "$DEMO_DIR/sentiment.pt2" --input "$DEMO_DIR/tweets.jsonl" \
  --output "$DEMO_DIR/scores.jsonl" --overwrite --passthrough text,sentiment

echo >&2
say "the first five rows of $DEMO_DIR/scores.jsonl:"
head -n 5 "$DEMO_DIR/scores.jsonl"
echo
"$python" scripts/demo/accuracy.py "$DEMO_DIR/scores.jsonl" "$DEMO_DIR/tweets.jsonl"
