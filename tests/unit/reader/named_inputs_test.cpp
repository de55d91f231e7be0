#include "reader/named_inputs.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <clocale>
#include <filesystem>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

/// A folder of files, which are named from there.
class Tree {
 public:
  explicit Tree(const Names& files) {
    for (const auto& file : files) {
      fs::create_directories((root() / file).parent_path());
      folder_.write(file, "{}\n");
    }
  }

  fs::path root() const { return folder_.path(""); }

  /// Without the root's own name.
  Names named(const std::string& given) const {
    Names names;
    for (const auto& name : named_inputs((root() / given).string()))
      names.push_back(name.substr(root().string().size()));
    return names;
  }

  std::string refused(const std::string& given) const {
    return message_of<UsageError>([&] { named(given); });
  }

 private:
  ScratchFolder folder_;
};

}  // namespace

TEST_CASE("named inputs: a file, standard input and what is not there stand for themselves") {
  const Tree tree({"a.jsonl"});
  CHECK(tree.named("a.jsonl") == Names{"a.jsonl"});
  CHECK(tree.named("b.jsonl") == Names{"b.jsonl"});
  CHECK(named_inputs("-") == Names{"-"});
}

TEST_CASE("named inputs: a pattern's files come in the order of their bytes, whatever the locale") {
  const Tree tree(
      {"p-10.jsonl", "p-9.jsonl", "P-1.jsonl", "p_1.jsonl", "p\xC3\xA4.jsonl", "p.csv", ".p.jsonl"});
  std::setlocale(LC_ALL, "C.UTF-8");
  CHECK(tree.named("*.jsonl") ==
        Names{"P-1.jsonl", "p-10.jsonl", "p-9.jsonl", "p_1.jsonl", "p\xC3\xA4.jsonl"});
  std::setlocale(LC_ALL, "C");
  CHECK(tree.named("p-[0-9].jsonl") == Names{"p-9.jsonl"});
  CHECK(tree.named("p?1.jsonl") == Names{"p_1.jsonl"});
}

TEST_CASE("named inputs: a name that is there is no pattern") {
  const Tree tree({"a[1].jsonl", "a1.jsonl", "b*.jsonl", "b2.jsonl"});
  CHECK(tree.named("a[1].jsonl") == Names{"a[1].jsonl"});
  CHECK(tree.named("b*.jsonl") == Names{"b*.jsonl"});
  CHECK(tree.named("a[12].jsonl") == Names{"a1.jsonl"});
}

TEST_CASE("named inputs: a folder's files and those of its folders, but no marks and nothing hidden") {
  const Tree tree({"t/_SUCCESS", "t/.part-0.crc", "t/day=2/part-0", "t/day=10/part-1", "t/day=10/part-0",
                   "t/_temporary/part-9", "t/.git/config", "t/x", "t/x.run", "t/y.run"});
  ::mkfifo((tree.root() / "t/pipe").c_str(), 0600);
  const Names files{"t/day=10/part-0", "t/day=10/part-1", "t/day=2/part-0", "t/x", "t/y.run"};
  CHECK(tree.named("t") == files);
  CHECK(named_inputs((tree.root() / "t/").string()).front() == (tree.root() / "t/day=10/part-0").string());
}

TEST_CASE("named inputs: a pattern takes folders as they are taken by name, and files of any name") {
  const Tree tree({"t/_SUCCESS", "t/b/part", "t/a", "t/_temporary/part"});
  CHECK(tree.named("t/*") == Names{"t/_SUCCESS", "t/a", "t/b/part"});
  CHECK(tree.named("t/*/*") == Names{"t/b/part"});
  CHECK(tree.named("t/_*/*") == Names{"t/_temporary/part"});
  CHECK(tree.named("./t/../t/b/p*") == Names{"./t/../t/b/part"});
}

TEST_CASE("named inputs: links are followed, but not in a circle") {
  const Tree tree({"t/a", "u/b"});
  fs::create_symlink("../u", tree.root() / "t/u");
  fs::create_symlink("a", tree.root() / "t/z");
  CHECK(tree.named("t") == Names{"t/a", "t/u/b", "t/z"});
  fs::create_symlink("../t", tree.root() / "u/back");
  CHECK_THAT(tree.refused("t"), Contains("t/u/back is a link to a folder that it lies in"));
}

TEST_CASE("named inputs: a link to nothing is an input, so that opening it tells") {
  const Tree tree({"t/a"});
  fs::create_symlink("nothing", tree.root() / "t/b");
  CHECK(tree.named("t") == Names{"t/a", "t/b"});
}

TEST_CASE("named inputs: what stands for nothing is refused with what was looked for") {
  const Tree tree({"t/_SUCCESS", "t/.x", "a.jsonl"});
  fs::create_directory(tree.root() / "empty");
  CHECK_THAT(tree.refused("empty"), Contains("there are no files in the input") && Contains("empty"));
  CHECK_THAT(tree.refused("t"), Contains("left out: 2 (names that begin with . or _, and what is no file)"));
  CHECK_THAT(tree.refused("*.csv"),
             Contains("*.csv: there is no file of that name, and none that the pattern matches"));
  CHECK_THAT(tree.refused("emp*"), Contains("there are no files"));
}
