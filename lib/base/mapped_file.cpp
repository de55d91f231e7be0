#include "base/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "base/checked_cast.hpp"
#include "base/error.hpp"

namespace infer {
MappedFile MappedFile::open(const std::string& path) {
  // Not to wait for a pipe's other end.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) throw UsageError(errno_message("cannot open " + path));
  return {fd, path};
}

MappedFile::MappedFile(const UniqueFd& fd, const std::string& path) : stamp_(file_stamp(fd.get())) {
  if (!stamp_.is_regular) throw UsageError("cannot read " + path + ": it is not a regular file");
  bytes_ = checked_cast<std::size_t>(stamp_.bytes);
  if (bytes_ == 0) return;
  void* const begin = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd.get(), 0);
  if (begin == MAP_FAILED)
    throw UsageError(errno_message("cannot map " + path + ", " + std::to_string(bytes_) + " bytes") +
                     "; raise the limit on virtual memory (ulimit -v) or on mappings (vm.max_map_count)");
  begin_ = static_cast<const char*>(begin);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : stamp_(other.stamp_),
      begin_(std::exchange(other.begin_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(stamp_, other.stamp_);
  std::swap(begin_, other.begin_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (begin_ != nullptr) ::munmap(const_cast<char*>(begin_), bytes_);
}

void MappedFile::advise(std::size_t begin, std::size_t end, int advice) const {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  begin = begin / page * page;
  if (begin < end) ::madvise(const_cast<char*>(begin_) + begin, end - begin, advice);
}

void MappedFile::expect_random() const { advise(0, bytes_, MADV_RANDOM); }
void MappedFile::release(std::size_t begin, std::size_t end) const { advise(begin, end, MADV_DONTNEED); }

void ReadInOrder::read_up_to(std::size_t byte) {
  constexpr std::size_t kAtOnce = std::size_t{8} << 20U;
  constexpr std::size_t kAround = std::size_t{1} << 20U;  // a page comes with some before it
  if (byte < given_up_ + kAtOnce) return;
  file_.release(given_up_ - std::min(given_up_, kAround), byte);
  given_up_ = byte;
}

}  // namespace infer
