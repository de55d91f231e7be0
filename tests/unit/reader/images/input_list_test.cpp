#include "reader/images/input_list.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "reader/images/picture_lines.hpp"
#include "reader/named_inputs.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using namespace infer::test;
using namespace std::string_literals;
using Catch::Matchers::Contains;

namespace {

const std::string kJpeg = "\xff\xd8\xff\xe0";
const std::string kPng = "\x89PNG\r\n\x1a\n";
const std::string kWebp = "RIFF\x10\0\0\0WEBP"s;

std::vector<InputFile> inputs(const std::vector<std::string>& given, std::optional<InputFormat> format = {}) {
  InputList list(format);
  for (const auto& each : given) {
    const auto names = named_inputs(each);
    if (list.take_pictures(each, names)) continue;
    for (const auto& name : names) list.add(stat_input(name, format));
  }
  return list.take();
}

std::string lines_of(const InputFile& file) {
  StreamWatch watch;
  PictureLines lines(file, watch);
  std::string text;
  std::string piece(7, '\0');
  for (bool at_end = false; !at_end;) {
    const auto got = lines.read(std::as_writable_bytes(std::span(piece)));
    text += piece.substr(0, got.bytes);
    at_end = got.at_end;
  }
  return text;
}

}  // namespace

TEST_CASE("pictures: they are told by their first bytes") {
  const ScratchFolder folder;
  CHECK(begins_as_picture(folder.write("a", kJpeg)));
  CHECK(begins_as_picture(folder.write("b", kPng)));
  CHECK(begins_as_picture(folder.write("c", kWebp)));
  CHECK_FALSE(begins_as_picture(folder.write("d.jpg", "{}\n")));
  CHECK_FALSE(begins_as_picture(folder.write("e.jpg", "")));
  CHECK_FALSE(begins_as_picture(folder.path("none.jpg")));
  CHECK_FALSE(begins_as_picture(folder.path("")));
}

TEST_CASE("pictures: a folder is one input of the files that are called so") {
  const ScratchFolder folder;
  const auto b = folder.write("b.JPEG", "no picture, but called so");
  const auto a = folder.write("a.jpg", kJpeg);
  folder.write("c.txt", "x");
  const auto files = inputs({folder.path("")});
  REQUIRE(files.size() == 1);
  CHECK(files[0].kind == InputKind::images);
  CHECK(files[0].path == folder.path(""));
  CHECK(files[0].pictures->left_out == 1);
  CHECK(lines_of(files[0]) ==
        "{\"id\":\"" + a + "\",\"image\":\"" + a + "\"}\n{\"id\":\"" + b + "\",\"image\":\"" + b + "\"}\n");
  CHECK(files[0].bytes == lines_of(files[0]).size());
  CHECK(is_stream(files));
  CHECK(inputs({folder.path("*")}).front().pictures->paths.size() == 3);
}

TEST_CASE("pictures: those named one after the other are one input, between others") {
  const ScratchFolder folder;
  const auto a = folder.write("a.jpg", kJpeg);
  const auto b = folder.write("b.png", kPng);
  const auto c = folder.write("c.jsonl", "{}\n");
  const auto files = inputs({b, a, c, a});
  REQUIRE(files.size() == 3);
  CHECK(files[0].path == b + " and 1 more");
  CHECK(files[0].pictures->paths == std::vector{b, a});
  CHECK(files[1].kind == InputKind::plain);
  CHECK(files[2].path == a);
}

TEST_CASE("pictures: what cannot be a list of them is refused with the way out") {
  const ScratchFolder folder;
  folder.write("a", kJpeg);
  CHECK_THAT(message_of<UsageError>([&] { inputs({folder.path("")}); }),
             Contains("there are no pictures in the input ") && Contains("a quoted pattern takes them"));
  const auto as_images = [&](const std::string& given) {
    return message_of<UsageError>([&] { inputs({given}, InputFormat::images); });
  };
  CHECK_THAT(as_images("-"), Contains("standard input is no regular file") && Contains("--input-format tar"));
  CHECK_THAT(as_images(folder.path("none.jpg")), Contains("cannot open the input"));
  CHECK(inputs({folder.path("a")}, InputFormat::jsonl).front().kind == InputKind::plain);
}

TEST_CASE("pictures: names keep their bytes") {
  std::string line;
  append_picture_line(line, "a\"\n\xe9\\");
  CHECK(line == "{\"id\":\"a\\\"\\n\xe9\\\\\",\"image\":\"a\\\"\\n\xe9\\\\\"}\n");
}
