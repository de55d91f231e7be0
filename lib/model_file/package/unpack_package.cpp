#include "model_file/package/unpack_package.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/file_io.hpp"
#include "base/unique_fd.hpp"
#include "model_file/package/elf_stack.hpp"

namespace infer::detail {
namespace {

namespace fs = std::filesystem;

/// Other members say what the archive is, or are a bundle's own.
constexpr std::string_view kFilesOfPackage = "data/";

/// Below the root; empty for what is not unpacked.
std::string_view name_in_package(const Archive& archive, const ZipMember& member) {
  const auto name = std::string_view(member.name).substr(archive.root.size());
  return name.starts_with(kFilesOfPackage) && !name.ends_with('/') ? name : std::string_view();
}

class Unpacked {
 public:
  Unpacked(const ZipFile& file, const fs::path& path) : file_(file), path_(path) {
    fs::create_directories(path.parent_path());
    fd_ = UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!fd_) fail();
  }

  void add(std::string_view bytes) {
    if (!write_all(fd_.get(), bytes)) fail();
  }

  /// Once all of it is there.
  void make_loadable() {
    if (path_.extension() == ".so" && !clear_executable_stack(fd_.get())) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw UsageError(
        errno_message("cannot unpack the model " + file_.path().string() + " to " + path_.string()) +
        "; free some room, or set TMPDIR to a folder with more");
  }

  const ZipFile& file_;
  const fs::path& path_;
  UniqueFd fd_;
};

void copy_member(const ZipFile& file, const ZipMember& member, Unpacked& unpacked) {
  if (member.compressed) return unpacked.add(read_zip_member(file, member));
  const auto [bytes, failed] = read_pieces(file.descriptor(), member.data, member.data + member.bytes,
                                           [&](std::string_view piece) { unpacked.add(piece); });
  if (failed) throw UsageError(errno_message("cannot read the model " + file.path().string()));
  if (bytes < member.bytes) file.refuse("it ends too early");
}

}  // namespace

std::uint64_t package_bytes(const Archive& archive) {
  std::uint64_t bytes = 0;
  for (const auto& member : archive.members)
    if (!name_in_package(archive, member).empty()) bytes += member.bytes;
  return bytes;
}

void unpack_package(const ZipFile& file, const Archive& archive, const fs::path& folder) {
  for (const auto& member : archive.members) {
    const auto name = name_in_package(archive, member);
    if (name.empty()) continue;
    const auto path = folder / name;
    Unpacked unpacked(file, path);
    copy_member(file, member, unpacked);
    unpacked.make_loadable();
  }
}

}  // namespace infer::detail
