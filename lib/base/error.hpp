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
  /// `may_go_on`: once the cause is gone, --resume takes the run up again; false where it would be refused,
  /// or meet the same again.
  explicit RunError(const std::string& message, bool may_go_on = true)
      : Error(ExitCode::run_failed, message), may_go_on_(may_go_on) {}
  bool may_go_on() const { return may_go_on_; }

 private:
  bool may_go_on_;
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

/// "cannot open data.jsonl: No such file or directory", for the current or the given errno. With the remedy
/// where it is the same whatever was attempted.
std::string errno_message(const std::string& attempt);
std::string errno_message(const std::string& attempt, int error_number);

/// "out of memory while reading the input; ..." with the remedies.
std::string out_of_memory_message(const std::string& attempt);

/// What to show of any exception: a failed allocation's own text says nothing, a thread's that could not be
/// started little.
std::string failure_text(const std::exception& error, const std::string& attempt);

namespace detail {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}

}  // namespace infer

/// Checks an invariant of ours in every build; throws InternalError. Never for user input.
#define INFER_ASSERT(condition) \
  ((condition) ? void(0) : ::infer::detail::assertion_failed(#condition, __FILE__, __LINE__))
