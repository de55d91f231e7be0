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

TEST_CASE("file io: a part of a file is read piece by piece, and less where the file ends") {
  const ScratchFolder folder;
  std::string content;
  for (int i = 0; content.size() < 3'000'000; ++i) content += std::to_string(i);
  const UniqueFd fd(::open(folder.write("data", content).c_str(), O_RDONLY));
  std::string read;
  std::size_t pieces = 0;
  const auto take = [&](std::string_view piece) {
    read += piece;
    ++pieces;
  };
  CHECK(read_pieces(fd.get(), 5, 2'500'005, take).bytes == 2'500'000);
  CHECK((read == content.substr(5, 2'500'000)));
  CHECK(pieces == 3);
  read.clear();
  const auto rest = read_pieces(fd.get(), 2'999'000, UINT64_MAX, take);
  CHECK_FALSE(rest.failed);
  CHECK(rest.bytes == content.size() - 2'999'000);
  CHECK((read == content.substr(2'999'000)));
  CHECK(read_pieces(fd.get(), 7, 7, take).bytes == 0);
  CHECK(read_pieces(-1, 0, 9, take).failed);
}
