// What an action says when it throws the kind of error that is expected.
#pragma once

#include <string>

namespace infer::test {

/// The message of the `Expected` that `action` throws. Any other exception passes through and fails the test.
template <class Expected, class Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const Expected& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}

}  // namespace infer::test
