#include <catch2/catch.hpp>
#include <random>

#include "base/error.hpp"
#include "reader/tar/tar_lines.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/reader/stream/given_stream.hpp"
#include "unit/reader/tar/made_tar.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

constexpr std::size_t kNoLimit = 1 << 20;

/// What came of a tar: whole lines, and why no more did.
struct Lines {
  std::string text;
  std::string broken;
  std::string left_out;
};

Lines lines_of(ByteStream& bytes, bool in_place = true, std::size_t max_record_bytes = kNoLimit) {
  TarLines lines(bytes, "a.tar", in_place, max_record_bytes);
  Lines found;
  std::string piece(97, '\0');
  try {
    for (bool at_end = false; !at_end;) {
      const auto got = lines.read(std::as_writable_bytes(std::span(piece)));
      found.text += piece.substr(0, got.bytes);
      at_end = got.at_end;
    }
  } catch (const RunError& error) {
    found.broken = error.what();
    CHECK_THROWS_AS(lines.read(std::as_writable_bytes(std::span(piece))), RunError);
  }
  found.left_out = left_out_text(lines.left_out());
  return found;
}

Lines lines_of(const std::string& tar, bool in_place = true, std::size_t max_record_bytes = kNoLimit) {
  std::mt19937 random(7);
  GivenStream bytes(tar, random, true);
  return lines_of(bytes, in_place, max_record_bytes);
}

std::string sample(const std::string& key, int number) {
  return tar_member(key + ".jpg", std::string(static_cast<std::size_t>(100 + 300 * number), 'p')) +
         tar_member(key + ".cls", std::to_string(number) + "\n") +
         tar_member(key + ".json", "{\"a\":\n [1, 2]}\r\n") + tar_member(key + ".txt", "a \"cat\"");
}

}  // namespace

TEST_CASE("tar: a sample is a line with its picture's place and its other members") {
  const auto found = lines_of(sample("a/000012", 3) + sample("./b", 0) + tar_end());
  CHECK(found.broken.empty());
  CHECK(found.left_out.empty());
  CHECK(found.text ==
        "{\"id\":\"a/000012\",\"image\":{\"path\":\"a.tar\",\"offset\":512,\"size\":1000},\"cls\":3,"
        "\"json\":{\"a\":  [1, 2]},\"txt\":\"a \\\"cat\\\"\"}\n"
        "{\"id\":\"b\",\"image\":{\"path\":\"a.tar\",\"offset\":5120,\"size\":100},\"cls\":0,"
        "\"json\":{\"a\":  [1, 2]},\"txt\":\"a \\\"cat\\\"\"}\n");
}

TEST_CASE("tar: where its bytes come but once the picture stands in the line") {
  CHECK(lines_of(tar_member("a.png", "abcd") + tar_member("b.webp", "") + tar_end(), false).text ==
        "{\"id\":\"a\",\"image\":{\"bytes\":\"YWJjZA==\"}}\n{\"id\":\"b\",\"image\":{\"bytes\":\"\"}}\n");
}

TEST_CASE("tar: names of samples and endings are told as WebDataset does") {
  const auto name = [](const char* member) {
    const auto found = sample_name(member);
    return found ? found->key + '|' + found->ending : "none";
  };
  CHECK(name("a/b.c/0012.SEG.png") == "a/b.c/0012|seg.png");
  CHECK(name("././x.JPG") == "x|jpg");
  CHECK(name("x.") == "x|");
  CHECK(name("a.b/README") == "none");
  CHECK(name("a/.hidden.jpg") == "none");
  CHECK(name("") == "none");
  CHECK(sample_field("jpeg") == SampleField::image);
  CHECK(sample_field("seg.png") == SampleField::none);
}

TEST_CASE("tar: a class is a whole number or a text") {
  const auto text_of = [](const std::string& content) {
    const auto text = lines_of(tar_member("a.cls", content) + tar_end()).text;
    return text.substr(16, text.size() - 18);
  };
  CHECK(text_of(" -12\n") == "-12");
  CHECK(text_of("007") == "\"007\"");
  CHECK(text_of("tabby cat\n") == "\"tabby cat\"");
  CHECK(text_of("99999999999999999999") == "\"99999999999999999999\"");
  CHECK(text_of("") == "\"\"");
}

