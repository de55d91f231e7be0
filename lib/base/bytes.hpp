// Plain bytes: the buffer type of messages and tensors, and a writer and a reader for flat messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace infer {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

/// Leaves elements uninitialised on resize(): for buffers that a read fills at once.
template <class T>
struct UninitializedAllocator : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = UninitializedAllocator<U>;
  };
  template <class U>
  void construct(U*) {}
  template <class U, class Value>
  void construct(U* place, Value&& value) {
    std::construct_at(place, std::forward<Value>(value));
  }
};
using RawBytes = std::vector<std::byte, UninitializedAllocator<std::byte>>;

inline ByteView as_byte_view(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Appends values in host byte order: all ranks of a run are the same program on one kind of machine.
class ByteWriter {
 public:
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void value(const T& item) { raw(std::as_bytes(std::span(&item, 1))); }
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void values(std::span<const T> items) {
    value<std::uint64_t>(items.size());
    raw(std::as_bytes(items));
  }
  template <class T, class Allocator>
  void values(const std::vector<T, Allocator>& items) {
    values(std::span<const T>(items));
  }
  /// The same bytes for the same value, unlike value().
  template <class T>
  void optional(const std::optional<T>& item) {
    value(item.has_value());
    if (item) value(*item);
  }
  void text(std::string_view item) { values(std::span(item.data(), item.size())); }
  void raw(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }
  Bytes take() && { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

/// Reads what ByteWriter wrote, in the same order; throws InternalError past the end. Keeps a view only.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}

  template <class T>
  requires std::is_trivially_copyable_v<T> T value() {
    T item;
    copy(&item, sizeof(T));
    return item;
  }
  template <class T, class Allocator = std::allocator<T>>
  requires std::is_trivially_copyable_v<T> std::vector<T, Allocator> values() {
    const auto count = value<std::uint64_t>();
    if (count > rest_.size() / sizeof(T)) throw InternalError("a message between ranks is too short");
    std::vector<T, Allocator> items(count);
    copy(items.data(), count * sizeof(T));
    return items;
  }
  template <class T>
  std::optional<T> optional() {
    return value<bool>() ? std::optional<T>(value<T>()) : std::nullopt;
  }
  std::string text() {
    const auto size = value<std::uint64_t>();
    if (size > rest_.size()) throw InternalError("a message between ranks is too short");
    std::string item(size, '\0');
    copy(item.data(), size);
    return item;
  }
  /// What values() of bytes wrote, where it is.
  ByteView view() {
    const auto size = value<std::uint64_t>();
    if (size > rest_.size()) throw InternalError("a message between ranks is too short");
    const auto bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return bytes;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  void copy(void* target, std::size_t size) {
    if (size > rest_.size()) throw InternalError("a message between ranks is too short");
    if (size > 0) std::memcpy(target, rest_.data(), size);
    rest_ = rest_.subspan(size);
  }

  ByteView rest_;
};

}  // namespace infer
