// The errors that end a run. A bad record is never one of these: it travels as a RecordError value.
#pragma once

#include <stdexcept>
#include <string>

namespace infer {

/// The process's exit codes, a documented contract with shells, Slurm scripts and CI.
enum class ExitCode : int {
  complete = 0,        ///< every record scored, or no more failed than --max-errors allows
  records_failed = 1,  ///< the whole input was scored, but more records failed than allowed
  usage = 2,           ///< wrong flags, configuration, model or input, found before any work
  run_failed = 3,      ///< the run could not go on
  stopped = 4,         ///< stopped before the end on request; resumable
};

/// Ends the run. The message says what was attempted, the value, the limit and the remedy.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// Something the user gave cannot work: flags, configuration, model or input.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(ExitCode::usage, message) {}
};

/// Something broke while running: disk, device, network, a file that changed.
class RunError : public Error {
 public:
  explicit RunError(const std::string& message) : Error(ExitCode::run_failed, message) {}
};

/// A record failed, and that ends the run because it was asked to: going on would meet it again.
class FailedRecordError : public RunError {
 public:
  using RunError::RunError;
};

/// The run was asked to stop and could not finish what was in flight.
class StoppedError : public Error {
 public:
  explicit StoppedError(const std::string& message) : Error(ExitCode::stopped, message) {}
};

/// Our own mistake; never reachable from input.
class InternalError : public Error {
 public:
  explicit InternalError(const std::string& message)
      : Error(ExitCode::run_failed, "internal error: " + message + "; please report this") {}
};

/// "cannot open data.jsonl: No such file or directory", for the current or the given errno.
std::string errno_message(const std::string& attempt);
std::string errno_message(const std::string& attempt, int error_number);

namespace detail {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}

}  // namespace infer

/// Checks an invariant of ours in every build; throws InternalError. Never for user input.
#define INFER_ASSERT(condition) \
  ((condition) ? void(0) : ::infer::detail::assertion_failed(#condition, __FILE__, __LINE__))
