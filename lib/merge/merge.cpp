#include "merge/merge.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "base/canonical_path.hpp"
#include "base/error.hpp"
#include "encoder/npy.hpp"
#include "encoder/output_format.hpp"
#include "encoder/output_packing.hpp"
#include "merge/folder.hpp"
#include "writer/journal/output_start.hpp"
#include "writer/journal/replaceable.hpp"
#include "writer/output_file.hpp"
#include "writer/parts/part_names.hpp"

namespace infer {
namespace {

void check_alike(const std::vector<PartsFolder>& folders) {
  const auto& first = folders.front().manifest;
  for (const auto& folder : folders) {
    const auto& manifest = folder.manifest;
    if (manifest.format == first.format && manifest.header_bytes == first.header_bytes) continue;
    throw UsageError("infer merge: the parts in " + folder.path + " are " + manifest.format + ", those in " +
                     folders.front().path + " " + first.format +
                     (manifest.format == first.format ? " with other columns" : "") +
                     ": only parts of one form make a file");
  }
}

/// Standard output, a pipe or a device may be given anything.
void check_name(const std::string& output, const std::string& format) {
  const auto as_parts = "." + format;
  if (output == "-" && output_format(as_parts).footer != nullptr)
    throw UsageError("infer merge: parts that are " + format +
                     " are read again once they are together, which standard output cannot be: give --output "
                     "the name of a file");
  if (output_path(output).is_direct()) return;
  if (&output_format(output) == &output_format(as_parts) &&
      output_packing(output) == output_packing(as_parts))
    return;
  throw UsageError("infer merge: --output " + output + " is made of parts that are " + format +
                   ": give it a name that ends in " + as_parts);
}

/// The file must not take a part's place.
void check_place(const std::string& output, const PartsFolder& folder) {
  const std::filesystem::path file = canonical_path(output);
  const bool is_inside = file.parent_path() == canonical_path(folder.path);
  const auto name = file.filename().string();
  if (output == "-" || !is_inside || (!is_part_file(name) && name != "manifest.json")) return;
  throw UsageError("infer merge: --output " + output + " is called like what the parts in " + folder.path +
                   " consist of: give another name");
}

/// Copies what of the parts makes one file.
class Merger {
 public:
  Merger(const std::vector<PartsFolder>& folders, OutputFile& output)
      : folders_(folders), output_(output), format_(output_format("." + first().format)) {
    for (const auto& folder : folders) sum_rows_ += folder.manifest.sum.rows;
  }

  Merged merge() {
    write_header();
    for (const auto& folder : folders_) {
      for (const auto& part : folder.manifest.parts) copy(folder, part);
      merged_.records += folder.manifest.sum.records;
      merged_.failed += folder.manifest.sum.failed;
    }
    if (format_.footer != nullptr) merged_.bytes += output_.write_end(format_.footer);
    return merged_;
  }

 private:
  const Manifest& first() const { return folders_.front().manifest; }

  void write(std::string_view bytes) {
    output_.write(bytes);
    merged_.bytes += bytes.size();
  }

  /// That of the first part; an array's says how many rows there are.
  void write_header() {
    const auto bytes = first().header_bytes;
    if (bytes == 0 || first().parts.empty()) return;
    std::string header;
    read_part(folders_.front(), first().parts.front(), [&](std::string_view piece) {
      header.append(piece.substr(0, std::min<std::size_t>(piece.size(), bytes - header.size())));
    });
    if (!format_.header_counts_rows) return write(header);
    const auto counted = npy_header_for(header, sum_rows_);
    if (counted.empty())
      throw UsageError("infer merge: the parts in " + folders_.front().path +
                       " do not begin as infer writes them");
    write(counted);
  }

  /// A part without a row holds nothing but its header, or what makes an empty file a packed one: that is
  /// needed once, where no part has rows.
  void copy(const PartsFolder& folder, const ManifestPart& part) {
    const bool is_first = merged_.parts++ == 0;
    const bool stands_for_all = is_first && sum_rows_ == 0;
    const bool is_taken = part.rows > 0 || stands_for_all;
    auto skip = folder.manifest.header_bytes;
    auto left = part.bytes - footer_bytes_of(folder, part);
    read_part(folder, part, [&](std::string_view piece) {
      piece = piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size())));
      left -= piece.size();
      const auto header = std::min<std::uint64_t>(skip, piece.size());
      skip -= header;
      if (is_taken) write(piece.substr(header));
    });
  }

  /// What stands behind its rows: of all parts there is one in the end.
  std::uint64_t footer_bytes_of(const PartsFolder& folder, const ManifestPart& part) const {
    if (format_.footer_bytes == nullptr) return 0;
    const auto last = last_bytes(folder, part);
    return std::min<std::uint64_t>(part.bytes, format_.footer_bytes(last));
  }

  const std::vector<PartsFolder>& folders_;
  OutputFile& output_;
  const OutputFormat& format_;
  std::uint64_t sum_rows_ = 0;
  Merged merged_;
};

/// What the run of `folder` left beside its manifest, as it would have left it beside a single file.
std::optional<std::string> record_of(const PartsFolder& folder, const Segment& rows) {
  std::ifstream file(output_path(manifest_path(folder.path)).record(), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto record = parse_journal(text);
  if (!record.run || record.checkpoints.empty() || record.checkpoints.back().files.empty())
    return std::nullopt;
  std::erase_if(record.run->facts, [](const Fact& fact) {
    return fact.name == "--output-format" || fact.name == "--part-bytes";
  });
  auto& end = record.checkpoints.back();
  end.files.front() = rows;
  return journal_line(*record.run) + journal_line(end);
}

void write_record(const std::string& path, const std::string& text) {
  OutputFile file(path);
  file.write(text);
  file.sync();
  file.commit();
}

}  // namespace

Merged merge_parts(const MergeRequest& request) {
  std::vector<PartsFolder> folders;
  for (const auto& folder : request.folders) folders.push_back(open_folder(folder));
  check_alike(folders);
  for (const auto& folder : folders) check_place(request.output, folder);
  check_output(request.output, output_format("." + folders.front().manifest.format).footer != nullptr);
  check_name(request.output, folders.front().manifest.format);
  if (const auto place = output_path(request.output); !place.is_direct())
    check_replaceable(place.final, "infer merge: --output " + request.output);
  const auto existing = request.overwrite ? Existing::is_replaced : Existing::stays;
  const auto claim = claim_output({request.output, std::nullopt}, {false, request.overwrite, false});
  OutputFile output(request.output);
  output.open_pipe([] { return false; });
  const auto merged = Merger(folders, output).merge();
  const auto rows = output.sync();
  output.commit(existing);
  if (output.path().is_direct()) return merged;
  const auto record = folders.size() == 1 ? record_of(folders.front(), rows) : std::nullopt;
  const auto record_path = output.path().record();
  std::error_code none;
  record ? write_record(record_path, *record) : void(std::filesystem::remove(record_path, none));
  claim.journal->remove();
  return merged;
}

}  // namespace infer
