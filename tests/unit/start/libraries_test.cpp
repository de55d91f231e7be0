#include "start/libraries.hpp"

#include <catch2/catch.hpp>

#include "unit/base/scratch_folder.hpp"

namespace infer {

TEST_CASE("libraries: told by name and content, wherever they are; others by their name alone") {
  const test::ScratchFolder folder;
  const auto one = folder.write("libops.so", "code");
  const test::ScratchFolder elsewhere;
  const auto copy = elsewhere.write("libops.so", "code");
  const auto other = elsewhere.write("libother.so", "other code");
  CHECK(libraries_text({}) == "none");
  CHECK(libraries_text({one}) == libraries_text({copy}));
  CHECK(libraries_text({one}).starts_with("libops.so ("));
  CHECK(libraries_text({one, other}) != libraries_text({other, one}));
  CHECK(libraries_text({"libfoo.so"}) == "libfoo.so");
  elsewhere.write("libops.so", "edoc");
  CHECK(libraries_text({one}) != libraries_text({copy}));
}

}  // namespace infer
