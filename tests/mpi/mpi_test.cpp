#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include "mpi_test.hpp"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "catch_runner.hpp"

namespace infer {
namespace {

constexpr int kSkipped = 77;
World* the_world = nullptr;

/// Ranks go through the cases in step, so that a message of the next case never arrives in this one.
struct MeetAfterEachCase : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;
  void testCaseEnded(const Catch::TestCaseStats&) override {
    agree(the_world->channel(), soon(), [] {});
  }
};

CATCH_REGISTER_LISTENER(MeetAfterEachCase)

std::string own_report_file(int rank) {
  const auto name = "infer_mpi_test." + std::to_string(getpid()) + "." + std::to_string(rank);
  return std::filesystem::temp_directory_path() / name;
}

int run_tests(int argc, char** argv) {
  const int rank = the_world->channel().rank();
  const std::string report = own_report_file(rank);
  const int failures = run_catch(argc, argv, rank == 0 ? "" : report);
  if (rank != 0 && failures != 0) {
    std::ostringstream text;
    text << std::ifstream(report).rdbuf();
    std::cerr << "report of rank " << rank << ":\n" << text.str() << std::flush;
  }
  if (rank != 0) std::filesystem::remove(report);
  return failures == 0 ? 0 : 1;
}

std::string first_reason(const std::vector<std::string>& reasons) {
  const auto given = std::ranges::find_if(reasons, [](const auto& reason) { return !reason.empty(); });
  return given == reasons.end() ? "" : *given;
}

bool skip(const std::function<std::string()>& skip_reason) {
  const auto reasons = collect(the_world->channel(), skip_reason ? skip_reason() : "", soon());
  const auto reason = broadcast(the_world->channel(), first_reason(reasons), soon());
  if (!reason.empty() && the_world->channel().rank() == 0) std::cout << "skipped: " << reason << std::endl;
  return !reason.empty();
}

int run_all(int argc, char** argv, const std::function<std::string()>& skip_reason) {
  if (skip(skip_reason)) return kSkipped;
  const auto verdicts = collect(the_world->channel(), run_tests(argc, argv) == 0 ? "" : "failed", soon());
  return broadcast(the_world->channel(), first_reason(verdicts), soon()).empty() ? 0 : 1;
}

}  // namespace

World& test_world() { return *the_world; }

Channel& test_channel() { return the_world->channel(); }

int run_mpi_tests(int argc, char** argv, const std::function<std::string()>& skip_reason) {
  World world(argc, argv);
  the_world = &world;
  try {
    return run_all(argc, argv, skip_reason);
  } catch (const std::exception& error) {
    std::cerr << world.channel().describe(world.channel().rank()) << ": " << error.what() << std::endl;
    world.abort(1);
  }
}

}  // namespace infer
