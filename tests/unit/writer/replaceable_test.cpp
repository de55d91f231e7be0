#include "writer/journal/replaceable.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <string_view>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using namespace std::string_view_literals;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

namespace {

std::string refusal(const std::string& path) {
  return message_of<UsageError>([&] { check_replaceable(path, "--output it"); });
}

}  // namespace

TEST_CASE("replaceable: text, and what begins as a file that infer writes, gives way") {
  const ScratchFolder folder;
  const std::string long_text(70'000, 'a');
  for (const auto content :
       {""sv, "{\"id\":1}\n"sv, "id,note\r\n1,\x01\x7f\n"sv, "caf\xe9"sv, "\xef\xbb\xbfid\n"sv,
        std::string_view(long_text), "\x93NUMPY\x01\x00"sv, "PAR1\x15\x00"sv, "\x1f\x8b\x08\x00"sv,
        "\x28\xb5\x2f\xfd\x00"sv, "\x93infkeys\x00"sv})
    CHECK_NOTHROW(check_replaceable(folder.write("it", content), "--output it"));
}

TEST_CASE("replaceable: what is something else stays, also behind a text, unless a run tells of it") {
  const ScratchFolder folder;
  const std::string head = "WARC/1.0\r\n" + std::string(60'000, 'a');
  for (const auto& content :
       {std::string("\x0a\x23\xd7\xce\x00\x10 and more", 15), std::string("PK\x03\x04\x14\x00", 6),
        std::string(1, '\0'), head + std::string("\xff\xd8\xff\xe0\x00\x10", 6)}) {
    CHECK_THAT(refusal(folder.write("it", content)),
               Contains("--output it is neither text") && Contains("give another name, or remove it"));
    CHECK(folder.read("it") == content);
  }
  folder.write("it.run", "{}");
  CHECK_NOTHROW(check_replaceable(folder.path("it"), "--output it"));
}

TEST_CASE("replaceable: what is no file, or is not there, is not looked at") {
  const ScratchFolder folder;
  REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  for (const auto& path :
       {folder.path("pipe"), folder.path("none"), folder.path("."), std::string("/dev/zero")})
    CHECK_NOTHROW(check_replaceable(path, "--output it"));
}
