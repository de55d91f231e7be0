#include "check/input_lines.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "check/bytes_text.hpp"
#include "comm/agreement.hpp"
#include "reader/images/input_list.hpp"
#include "reader/named_inputs.hpp"
#include "reader/sample.hpp"
#include "start/agreed_input.hpp"
#include "start/earlier/input_scan.hpp"
#include "start/setup_timeout.hpp"

namespace infer {
namespace {

constexpr std::size_t kRecordsOfFile = 256;
constexpr Seconds kTimeToDecode{1};
constexpr std::size_t kShownFiles = 4;

/// What it gives is gone when the run comes.
void refuse_to_take(const InputFile& file) {
  if (file.stays()) return;
  throw UsageError(
      "the input " + file.path +
      " gives its bytes but once, and a check would take the first ones away; check with a file of "
      "some of its records");
}

/// All that cannot be opened are named.
std::vector<InputFile> open_all(const InputOptions& input) {
  InputList list(input.input_format);
  std::vector<std::string> problems;
  const auto note_problem = [&](const auto& step) {
    try {
      step();
    } catch (const UsageError& error) {
      problems.emplace_back(error.what());
    }
  };
  const auto open = [&](const std::string& name) {
    auto file = stat_input(name, input.input_format);
    refuse_to_take(file);
    list.add(std::move(file));
  };
  for (const auto& given : input.files) {
    note_problem([&] {
      const auto names = named_inputs(given);
      if (list.take_pictures(given, names)) return;
      for (const auto& name : names) note_problem([&] { open(name); });
    });
  }
  if (problems.empty()) return list.take();
  const auto more = problems.size() - std::min(problems.size(), kShownFiles);
  problems.resize(problems.size() - more);
  throw UsageError(joined(problems, ", ") + (more > 0 ? ", and " + std::to_string(more) + " more" : ""));
}

/// " (2 of CSV)"; nothing where all are JSON Lines or lists of pictures.
std::string formats_text(const std::vector<InputFile>& files) {
  std::vector<std::string> texts;
  for (const auto& format : kInputFormats) {
    const auto count = std::ranges::count(files, format.format, &InputFile::format);
    if (count > 0 && format.format != InputFormat::jsonl && format.format != InputFormat::images)
      texts.push_back(std::to_string(count) + " of " + std::string(format.what));
  }
  return texts.empty() ? "" : " (" + joined(texts, ", ") + ")";
}

/// Of pictures their number alone is known.
std::string amount_text(const std::vector<InputFile>& files, int ranks) {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  for (const auto& file : files) {
    if (file.kind == InputKind::images) continue;
    bytes += file.bytes;
    ++count;
  }
  const auto pictures = pictures_in(files);
  std::string text;
  if (pictures > 0) text = std::to_string(pictures) + (pictures == 1 ? " picture" : " pictures");
  if (pictures > 0 && count > 0) text += ", ";
  if (pictures == 0 || count > 0)
    text += std::to_string(count) + (count == 1 ? " file" : " files") + formats_text(files) + ", " +
            bytes_text(bytes);
  return text + (ranks > 1 ? ", the same on all ranks" : "");
}

/// What decoding the first records of a file came to.
struct FirstRecords {
  std::size_t records = 0;
  std::size_t failed = 0;
  std::string first_failure;  ///< "data.jsonl:12: ..."
};

std::string place_of(const InputFile& file, const RawChunk& sample, const Row& row) {
  if (sample.range.begin == 0) return file.path + ":" + std::to_string(row.line + 1);
  return file.path + " at byte " + std::to_string(row.offset);
}

RawChunk first_of(const RunConfig& config, const InputFile& file) {
  const auto source = whole_input(config, {file}, kSampleBytes);
  wait_for_records(*source);
  return source->first_records(config.input.max_record_bytes);
}

FirstRecords decode_first(const RunConfig& config, std::span<const InputFile> files, std::uint32_t number,
                          Decoder& decoder) {
  const auto& file = files[number];
  auto sample = first_of(config, file);
  for (auto& record : sample.records) record.file = number;
  sample.records.resize(std::min(sample.records.size(), kRecordsOfFile));
  const auto chunk = decoder.decode(sample);
  FirstRecords first;
  first.records = chunk.table.rows.size();
  for (const auto& row : chunk.table.rows) {
    if (!row.error) continue;
    if (first.failed++ == 0) first.first_failure = place_of(file, sample, row) + ": " + row.error->message;
  }
  return first;
}

/// Goes through the files.
class FirstRecordsOfAll {
 public:
  FirstRecordsOfAll(const RunConfig& config, const std::vector<InputFile>& files,
                    const DecoderConfig& decoder)
      : config_(config), output_(config.output), files_(files), decoder_(decoder) {
    for (std::uint32_t file = 0; file < files_.size(); ++file) {
      if (since_begin_.elapsed_s() > kTimeToDecode.count() && looked_at_ > 0) break;
      add(decode_first(config_, files_, file, decoder_));
    }
  }

