#include "check/joint_finding.hpp"

#include <catch2/catch.hpp>

using namespace infer;

namespace {

std::string names(const std::vector<int>& ranks) {
  std::string text;
  for (const int rank : ranks) text += (text.empty() ? "" : "+") + std::to_string(rank);
  return text;
}

Finding joined(const std::vector<Finding>& ranks, Verdict if_different = Verdict::ok) {
  return joint_finding(ranks, if_different, names);
}

}  // namespace

TEST_CASE("joint finding: ranks that found the same are not named") {
  const Finding same{Verdict::warn, "one core", "bind to none"};
  CHECK(joined({same}) == same);
  CHECK(joined({same, same, same}) == same);
}

TEST_CASE("joint finding: of ranks that differ those with the heaviest verdict are named") {
  const Finding ok{Verdict::ok, "TorchScript"};
  const Finding missing{Verdict::fail, "no file", "name another"};
  CHECK(joined({ok, missing, ok, missing}) == Finding{Verdict::fail, "1+3: no file", "name another"});
  CHECK(joined({missing, {Verdict::fail, "no rights"}, ok}) ==
        Finding{Verdict::fail, "0: no file; 1: no rights", "name another"});
  CHECK(joined({ok, {Verdict::skip, "not looked at"}}) == Finding{Verdict::skip, "1: not looked at"});
}

TEST_CASE("joint finding: ranks that are well and differ have the verdict that this deserves") {
  const Finding one{Verdict::ok, "2.15"};
  const Finding other{Verdict::ok, "2.14"};
  CHECK(joined({one, other}) == Finding{Verdict::ok, "0: 2.15; 1: 2.14"});
  CHECK(joined({one, other, one}, Verdict::fail) == Finding{Verdict::fail, "0+2: 2.15; 1: 2.14"});
}

TEST_CASE(
    "joint finding: a rank that is well and says nothing is like any other, but not like one that failed") {
  const Finding first{Verdict::ok, "in 0.1 s"};
  CHECK(joined({first, {}, {}}, Verdict::fail) == first);
  CHECK(joined({{}, {Verdict::fail, "broken"}}) == Finding{Verdict::fail, "1: broken"});
  CHECK(joined({{}, {}}) == Finding());
}

TEST_CASE("joint finding: of many ranks that differ the first few are shown") {
  std::vector<Finding> ranks;
  for (int rank = 0; rank < 20; ++rank) ranks.push_back({Verdict::ok, "GPU " + std::to_string(rank)});
  const auto text = joined(ranks).found;
  CHECK(text.starts_with("0: GPU 0; 1: GPU 1; "));
  CHECK(text.ends_with("7: GPU 7; and others"));
}
