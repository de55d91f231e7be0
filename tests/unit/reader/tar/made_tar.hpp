// Tars that a test makes, member by member.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "reader/tar/tar_header.hpp"

namespace infer::test {

/// A header's fields as they lie there; no checksum yet.
inline std::string tar_block(const std::string& name, const std::string& size_field, char type) {
  std::string block(kTarBlockBytes, '\0');
  block.replace(0, name.size(), name);
  block.replace(124, size_field.size(), size_field);
  block[156] = type;
  block.replace(257, 8,
                std::string("ustar\0"
                            "00",
                            8));
  return block;
}

inline std::string with_checksum(std::string block) {
  block.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", sum);
  block.replace(148, 7, std::string(text, 7));
  return block;
}

inline std::string octal_field(std::uint64_t value) {
  char text[12];
  std::snprintf(text, sizeof text, "%011llo", static_cast<unsigned long long>(value));
  return text;
}

inline std::string padded(std::string content) {
  content.resize((content.size() + kTarBlockBytes - 1) / kTarBlockBytes * kTarBlockBytes, '\0');
  return content;
}

inline std::string tar_member(const std::string& name, const std::string& content, char type = '0') {
  return with_checksum(tar_block(name, octal_field(content.size()), type)) + padded(content);
}

inline std::string tar_end() { return std::string(2 * kTarBlockBytes, '\0'); }

inline std::string pax_record(const std::string& key, const std::string& value) {
  const auto rest = " " + key + "=" + value + "\n";
  auto size = rest.size() + 1;
  while (std::to_string(size).size() + rest.size() != size) ++size;
  return std::to_string(size) + rest;
}

}  // namespace infer::test
