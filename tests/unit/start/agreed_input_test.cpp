#include "start/agreed_input.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;

namespace {

std::vector<InputFile> two_files() { return {{"a.jsonl", 10, 1000}, {"b.jsonl", 0, 2000}}; }

std::string refused(const std::vector<InputFile>& here) {
  return message_of<UsageError>([&] { check_input(parse_input(serialize_input(two_files())), here); });
}

}  // namespace

TEST_CASE("agreed input: the other ranks get what rank 0 decided") {
  CHECK_NOTHROW(check_input(parse_input(serialize_input(two_files())), two_files()));
}

TEST_CASE("agreed input: another file than rank 0's is refused, and the message says how it differs") {
  auto files = two_files();
  files[1].bytes = 5;
  CHECK_THAT(refused(files), Contains("the input b.jsonl is not the same file as on rank 0") &&
                                 Contains("5 bytes here, 0 there") && Contains("shared file system"));
  files = two_files();
  files[0].modified_ns += 1;
  CHECK_THAT(refused(files), Contains("a.jsonl") && Contains("changed at different times"));
}

TEST_CASE("agreed input: another number of files than on rank 0 is refused") {
  auto files = two_files();
  files.pop_back();
  CHECK_THAT(refused(files),
             Contains("the input b.jsonl is on rank 0, but not here; give every rank the same --input"));
  files = two_files();
  files.push_back(files[0]);
  CHECK_THAT(refused(files), Contains("3 inputs here and 2 on rank 0"));
  files[2].path = "c.jsonl";
  CHECK_THAT(refused(files), Contains("the input c.jsonl is here, but not on rank 0"));
}

TEST_CASE("agreed input: what was given is replaced by the names of the files that it stands for") {
  RunConfig config;
  config.input.files = {"*.jsonl", "-"};
  auto files = two_files();
  files.push_back({kStandardInput, 0, 0, InputKind::standard_input});
  CHECK(with_inputs(config, files).input.files == std::vector<std::string>{"a.jsonl", "b.jsonl", "-"});
}

TEST_CASE("agreed input: pictures lie where their records do, or where all are said to lie") {
  RunConfig config;
  const std::vector<InputFile> files{{"a.jsonl", 10, 1000},
                                     {"/data/b.jsonl", 10, 1000},
                                     {kStandardInput, 0, 0, InputKind::standard_input},
                                     {"/tmp/pipe", 0, 0, InputKind::pipe}};
  using Roots = std::vector<ImageRoot>;
  CHECK(with_inputs(config, files).input.image_roots ==
        Roots{{"", true}, {"/data", true}, {"", true}, {"", true}});
  config.input.image_root = "photos";
  CHECK(with_inputs(config, files).input.image_roots == Roots(4, ImageRoot{"photos", true}));
  config.input.images_anywhere = true;
  CHECK(with_inputs(config, files).input.image_roots == Roots(4, ImageRoot{"photos", false}));
}

TEST_CASE("agreed input: pictures that are the input itself lie where that does") {
  RunConfig config;
  config.input.image_root = "photos";
  const std::vector<InputFile> files{{"../p*.jpg", 10, 0, InputKind::images, {}, InputFormat::images},
                                     {"/data/a.tar", 10, 1000, InputKind::tar, {}, InputFormat::tar},
                                     {"/data/a.tgz", 10, 1000, InputKind::packed, {}, InputFormat::tar}};
  CHECK(with_inputs(config, files).input.image_roots ==
        std::vector<ImageRoot>{{"", false}, {"photos", true, "/data/a.tar"}, {"photos", true}});
}

TEST_CASE("agreed input: other ranks hear of pictures, but not of all their names") {
  InputFile photos{"photos/", 100, 0, InputKind::images, {}, InputFormat::images};
  photos.pictures = std::make_shared<const PictureListing>(PictureListing{{"photos/a.jpg"}, 3});
  const auto heard = parse_input(serialize_input(std::span(&photos, 1)));
  REQUIRE(heard.size() == 1);
  CHECK(is_stream(heard));
  CHECK(heard[0].path == "photos/");
  CHECK(heard[0].pictures == nullptr);
}
