#include "base/error.hpp"

#include <cerrno>
#include <system_error>

namespace infer {

std::string errno_message(const std::string& attempt, int error_number) {
  return attempt + ": " + std::generic_category().message(error_number);
}

std::string errno_message(const std::string& attempt) { return errno_message(attempt, errno); }

namespace detail {

void assertion_failed(const char* condition, const char* file, int line) {
  throw InternalError(std::string(condition) + " does not hold at " + file + ":" + std::to_string(line));
}

}  // namespace detail
}  // namespace infer
