#include "base/error.hpp"

#include <cerrno>
#include <new>
#include <system_error>

namespace infer {

std::string errno_message(const std::string& attempt, int error_number) {
  const auto text = attempt + ": " + std::generic_category().message(error_number);
  return error_number == EMFILE ? text + "; raise the limit of open files (ulimit -n)" : text;
}

std::string errno_message(const std::string& attempt) { return errno_message(attempt, errno); }

std::string out_of_memory_message(const std::string& attempt) {
  return "out of memory while " + attempt +
         "; lower --chunk-bytes, --max-record-bytes or --max-batch-size, start fewer ranks on this host, or "
         "give "
         "the run more memory";
}

std::string failure_text(const std::exception& error, const std::string& attempt) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return out_of_memory_message(attempt);
  const auto* system = dynamic_cast<const std::system_error*>(&error);
  if (system == nullptr || system->code() != std::errc::resource_unavailable_try_again) return error.what();
  return "cannot start a thread while " + attempt + ": " + error.what() +
         "; raise the limits of processes and memory (ulimit -u, ulimit -v)";
}

namespace detail {

void assertion_failed(const char* condition, const char* file, int line) {
  throw InternalError(std::string(condition) + " does not hold at " + file + ":" + std::to_string(line));
}

}  // namespace detail
}  // namespace infer
