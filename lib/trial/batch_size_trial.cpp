#include "trial/batch_size_trial.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/clock.hpp"

namespace infer::detail {
namespace {

constexpr Seconds kLongestSearch{2};
constexpr std::size_t kLeastNamed = 3;  ///< two rows were refused, and one is tried in any case
constexpr std::size_t kMostRows = 256;
constexpr std::size_t kMostNamed = 8;

std::vector<std::size_t> sizes_to_try(const std::string& refusal) {
  auto sizes = sizes_named(refusal);
  sizes.insert(sizes.begin(), 1);
  for (std::size_t size = 4; size <= kMostRows; size *= 2) {
    if (std::ranges::find(sizes, size) == sizes.end()) sizes.push_back(size);
  }
  return sizes;
}

}  // namespace

std::vector<std::size_t> sizes_named(const std::string& refusal) {
  std::vector<std::size_t> sizes;
  const char* const end = refusal.data() + refusal.size();
  for (const char* at = refusal.data(); at != end && sizes.size() < kMostNamed;) {
    std::size_t size = 0;
    const auto [behind, error] = std::from_chars(at, end, size);
    if (error == std::errc() && size >= kLeastNamed && size <= kMostRows &&
        std::ranges::find(sizes, size) == sizes.end())
      sizes.push_back(size);
    at = behind == at ? at + 1 : behind;
  }
  return sizes;
}

std::optional<BatchSize> find_batch_size(Model& model, const Signature& signature,
                                         std::span<const Column> columns, const std::string& refusal) {
  const Stopwatch watch;
  for (const auto rows : sizes_to_try(refusal)) {
    auto attempt = try_batch(model, signature, columns, std::vector<std::size_t>(rows, 0));
    if (attempt.accepted()) return BatchSize{rows, std::move(attempt)};
    if (attempt.no_memory || watch.elapsed_s() > kLongestSearch.count()) break;
  }
  return std::nullopt;
}

}  // namespace infer::detail
