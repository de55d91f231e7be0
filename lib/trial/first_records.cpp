#include "trial/first_records.hpp"

#include <algorithm>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/near_name.hpp"
#include "decoder/observe.hpp"
#include "reader/input_file.hpp"
#include "reader/likeness.hpp"
#include "signature/signature.hpp"
#include "trial/signature_trial.hpp"

namespace infer::detail {
namespace {

constexpr std::size_t kHeadBytes = std::size_t{4} << 10U;
constexpr std::size_t kShownKeys = 16;
constexpr const char* kScoreAnyway = "; to score the input all the same, give --max-errors 100%";

/// The sample's first file comes first among the inputs that have records.
std::string name_of(const InputOptions& input, const RawChunk& sample) {
  return sample.range.file < input.files.size() ? input_name(input.files[sample.range.file]) : "the input";
}

std::string_view head_of(const RawChunk& sample) {
  const auto begin = sample.records.front().begin;
  const std::string_view all(reinterpret_cast<const char*>(sample.buffer.data()),
                             sample.buffer.size() - kTailPadding);
  return all.substr(begin, kHeadBytes);
}

RawChunk first_of(const RawChunk& sample, std::size_t most) {
  auto few = sample;
  few.records.resize(std::min(most, few.records.size()));
  return few;
}

/// "data.jsonl: none of the first 3 records can be read: line 1: ..."
std::string opening(const InputOptions& input, const RawChunk& sample, const Row& first,
                    const std::string& as = "") {
  const auto place = sample.range.begin == 0 ? "line " + std::to_string(first.line + 1)
                                             : "byte " + std::to_string(first.offset);
  const auto count = sample.records.size();
  return name_of(input, sample) + ": " +
         (count == 1 ? "the only record cannot"
                     : "none of the first " + std::to_string(count) + " records can") +
         " be read" + as + ": " + place + ": " + first.error->message;
}

std::string not_json(const InputOptions& input, const RawChunk& sample, const Row& first,
                     const std::optional<Likeness>& likeness, const std::string& field) {
  const auto text = opening(input, sample, first);
  if (sample.has_cells)
    return text + (first.error->code == RecordErrorCode::invalid_json
                       ? "; its text must be UTF-8, as iconv -f LATIN1 -t UTF-8 makes it of another"
                       : "");
  if (likeness) return text + ". This looks like " + likeness->what + "; " + likeness->remedy;
  return text + "; each line must be a JSON object, such as {\"" + field + "\": ...}";
}

/// What --field maps: an input of the model, or a text.
struct Wanted {
  std::string name;
  JsonPath path;
  Signature alone;  ///< takes nothing else
};

/// The name that --field knows a text by, wherever it has put it.
std::string text_name(const InputOptions& input, const JsonPath& path) {
  const auto joined_path = join_json_path(path);
  for (const auto& [name, mapped] : input.field) {
    if (mapped == joined_path) return name;
  }
  return joined_path;
}

Signature only_tokens(const Signature& signature) {
  auto rest = signature;
  rest.unfed.clear();
  rest.inputs.clear();
  rest.sources.clear();
  for (std::size_t i = 0; i < signature.inputs.size(); ++i) {
    if (!signature.sources[i].tokens) continue;
    rest.inputs.push_back(signature.inputs[i]);
    rest.sources.push_back(signature.sources[i]);
  }
  return rest;
}

std::vector<Wanted> wanted_fields(const Signature& signature, const InputOptions& input) {
  std::vector<Wanted> wanted;
  for (std::size_t i = 0; i < signature.inputs.size(); ++i) {
    if (signature.sources[i].tokens) continue;
    Signature alone;
    alone.inputs = {signature.inputs[i]};
    alone.sources = {signature.sources[i]};
    if (signature.sources[i].image) alone.image = signature.image;
    alone.missing_as_nan = signature.missing_as_nan;
    wanted.push_back({signature.inputs[i].name, signature.sources[i].path, std::move(alone)});
  }
  if (!signature.text) return wanted;
  for (const auto& path : signature.text->fields)
    wanted.push_back({text_name(input, path), path, only_tokens(signature)});
  return wanted;
}

/// `wanted` read from the top-level field `key`.
Signature pointed_to(const Wanted& wanted, const std::string& key) {
  auto signature = wanted.alone;
  if (signature.text) {
    std::ranges::replace(signature.text->fields, wanted.path, JsonPath{key});
  } else {
    signature.sources.front().path = {key};
  }
  return signature;
}

/// A field of the records that the input could be read from; empty when there is none.
std::string likely_field(const Wanted& wanted, const std::vector<std::string>& keys,
                         const InputOptions& input, const RawChunk& sample,
                         const std::shared_ptr<const Tokenizer>& tokenizer) {
  constexpr std::size_t kTried = 8;
  const auto few = first_of(sample, kTried);
  for (const auto& key : nearest_first(keys, join_json_path(wanted.path)) | std::views::take(kShownKeys)) {
    if (!key.empty() && key != input.id_field &&
        decode_sample(pointed_to(wanted, key), input, few, tokenizer).examples > 0)
      return join_json_path({key});
  }
  return "";
}

/// For values of another shape than the input's.
std::string shape_advice(const Wanted& wanted, const ObservedField& seen) {
  if (wanted.alone.text || seen.usable() == 0) return "";
  const auto& spec = wanted.alone.inputs.front();
  const auto found = seen.common_shape();
  if (found.size() == spec.shape.size()) return "";
  auto text =
      "; the records have " + (found.empty() ? "one number" : "shape " + shape_text(found)) + " there";
  const bool is_flat = found.size() == 1 && !spec.has_variable_dims() &&
                       static_cast<std::size_t>(found[0]) == element_count(spec.shape);
  if (is_flat)
    text += ": nest the list, as numpy.reshape(values, " + shape_text(spec.shape) + ").tolist() does";
  return text;
}

/// The field that is not there, else the one of another shape or kind.
std::string advice(const std::vector<Wanted>& wanted, const InputOptions& input, const RawChunk& sample,
                   const std::shared_ptr<const Tokenizer>& tokenizer) {
  std::vector<JsonPath> paths;
  for (const auto& each : wanted) paths.push_back(each.path);
  const auto seen = observe_fields(sample, paths, input.missing_as_nan);
  const auto likely = [&](const Wanted& each) {
    return likely_field(each, seen.keys, input, sample, tokenizer);
  };
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (seen.fields[i].usable() + seen.fields[i].others == 0)
      return "; " + field_advice(seen.keys, wanted[i].name, likely(wanted[i]));
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (auto text = shape_advice(wanted[i], seen.fields[i]); !text.empty()) return text;
    const bool fits = decode_sample(wanted[i].alone, input, first_of(sample, 1), tokenizer).examples > 0;
    const auto other = fits ? "" : likely(wanted[i]);
    if (!other.empty()) return "; " + field_advice(seen.keys, wanted[i].name, other);
  }
  return "";
}

std::string shown_keys(const std::vector<std::string>& keys) {
  const auto shown = std::span(keys).first(std::min(keys.size(), kShownKeys));
  return printable(quoted_list(shown)) + (shown.size() < keys.size() ? ", ..." : "");
}

}  // namespace

