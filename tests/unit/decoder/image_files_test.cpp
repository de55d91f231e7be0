#include "decoder/image/image_files.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::detail::ImageFile;
using infer::detail::ImageFiles;

namespace {

namespace fs = std::filesystem;

/// photos/a.jpg and photos/deep/b.jpg in it, secret.jpg beside.
class Photos {
 public:
  Photos() {
    fs::create_directories(path("photos/deep"));
    folder_.write("photos/a.jpg", "aaaa");
    folder_.write("photos/deep/b.jpg", "bb");
    folder_.write("secret.jpg", "secret");
  }

  std::string photos() const { return path("photos"); }
  std::string path(const std::string& name) const { return folder_.path(name); }
  void link(const std::string& name, const std::string& to) const { fs::create_symlink(to, path(name)); }

  /// What is read, or why not.
  std::string read(const ImageFile& image, bool confined = true, std::uint64_t max_bytes = 1000) const {
    ImageFiles files({{{photos(), confined}}, 0, max_bytes});
    RawBytes bytes;
    const auto problem = files.read(0, image, bytes);
    return problem ? "refused: " + *problem : as_text(bytes);
  }

 private:
  test::ScratchFolder folder_;
};

}  // namespace

TEST_CASE("image files: a path begins at its input's folder") {
  const Photos photos;
  CHECK(photos.read({"a.jpg"}) == "aaaa");
  CHECK(photos.read({"deep/b.jpg"}) == "bb");
  CHECK(photos.read({"./deep/../a.jpg"}) == "aaaa");
  const auto absolute = photos.path("photos/deep/b.jpg");
  CHECK(photos.read({absolute}) == "bb");
}

TEST_CASE("image files: no path and no link leads out of it") {
  const Photos photos;
  photos.link("photos/inside.jpg", "deep/b.jpg");
  photos.link("photos/outside.jpg", "../secret.jpg");
  photos.link("photos/absolute.jpg", photos.path("secret.jpg"));
  photos.link("photos/folder", "..");
  CHECK(photos.read({"inside.jpg"}) == "bb");
  const auto secret = photos.path("secret.jpg");
  const auto beside = photos.photos() + "x/a.jpg";
  for (const std::string& path :
       {std::string("../secret.jpg"), std::string("outside.jpg"), std::string("absolute.jpg"),
        std::string("folder/secret.jpg"), std::string("deep/../../secret.jpg"), secret, beside}) {
    INFO(path);
    CHECK_THAT(photos.read({path}), Contains("refused: lies outside of") && Contains("--image-root") &&
                                        Contains("--images-anywhere"));
  }
  CHECK(photos.read({"../secret.jpg"}, false) == "secret");
  CHECK(photos.read({"outside.jpg"}, false) == "secret");
  CHECK(photos.read({secret}, false) == "secret");
}

TEST_CASE("image files: the input itself may be named, wherever it lies, and nothing else") {
  const Photos photos;
  const auto own = photos.path("secret.jpg");
  ImageFiles files({{{photos.photos(), true, own}}, 0, 1000});
  RawBytes bytes;
  REQUIRE_FALSE(files.read(0, {own, 1, 2}, bytes).has_value());
  CHECK(as_text(bytes) == "ec");
  CHECK(files.read(0, {"../secret.jpg", 1, 2}, bytes).has_value());
  CHECK_FALSE(files.read(0, {"a.jpg"}, bytes).has_value());
  CHECK(as_text(bytes) == "aaaa");
}

TEST_CASE("image files: what cannot be read is said") {
  const Photos photos;
  CHECK_THAT(photos.read({"none.jpg"}), Contains("No such file") && Contains("photos"));
  CHECK_THAT(photos.read({"none.jpg"}, false), Contains("No such file"));
  CHECK_THAT(photos.read({"deep"}), Contains("no regular file"));
  CHECK_THAT(photos.read({""}), Contains("no name of a file"));
  CHECK_THAT(photos.read({std::string_view("a.jpg\0b", 7)}), Contains("no name of a file"));
  CHECK_THAT(photos.read({"a.jpg"}, true, 3), Contains("4 bytes") && Contains("--max-record-bytes 3"));
  REQUIRE(::mkfifo(photos.path("photos/pipe").c_str(), 0600) == 0);
  CHECK_THAT(photos.read({"pipe"}), Contains("no regular file"));
}

TEST_CASE("image files: a part of a file, which is opened once") {
  const Photos photos;
  CHECK(photos.read({"a.jpg", 1, 2}) == "aa");
  CHECK(photos.read({"a.jpg", 4, 0}).empty());
  CHECK_THAT(photos.read({"a.jpg", 3, 2}), Contains("ends at byte 4") && Contains("2 bytes from 3"));
  CHECK_THAT(photos.read({"a.jpg", 5, 0}), Contains("ends at byte 4"));
  CHECK_THAT(photos.read({"a.jpg", 1, ~std::uint64_t{0}}), Contains("ends at byte 4"));

  ImageFiles files({{{photos.photos(), true}}, 0, 1000});
  RawBytes bytes;
  REQUIRE_FALSE(files.read(0, {"a.jpg", 0, 1}, bytes).has_value());
  fs::remove(photos.path("photos/a.jpg"));
  REQUIRE_FALSE(files.read(0, {"a.jpg", 1, 3}, bytes).has_value());
  CHECK(as_text(bytes) == "aaa");
  CHECK(files.read(0, {"a.jpg"}, bytes).has_value());
}
