#include "trial/trial_examples.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "decoder/decoder.hpp"
#include "reader/sample.hpp"

namespace infer::detail {
namespace {

constexpr std::size_t kMostRecords = 64;
constexpr std::size_t kBesideOutlier = 8;
constexpr std::size_t kMostPictures = 16;  ///< each takes milliseconds
constexpr std::size_t kMostBytes = std::size_t{64}
                                   << 10U;  ///< of their text; the first record counts whatever it has

/// A sample ends before its piece of the file is full only where the file ends.
bool is_whole(const RawChunk& sample, const InputOptions& input) {
  return input.files.size() == 1 && sample.range.begin == 0 && sample.range.end < kSampleBytes;
}

/// How many of the records from `begin` on are decoded together.
std::size_t slice_size(const std::vector<RawRecord>& records, std::size_t begin, std::size_t most) {
  std::size_t count = 0;
  for (std::size_t bytes = 0; count < std::min(most, records.size() - begin); ++count) {
    bytes += records[begin + count].size;
    if (count > 0 && bytes > kMostBytes) break;
  }
  return count;
}

/// The first slice of the sample in which a record is good.
DecodedChunk first_examples(Decoder& decoder, const RawChunk& sample, std::size_t most) {
  auto slice = sample;
  for (std::size_t begin = 0; begin < sample.records.size(); begin += slice.records.size()) {
    const auto first = sample.records.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto size = static_cast<std::ptrdiff_t>(slice_size(sample.records, begin, most));
    slice.records.assign(first, first + size);
    auto chunk = decoder.decode(slice);
    if (chunk.examples > 0) return chunk;
  }
  return {};
}

std::span<const std::byte> bytes_of(const Column& column, std::size_t example) {
  const auto begin = column.begins[example];
  const auto end = example + 1 < column.size() ? column.begins[example + 1] : column.values.size();
  return std::span(column.values).subspan(begin, end - begin);
}

/// A copy of one of its own examples at a column's end.
void append_copy(Column& column, std::size_t example) {
  const auto bytes = bytes_of(column, example);
  const std::vector<std::byte> copy(bytes.begin(), bytes.end());
  const auto shape = column.shape(example);
  const Shape dims(shape.begin(), shape.end());
  column.begins.push_back(column.values.size());
  column.values.insert(column.values.end(), copy.begin(), copy.end());
  column.dims.insert(column.dims.end(), dims.begin(), dims.end());
}

template <class T>
void enlarge(std::span<std::byte> bytes) {
  constexpr T kTimes = 1000;  // and at least so much, for zeros
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T value{};
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    value = value * kTimes + (value < 0 ? -kTimes : kTimes);
    std::memcpy(bytes.data() + at, &value, sizeof(T));
  }
}

/// One record alone may hide what an outlier does to it: where a layer behind a ReLU gets nothing but zeros.
Company beside(std::size_t outlier, std::vector<std::size_t> examples) {
  Company company{std::move(examples), {}};
  company.looked_at.resize(company.examples.size());
  std::iota(company.looked_at.begin(), company.looked_at.end(), std::size_t{0});
  company.examples.push_back(outlier);
  return company;
}

}  // namespace

TrialExamples::TrialExamples(const Signature& signature, const InputOptions& input, const RawChunk& sample,
                             const std::shared_ptr<const Tokenizer>& tokenizer, bool outliers)
    : signature_(signature), have_all_(is_whole(sample, input)), outliers_(outliers) {
  Decoder decoder({signature, tokenizer, {}, input.max_record_bytes, image_access(input)});
  auto chunk = first_examples(decoder, sample, signature.image ? kMostPictures : kMostRecords);
  columns_ = std::move(chunk.inputs);
  records_ = chunk.examples;
}

bool TrialExamples::has_shapes_of(std::size_t one, std::size_t other) const {
  return std::ranges::all_of(columns_, [&](const Column& column) {
    return std::ranges::equal(column.shape(one), column.shape(other));
  });
}

bool TrialExamples::is_same(std::size_t one, std::size_t other) const {
  return std::ranges::all_of(columns_, [&](const Column& column) {
    return std::ranges::equal(bytes_of(column, one), bytes_of(column, other));
  });
}

std::size_t TrialExamples::length(std::size_t example) const {
  std::size_t values = 0;
  for (const auto& column : columns_) values += element_count(column.shape(example));
  return values;
}

/// Records of different shapes.
bool TrialExamples::may_share_batch() const {
  return std::ranges::all_of(signature_.inputs, [](const TensorSpec& spec) {
    return !spec.has_variable_dims() || spec.pad || spec.packed;
  });
}

