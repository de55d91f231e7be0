// Ends in one of the ways a run can end, arranged as in a real main(), for the exit code that the launcher
// gives.
#include <iostream>
#include <string>

#include "comm/session.hpp"

using namespace infer;

namespace {

void run(Session& session, const std::string& way) {
  const auto fail_on_last = [&] {
    if (session.rank() == session.size() - 1) throw UsageError("bad model");
  };
  if (way == "one-rank-throws") fail_on_last();
  if (way == "all-agree") agree(session, Deadline(Seconds(30)), fail_on_last);
  collect(session, "done", Deadline(Seconds(50)));
  broadcast(session, "done", Deadline(Seconds(50)));
}

// What main() must not do: here the session is gone when the error is caught. It must still end.
int run_with_session_inside(int argc, char** argv) {
  try {
    Session session(argc, argv);
    run(session, "one-rank-throws");
    return 0;
  } catch (const Error& error) {
    std::cerr << "infer: " << error.what() << std::endl;
    return static_cast<int>(error.code());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string way = argc > 1 ? argv[1] : "";
  if (way == "unwound") return run_with_session_inside(argc, argv);
  Session session(argc, argv);
  try {
    run(session, way);
    return 0;
  } catch (const AgreedError& error) {
    if (session.rank() == 0) std::cerr << "infer: " << error.what() << std::endl;
    return static_cast<int>(error.code());
  } catch (const Error& error) {
    std::cerr << "infer: " << session.describe(session.rank()) << ": " << error.what() << std::endl;
    session.abort(static_cast<int>(error.code()));
  }
}