TEST_CASE("tar: what is no part of a sample's line is counted") {
  const auto link = [](const std::string& name, char type) {
    return with_checksum(tar_block(name, octal_field(77), type));
  };
  const auto found =
      lines_of(link("folder.x/", '5') + tar_member("README", "x") + tar_member("a.jpg", "1") +
               tar_member("a.mp3", "2") + link("b.jpg", '1') + tar_member("c.json", "{\"a\":}") +
               tar_member("c.jpg", "3") + tar_member("d.jpg", "4") + tar_member("d.jpg", "5") +
               tar_member("e.jpg", "6") + tar_member("e.png", "7") + tar_end());
  CHECK(found.text ==
        "{\"id\":\"a\",\"image\":{\"path\":\"a.tar\",\"offset\":2048,\"size\":1}}\n"
        "{\"id\":\"b\"}\n"
        "{\"id\":\"c\",\"image\":{\"path\":\"a.tar\",\"offset\":5632,\"size\":1}}\n"
        "{\"id\":\"d\"}\n{\"id\":\"e\"}\n");
  CHECK(found.left_out ==
        "members of tars that are left out: 2 that are no picture, .cls, .json or .txt, 1 that are links or "
        "devices, "
        "2 that are the second of their kind in a sample, whose row is an error, 1 .json that are no JSON; "
        "the first is README");
}

TEST_CASE("tar: long names and large sizes are read as ustar, GNU and pax write them") {
  const std::string deep = std::string(120, 'd') + "/x.jpg";
  auto prefixed = tar_block("x.jpg", octal_field(1), '0');
  prefixed.replace(345, 120, deep.substr(0, 120));
  const auto ustar = with_checksum(prefixed) + padded("p");
  const auto gnu = tar_member("././@LongLink", deep + '\0', 'L') + tar_member(deep.substr(0, 99), "p");
  const auto pax =
      tar_member("head", pax_record("mtime", "1.5") + pax_record("path", deep) + pax_record("size", "1"),
                 'x') +
      with_checksum(tar_block("cut", octal_field(0), '0')) + padded("p");
  const auto base_256 = tar_member("head", pax_record("path", deep), 'x') +
                        with_checksum(tar_block("x", std::string("\x80\0\0\0\0\0\0\0\0\0\0\1", 12), '0')) +
                        padded("p");
  const auto global = tar_member("head", pax_record("path", deep), 'g') + tar_member("other", "p");
  for (const auto& tar : {ustar, gnu, pax, base_256, global}) {
    const auto found = lines_of(tar + tar_end());
    CHECK(found.broken.empty());
    CHECK(found.text == "{\"id\":\"" + deep.substr(0, 122) + "\",\"image\":{\"path\":\"a.tar\",\"offset\":" +
                            std::to_string(tar.size() - 512) + ",\"size\":1}}\n");
  }
}

TEST_CASE(
    "tar: what stands before a member is for that one alone, what is global for all without their own") {
  const auto next = tar_member("next.txt", "t");
  for (const auto& before : {tar_member("head", pax_record("path", "a.txt") + pax_record("size", "1"), 'x'),
                             tar_member("head", "a.txt", 'L')})
    CHECK(lines_of(before + next + next + tar_end()).text ==
          "{\"id\":\"a\",\"txt\":\"t\"}\n{\"id\":\"next\",\"txt\":\"t\"}\n");
  const auto global = tar_member("head", pax_record("path", "g.txt"), 'g');
  CHECK(lines_of(global + tar_member("head", pax_record("path", "a.txt"), 'x') + next + next + tar_end())
            .text == "{\"id\":\"a\",\"txt\":\"t\"}\n{\"id\":\"g\",\"txt\":\"t\"}\n");
}

TEST_CASE("tar: GNU's own fields are not taken for a ustar name's front") {
  auto block = tar_block("x.jpg", octal_field(0), '0');
  block.replace(257, 8, std::string("ustar  \0", 8));
  block.replace(345, 11, "12345670123");
  CHECK_THAT(lines_of(with_checksum(block) + tar_end()).text, Contains("\"id\":\"x\""));
}

TEST_CASE("tar: a tar of an old program, without ustar's magic, is read") {
  auto block = tar_block("x.jpg", "       3 ", '\0');
  block.replace(257, 8, 8, '\0');
  const auto folder = with_checksum([] {
    auto head = tar_block("x.d/", octal_field(0), '\0');
    return head.replace(257, 8, 8, '\0');
  }());
  const auto found = lines_of(folder + with_checksum(block) + padded("abc") + tar_end());
  CHECK(found.text == "{\"id\":\"x\",\"image\":{\"path\":\"a.tar\",\"offset\":1024,\"size\":3}}\n");
  CHECK_FALSE(begins_as_tar(as_byte_view(folder)));
  CHECK(may_begin_tar(as_byte_view(folder)));
}

TEST_CASE("tar: tars one behind the other are one, and one without members has no lines") {
  const auto one = sample("a", 1) + tar_end() + std::string(8192, '\0');
  const auto two = sample("b", 2) + std::string(512, '\0');
  CHECK(lines_of(one + two).broken.empty());
  const auto text = lines_of(one + two).text;
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  CHECK(lines_of("").text.empty());
  CHECK(lines_of("").broken.empty());
  CHECK(lines_of(tar_end()).text.empty());
}

