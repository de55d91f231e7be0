#define CATCH_CONFIG_RUNNER
#include "catch_runner.hpp"

#include <catch2/catch.hpp>

namespace infer {

int run_catch(int argc, char** argv, const std::string& report) {
  Catch::Session session;
  if (const int wrong = session.applyCommandLine(argc, argv)) return wrong;
  if (!report.empty()) session.configData().outputFilename = report;
  return session.run();
}

}  // namespace infer
