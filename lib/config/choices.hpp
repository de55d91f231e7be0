// What a run is told to choose between, in types that even the stages without any other part of it may know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace infer {

enum class Schedule { dynamic_grants, static_slices };

/// --max-errors: how many records may fail before the exit code says so.
struct ErrorAllowance {
  double value = 0;
  bool percent = false;

  bool permits(std::uint64_t failed, std::uint64_t rows) const {
    constexpr double kRounding = 1e-9;  // 32.3 is not exactly 32.3
    const auto limit = percent ? value / 100 * static_cast<double>(rows) : value;
    return static_cast<double>(failed) <= limit * (1 + kRounding);
  }
};

/// What stands for NaN and infinity, which JSON cannot say.
enum class NonFinite { null, string };

enum class OnError { record, skip, fail };

enum class GatherKind { automatic, nccl, mpi };

/// What decodes JPEG pictures: the processor, or the GPU of the model where its library takes them.
enum class PictureDecoder { cpu, gpu };

/// Whether a run tells how far it is: automatic as the standard error allows.
enum class ShowProgress { automatic, always, never };

/// What a message on the standard error is: a line of text, or a JSON object.
enum class LogFormat { text, json };

/// --resume, --overwrite, --retry-errors.
struct StartRequest {
  bool resume = false;
  bool overwrite = false;
  bool retry_errors = false;
};

struct OutputNames {
  std::string output = "-";
  std::optional<std::string> errors;  ///< --errors FILE
  std::optional<std::string> keys{};  ///< --keys
};

}  // namespace infer
