// Rows of Parquet and Arrow files as JSON lines.
#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file_io.hpp"
#include "base/unique_fd.hpp"
#include "json/json_members.hpp"
#include "peek/rows/row_source.hpp"
#include "record/chunk.hpp"
#include "table/table.hpp"

namespace infer {
namespace {

constexpr std::uint64_t kBlockBytes = std::uint64_t{1} << 20U;
constexpr RowLimits kLimits{std::size_t{256} << 20U, std::size_t{1} << 30U};

/// Lines of a table that is whole.
class WholeTable {
 public:
  WholeTable(int fd, std::uint64_t bytes, RowUse use) : table_(fd, bytes), use_(use) {
    for (const auto& group : table_.groups()) rows_ += group.rows;
  }

  std::uint64_t rows() const { return rows_; }
  /// Of the vectors that are beside the lines.
  std::string dtype() const { return dtype_; }

  bool next(RowBlock& block) {
    block.lines.clear();
    block.width = 0;
    skip_empty_groups();
    if (row_ >= rows_) return false;
    const auto& group = table_.groups()[group_];
    const auto some = std::max<std::uint64_t>(1, kBlockBytes / group.row_bytes);
    const auto end = std::min(row_ + some, group_begin_ + group.rows);
    auto rows = table_.read(row_, end, kLimits, is_apart_);
    if (use_ == RowUse::summary && !is_apart_ && set_vectors_apart(rows))
      rows = table_.read(row_, end, kLimits, is_apart_);
    row_ = end;
    keep(rows, block);
    keep_vectors(rows, block);
    return true;
  }

 private:
  void skip_empty_groups() {
    const auto groups = table_.groups();
    while (group_ < groups.size() && row_ >= group_begin_ + groups[group_].rows)
      group_begin_ += groups[group_++].rows;
  }

  /// With room behind.
  void keep(const Table::Rows& rows, RowBlock& block) {
    lines_.resize(rows.lines.size() + kTailPadding);
    std::memcpy(lines_.data(), rows.lines.data(), rows.lines.size());
    const std::string_view text(reinterpret_cast<const char*>(lines_.data()), rows.lines.size());
    std::size_t begin = 0;
    for (const auto end : rows.ends) {
      block.lines.push_back(text.substr(begin, end - begin - 1));
      begin = end;
    }
  }

  /// Once rows show that there are some: as numbers they are read several times as fast as through JSON. Of
  /// other columns those stay that these rows have. False where there are no vectors.
  bool set_vectors_apart(const Table::Rows& rows) {
    if (rows.lines.find("\"embedding\":[") == std::string_view::npos) return false;
    std::set<std::string> names{kEmbedding, "error_code", "error_message"};
    std::size_t begin = 0;
    for (const auto end : rows.ends) {
      for (auto rest = rows.lines.substr(begin + 1, end - begin - 3); !rest.empty();) {
        std::string name;
        append_unescaped(name, take_json_member(rest).key);
        names.insert(std::move(name));
      }
      begin = end;
    }
    table_.choose({{names.begin(), names.end()}, {kEmbedding}, {}, {}});
    is_apart_ = true;
    return true;
  }

  void keep_vectors(const Table::Rows& rows, RowBlock& block) {
    block.embedding_ends.clear();
    values_.clear();
    for (const auto& column : rows.plain) {
      if (column.name != kEmbedding) continue;
      for (std::size_t row = 0; row < rows.ends.size(); ++row) {
        add_values(column.of(row));
        block.embedding_ends.push_back(values_.size());
      }
      dtype_ = column.kind == PlainKind::float32   ? "float32"
               : column.kind == PlainKind::float64 ? "float64"
                                                   : "int64";
    }
    block.values = values_;
  }

  void add_values(const PlainValue& value) {
    if (value.form == PlainForm::in_line) return;
    if (value.kind == PlainKind::float32) return add<float>(value);
    if (value.kind == PlainKind::float64) return add<double>(value);
    if (value.kind == PlainKind::int64) add<std::int64_t>(value);
  }

  template <class T>
  void add(const PlainValue& value) {
    const std::span values(reinterpret_cast<const T*>(value.values), value.count);
    values_.insert(values_.end(), values.begin(), values.end());
  }

  static constexpr const char* kEmbedding = "embedding";