std::string field_advice(const std::vector<std::string>& keys, const std::string& input,
                         const std::string& likely) {
  const auto mapping = input + "=" + (likely.empty() ? "json.path" : printable(likely));
  const bool for_shells = likely.find('\\') != std::string::npos;
  return "the fields there are " + shown_keys(keys) + "; name the right one with --field " +
         (for_shells ? shell_word(input + "=" + likely) : mapping);
}

std::vector<std::string> nearest_first(std::vector<std::string> keys, const std::string& name) {
  const auto near = near_names(name, keys);
  std::ranges::stable_partition(keys,
                                [&](const auto& key) { return std::ranges::find(near, key) != near.end(); });
  return keys;
}

std::vector<std::string> mistyped_fields(const InputOptions& input, const RawChunk& sample) {
  auto names = input.passthrough;
  if (input.id_field != InputOptions().id_field && !input.id_field.empty()) names.push_back(input.id_field);
  if (names.empty() || !sample.plain.empty()) return {};
  std::vector<JsonPath> paths;
  for (const auto& name : names) paths.push_back(split_json_path(name));
  const auto seen = observe_fields(sample, paths, true);
  std::vector<std::string> warnings;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (seen.fields[i].usable() + seen.fields[i].others > 0 || seen.keys.empty()) continue;
    const auto near = near_names(names[i], seen.keys);
    warnings.push_back(
        "no record of the first " + std::to_string(seen.records) + " has the field \"" + names[i] +
        "\" that rows are to have" +
        (near.empty() ? "; the fields there are " + shown_keys(seen.keys) : did_you_mean(near)));
  }
  return warnings;
}

std::string not_json_text(const InputOptions& input, const RawChunk& sample, const std::string& field) {
  const auto rows = decode_sample({}, input, first_of(sample, 1)).table.rows;
  return not_json(input, sample, rows.front(), recognise(head_of(sample), name_of(input, sample), field),
                  field);
}

void require_fit(std::size_t unfit, const Signature& signature, const RunConfig& config,
                 const RawChunk& sample, const std::shared_ptr<const Tokenizer>& tokenizer) {
  const auto records = sample.records.size();
  if (unfit == 0 || allowed_errors(config.output).permits(unfit, records)) return;
  const auto first =
      decode_sample(signature, config.input, first_of(sample, 1), tokenizer).table.rows.front();
  const auto wanted = wanted_fields(signature, config.input);
  if (first.error->code == RecordErrorCode::invalid_json && !wanted.empty()) {
    const auto& field = wanted.front().name;
    const auto likeness = recognise(head_of(sample), name_of(config.input, sample), field);
    if (unfit + (likeness ? likeness->odd_lines : 0) >= records)
      throw UsageError(not_json(config.input, sample, first, likeness, field) + kScoreAnyway);
  } else if (unfit == records) {
    throw UsageError(opening(config.input, sample, first, " as " + describe_signature(signature)) +
                     advice(wanted, config.input, sample, tokenizer) + kScoreAnyway);
  }
}

}  // namespace infer::detail
