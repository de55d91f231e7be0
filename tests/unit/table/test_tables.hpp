// The small Parquet and Arrow files that tests/support/make_tables.py makes.
#pragma once

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/unique_fd.hpp"
#include "table/table.hpp"

namespace infer::test {

/// By ctest's variable, or where the build of the current folder has them.
inline std::string table_path(const std::string& name) {
  const char* folder = std::getenv("INFER_TEST_TABLES");
  const auto path = std::string(folder == nullptr ? "build/test_tables" : folder) + "/" + name;
  INFO(path);
  REQUIRE(std::filesystem::exists(path));
  return path;
}

inline std::string content_of(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

inline Table open_table(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return Table(fd.get(), std::filesystem::file_size(path));
}

inline std::uint64_t rows_of(const Table& table) {
  std::uint64_t rows = 0;
  for (const auto& group : table.groups()) rows += group.rows;
  return rows;
}

constexpr RowLimits kNoLimits{std::size_t{1} << 40U, std::size_t{1} << 40U};

inline std::string all_lines(Table& table) {
  return std::string(table.read(0, rows_of(table), kNoLimits).lines);
}

}  // namespace infer::test