  std::vector<Finding> findings() const {
    std::vector<Finding> all{{records_ == 0 ? Verdict::warn : Verdict::ok, summary()}};
    for (std::size_t i = 0; i < std::min(bad_.size(), kShownFiles); ++i)
      all.push_back(finding_of_file(bad_[i]));
    if (bad_.size() > kShownFiles)
      all.push_back({weight_of_failures(output_, failed_),
                     "likewise in " + std::to_string(bad_.size() - kShownFiles) + " more files"});
    return all;
  }

 private:
  void add(FirstRecords first) {
    ++looked_at_;
    records_ += first.records;
    failed_ += first.failed;
    if (first.failed > 0) bad_.push_back(std::move(first));
  }

  std::string summary() const {
    if (records_ == 0) return "there is not one in the input";
    auto text = "the first " + std::to_string(records_) + " of " + std::to_string(looked_at_);
    if (looked_at_ < files_.size()) text += " of the " + std::to_string(files_.size());
    return text + (looked_at_ == 1 ? " file: " : " files: ") + std::to_string(failed_) + " failed";
  }

  Finding finding_of_file(const FirstRecords& first) const {
    return {weight_of_failures(output_, failed_),
            std::to_string(first.failed) + " of the first " + std::to_string(first.records) +
                " records failed: " + first.first_failure,
            remedy_of_failures(output_, failed_)};
  }

  const RunConfig& config_;
  const OutputOptions& output_;
  const std::vector<InputFile>& files_;
  Decoder decoder_;
  Stopwatch since_begin_;
  std::size_t looked_at_ = 0;  ///< files
  std::size_t records_ = 0;
  std::size_t failed_ = 0;
  std::vector<FirstRecords> bad_;
};

}  // namespace

Verdict weight_of_failures(const OutputOptions& output, std::uint64_t failed) {
  if (failed == 0) return Verdict::ok;
  const bool is_certain = !allowed_errors(output).percent && !allowed_errors(output).permits(failed, failed);
  return is_certain || output.on_error == OnError::fail ? Verdict::fail : Verdict::warn;
}

std::string remedy_of_failures(const OutputOptions& output, std::uint64_t failed) {
  const auto allowed = allowed_errors(output);
  if (weight_of_failures(output, failed) == Verdict::fail || allowed.percent)
    return "repair them, or let them fail with --max-errors N or P%";
  return "repair them; --max-errors " + number_text(allowed.value) + " lets them fail";
}

std::optional<std::vector<InputFile>> check_input(Channel& channel, const InputOptions& input,
                                                  Checklist& list) {
  std::optional<std::vector<InputFile>> files;
  auto own = finding_by([&] {
    files = open_all(input);
    if (channel.rank() == 0) look_into(*files, input);
    return Finding{Verdict::ok, amount_text(*files, channel.size())};
  });
  const auto of_root = broadcast(channel, channel.rank() == 0 && files ? serialize_input(*files) : "",
                                 Deadline(kSetupTimeout));
  list.everywhere("input", [&] {
    if (channel.rank() == 0 || of_root.empty()) return own;
    auto root = parse_input(of_root);
    const auto mine = std::exchange(files, std::nullopt);
    if (!is_stream(root)) {  // else rank 0 alone reads it
      if (!mine) return own;
      check_input(root, *mine);
    }
    files = std::move(root);
    return Finding();
  });
  return files;
}

void check_records(const RunConfig& config, const std::vector<InputFile>& files, const DecoderConfig& decoder,
                   Checklist& list) {
  std::vector<Finding> findings;
  const auto outcome = finding_by([&] {
    findings = FirstRecordsOfAll(config, files, decoder).findings();
    return Finding();
  });
  if (outcome.verdict != Verdict::ok) findings = {outcome};
  for (const auto& finding : findings) list.on_root("records", [&] { return finding; });
}

}  // namespace infer
