#include "start/placement.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;

using Names = std::vector<std::string>;

TEST_CASE("placement: every rank on its own GPU or all on the CPU goes") {
  CHECK_NOTHROW(
      check_placements({{"a", "cuda:0", {"u1"}}, {"a", "cuda:1", {"u2"}}, {"b", "cuda:0", {"u3"}}}, false));
  CHECK_NOTHROW(check_placements({{"a", "cpu", {}}, {"a", "cpu", {}}}, false));
  CHECK_NOTHROW(check_placements({{"a", "cpu", {}}}, false));
}

TEST_CASE("placement: two ranks on one GPU are refused and named, unless a test allows it") {
  const std::vector<Placement> shared{
      {"a", "cuda:0", {"u1"}}, {"a", "cuda:1", {"u2"}}, {"a", "cuda:0", {"u1"}}};
  CHECK_THAT(message_of<UsageError>([&] { check_placements(shared, false); }),
             Contains("rank 0 and rank 2") && Contains("u1"));
  CHECK_NOTHROW(check_placements(shared, true));
}

TEST_CASE("placement: CPU and GPU together are refused, and both ranks are named") {
  CHECK_THAT(message_of<UsageError>([] {
               check_placements({{"a", "cuda:0", {"u1"}}, {"b", "cpu", {}}}, true);
             }),
             Contains("rank 0 (a)") && Contains("rank 1 (b) uses cpu"));
  CHECK_THROWS_AS(check_placements({{"a", "cpu", {}}, {"b", "cuda:0", {"u1"}}}, false), UsageError);
}

TEST_CASE("placement: survives its message") {
  const auto placement = parse_placement(placement_text({"host", "cuda:1", {"u1", "u2"}}));
  CHECK(placement.host == "host");
  CHECK(placement.device == "cuda:1");
  CHECK(placement.device_ids == Names{"u1", "u2"});
  CHECK(parse_placement(placement_text(own_placement("h", {"cpu"}))).device_ids.empty());
  CHECK(cuda_device_number("cuda:12") == 12);
}