  Table table_;
  RowUse use_;
  bool is_apart_ = false;
  std::string dtype_;
  std::vector<double> values_;
  std::uint64_t rows_ = 0;
  std::uint64_t row_ = 0;
  std::size_t group_ = 0;
  std::uint64_t group_begin_ = 0;
  RawBytes lines_;
};

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw RunError("infer peek: cannot read " + path + ": " + why, /*may_go_on=*/false);
}

UniqueFd open_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw UsageError(errno_message("infer peek: cannot open " + path));
  return fd;
}

class TableRows final : public RowSource {
 public:
  TableRows(const ResultFile& file, RowUse use) : path_(file.path), fd_(open_file(path_)) {
    try {
      table_.emplace(fd_.get(), file.bytes, use);
    } catch (const TableError& error) {
      refuse(path_, error.what());
    }
  }

  bool next(RowBlock& block) override {
    try {
      return table_->next(block);
    } catch (const TableError& error) {
      refuse(path_, error.what());
    }
  }
  std::optional<std::uint64_t> rows() const override { return table_->rows(); }
  std::string dtype() const override { return table_->dtype(); }

 private:
  std::string path_;
  UniqueFd fd_;
  std::optional<WholeTable> table_;
};

/// What of a Parquet file lies there before its footer does: pieces, each a whole file of one row group
/// (table/parquet_writer.hpp), which are copied into memory one after the other. Where one ends is told by
/// how they end and begin, and by whether it can be opened.
class PieceRows final : public RowSource {
 public:
  PieceRows(const ResultFile& file, RowUse use)
      : path_(file.path),
        fd_(open_file(path_)),
        use_(use),
        left_(file.bytes),
        memory_(::memfd_create("piece", MFD_CLOEXEC)) {
    if (!memory_)
      throw RunError(errno_message("infer peek: cannot get memory for a piece of " + path_), false);
  }

  bool next(RowBlock& block) override {
    try {
      while (!table_ || !table_->next(block)) {
        table_.reset();
        if (!open_next()) return false;
      }
      return true;
    } catch (const TableError& error) {
      refuse(path_, error.what());
    }
  }

 private:
  static constexpr std::string_view kBetween = "PAR1PAR1";
  static constexpr std::size_t kMagicBytes = 4;
  static constexpr std::size_t kStep = std::size_t{4} << 20U;
  static constexpr std::size_t kMostBytes = std::size_t{1} << 30U;

  /// False where no whole piece is left.
  bool open_next() {
    for (std::size_t searched = 0;;) {
      const auto between = text().find(kBetween, searched);
      if (between != std::string_view::npos) {
        if (open(between + kMagicBytes)) return true;
        searched = between + 1;
        continue;
      }
      searched = text().size() - std::min(text().size(), kBetween.size() - 1);
      if (text().size() > kMostBytes) return false;
      if (!read_more()) return !text().empty() && open(text().size());
    }
  }

  std::string_view text() const { return std::string_view(buffer_).substr(begin_); }

  bool read_more() {
    buffer_.erase(0, std::exchange(begin_, 0));
    const auto have = buffer_.size();
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kStep, left_));
    buffer_.resize(have + size);
    const auto read = read_at(fd_.get(), std::span<char>(buffer_).subspan(have), offset_);
    if (read.failed) throw RunError(errno_message("infer peek: cannot read " + path_), /*may_go_on=*/false);
    buffer_.resize(have + read.bytes);
    offset_ += read.bytes;
    left_ = read.bytes < size ? 0 : left_ - size;
    return read.bytes > 0;
  }

  bool open(std::size_t size) {
    const auto piece = text().substr(0, size);
    if (::ftruncate(memory_.get(), 0) != 0 || !write_all_at(memory_.get(), piece, 0))
      throw RunError(errno_message("infer peek: cannot keep a piece of " + path_), /*may_go_on=*/false);
    try {
      table_.emplace(memory_.get(), piece.size(), use_);
    } catch (const TableError&) {
      return false;
    }
    begin_ += size;
    return true;
  }

  std::string path_;
  UniqueFd fd_;
  std::uint64_t offset_ = 0;
  RowUse use_;
  std::uint64_t left_;
  UniqueFd memory_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of the next piece
  std::optional<WholeTable> table_;
};

}  // namespace

std::unique_ptr<RowSource> open_table(const ResultFile& file, RowUse use) {
  if (!file.is_finished && file.format == InputFormat::parquet) return std::make_unique<PieceRows>(file, use);
  return std::make_unique<TableRows>(file, use);
}

}  // namespace infer
