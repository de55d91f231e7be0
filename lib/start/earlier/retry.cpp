#include "start/earlier/retry.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/canonical_path.hpp"
#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "encoder/output_packing.hpp"
#include "reader/input_file.hpp"
#include "start/parts/earlier_parts.hpp"
#include "start/parts/parts_setup.hpp"
#include "start/stage_config.hpp"
#include "writer/failure_list.hpp"
#include "writer/journal/journal_text.hpp"

namespace infer {
namespace {

/// As an output row says it: a name that is no valid UTF-8 reads back differently.
std::string read_back(const std::string& path) {
  RunRecord record;
  record.facts = {{"", path, true}};
  return parse_journal(journal_line(record)).run.value().facts.front().value;
}

/// The inputs by the names that error rows have for them.
class InputNames {
 public:
  explicit InputNames(const std::vector<std::string>& inputs) {
    for (const auto& input : inputs) {
      as_said_.push_back(read_back(input));
      whole_.push_back(canonical_path(input));
    }
  }

  bool is(std::size_t input, const std::string& path) {
    if (as_said_.at(input) == path || (path == kStandardInput && as_said_.size() == 1)) return true;
    if (path != last_) last_whole_ = canonical_path(path);
    last_ = path;
    return whole_.at(input) == last_whole_;
  }

  /// Index of `path` from `first` on: the same file may be an input twice.
  std::uint32_t find(std::size_t first, const std::string& path) {
    for (auto input = first; input < whole_.size(); ++input) {
      if (is(input, path)) return checked_cast<std::uint32_t>(input);
    }
    throw UsageError("--retry-errors: a record of " + path +
                     " failed, which is not among the inputs (in that order); give them as then");
  }

  bool are_unique() const {
    return std::set(as_said_.begin(), as_said_.end()).size() == as_said_.size() &&
           std::set(whole_.begin(), whole_.end()).size() == whole_.size();
  }