std::vector<std::size_t> TrialExamples::alike(std::size_t first, std::size_t most) const {
  std::vector<std::size_t> found{first};
  for (std::size_t other = 0; other < records_ && found.size() < most; ++other) {
    if (other != first && has_shapes_of(first, other)) found.push_back(other);
  }
  if (found.size() == 1) found.push_back(first);
  return found;
}

std::vector<std::size_t> TrialExamples::shortest_first() const {
  std::vector<std::size_t> order(records_);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [this](std::size_t example) { return length(example); });
  return order;
}

std::size_t TrialExamples::companion_of(std::size_t first) const {
  if (may_share_batch()) {
    for (const auto other : shortest_first()) {
      if (length(other) > length(first)) return other;
    }
  }
  return neighbour_of(first).value_or(first);
}

bool TrialExamples::is_packed() const { return std::ranges::any_of(signature_.inputs, &TensorSpec::packed); }

Company TrialExamples::together(std::vector<std::size_t> examples) const {
  Company company{std::move(examples), {}};
  company.looked_at.resize(company.examples.size());
  std::iota(company.looked_at.begin(), company.looked_at.end(), std::size_t{0});
  company.padded = !is_packed() && std::ranges::any_of(company.examples, [&](std::size_t example) {
    return !has_shapes_of(example, company.examples.front());
  });
  return company;
}

std::optional<Company> TrialExamples::filled_up(std::size_t first, std::size_t other) {
  if (!may_share_batch() || !has_shapes_of(first, other)) return std::nullopt;
  const auto longer = make_longer(first);
  return longer ? std::optional(Company{{first, *longer}, {0}, true}) : std::nullopt;
}

std::optional<std::size_t> TrialExamples::neighbour_of(std::size_t first) const {
  for (std::size_t other = 0; other < records_; ++other) {
    if (has_shapes_of(first, other) && !is_same(first, other)) return other;
  }
  return std::nullopt;
}

std::vector<std::size_t> TrialExamples::others_than(std::size_t first) {
  constexpr std::size_t kFew = 3;
  std::vector<std::size_t> others;
  for (std::size_t other = 0; other < records_ && others.size() < kFew; ++other) {
    if (other != first) others.push_back(other);
  }
  if (const auto outlier = make_outlier(first)) others.push_back(*outlier);
  return others;
}

std::optional<std::size_t> TrialExamples::make_outlier(std::size_t first) {
  if (outlier_ || !outliers_) return outlier_;
  if (std::ranges::none_of(signature_.inputs, [](const TensorSpec& spec) { return is_floating(spec.dtype); }))
    return std::nullopt;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto& column = columns_[i];
    append_copy(column, first);
    const auto copy = std::span(column.values).subspan(column.begins.back());
    if (storage_dtype(signature_.inputs[i].dtype) == DType::float32) enlarge<float>(copy);
    if (signature_.inputs[i].dtype == DType::float64) enlarge<double>(copy);
  }
  outlier_ = columns_.front().size() - 1;
  return outlier_;
}

/// Each list twice in a row; nothing for tables, and for texts that would get too long.
std::optional<std::size_t> TrialExamples::make_longer(std::size_t first) {
  bool grows = false;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!signature_.inputs[i].has_variable_dims()) continue;
    if (signature_.inputs[i].packed) return std::nullopt;  // another input has their count
    if (columns_[i].rank != 1 || columns_[i].shape(first)[0] == 0) return std::nullopt;
    const auto longer = static_cast<std::size_t>(columns_[i].shape(first)[0]) * 2;
    if (signature_.text && longer > signature_.text->max_length) return std::nullopt;
    grows = true;
  }
  if (!grows) return std::nullopt;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto& column = columns_[i];
    append_copy(column, first);
    if (!signature_.inputs[i].has_variable_dims()) continue;
    const auto half = bytes_of(column, column.size() - 1);
    const std::vector<std::byte> again(half.begin(), half.end());
    column.values.insert(column.values.end(), again.begin(), again.end());
    column.dims.back() *= 2;
  }
  return columns_.front().size() - 1;
}

std::vector<Company> TrialExamples::companies(std::size_t first, std::size_t most_rows) {
  std::vector<Company> companies;
  if (const auto other = neighbour_of(first)) {
    companies.push_back(together({first, *other}));
    companies.push_back(together({*other, first}));
    if (most_rows > 2) companies.push_back(together({first, first, *other}));
  }
  if (const auto outlier = make_outlier(first)) {
    companies.push_back({{first, *outlier}, {0}});
    companies.push_back({{*outlier, first}, {1}});
    if (most_rows > 2)
      companies.push_back(beside(*outlier, alike(first, std::min(most_rows - 1, kBesideOutlier))));
  }
  return companies;
}

}  // namespace infer::detail
