#include "peek/result_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "base/error.hpp"
#include "peek/rows/limited_stream.hpp"
#include "writer/journal/journal_text.hpp"
#include "writer/parts/manifest.hpp"
#include "writer/parts/part_names.hpp"

namespace infer {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPartial = ".partial";
constexpr std::string_view kMagic = "\x93NUMPY";

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

std::string without_partial(std::string path) {
  if (path.ends_with(kPartial)) path.resize(path.size() - kPartial.size());
  return path;
}

/// By its first bytes, then by its name.
void learn_form(ResultFile& file) {
  file.format = format_by_name(without_partial(file.path));
  if (file.path == "-") {
    file.format = InputFormat::jsonl;
    return;
  }
  const auto head = first_bytes(file.path);
  file.is_packed = head.unpacked != head.plain;
  const bool is_parquet = head.plain.starts_with("PAR1");
  if (is_parquet || head.plain.starts_with("ARROW1")) {
    file.form = ResultForm::table;
    file.format = is_parquet ? InputFormat::parquet : InputFormat::arrow;
  } else if (head.unpacked.starts_with(kMagic)) {
    file.form = ResultForm::array;
  } else if (traits(file.format).separator) {
    file.form = ResultForm::cells;
  } else {
    file.format = InputFormat::jsonl;
  }
}

ResultFile regular_file(const std::string& path) {
  ResultFile file{path};
  std::error_code error;
  file.bytes = fs::file_size(path, error);
  if (error) throw UsageError("infer peek: cannot open " + path + ": " + error.message());
  learn_form(file);
  return file;
}

/// What the journal of an unfinished file says of it.
std::optional<Checkpoint> last_checkpoint(const std::string& name) {
  const auto journal = parse_journal(content_of(name + ".journal"));
  if (journal.checkpoints.empty() || journal.checkpoints.back().files.empty()) return std::nullopt;
  return journal.checkpoints.back();
}

void limit(ResultFile& file, const std::optional<Checkpoint>& checkpoint, std::size_t number) {
  file.is_finished = false;
  if (checkpoint && number < checkpoint->files.size())
    file.bytes = std::min(file.bytes, checkpoint->files[number].end);
}

/// A run with --retry-errors tells of those rows alone that it has scored.
void find_counts(ResultFile& file) {
  const auto record = parse_journal(content_of(file.path + ".run"));
  if (!record.run || record.run->retry || record.checkpoints.empty()) return;
  file.run = RunCounts{record.checkpoints.back().rows, record.checkpoints.back().failed};
}

void find_errors(ResultFile& file, const std::string& errors) {
  if (file.form != ResultForm::array) return;
  const auto partial = errors + std::string(kPartial);
  if (exists(errors)) file.errors = errors;
  if (!file.is_finished && exists(partial)) file.errors = partial;
}

ResultFiles unfinished_file(const std::string& path) {
  const auto name = without_partial(path);
  const auto checkpoint = last_checkpoint(name);
  ResultFiles found{{regular_file(path)}, false, {}};
  limit(found.files.front(), checkpoint, 0);
  find_errors(found.files.front(), name + ".errors.jsonl");
  if (checkpoint && checkpoint->files.size() > 1) found.files.front().errors_bytes = checkpoint->files[1].end;
  found.notes.push_back(checkpoint
                            ? path + " is not finished: these are the rows of " +
                                  std::to_string(checkpoint->rows) + " records, up to its last checkpoint"
                            : path + " is not finished, and has no checkpoint: its last rows may not stay");
  return found;
}

ResultFiles single_file(const std::string& path) {
  if (path.ends_with(kPartial)) return unfinished_file(path);
  const auto partial = path + std::string(kPartial);
  if (!exists(path) && exists(partial)) return unfinished_file(partial);
  ResultFiles found{{regular_file(path)}, true, {}};
  find_counts(found.files.front());
  find_errors(found.files.front(), path + ".errors.jsonl");
  if (exists(partial)) found.notes.push_back(partial + " is beside it: a newer result that is not finished");
  return found;
}

ResultFile part_file_of(const std::string& folder, const ManifestPart& part) {
  auto file = regular_file(folder + "/" + part.file);
  if (file.bytes == part.bytes) return file;
  throw UsageError("infer peek: " + file.path + " has " + std::to_string(file.bytes) +
                   " bytes but the manifest says " + std::to_string(part.bytes) +
                   ": it is not as the run left it");
}

ResultFiles parts_of(const std::string& folder, const Manifest& manifest) {
  ResultFiles found;
  for (const auto& part : manifest.parts) found.files.push_back(part_file_of(folder, part));
  if (const auto left_out = manifest.sum.records - manifest.sum.rows; left_out > 0)
    found.notes.push_back(std::to_string(left_out) + " failed records have no row (--on-error skip)");
  return found;
}

ResultFiles unfinished_parts(const std::string& folder) {
  const auto name = manifest_path(folder);
  auto text = content_of(name + std::string(kPartial));
  const auto checkpoint = last_checkpoint(name);
  if (checkpoint) text.resize(std::min<std::size_t>(text.size(), checkpoint->files.front().end));
  const auto manifest = text.empty() ? Manifest() : parse_unfinished_manifest(text).value_or(Manifest());
  auto found = parts_of(folder, manifest);
  found.is_finished = false;
  std::size_t begun = 0;
  for (const auto stem : {kPartStem, kOtherPartStem})
    begun += static_cast<std::size_t>(std::ranges::count_if(
        part_files(folder, stem), [](const std::string& file) { return file.ends_with(kPartial); }));
  found.notes.push_back(folder + " is not finished: these are its " + std::to_string(found.files.size()) +
                        " finished parts; " + std::to_string(begun) +
                        " are begun, and can be looked at by their names");
  return found;
}

ResultFiles folder_of_parts(const std::string& folder) {
  const auto name = manifest_path(folder);
  if (!exists(name)) {
    if (exists(name + std::string(kPartial)) || exists(name + ".journal")) return unfinished_parts(folder);
    throw UsageError("infer peek: there is no " + name +
                     ": give a folder of a run with --output-dir, or files by their names");
  }
  const auto manifest = parse_manifest(content_of(name));
  if (!manifest)
    throw UsageError("infer peek: " + name +
                     " is damaged, or of a later version of infer: give the parts by their names");
  auto found = parts_of(folder, *manifest);
  if (!found.files.empty()) find_errors(found.files.front(), folder + "/errors.jsonl");
  return found;
}

ResultFiles result_of(const std::string& path) {
  if (path == "-") {
    ResultFile input{path};
    input.bytes = UINT64_MAX;
    return {{input}, true, {}};
  }
  std::error_code none;
  return fs::is_directory(path, none) ? folder_of_parts(path) : single_file(path);
}

}  // namespace

ResultFiles result_files(const std::vector<std::string>& paths) {
  ResultFiles all;
  for (const auto& path : paths) {
    auto found = result_of(path);
    std::ranges::move(found.files, std::back_inserter(all.files));
    all.is_finished &= found.is_finished;
    std::ranges::move(found.notes, std::back_inserter(all.notes));
  }
  return all;
}

}  // namespace infer
