#include "reader/content_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "reader/input_fd.hpp"

namespace infer {
namespace {

/// A file from a place on.
class FileFrom final : public ByteStream {
 public:
  FileFrom(int fd, const InputFile& file, std::uint64_t place) : fd_(fd), file_(file), place_(place) {}

  StreamRead read(std::span<std::byte> target) override {
    const auto got = read_fully(fd_, target, place_, file_.path);
    place_ += got;
    return {got, got < target.size()};
  }

 private:
  int fd_;
  const InputFile& file_;
  std::uint64_t place_;
};

}  // namespace

bool ContentReader::open(const InputFile& file) {
  frames_.reset();
  fd_ = open_input(file.path);
  file_ = &file;
  return static_cast<bool>(fd_);
}

std::size_t ContentReader::read(std::span<std::byte> target, std::uint64_t offset) {
  if (file_->frames.empty()) return read_fully(fd_.get(), target, offset, file_->path);
  go_to(offset);
  const auto got = read_on(target);
  // Behind the last byte there is a checksum; those of earlier frames are passed on the way to the next.
  if (std::byte more{}; place_ == file_->content_bytes()) read_on({&more, 1});
  return got;
}

/// By the frame that holds it, unless it lies ahead in that one.
void ContentReader::go_to(std::uint64_t offset) {
  const auto& frame = *(std::ranges::upper_bound(file_->frames, offset, {}, &FrameBegin::unpacked) - 1);
  if (!frames_ || offset < place_ || frame.unpacked > place_) {
    frames_ = std::make_unique<UnpackedStream>(std::make_unique<FileFrom>(fd_.get(), *file_, frame.packed),
                                               file_->path, frame);
    place_ = frame.unpacked;
  }
  std::array<std::byte, std::size_t{64} << 10U> passed;
  while (place_ < offset) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(passed.size(), offset - place_));
    if (read_on(std::span(passed).first(size)) < size) return;
  }
}

std::size_t ContentReader::read_on(std::span<std::byte> target) {
  std::size_t done = 0;
  for (bool ended = false; done < target.size() && !ended;) {
    const auto got = frames_->read(target.subspan(done));
    done += got.bytes;
    place_ += got.bytes;
    ended = got.at_end;
  }
  return done;
}

}  // namespace infer
