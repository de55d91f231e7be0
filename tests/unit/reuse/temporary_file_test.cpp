#include "reuse/temporary_file.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using infer::test::ScratchFolder;

TEST_CASE("temporary file: others open it once it is named, and it goes with its owner") {
  const ScratchFolder folder;
  std::string name;
  const bool may_be_nameless = GENERATE(true, false);
  {
    TemporaryFile file(folder.path("."), may_be_nameless);
    CHECK(file.append("abc") == 0);
    file.align(4);
    CHECK(file.append("def") == 4);
    CHECK(std::filesystem::is_empty(folder.path(".")) == may_be_nameless);
    name = file.name_it();
    CHECK(file.name_it() == name);
    const auto moved = std::move(file);
    std::ifstream in(name, std::ios::binary);
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == std::string("abc\0def", 7));
  }
  CHECK_FALSE(std::filesystem::exists(name));
}

TEST_CASE("temporary file: what is not there cannot be read") {
  const ScratchFolder folder;
  TemporaryFile file(folder.path("."));
  file.append("abc");
  std::string bytes(2, '\0');
  file.read_at(bytes, 1);
  CHECK(bytes == "bc");
  CHECK_THROWS_AS(file.read_at(bytes, 2), UsageError);
}
