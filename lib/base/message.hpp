// Messages between ranks: the fields of a struct are listed once, for writing and for reading.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace infer {

/// A Struct's fields are listed by a function beside it:
///   template <class Archive, MaybeConst<Status> Value>
///   void fields(Archive& all, Value& status) { all(status.predicted, status.ready); }
/// Numbers, texts, vectors, optionals and trivially copyable structs need none, nor does a ByteView, which is
/// read as a view of the message.
template <class Value, class Struct>
concept MaybeConst = std::same_as<std::remove_const_t<Value>, Struct>;

namespace detail {

template <class T>
constexpr bool is_vector = false;
template <class T, class Allocator>
constexpr bool is_vector<std::vector<T, Allocator>> = true;
template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

/// Whose bytes are its value. An optional's are not all: what an empty one holds is anything.
template <class T>
constexpr bool is_plain = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> && !is_optional<T>;

}  // namespace detail

class MessageWriter {
 public:
  template <class... Fields>
  void operator()(const Fields&... all) {
    (put(all), ...);
  }
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }
  Bytes take() && { return std::move(bytes_).take(); }

 private:
  template <class T>
  void put(const T& item) {
    if constexpr (detail::is_optional<T>) {
      bytes_.value(item.has_value());
      if (item) put(*item);
    } else if constexpr (std::same_as<T, std::string>) {
      bytes_.text(item);
    } else if constexpr (std::same_as<T, ByteView>) {
      bytes_.values(item);
    } else if constexpr (detail::is_vector<T>) {
      put_items(item);
    } else if constexpr (detail::is_plain<T>) {
      bytes_.value(item);
    } else {
      fields(*this, item);
    }
  }
  template <class T, class Allocator>
  void put_items(const std::vector<T, Allocator>& items) {
    if constexpr (detail::is_plain<T>) {
      bytes_.values(items);
    } else {
      bytes_.value<std::uint64_t>(items.size());
      for (const auto& item : items) put(item);
    }
  }

  ByteWriter bytes_;
};

/// Throws InternalError where the message ends too early. Keeps a view only.
class MessageReader {
 public:
  explicit MessageReader(ByteReader& bytes) : bytes_(bytes) {}

  template <class... Fields>
  void operator()(Fields&... all) {
    (take(all), ...);
  }

 private:
  template <class T>
  void take(T& item) {
    if constexpr (detail::is_optional<T>) {
      if (bytes_.value<bool>()) take(item.emplace());
    } else if constexpr (std::same_as<T, std::string>) {
      item = bytes_.text();
    } else if constexpr (std::same_as<T, ByteView>) {
      item = bytes_.view();
    } else if constexpr (detail::is_vector<T>) {
      take_items(item);
    } else if constexpr (detail::is_plain<T>) {
      item = bytes_.value<T>();
    } else {
      fields(*this, item);
    }
  }
  template <class T, class Allocator>
  void take_items(std::vector<T, Allocator>& items) {
    if constexpr (detail::is_plain<T>) {
      items = bytes_.values<T, Allocator>();
    } else {
      for (auto left = bytes_.value<std::uint64_t>(); left > 0; --left) take(items.emplace_back());
    }
  }

  ByteReader& bytes_;
};

template <class... Fields>
Bytes to_message(const Fields&... all) {
  MessageWriter message;
  message(all...);
  return std::move(message).take();
}

template <class T>
T from_message(ByteReader& bytes) {
  T item;
  MessageReader message(bytes);
  message(item);
  return item;
}
template <class T>
T from_message(ByteView bytes) {
  ByteReader reader(bytes);
  return from_message<T>(reader);
}

}  // namespace infer
