#include "peek/rows/last_rows.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"

using namespace infer;

namespace {

namespace fs = std::filesystem;

/// A file that goes away by itself.
class Scratch {
 public:
  explicit Scratch(const std::string& text)
      : path_(fs::temp_directory_path() / ("last_rows_" + std::to_string(::getpid()))) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { fs::remove(path_); }

  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

std::string last_of(const std::string& text, std::uint64_t rows) {
  const Scratch file(text);
  return text.substr(find_last_rows(file.path(), text.size(), rows).begin);
}

}  // namespace

TEST_CASE("last rows: with and without a last line's end") {
  CHECK(last_of("a\nb\nc\n", 1) == "c\n");
  CHECK(last_of("a\nb\nc\n", 2) == "b\nc\n");
  CHECK(last_of("a\nb\nc", 1) == "c");
  CHECK(last_of("a\nb\nc", 3) == "a\nb\nc");
  CHECK(last_of("a\nb\nc", 9) == "a\nb\nc");
  CHECK(last_of("", 2).empty());
  CHECK(last_of("a\n", 0).empty());
}

TEST_CASE("last rows: blank lines are none") {
  CHECK(last_of("a\nb\n\n \r\nc\n\n", 2) == "b\n\n \r\nc\n\n");
  const Scratch file("\n\na\n\n");
  CHECK(find_last_rows(file.path(), 5, 3).rows == 1);
}

TEST_CASE("last rows: rows of any length, and only of the bytes that count") {
  const std::string longer(300'000, 'x');
  CHECK(last_of(longer + "\n" + longer + "\n" + longer + "\n", 2) == longer + "\n" + longer + "\n");
  const Scratch file("a\nb\nc\n");
  CHECK(find_last_rows(file.path(), 4, 1).begin == 2);
  CHECK_THROWS_AS(find_last_rows(file.path() + ".gone", 4, 1), UsageError);
}

TEST_CASE("last rows: of several files those that have them are left") {
  const Scratch file("a\nb\nc\n");
  ResultFile one{file.path()};
  one.bytes = 6;
  std::vector<ResultFile> files{one, one, one};
  keep_last_rows(files, 4);
  REQUIRE(files.size() == 2);
  CHECK(files[0].begin == 4);
  CHECK(files[1].begin == 0);
  files = {one, one};
  files[0].is_packed = true;
  keep_last_rows(files, 1);
  CHECK(files.size() == 2);
  CHECK(files[1].begin == 0);
}
