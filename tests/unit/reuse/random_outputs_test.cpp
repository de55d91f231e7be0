// Random outputs, whole and damaged, against a map.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "reuse/build_reuse_index.hpp"
#include "reuse/reuse_index.hpp"
#include "unit/reuse/earlier_outputs.hpp"

using namespace infer;
using infer::test::KeyedRow;
using infer::test::OutputShape;
using infer::test::ScratchFolder;
using infer::test::write_output;

namespace {

class Outputs {
 public:
  explicit Outputs(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }

  /// Of few, some of which differ in a bit; none now and then.
  RowKey key() {
    const auto number = below(300);
    if (number == 0) return {};
    if (number < 100) return {UINT64_MAX, 7 + (std::uint64_t{number} << 24U)};
    if (number < 200) return {number, UINT64_MAX << below(2)};
    return {number * 0x9e3779b97f4a7c15U, number * 0xc2b2ae3d27d4eb4fU};
  }

  void write(const ScratchFolder& folder) {
    for (std::size_t i = below(5); i < 5; ++i) {
      const auto shape = random_shape();
      std::vector<KeyedRow> rows;
      for (auto left = below(3) * below(150); left > 0; --left) rows.push_back({key(), row(shape)});
      sources_.push_back(write_output(folder, "out" + std::to_string(i), rows, shape));
      for (const auto& [of, row] : rows)
        if (!of.is_none()) rows_.try_emplace({of.low, of.high}, row);
    }
  }

  /// Returns what was done.
  std::string damage(const ScratchFolder& folder) {
    const auto& source = sources_[below(sources_.size())];
    const auto name = std::filesystem::path(below(2) == 0 ? source.output : source.keys).filename().string();
    auto bytes = folder.read(name);
    const auto at = bytes.empty() ? 0 : below(bytes.size());
    const auto kind = bytes.empty() ? 2 : below(4);
    if (kind == 0) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
    if (kind == 1) bytes.resize(at);
    if (kind == 2) bytes.insert(at, std::string(1 + below(20), static_cast<char>(below(256))));
    if (kind == 3) bytes.erase(at, 1 + below(20));
    folder.write(name, bytes);
    return name + ": kind " + std::to_string(kind) + " at " + std::to_string(at);
  }

  const std::vector<ReuseSource>& sources() const { return sources_; }
  std::string expected(const RowKey& key) const {
    const auto found = rows_.find({key.low, key.high});
    return found == rows_.end() ? "none" : found->second;
  }
  std::size_t rows() const { return rows_.size(); }

 private:
  OutputShape random_shape() {
    OutputShape shape{std::string(below(9), 'h'), below(3) * 5, below(2) == 0, below(3) == 0, 1 + below(40)};
    return shape;
  }

  std::string row(const OutputShape& shape) {
    if (shape.row_bytes > 0) return text(shape.row_bytes, "ab\n\"");
    const auto cell = text(below(10) * below(10), "ab,\n");
    if (shape.is_quoted && below(2) == 0) return "\"" + cell + "\"\n";
    return text(below(10) == 0 ? 3000 : below(60), "ab,") + "\n";
  }

  std::string text(std::size_t length, std::string_view letters) {
    std::string text;
    while (text.size() < length) text += letters[below(letters.size())];
    return text;
  }

  std::mt19937 random_;
  std::vector<ReuseSource> sources_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> rows_;
};

void check_rows(Outputs& outputs, const ReuseIndex& index) {
  CHECK(index.rows() == outputs.rows());
  for (int i = 0; i < 600; ++i) {
    const auto key = outputs.key();
    const auto row = index.find(key);
    const auto found = row ? std::string(*row) : "none";
    if (found != outputs.expected(key)) FAIL("key " << key.low << ", " << key.high << ": " << found);
  }
}

}  // namespace

TEST_CASE("reuse index: random outputs give what a map gives") {
  for (unsigned seed = 1; seed <= 120; ++seed) {
    INFO("seed " << seed);
    const ScratchFolder folder;
    Outputs outputs(seed);
    outputs.write(folder);
    auto built = build_reuse_index(outputs.sources(), folder.path("."), seed % 3 == 0 ? 1 << 20 : 16);
    check_rows(outputs, ReuseIndex(built.path()));
  }
}

TEST_CASE("reuse index: random damage is refused, or changes no row") {
  unsigned refused = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    const ScratchFolder folder;
    Outputs outputs(seed);
    outputs.write(folder);
    INFO("seed " << seed << ", " << outputs.damage(folder));
    try {
      auto built = build_reuse_index(outputs.sources(), folder.path("."), 64);
      check_rows(outputs, ReuseIndex(built.path()));
    } catch (const UsageError&) {
      ++refused;
    }
  }
  CHECK(refused > 250);
}
