// Bytes that a test gives, in pieces of random sizes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <random>
#include <string>
#include <utility>

#include "reader/stream/byte_stream.hpp"

namespace infer::test {

class GivenStream final : public ByteStream {
 public:
  /// Now and then there is nothing, if it `pauses`.
  GivenStream(std::string content, std::mt19937& random, bool pauses = false)
      : content_(std::move(content)), random_(random), pauses_(pauses) {}

  StreamRead read(std::span<std::byte> target) override {
    if (pauses_ && random_() % 4 == 0) return {};
    const auto most = std::min(target.size(), content_.size() - given_);
    const std::size_t limit = random_() % 3 == 0 ? 1 + random_() % 9 : most;
    const auto size = std::min(most, limit);
    std::memcpy(target.data(), content_.data() + given_, size);
    given_ += size;
    return {size, given_ == content_.size() && random_() % 2 == 0};
  }

 private:
  std::string content_;
  std::mt19937& random_;
  bool pauses_;
  std::size_t given_ = 0;
};

}  // namespace infer::test
