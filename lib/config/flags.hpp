// What each flag does to the output: the list by which tests find one that --resume or the comparison of
// ranks has forgotten.
#pragma once

#include <array>
#include <string_view>

namespace infer {

enum class FlagEffect {
  rows,    ///< the rows, or their places, are a function of it
  digits,  ///< last digits at most: another batch, device or number of threads
  none,
};

struct Flag {
  std::string_view name;  ///< long, without dashes
  FlagEffect effect = FlagEffect::none;
  std::string_view fact{};  ///< of the run record, which tells it to --resume; empty: none is needed
  bool alike = true;        ///< the ranks must have been given the same
};

constexpr std::array kFlags{
    Flag{"model", FlagEffect::rows, "--model"},
    Flag{"input", FlagEffect::rows, "--input"},
    Flag{"input-list", FlagEffect::rows, "--input", false},  // what it names is compared as --input
    Flag{"input-spec", FlagEffect::rows, "the model's inputs"},
    Flag{"field", FlagEffect::rows, "the model's inputs"},
    Flag{"pad", FlagEffect::rows, "the model's inputs"},
    Flag{"missing", FlagEffect::rows, "--missing"},
    Flag{"stateful", FlagEffect::rows, "--stateful"},
    Flag{"seed", FlagEffect::rows, "--seed"},
    Flag{"allow-batch-effects"},
    Flag{"max-record-bytes", FlagEffect::rows, "--max-record-bytes"},
    Flag{"output"},
    Flag{"id-field", FlagEffect::rows, "--id-field"},
    Flag{"passthrough", FlagEffect::rows, "--passthrough"},
    Flag{"npy-dtype", FlagEffect::rows, "--npy-dtype"},
    Flag{"non-finite", FlagEffect::rows, "--non-finite"},
    Flag{"task", FlagEffect::rows, "--task"},
    Flag{"labels", FlagEffect::rows, "--labels"},
    Flag{"top-k", FlagEffect::rows, "--top-k"},
    Flag{"scores", FlagEffect::rows, "--scores"},
    Flag{"threshold", FlagEffect::rows, "--threshold"},
    Flag{"max-length", FlagEffect::rows, "--max-length"},
    Flag{"truncate", FlagEffect::rows, "--truncate"},
    Flag{"on-error", FlagEffect::rows, "--on-error"},
    Flag{"errors", FlagEffect::rows, "--errors"},
    Flag{"max-errors"},
    Flag{"resume"},
    Flag{"overwrite"},
    Flag{"retry-errors"},
    Flag{"time-limit", FlagEffect::none, "", false},
    Flag{"drain-timeout", FlagEffect::none, "", false},
    Flag{"comm-timeout", FlagEffect::none, "", false},
    Flag{"stall-timeout", FlagEffect::none, "", false},
    Flag{"journal-interval", FlagEffect::none, "", false},
    Flag{"device", FlagEffect::digits, "the device", false},
    Flag{"replicas", FlagEffect::none, "", false},
    Flag{"threads", FlagEffect::digits, "--threads"},
    Flag{"cudnn-attention", FlagEffect::digits, "--cudnn-attention"},
    Flag{"max-batch-size", FlagEffect::digits, "--max-batch-size"},
    Flag{"max-batch-tokens", FlagEffect::digits, "--max-batch-tokens"},
    Flag{"chunk-bytes", FlagEffect::rows, "--chunk-bytes"},  // their places: checkpoints count chunks
    Flag{"schedule"},
    Flag{"gather"},
    Flag{"help", FlagEffect::none, "", false},
    Flag{"config", FlagEffect::none, "", false},
    Flag{"trace"},
    Flag{"quiet", FlagEffect::none, "", false},
    Flag{"verbose", FlagEffect::none, "", false},
    Flag{"version", FlagEffect::none, "", false},
};

}  // namespace infer
