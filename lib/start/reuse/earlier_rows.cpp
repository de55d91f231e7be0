#include "start/reuse/earlier_rows.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "encoder/output_packing.hpp"

namespace infer {

std::vector<std::string> key_differences(const std::vector<KeyFact>& then, const std::vector<KeyFact>& now) {
  constexpr const char* kNone = "not there";
  std::vector<std::string> texts;
  for (const auto& fact : now) {
    const auto same = std::ranges::find(then, fact.name, &KeyFact::name);
    const std::string before = same == then.end() ? kNone : same->value;
    if (before != fact.value) texts.push_back(fact.name + ": " + before + " then, " + fact.value + " now");
  }
  for (const auto& fact : then) {
    if (std::ranges::find(now, fact.name, &KeyFact::name) == now.end())
      texts.push_back(fact.name + ": " + fact.value + " then, " + kNone + " now");
  }
  return texts;
}

ReuseSource reuse_source(const std::string& output, const EncoderConfig& encoder) {
  const auto& format = *encoder.format;
  if (format.append_again == nullptr)
    throw UsageError("--reuse " + output + ": rows of " + std::string(format.name) +
                     " cannot be taken over; write and reuse JSON Lines, CSV or NumPy arrays");
  ReuseSource source{output, output + ".keys"};
  if (format.row_bytes != nullptr) source.row_bytes = format.row_bytes(encoder.rows);
  source.is_quoted = format.is_flat;
  if (const auto* packing = output_packing(output)) source.unpack = packing->unpack;
  return source;
}

std::string temporary_folder() {
  const char* const given = std::getenv("TMPDIR");
  return given == nullptr || *given == '\0' ? "/tmp" : given;
}

}  // namespace infer
