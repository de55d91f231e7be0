#include <cmath>

#include "encoder/output_format.hpp"
#include "encoder/output_packing.hpp"
#include "flags/file_names.hpp"
#include "flags/flag_value.hpp"

namespace infer::detail {
namespace {

/// "FILE.csv: CSV, FILE.npy: embeddings as a NumPy array".
std::string other_files() {
  std::string text;
  for (const auto* format : other_formats()) {
    text += (text.empty() ? "FILE" : ", FILE") + std::string(format->ending) + ": " +
            std::string(format->contents) + (format->contents.empty() ? "" : " as ") +
            std::string(format->name);
  }
  return text;
}

/// What a name may end in, without the dot.
Choices<std::string> part_formats() {
  Choices<std::string> formats;
  const auto add = [&](const std::string& name, bool may_be_packed) {
    formats.emplace_back(name, name);
    for (const auto& packing : output_packings()) {
      const auto packed = name + std::string(packing.ending);
      if (may_be_packed) formats.emplace_back(packed, packed);
    }
  };
  add("jsonl", true);
  for (const auto* format : other_formats())
    add(std::string(format->ending.substr(1)), format->row_bytes == nullptr);
  return formats;
}

ErrorAllowance parse_allowance(const std::string& flag, std::string text) {
  const bool percent = text.ends_with('%');
  if (percent) text.pop_back();
  const auto value = parse_real(flag, text);
  if (!(value >= 0) || (!percent && value != std::trunc(value)))
    throw UsageError(flag + " " + text + ": give a count of 0 or more, or a share such as 1%");
  return {value, percent};
}

double parse_rate(const std::string& flag, std::string text) {
  constexpr double kAll = 100;
  if (text.ends_with('%')) text.pop_back();
  const auto percent = parse_real(flag, text);
  if (!(percent >= 0 && percent <= kAll))
    throw UsageError(flag + " " + text + ": give a share of the records from 0% to 100%");
  return percent;
}

std::string rate_text(double percent) { return number_text(percent) + "%"; }

std::string allowance_text(const ErrorAllowance& allowance) {
  return number_text(allowance.value) + (allowance.percent ? "%" : "");
}

auto output(auto member) { return at(&RunConfig::output, member); }
auto input(auto member) { return at(&RunConfig::input, member); }

}  // namespace

FlagGroup output_flags() {
  using Output = OutputOptions;
  using enum FlagEffect;
  using enum OnRanks;
  return {
      "Output",
      {common("Rows: .jsonl, .csv, .parquet or .npy (.gz, .zst)",
              {"output",
               "Output file, JSONL; - is standard output. " + other_files() +
                   ", row k for record k, NaN for a failed one. JSONL and CSV are packed where " +
                   packed_endings() + " stands behind. Repeat for several models, in their order",
               named("FILE", for_outputs(text_as(output(&Output::path), own_name))), none, alike, "", 'o'}),
       {"output-dir",
        "Instead of --output: each rank writes files of its own into this folder, which all ranks see, and "
        "manifest.json lists them once all are complete; infer merge makes one file of them",
        named("FOLDER", text(output(&Output::dir))), none},
       {"output-format",
        "What the files of --output-dir are: jsonl, csv, parquet or npy, packed as jsonl.gz or csv.zst",
        choice(output(&Output::format), part_formats()), rows},
       {"part-bytes",
        "Input in each file of --output-dir (default: 1/64 of it up to 8MiB, else 1/1024 up to 256MiB; of a "
        "stream 4MiB)",
        bytes(output(&Output::part_bytes), 1, Zero::means_default), rows},
       {"id-field", "Field copied to the output row when present",
        named("PATH", text(input(&InputOptions::id_field))), rows, alike, "", '\0', true},
       common("Fields to copy into the rows, besides id",
              {"passthrough", "More fields to copy: a,b.c", comma_list(input(&InputOptions::passthrough)),
               rows}),
       {"npy-dtype", "Values of an --output FILE.npy: float32 or float16",
        choice(output(&Output::npy_dtype), {{"float32", DType::float32}, {"float16", DType::float16}}),
        values},
       {"non-finite", "NaN and infinity: null (the record counts as failed) or string",
        choice(output(&Output::non_finite), {{"null", NonFinite::null}, {"string", NonFinite::string}}),
        values},
       {"keys",
        "Write FILE.keys beside the output: 16 bytes for each row, by which later runs find it with --reuse",
        on_off(output(&Output::keys)), rows},
       {"reuse",
        "Earlier output(s) that have keys, of the same model and options: a record whose row one of them has "
        "is not scored; its row is taken over. Repeat for several",
        named("FILE", texts(output(&Output::reuse))), digits},
       {"repeat-cache",
        "Memory of each rank in which it keeps what the model gave, for records that come again (default: "
        "none; equal records of a chunk are scored once anyway)",
        bytes(output(&Output::repeat_cache), 1, Zero::means_default), digits}}};
}

FlagGroup error_flags() {
  using Output = OutputOptions;
  using enum FlagEffect;
  return {
      "Records that fail",
      {{"on-error", "record (an error row in its place), skip (leave it out) or fail (stop the run)",
        choice(output(&Output::on_error),
               {{"record", OnError::record}, {"skip", OnError::skip}, {"fail", OnError::fail}}),
        rows},
       {"errors",
        "Collect failed records in this file (default with a CSV or NumPy FILE: FILE.errors.jsonl). One for "
        "each model",
        named("FILE", for_outputs(text_as(output(&Output::errors), own_name))), rows},
       common("Records that may fail before the exit code is 1",
              {"max-errors",
               "How many may fail before the exit code is 1: a count, or a share such as 1% (default: 0, or "
               "what "
               "--fail-on-error-rate says)",
               named("N|P%", text_as(output(&Output::max_errors), parse_allowance, allowance_text)), none}),
       {"fail-on-error-rate", "Exit code 1 where a larger share of the records failed, such as 0.5%",
        named("PERCENT", text_as(output(&Output::fail_on_error_rate), parse_rate, rate_text)), none}}};
}

}  // namespace infer::detail
