// Rows of a NumPy array.
#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "peek/rows/limited_stream.hpp"
#include "peek/rows/npy_head.hpp"
#include "peek/rows/row_source.hpp"
#include "reader/stream/unpacked_stream.hpp"

namespace infer {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;
constexpr std::size_t kMostHeadBytes = std::size_t{1} << 20U;

template <class T>
void widen(const std::byte* from, std::span<double> to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    T value;
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    to[i] = static_cast<double>(value);
  }
}

class ArrayRows final : public RowSource {
 public:
  explicit ArrayRows(const ResultFile& file)
      : file_(file), bytes_(std::make_unique<LimitedStream>(file.path, file.bytes), file.path) {
    read_head();
  }

  bool next(RowBlock& block) override {
    const auto row_bytes = head_.width * head_.value_bytes;
    const auto some = std::max<std::size_t>(1, kBlockBytes / row_bytes);
    const auto rows = static_cast<std::size_t>(std::min<std::uint64_t>(some, left_));
    raw_.resize(rows * row_bytes);
    const auto got = read(raw_) / row_bytes;
    if (got < rows && file_.is_finished) refuse_short(got);
    left_ = got < rows ? 0 : left_ - got;
    values_.resize(got * head_.width);
    widen_all();
    block.values = values_;
    block.width = head_.width;
    return got > 0;
  }

  /// The header of one that is not finished does not say yet.
  std::optional<std::uint64_t> rows() const override {
    return file_.is_finished ? std::optional(head_.rows) : std::nullopt;
  }
  std::string dtype() const override { return head_.dtype; }

 private:
  void read_head() {
    RawBytes head(kNpyPreambleBytes);
    head.resize(read(head));
    const auto size = npy_head_bytes(as_text(head));
    if (size < head.size() || size > kMostHeadBytes) refuse("its header is none of NumPy's");
    RawBytes rest(size - head.size());
    rest.resize(read(rest));
    head.insert(head.end(), rest.begin(), rest.end());
    auto found = read_npy_head(as_text(head));
    if (!found.head) refuse(found.problem);
    head_ = *std::move(found.head);
    left_ = file_.is_finished ? head_.rows : UINT64_MAX;
  }

  std::size_t read(std::span<std::byte> target) {
    std::size_t have = 0;
    while (have < target.size()) {
      const auto got = bytes_.read(target.subspan(have));
      have += got.bytes;
      if (got.at_end) break;
    }
    return have;
  }

  void widen_all() {
    if (head_.value_bytes == sizeof(double)) return widen<double>(raw_.data(), values_);
    if (head_.value_bytes == sizeof(float)) return widen<float>(raw_.data(), values_);
    widen<_Float16>(raw_.data(), values_);
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw UsageError("infer peek: cannot look into " + file_.path + ": " + why);
  }

  [[noreturn]] void refuse_short(std::size_t got) const {
    throw RunError("infer peek: " + file_.path + " is damaged: its header says " +
                       std::to_string(head_.rows) + " rows, and it ends after " +
                       std::to_string(head_.rows - left_ + got),
                   /*may_go_on=*/false);
  }

  const ResultFile file_;
  UnpackedStream bytes_;
  NpyHead head_;
  std::uint64_t left_ = 0;
  RawBytes raw_;
  std::vector<double> values_;
};

}  // namespace

std::unique_ptr<RowSource> open_array(const ResultFile& file) { return std::make_unique<ArrayRows>(file); }

}  // namespace infer
