#include "model/package/package_folder.hpp"

#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/model/fixtures.hpp"

namespace infer {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;
using detail::PackageFolder;

/// TMPDIR is a folder of this test's own while it lives.
class OwnTmpdir {
 public:
  OwnTmpdir() : before_(fs::temp_directory_path()) { ::setenv("TMPDIR", folder_.path("").c_str(), 1); }
  OwnTmpdir(const OwnTmpdir&) = delete;
  OwnTmpdir& operator=(const OwnTmpdir&) = delete;
  ~OwnTmpdir() { ::setenv("TMPDIR", before_.c_str(), 1); }

  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_.path("")), {}));
  }
  fs::path add(const fs::path& name) const {
    fs::create_directories(fs::path(folder_.path("")) / name.parent_path());
    return folder_.write(name, "content");
  }

 private:
  fs::path before_;
  test::ScratchFolder folder_;
};

/// What a process on `host` that was killed leaves behind.
std::string left_behind(const std::string& host) {
  return "infer-model-" + host + "-a1B2c3/data/net.wrapper.so";
}

std::string this_host() {
  char name[256] = "";
  REQUIRE(::gethostname(name, sizeof name) == 0);
  return name;
}

constexpr std::uint64_t kBytes = 1;

}  // namespace

TEST_CASE("package folder: it stands in TMPDIR while it lives, and is TMPDIR while a model is loaded") {
  const OwnTmpdir tmpdir;
  {
    const PackageFolder folder(kBytes);
    CHECK(tmpdir.entries() == 1);
    CHECK(fs::temp_directory_path() != folder.path());
    folder.use_while([&] { CHECK(fs::temp_directory_path() == folder.path()); });
    CHECK(fs::temp_directory_path() != folder.path());
    CHECK_THROWS_AS(folder.use_while([] { throw RunError("no"); }), RunError);
    CHECK(fs::temp_directory_path() != folder.path());
  }
  CHECK(tmpdir.entries() == 0);
}

TEST_CASE("package folder: what was read at loading goes at once, a GPU's kernels stay until the end") {
  const OwnTmpdir tmpdir;
  {
    PackageFolder cpu(kBytes);
    fs::create_directories(cpu.path() / "x/data");
    for (const auto* name : {"x/data/a.wrapper.so", "x/data/a.wrapper.cpp", "x/data/a.wrapper_metadata.json"})
      tmpdir.add(cpu.path().filename() / name);
    cpu.remove_loaded();
    CHECK_FALSE(fs::exists(cpu.path()));

    PackageFolder gpu(kBytes);
    const auto library = tmpdir.add(gpu.path().filename() / "x/a.wrapper.so");
    const auto kernel = tmpdir.add(gpu.path().filename() / "x/k.cubin");
    gpu.remove_loaded();
    CHECK_FALSE(fs::exists(library));
    CHECK(fs::exists(kernel));
  }
  CHECK(tmpdir.entries() == 0);
}

TEST_CASE("package folder: what a killed process of this host left goes, what lives or is foreign stays") {
  const OwnTmpdir tmpdir;
  const auto dead = tmpdir.add(left_behind(this_host()));
  const auto elsewhere = tmpdir.add(left_behind("another"));
  const auto similar = tmpdir.add(left_behind(this_host() + "-2"));
  const auto other = tmpdir.add("infer-model/notes.txt");
  const PackageFolder living(kBytes);
  const PackageFolder next(kBytes);
  CHECK_FALSE(fs::exists(dead));
  for (const auto& path : {elsewhere, similar, other, living.path(), next.path()}) CHECK(fs::exists(path));
}

TEST_CASE("package folder: of many made at the same time none is lost to another's clean-up") {
  const OwnTmpdir tmpdir;
  std::atomic<int> lost{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) lost += fs::exists(PackageFolder(kBytes).path()) ? 0 : 1;
      });
    }
  }
  CHECK(lost == 0);
  CHECK(tmpdir.entries() == 0);
}

TEST_CASE("package folder: where none can be made, the message says what to set") {
  const auto* const before = std::getenv("TMPDIR");
  const auto kept = before == nullptr ? std::string("/tmp") : before;
  ::setenv("TMPDIR", "/proc/nowhere", 1);
  CHECK_THAT(test::message_of<UsageError>([] { const PackageFolder folder(kBytes); }),
             Contains("/proc/nowhere") && Contains("set TMPDIR"));
  ::setenv("TMPDIR", kept.c_str(), 1);
}

}  // namespace infer
