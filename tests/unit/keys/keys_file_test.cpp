#include "keys/keys_file.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/keys/sample_keys.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::sample_keys;
using infer::test::ScratchFolder;
using infer::test::three_blocks;

namespace {

std::string refusal(const std::string& path) {
  try {
    const KeysFile keys(path);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("keys file: blocks have their keys and the numbers of their rows") {
  const ScratchFolder folder;
  const KeysFile keys(folder.write("out.keys", sample_keys()));
  CHECK(keys.head().rows == 5);
  REQUIRE(keys.blocks().size() == 3);
  CHECK(keys.blocks()[2].block == three_blocks()[2]);
  CHECK(keys.blocks()[2].first_row == 2);
  CHECK(keys.blocks()[1].keys.empty());
  REQUIRE(keys.blocks()[2].keys.size() == 3);
  CHECK(keys.blocks()[2].keys[2] == RowKey{5, 7});
}

TEST_CASE("keys file: a row's key is found by its number") {
  const ScratchFolder folder;
  const KeysFile keys(folder.write("out.keys", sample_keys()));
  for (std::uint64_t row = 0; row < 5; ++row) CHECK(keys.key(row) == RowKey{row + 1, 7});
  CHECK_THROWS_AS(keys.key(5), InternalError);
}

TEST_CASE("keys file: a refusal names the file, what is wrong and what helps") {
  const ScratchFolder folder;
  const auto keys = sample_keys();
  const auto path = folder.write("out.keys", keys.substr(0, 100));
  CHECK_THAT(refusal(path), Contains(path) && Contains("cut off at byte 100") && Contains("--keys"));
  folder.write("out.keys", "{\"id\":1}\n");
  CHECK_THAT(refusal(path),
             Contains(path + ": it is no file of keys; give the one that a run with --keys left"));
  folder.write("out.keys", "");
  CHECK_THAT(refusal(path), Contains("it is no file of keys"));
  folder.write("out.keys", keys_head({{}, 0, 0}) + keys_block({0, 0, 9, 1}, ""));
  CHECK_THAT(refusal(path), Contains("its output is unfinished; finish that run first, with --resume"));
  auto later = keys;
  later[8] = 2;
  folder.write("out.keys", later);
  CHECK_THAT(refusal(path), Contains("a later version (format 2, this infer reads 1)"));
}

TEST_CASE("keys file: damaged keys are found when they are checked, by the byte where their block's begin") {
  const ScratchFolder folder;
  auto bytes = sample_keys();
  bytes.back() ^= 1;
  const auto path = folder.write("out.keys", bytes);
  CHECK_THAT(refusal(path), Contains("damaged at byte " + std::to_string(bytes.size() - 48)));
  const KeysFile keys(path, KeysFile::Check::heads);
  keys.check_keys(0);
  CHECK_THROWS_AS(keys.check_keys(2), UsageError);
}

TEST_CASE("keys file: what is no regular file is refused, and waited for by nobody") {
  const ScratchFolder folder;
  CHECK_THAT(refusal(folder.path("none")), Contains("No such file"));
  CHECK_THAT(refusal(folder.path(".")), Contains("not a regular file"));
}
