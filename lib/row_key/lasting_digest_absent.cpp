// The same functions in a build without Rust.
#include "base/error.hpp"
#include "row_key/lasting_digest.hpp"

namespace infer::detail {

KeyContext key_context(std::string_view) {
  throw UsageError(
      "this infer was built without the digest that --keys and --reuse need: build it with "
      "-DINFER_ENABLE_RUST=ON");
}

RowKey lasting_key(const KeyContext&, std::string_view) {
  throw InternalError("there are no lasting keys in this build");
}

}  // namespace infer::detail
