#!/usr/bin/env bash
# Sets up the peers in a virtual environment of their own, builds, and runs text.py. Its arguments are those of text.py:
#
#   scripts/bench/text.sh                                       all of it, some hours
#   scripts/bench/text.sh --task labels                         the same, texts to labels
#   scripts/bench/text.sh --sets lognormal60 --runs 5           one set
source "$(dirname "$0")/../common.sh"

venv=build/bench/venv
scripts/build.sh
if ! cmp -s scripts/bench/requirements.txt "$venv/requirements.txt"; then
  say "installing the peers into $venv"
  .venv/bin/python -m venv "$venv"
  echo "$PWD"/.venv/lib/python3*/site-packages >"$(echo "$venv"/lib/python3*/site-packages)/product.pth"
  "$venv/bin/pip" --disable-pip-version-check install --quiet --requirement scripts/bench/requirements.txt
  cp scripts/bench/requirements.txt "$venv/requirements.txt"
fi
[[ -f build/demo_text/head.npz ]] || scripts/demo.sh
"$venv/bin/python" scripts/bench/text.py "$@"
