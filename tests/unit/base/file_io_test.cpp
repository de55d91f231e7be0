#include "base/file_io.hpp"

#include <fcntl.h>
#include <catch2/catch.hpp>
#include <cerrno>

#include <array>
#include <string>

#include "base/unique_fd.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using infer::test::ScratchFolder;

TEST_CASE("file io: what is read stops where the file ends, and says so") {
  const ScratchFolder folder;
  const UniqueFd fd(::open(folder.write("a", "0123456789").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4> bytes{};
  CHECK(read_at(fd.get(), std::span<char>(bytes), 3).bytes == 4);
  CHECK(std::string(bytes.data(), 4) == "3456");
  const auto end = read_at(fd.get(), std::span<char>(bytes), 8);
  CHECK(end.bytes == 2);
  CHECK_FALSE(end.failed);
  CHECK(read_at(fd.get(), std::span<char>(bytes), 10).bytes == 0);
}

TEST_CASE("file io: a descriptor that cannot be read or written is a failure, not an end") {
  const ScratchFolder folder;
  const auto path = folder.write("a", "0123456789");
  const UniqueFd for_writing(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  std::array<char, 4> bytes{};
  errno = 0;
  CHECK(read_at(for_writing.get(), std::span<char>(bytes), 0).failed);
  CHECK(errno == EBADF);
  const UniqueFd for_reading(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(write_all_at(for_reading.get(), "x", 0));
  CHECK_FALSE(write_all(for_reading.get(), "x"));
}

TEST_CASE("file io: a place is written without moving where the next write goes") {
  const ScratchFolder folder;
  const UniqueFd fd(::open(folder.write("a", "").c_str(), O_RDWR | O_CLOEXEC));
  CHECK(write_all(fd.get(), "0123"));
  CHECK(write_all_at(fd.get(), "ab", 1));
  CHECK(write_all(fd.get(), "4"));
  std::array<char, 8> bytes{};
  const auto got = read_at(fd.get(), std::span<char>(bytes), 0);
  CHECK(std::string(bytes.data(), got.bytes) == "0ab34");
}
