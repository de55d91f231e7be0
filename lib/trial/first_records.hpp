// Says why none of the first records can be scored, and what to do. Internal to how signatures are settled.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "record/chunk.hpp"
#include "record/signature.hpp"
#include "tokenizer/tokenizer.hpp"

namespace infer::detail {

/// Throws UsageError where the `unfit` records that the sample begins with, which have not what the signature
/// takes, are all of it, and --max-errors does not let as many fail. What looks like a JSON array with a
/// record per line is refused although its last one has no comma.
void require_fit(std::size_t unfit, const Signature& signature, const RunConfig& config,
                 const RawChunk& sample, const std::shared_ptr<const Tokenizer>& tokenizer);

/// Of a sample without a JSON object. `field` is one that the model wants.
std::string not_json_text(const InputOptions& input, const RawChunk& sample, const std::string& field);

/// Warnings of fields to be copied that no record of the sample has, where it has one of nearly that name.
std::vector<std::string> mistyped_fields(const InputOptions& input, const RawChunk& sample);

/// `keys`, those of nearly the letters of `name` first.
std::vector<std::string> nearest_first(std::vector<std::string> keys, const std::string& name);

/// "the fields there are "a", "b"; name the right one with --field x=a". `likely` may be empty.
std::string field_advice(const std::vector<std::string>& keys, const std::string& input,
                         const std::string& likely);

}  // namespace infer::detail