TEST_CASE("tar: wherever it is cut off the samples before are given, and it is said so") {
  const auto tar = sample("a", 1) + sample("b", 1) + tar_member("L", std::string(120, 'c') + ".jpg", 'L') +
                   tar_member("c", "p") + tar_end();
  const auto whole = lines_of(tar).text;
  const auto last = tar.size() - 2 * kTarBlockBytes;
  for (std::size_t size = 1; size < last; size += 37) {
    const auto found = lines_of(tar.substr(0, size));
    INFO(size);
    CHECK_THAT(found.broken, Contains("cannot read the tar a.tar at its byte " + std::to_string(size)) &&
                                 Contains("; all rows of what stands before are kept: put a whole copy"));
    CHECK(whole.starts_with(found.text));
    CHECK((found.text.empty() || found.text.back() == '\n'));
  }
  CHECK_THAT(lines_of(tar.substr(0, last)).broken, Contains("without the zeros that end a tar"));
  CHECK(lines_of(tar.substr(0, last + kTarBlockBytes)).text == whole);
}

TEST_CASE("tar: a header with a wrong byte ends it there") {
  const auto first = sample("a", 1);
  auto tar = first + tar_member("b.jpg", "p") + tar_end();
  for (const std::size_t at : {0U, 130U, 150U, 400U}) {
    auto damaged = tar;
    damaged[first.size() + at] ^= '\x10';
    const auto found = lines_of(damaged);
    CHECK_THAT(found.broken,
               Contains("at its byte " + std::to_string(first.size()) + ": no member begins there"));
    CHECK(found.text.empty());  // "a" may go on
  }
  CHECK_THAT(lines_of(tar_member("x", "y", 'S') + tar_end()).broken, Contains("without --sparse"));
  const auto holes = tar_member("x", pax_record("GNU.sparse.major", "1"), 'x') + tar_member("x", "y");
  CHECK_THAT(lines_of(holes + tar_end()).broken, Contains("without --sparse"));
  CHECK_THAT(lines_of(tar_member("x", "5 a=b\n", 'x') + tar_end()).broken,
             Contains("a pax header that cannot be read"));
  CHECK_THAT(lines_of(tar_member("x", pax_record("a", "b"), 'x') + tar_end()).broken,
             Contains("zeros stand where a member is to be"));
  CHECK_THAT(lines_of(with_checksum(tar_block("x", octal_field(1U << 30U), 'L'))).broken,
             Contains("a long name or a pax header of 1073741824 bytes, of at most 1048576"));
}

TEST_CASE("tar: pax records are read by their lengths") {
  PaxRecords records;
  CHECK(read_pax_records(pax_record("path", "a\nb=c") + pax_record("size", "12"), records));
  CHECK(records == PaxRecords{"a\nb=c", 12, false});
  CHECK(read_pax_records("7 path=\n"
                         "8 path=\n",
                         records) == false);
  CHECK(read_pax_records(pax_record("path", ""), records));
  CHECK_FALSE(records.path.has_value());
  for (const auto* wrong :
       {"x", "3 a", "9 a=b\n", "0 a=b\n", "6 a=bc", "5 ab\n", "99999999999999999999 a=b\n"})
    CHECK_FALSE(read_pax_records(wrong, records));
  CHECK_FALSE(read_pax_records(pax_record("size", "-1"), records));
}

TEST_CASE("tar: a sample longer than a record may be is a line that is too long, of bounded memory") {
  const std::string large(5000, 'x');
  const auto tar = tar_member("a.json", "\"" + large + "\"") + tar_member("a.cls", large) +
                   tar_member("a.txt", large) + tar_member("b.txt", "b") + tar_end();
  const auto text = lines_of(tar, true, 1000).text;
  const auto first = text.find('\n');
  CHECK(first > 1000);
  CHECK(first < 1100);
  CHECK(text.substr(first + 1) == "{\"id\":\"b\",\"txt\":\"b\"}\n");
  const auto packed =
      lines_of(tar_member("a.jpg", large) + tar_member("b.jpg", "b") + tar_end(), false, 1000).text;
  CHECK(packed.find('\n') > 1000);
  CHECK(packed.find('\n') < 1400);
}

TEST_CASE("tar: bytes that are no UTF-8 stay as they are, for the record to fail") {
  const auto text = lines_of(tar_member("caf\xe9.jpg", "p") + tar_end()).text;
  CHECK_THAT(text, Contains("{\"id\":\"caf\xe9\",\"image\""));
}
