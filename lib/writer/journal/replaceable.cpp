#include "writer/journal/replaceable.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "base/error.hpp"
#include "base/file_io.hpp"
#include "base/unique_fd.hpp"
#include "writer/output_file.hpp"

namespace infer {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kHead = 65'536;  ///< texts stand before what is packed behind them, as in WARC

/// Of NumPy, Parquet, gzip, Zstandard and keys. All else that infer writes is text.
constexpr std::array kBegins{"\x93NUMPY"sv, "PAR1"sv, "\x1f\x8b"sv, "\x28\xb5\x2f\xfd"sv, "\x93infkeys"sv};

std::string head_of(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return {};
  std::string head(kHead, '\0');
  head.resize(read_at(file.get(), std::span<char>(head), 0).bytes);
  return head;
}

bool begins_as_written(const std::string& path) {
  const auto head = head_of(path);
  return head.find('\0') == std::string::npos ||
         std::ranges::any_of(kBegins, [&](auto begin) { return head.starts_with(begin); });
}

}  // namespace

void check_replaceable(const std::string& path, const std::string& what) {
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(path, unknown)) return;
  const OutputPath output{path, {}};
  // A CSV file may have any character in its cells.
  if (std::filesystem::exists(output.record(), unknown) || begins_as_written(path)) return;
  throw UsageError(what +
                   " is neither text nor begins as a file that infer writes, so that no run replaces it, not "
                   "even with --overwrite: give another name, or remove it");
}

}  // namespace infer