 private:
  std::vector<std::string> as_said_;
  std::vector<std::string> whole_;
  std::string last_;
  std::string last_whole_;
};

PieceForm packed_form(const OutputPacking& packing, bool has_header) {
  return {packing.pack, packing.unpack, nullptr, nullptr, has_header};
}

/// Nothing where the rows do not tell.
std::optional<ErrorRows> error_rows(const OutputOptions& output) {
  if (output.errors || output.on_error == OnError::skip || !output_format(rows_file(output)).has_errors)
    return std::nullopt;
  ErrorRows rows;
  if (const auto* packing = output_packing(rows_file(output))) rows.pieces = packed_form(*packing, false);
  if (output.dir.empty()) {
    rows.files = {{output.path, 0}};
    return rows;
  }
  for (const auto& part : finished_manifest(output).parts) {
    if (part.failed > 0) rows.files.push_back({output.dir + "/" + part.file, part.first_record});
  }
  return rows;
}

std::optional<PieceForm> piece_form(const OutputOptions& output, const EncoderConfig& encoder) {
  const auto& format = *encoder.format;
  if (const auto* packing = output_packing(rows_file(output)))
    return packed_form(*packing, format.header != nullptr);
  if (format.pack == nullptr) return std::nullopt;
  return PieceForm{encoder.pack, nullptr, format.pieces, format.splice};
}

RetryParts retry_parts(const RunConfig& config, const EncoderConfig& encoder, const ToScore& to_score,
                       const RunRecord& then, const RunRecord& run) {
  RetryParts parts;
  parts.names = choose_part_names(config.output);
  parts.form = output_form(encoder);
  parts.chunks = earlier_part_chunks(then);
  parts.head = manifest_head(config, parts.form, run);
  parts.earlier = finished_manifest(config.output).parts;
  parts.is_cut_anew = to_score.cut != nullptr;
  parts.planned = parts.is_cut_anew ? to_score.cut->parts() : parts.earlier;
  for (auto& part : parts.earlier) part.file.insert(0, config.output.dir + "/");
  return parts;
}

}  // namespace

Selection find_failed_records(const RunConfig& config,
                              const std::function<std::uint64_t(const SelectedRecord&)>& chunk_of) {
  Selection selected;
  std::uint32_t file = 0;
  InputNames inputs(config.input.files);
  read_failures(config.output.errors, error_rows(config.output), [&](const FailedRecord& failed) {
    const auto& last = selected.last();
    if (last && failed.row <= last->number)
      throw UsageError("--retry-errors: record " + std::to_string(failed.row) +
                       " is said to have failed after record " + std::to_string(last->number) +
                       "; the list must be in input order, as it was written");
    const bool next_of_same = inputs.is(file, failed.file) && (!last || failed.offset > last->offset);
    if (!next_of_same) file = inputs.find(last ? file + 1 : 0, failed.file);
    const SelectedRecord record{file, failed.offset, failed.line == 0 ? 0 : failed.line - 1, failed.row};
    selected.add(record, chunk_of(record));
  });
  return selected;
}

bool are_told_apart(const std::vector<std::string>& inputs) { return InputNames(inputs).are_unique(); }

std::string renumbering_problem(std::uint64_t then, std::uint64_t now) {
  if (then == 0) return "that run did not note how many records it had, so none can be found again";
  if (then == now) return "";
  return "it has " + std::to_string(now) + " records now, " + std::to_string(then) +
         " then, so their numbers tell nothing";
}

RetryConfig retry_config(const EncoderConfig& encoder, std::shared_ptr<const Selection> selected) {
  RetryConfig retry;
  retry.in_place = encoder.on_error != OnError::skip;
  const auto& format = *encoder.format;
  retry.layout.is_json = format.has_errors;
  retry.layout.is_quoted = format.is_flat && format.pack == nullptr;
  if (format.header != nullptr) retry.layout.header_bytes = format.header(encoder.rows, 0).size();
  if (format.row_bytes != nullptr) retry.layout.row_bytes = format.row_bytes(encoder.rows);
  retry.selected = std::move(selected);
  return retry;
}

RetryConfig retry_config(const RunConfig& config, const EncoderConfig& encoder, const ToScore& to_score,
                         const RunRecord& then, const RunRecord& run) {
  auto retry = retry_config(encoder, to_score.selected);
  retry.pieces = piece_form(config.output, encoder);
  if (retry.pieces && to_score.cut)
    retry.chunk_records = {to_score.cut, &to_score.cut->chunk_records()};  // they live together
  if (!config.output.dir.empty()) retry.parts = retry_parts(config, encoder, to_score, then, run);
  return retry;
}

bool is_in_pieces(const OutputOptions& output) {
  const auto file = rows_file(output);
  return output_packing(file) != nullptr || output_format(file).pack != nullptr;
}

bool shows_no_chunks(const OutputOptions& output) {
  return output.on_error == OnError::skip && is_in_pieces(output);
}

std::uint64_t earlier_part_chunks(const RunRecord& then) {
  const auto bytes = std::ranges::find(then.facts, "--part-bytes", &Fact::name);
  if (bytes == then.facts.end() || then.chunk_bytes == 0) return 0;
  return std::stoull("0" + bytes->value) / then.chunk_bytes;
}

RetryWork retry_work(const RunConfig& config, const RetryConfig& retry) {
  if (!retry.parts) return {0, stat_input(config.output.path).bytes};
  RetryWork work;
  SelectedNumbers numbers(*retry.selected);
  auto next = numbers.next();
  for (const auto& part : retry.parts->earlier) {
    const auto end = part.first_record + part.records;
    const bool stays = !retry.parts->is_cut_anew && (!next || *next >= end);
    while (next && *next < end) next = numbers.next();
    if (stays) continue;
    ++work.parts;
    work.bytes += part.bytes;
  }
  return work;
}

}  // namespace infer
