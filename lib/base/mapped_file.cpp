#include "base/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <utility>

#include "base/checked_cast.hpp"
#include "base/error.hpp"

namespace infer {
namespace {

std::size_t regular_bytes(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw UsageError(errno_message("cannot read " + path));
  if (!S_ISREG(status.st_mode)) throw UsageError("cannot read " + path + ": it is not a regular file");
  return checked_cast<std::size_t>(status.st_size);
}

}  // namespace

MappedFile MappedFile::open(const std::string& path) {
  // Not to wait for a pipe's other end.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) throw UsageError(errno_message("cannot open " + path));
  return {std::move(fd), path};
}

MappedFile::MappedFile(UniqueFd fd, const std::string& path)
    : fd_(std::move(fd)), bytes_(regular_bytes(fd_.get(), path)) {
  if (bytes_ == 0) return;
  void* const begin = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd_.get(), 0);
  if (begin == MAP_FAILED)
    throw UsageError(errno_message("cannot map " + path + ", " + std::to_string(bytes_) + " bytes") +
                     "; raise the limit on virtual memory (ulimit -v)");
  begin_ = static_cast<const char*>(begin);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      begin_(std::exchange(other.begin_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(fd_, other.fd_);
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
void MappedFile::expect_in_order() const { advise(0, bytes_, MADV_SEQUENTIAL); }
void MappedFile::release(std::size_t begin, std::size_t end) const { advise(begin, end, MADV_DONTNEED); }

}  // namespace infer
