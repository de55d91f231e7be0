// Ends in one of the ways a run can end, arranged as in a real main(), for the exit code that the launcher
// gives.
#include <iostream>
#include <string>

#include "comm/agreement.hpp"
#include "comm/world.hpp"

using namespace infer;

namespace {

void run(Channel& channel, const std::string& way) {
  const auto fail_on_last = [&] {
    if (channel.rank() == channel.size() - 1) throw UsageError("bad model");
  };
  if (way == "one-rank-throws") fail_on_last();
  if (way == "all-agree") agree(channel, Deadline(Seconds(30)), fail_on_last);
  collect(channel, "done", Deadline(Seconds(50)));
  broadcast(channel, "done", Deadline(Seconds(50)));
}

// What main() must not do: here the world is gone when the error is caught. It must still end.
int run_with_world_inside(int argc, char** argv) {
  try {
    World world(argc, argv);
    run(world.channel(), "one-rank-throws");
    return 0;
  } catch (const Error& error) {
    std::cerr << "infer: " << error.what() << std::endl;
    return static_cast<int>(error.code());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string way = argc > 1 ? argv[1] : "";
  if (way == "unwound") return run_with_world_inside(argc, argv);
  World world(argc, argv);
  auto& channel = world.channel();
  try {
    run(channel, way);
    return 0;
  } catch (const AgreedError& error) {
    if (channel.rank() == 0) std::cerr << "infer: " << error.what() << std::endl;
    return static_cast<int>(error.code());
  } catch (const Error& error) {
    std::cerr << "infer: " << channel.describe(channel.rank()) << ": " << error.what() << std::endl;
    world.abort(static_cast<int>(error.code()));
  }
}
