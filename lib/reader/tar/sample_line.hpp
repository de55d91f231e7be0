// A sample of a WebDataset, the members of a tar that differ in their endings alone, as one JSON line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/json_check.hpp"
#include "reader/tar/tar_walk.hpp"

namespace infer {

/// "a/0012.seg.png" is the member "seg.png" of sample "a/0012".
struct SampleName {
  std::string key;     ///< without a leading ./
  std::string ending;  ///< in small letters
};

/// Nothing where there is no key, or no ending.
std::optional<SampleName> sample_name(std::string_view member);

/// What a member is, by its ending.
enum class SampleField { image, cls, json, txt, none };
SampleField sample_field(std::string_view ending);

/// Thread-compatible.
class SampleLine {
 public:
  /// `path` empty: pictures are written as base64. `max_record_bytes`: a line that would be longer may lack
  /// what comes then, but stays longer.
  SampleLine(std::string path, std::size_t max_record_bytes)
      : path_(std::move(path)), max_record_bytes_(max_record_bytes) {}

  bool is_of(std::string_view key) const { return key_ == key; }
  void begin(std::string key);

  /// How many of the member's first bytes put() wants.
  std::size_t wanted_bytes(SampleField field, const TarMember& member) const;
  enum class Outcome {
    taken,
    ambiguous,  ///< the second of its kind: nobody knows which one counts
    no_json,
  };
  Outcome put(SampleField field, const TarMember& member, std::string_view content);

  /// Appends it with its end, if there is one, and is empty again. Without "image" where there was none, or
  /// two of a kind.
  void take(std::string& out);

 private:
  std::string* place_of(SampleField field);
  bool append(SampleField field, const TarMember& member, std::string_view content, std::string& to);
  void append_image(const TarMember& member, std::string_view content, std::string& to) const;
  bool append_json(std::string_view content, std::string& to);

  std::string path_;
  std::size_t max_record_bytes_;
  std::optional<std::string> key_;
  std::string image_;  // this and the next as JSON; empty: none
  std::string cls_;
  std::string json_;
  std::string txt_;
  bool is_ambiguous_ = false;
  JsonCheck check_;
};

}  // namespace infer
