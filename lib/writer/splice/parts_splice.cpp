#include "writer/splice/parts_splice.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/file_io.hpp"
#include "base/unique_fd.hpp"
#include "writer/formed_file.hpp"
#include "writer/journal/sync_folder.hpp"
#include "writer/splice/piece_splice.hpp"
#include "writer/splice/row_splice.hpp"

namespace infer {
namespace {

std::uint64_t size_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

/// Where a file cannot have two names.
void copy_file(const std::string& from, const std::string& to) {
  const UniqueFd fd(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw RunError(errno_message("cannot open " + from));
  OutputFile file(to);
  const auto read = read_pieces(fd.get(), 0, UINT64_MAX, [&](std::string_view piece) { file.write(piece); });
  if (read.failed) throw RunError(errno_message("cannot read " + from));
  file.sync();
  file.commit();
}

}  // namespace

PartsSplice::PartsSplice(const RetryConfig& config, OutputFile& manifest, std::uint64_t done,
                         std::function<void()> on_progress)
    : config_(config), manifest_(manifest), on_progress_(std::move(on_progress)), done_(done) {
  for (const auto& part : parts().done) sum_.add(part);
  part_ = parts().done.size();
}

void PartsSplice::put(const NewRow& row) {
  take_over_until(row.record);
  INFER_ASSERT(part_ < parts().planned.size());
  if (!splice_) open_part();
  splice_->put(row);
  failed_ += row.failed ? 1 : 0;
  ++done_;
}

void PartsSplice::take_over_until(std::uint64_t record) {
  bool has_kept = false;
  while (part_ < parts().planned.size() && end() <= record) {
    const bool keeps = stays();
    keeps ? keep_part() : close_part();
    has_kept |= keeps;
    on_progress_();
  }
  if (has_kept) sync_folder_of(manifest_.path().final);
}

void PartsSplice::finish() {
  take_over_until(kEnd);
  manifest_.write(manifest_end(sum_));
}

/// From the file in which its first row is.
void PartsSplice::open_part() {
  const auto& earlier = parts().earlier;
  const auto begin = planned().first_record - (config_.in_place ? 0 : done_);
  auto file = earlier.begin();
  std::uint64_t row = 0;
  for (; std::next(file) != earlier.end() && row + file->rows <= begin; ++file) row += file->rows;
  std::vector<std::string> paths;
  std::transform(file, earlier.end(), std::back_inserter(paths), std::mem_fn(&ManifestPart::file));
  file_.emplace(parts().names.path(part_));
  begin_rows(*file_, parts().form);
  if (config_.pieces) {
    const PieceSplice::From from{begin - row, planned().first_record, part_ * parts().chunks};
    splice_ = std::make_unique<PieceSplice>(config_, std::move(paths), *file_, from, on_progress_);
  } else {
    auto rows = std::make_unique<RowSplice>(config_, std::move(paths), *file_, RowSplice::From{0, row, done_},
                                            on_progress_);
    rows->skip_rows(begin - row);
    splice_ = std::move(rows);
  }
}

void PartsSplice::close_part() {
  if (!splice_) open_part();
  splice_->take_over_until(end());
  if (splice_->records() != end())
    detail::refuse_missing_row(parts().earlier.back().file, splice_->records(), end());
  splice_.reset();
  auto part = planned();
  part.failed = std::exchange(failed_, 0);
  part.rows = part.records - (config_.in_place ? 0 : part.failed);
  const auto finished = finish_rows(*file_, parts().form, part.rows);
  file_.reset();
  part.bytes = finished.bytes;
  part.digest = finished.digest;
  write_line(std::move(part));
}

/// Whether the part is as it was: nothing of it failed, and the same records are in it.
bool PartsSplice::stays() const {
  if (splice_ || parts().is_cut_anew || part_ >= parts().earlier.size()) return false;
  const auto& earlier = parts().earlier[part_];
  return earlier.first_record == planned().first_record && earlier.records == planned().records;
}

void PartsSplice::keep_part() {
  auto part = parts().earlier[part_];
  if (size_of(part.file) != part.bytes)
    throw RunError("--retry-errors: " + part.file + " has not the " + std::to_string(part.bytes) +
                       " bytes of which the manifest tells; restore it, or score the whole input anew with "
                       "--overwrite",
                   /*may_go_on=*/false);
  const auto path = parts().names.path(part_);
  if (::link(part.file.c_str(), path.c_str()) != 0) copy_file(part.file, path);
  part.from = planned().from;
  part.to = planned().to;
  write_line(std::move(part));
}

void PartsSplice::write_line(ManifestPart part) {
  const bool is_first = part_ == 0;
  if (is_first) manifest_.write(manifest_begin(parts().head));
  part.file = parts().names.file(part_++);
  manifest_.write(manifest_line(part, is_first));
  sum_.add(part);
}

void PartsSplice::remove_replaced() const { remove_other_parts(parts().names); }

}  // namespace infer
