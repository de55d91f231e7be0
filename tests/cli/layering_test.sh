#!/usr/bin/env bash
# Fails when an include breaks the layering: a folder of lib/ that reaches into another stage, or a library's header
# outside the one folder that may know the library. Then plants such includes in a copy and expects to catch them.
#
#   tests/cli/layering_test.sh ROOT
set -euo pipefail
root=${1:?usage: layering_test.sh ROOT}

# The rooms of lib/ from the ground up: a room may include itself and those named here, which stand before it.
rooms=(
  'base:'
  'record:base'
  'keys:base record'
  'reuse:base record keys'
  'config:base record keys'
  'json:base record config'
  'table:base record'
  'reader:base record json table'
  'tokenizer:base'
  'image:base record'
  'row_key:base record'
  'decoder:base record tokenizer image row_key'
  'batcher:base record'
  'model_file:base record json'
  'kernels:'
  'model:base record kernels model_file'
  'comm:base config'
  'encoder:base record row_key table config json'
  'flags:base record config encoder'
  'writer:base record keys config json'
  'report:base record config json'
  'merge:base record config encoder writer'
  'peek:base record json table reader writer report'
  'signature:base record config encoder batcher model'
  'trial:base record config reader tokenizer decoder batcher model_file model encoder signature'
  'worker:base record reader decoder batcher model encoder signature'
  'rounds:base record config reader comm worker'
  'model_group:base record model_file model comm worker'
  'start:base record keys reuse config json reader tokenizer image decoder model_file model model_group comm encoder flags writer report signature trial worker'
  'check:base record keys config json reader decoder model_file model model_group comm writer signature worker start'
  'pipeline:base record config reader model_group comm encoder writer report signature worker rounds start'
)
folders=$(printf '%s|' "${rooms[@]%%:*}")
folders=${folders%|}
declare -A may_include
before=
for room in "${rooms[@]}"; do
  may_include[${room%%:*}]="${room%%:*} ${room#*:}"
  for other in ${room#*:}; do
    [[ " $before " == *" $other "* ]] || { echo "layering: $other does not stand before ${room%%:*}" >&2; exit 1; }
  done
  before+=" ${room%%:*}"
done

# Sets `allowed` to a pattern of the project's headers that file $1 may include; empty: any.
set_allowed_for() {
  local folder=${1#*/}
  case $1 in
    lib/*/*) allowed="(${may_include[${folder%%/*}]// /|})/" ;;
    apps/*) allowed='((base|record|config|json|flags|merge|peek|start|check|pipeline)/|comm/(agreement|channel|world|launch|versions)\.hpp|model/model\.hpp|model_file/model_file\.hpp|tokenizer/tokenizer\.hpp)' ;;
    *) allowed='' ;;
  esac
}

# Pairs: a pattern of a library's headers, a pattern of the files that may include them.
libraries=(
  '(torch|ATen|c10)/' '((lib|tests/unit)/(kernels|model)|tests/(simulated_gpu|custom_ops))/'
  '(cuda|nccl|mpi)[a-z_]*\.h' '(lib/comm|tests/unit/comm|tests/mpi|tests/gpu|tests/(simulated_gpu|custom_ops))/'
  'CLI/' 'apps/'
  'simdjson' '((lib|tests/unit)/(decoder|json|model_file|model|peek|writer)|tests/bench)/'
  'xxhash' 'lib/base/'
  '(jpeglib|jerror|png\.h|webp/)' '((lib|tests/unit)/image|tests/(fuzz|simulated_gpu))/'
  '(zlib|zstd|zstd_errors)\.h' '((lib|tests/unit)/(encoder|image|reader|model_file)|tests/fuzz)/'
)

# Prints each offending include of the tree $1 as FILE:LINE: what is wrong. Status 1 when there is one.
check() (
  cd "$1"
  local found=0 file line text header allowed i
  local include='^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]([^">]+)[">]'
  while IFS=: read -r file line text; do
    [[ $text =~ $include ]] && header=${BASH_REMATCH[1]}
    for ((i = 0; i < ${#libraries[@]}; i += 2)); do
      if [[ $header =~ ^(${libraries[i]}) && ! $file =~ ^(${libraries[i + 1]}) ]]; then
        echo "$file:$line: <$header> may be included only in ${libraries[i + 1]}"
        found=1
      fi
    done
    set_allowed_for "$file"
    if [[ -n $allowed && $header =~ ^($folders)/ && ! $header =~ ^$allowed ]]; then
      echo "$file:$line: \"$header\" breaks the layering: allowed here is $allowed"
      found=1
    fi
  done < <(grep -rnE --include='*.[ch]pp' --include='*.h' "$include" lib apps tests)
  return $found
)

check "$root" >&2

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R "$root/lib" "$root/apps" "$root/tests" "$copy/"
planted=(
  'lib/base "record/tensor.hpp"'
  'lib/reader "decoder/decoder.hpp"'
  'lib/decoder "model_file/bundle.hpp"'
  'lib/model_file "model/model.hpp"'
  'lib/encoder "writer/journal/journal.hpp"'
  'lib/worker "trial/model_trial.hpp"'
  'lib/rounds "writer/journal/journal.hpp"'
  'lib/comm "record/tensor.hpp"'
  'lib/start "rounds/planner.hpp"'
  'lib/kernels "base/error.hpp"'
  'lib/batcher "tokenizer/tokenizer.hpp"'
  'lib/model "comm/channel.hpp"'
  'lib/writer "pipeline/engine.hpp"'
  'lib/peek "model/model.hpp"'
  'apps/infer "reader/chunk_reader.hpp"'
  'apps/infer "comm/gather.hpp"'
  'lib/batcher <torch/script.h>'
  'lib/model <mpi.h>'
  'lib/pipeline <nccl.h>'
  'lib/pipeline <cuda_runtime_api.h>'
  'lib/pipeline <CLI/CLI.hpp>'
  'lib/reader <simdjson.h>'
  'lib/writer <xxhash.h>'
  'lib/decoder <jpeglib.h>'
)
for i in "${!planted[@]}"; do
  echo "  #  include ${planted[i]#* }" >"$copy/${planted[i]%% *}/planted$i.cpp"
done
caught=$(check "$copy") || true
for i in "${!planted[@]}"; do
  if [[ $caught != *"/planted$i.cpp:1: "* ]]; then
    echo "not caught: #include ${planted[i]#* } in ${planted[i]%% *}" >&2
    exit 1
  fi
done
echo "layering: every include is allowed, and ${#planted[@]} planted ones are caught"
