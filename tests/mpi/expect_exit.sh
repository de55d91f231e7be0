#!/bin/sh
# expect_exit.sh CODE TEXT COUNT COMMAND...: the command must exit with CODE, and COUNT of its lines contain TEXT.
code=$1 text=$2 count=$3
shift 3
output=$("$@" 2>&1)
got=$?
printf '%s\n' "$output"
lines=$(printf '%s\n' "$output" | grep -cF -- "$text")
if [ "$got" -ne "$code" ] || [ "$lines" -ne "$count" ]; then
  echo "expected exit $code and $count lines with '$text', got exit $got and $lines lines"
  exit 1
fi
