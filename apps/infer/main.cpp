// infer: scores a file of records with a PyTorch model, on as many ranks as MPI gives it.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/host_name.hpp"
#include "base/standard_output.hpp"
#include "bench.hpp"
#include "check.hpp"
#include "comm/agreement.hpp"
#include "comm/launch.hpp"
#include "command_line/cli.hpp"
#include "inherited.hpp"
#include "inspect.hpp"
#include "last_words.hpp"
#include "log_lines.hpp"
#include "merge.hpp"
#include "peek.hpp"
#include "pipeline/engine.hpp"
#include "resume_command.hpp"
#include "terminal.hpp"
#include "version.hpp"

namespace infer {
namespace {

constexpr std::chrono::seconds kTimeToSpeak{3};

/// Which process of those that were started together this is. Asked once: MPI adds variables of its own.
struct Place {
  std::optional<int> rank = launcher_rank_hint();

  bool speaks() const { return rank.value_or(0) == 0; }
  std::string name() const { return rank ? rank_name(*rank, host_name()) + ": " : ""; }
};

/// Usage errors come before MPI, mostly on every rank alike: rank 0 speaks. The launcher ends the others as
/// soon as one has left (srun with --kill-on-bad-exit), so they let it speak first; one that is still there
/// after that may have an error of its own.
int refuse(const Place& place, const Error& error, bool on_all = false) {
  if (!place.speaks()) std::this_thread::sleep_for(kTimeToSpeak);
  if (place.speaks() || !on_all) spdlog::error("{}{}", place.speaks() ? "" : place.name(), error.what());
  return static_cast<int>(error.code());
}

int answer(const Place& place, const std::string& text) {
  if (!place.speaks()) return 0;
  if (!has_standard_output())
    return refuse(place, UsageError("there is no standard output to answer on: it is closed"));
  return answer_on_standard_output(text) ? 0 : static_cast<int>(ExitCode::run_failed);
}

void check_standard_output(const Place& place, const RunConfig& config, Command command) {
  if (has_standard_output() || !place.speaks()) return;
  if (command == Command::check) throw UsageError("there is no standard output to answer on: it is closed");
  if (command != Command::run || config.output.path != "-") return;
  throw UsageError("rows go to standard output, and it is closed; name a file with --output");
}

void check_number_of_models(const GivenFlags& given, Command command) {
  if (command != Command::bench) return;
  for (const auto& [flag, value] : given.values) {
    const auto* models = std::get_if<std::vector<std::string>>(&value);
    if (flag->name != "model" || models == nullptr || models->size() < 2) continue;
    throw UsageError(
        "infer bench measures one model at a time: give it one --model, and of the rest likewise");
  }
}

/// The message with the rank it comes from, where there are several.
std::string attributed(const Channel& channel, const std::exception& error) {
  const auto text = failure_text(error, "running");
  if (channel.size() == 1 || dynamic_cast<const RankError*>(&error) != nullptr) return text;
  return channel.describe(channel.rank()) + ": " + text;
}

int run(int& argc, char**& argv, const Place& place, const RunConfig& config, const CommandLine& line,
        StopSignals& signals, LogSink& log) {
  Launch launch{launcher_name(), launch_problem()};
  const auto problem_alone = launch_problem(1);
  const auto problem_as_rank = lone_rank_problem();
  World world(
      argc, argv, {12 * config.stops.comm_timeout, config.stops.comm_timeout},
      [&](const std::string& message) {
        if (!place.speaks()) std::this_thread::sleep_for(kTimeToSpeak);
        flush_prints();
        spdlog::error("{}", message);
      },
      is_started_alone() || !launch.problem.empty());
  auto& channel = world.channel();
  try {
    if (channel.size() == 1) launch.problem = problem_alone;
    if (!launch.problem.empty() && (line.command != Command::check || !place.speaks()))
      return refuse(place, UsageError(launch.problem), true);
    if (channel.size() == 1 && !problem_as_rank.empty() && launch.problem.empty())
      throw UsageError(problem_as_rank);
    if (line.command == Command::check) return static_cast<int>(check(world, config, launch, line.as_json));
    TerminalObserver observer(config.command, log);
    if (line.command == Command::bench) return bench(world, config, observer), 0;
    return static_cast<int>(run_inference(world, config, observer, signals));
  } catch (const AgreedError& error) {
    signals.arm();  // mpirun sends one to the rest as soon as a rank has left: that is no news
    if (channel.rank() == 0) spdlog::error("{}", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    const auto* ours = dynamic_cast<const Error*>(&error);
    const auto code = ours != nullptr ? ours->code() : ExitCode::run_failed;
    const auto* failed = dynamic_cast<const RunError*>(&error);
    const bool may_go_on = line.command == Command::run && code == ExitCode::run_failed &&
                           (failed == nullptr || failed->may_go_on());
    flush_prints();
    spdlog::error("{}{}", attributed(channel, error), may_go_on ? how_to_go_on(config) : "");
    world.abort(static_cast<int>(code));
  }
}

/// Ends the process without the destructors of statics, LibTorch's above all: taking its registry of
/// operators apart takes 0.07 s, and threads that hang may still be using it. Leak checks need them.
[[noreturn]] void leave(int code) {
  flush_prints();
#ifdef INFER_SANITIZED
  std::exit(code);
#else
  std::fflush(nullptr);
  _exit(code);
#endif
}

int run_program(int argc, char** argv) {
  const auto main_start = Clock::now();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write, with its message
  std::signal(SIGXFSZ, SIG_IGN);  // so is a file that reaches `ulimit -f`
  const Place place;
  StopSignals signals(place.speaks());
  const auto log = set_up_log({argv, argv + argc}, place.rank);
  keep_standard_output([log, name = place.name()](const std::string& line) {
    log->say(name + "the model or a library prints: " + line);
  });
  speak_before_terminating();
  try {
    const auto line = parse_command_line(argc, argv);
    if (line.command == Command::answer) return answer(place, line.argument);
    if (line.command == Command::merge) return place.speaks() ? static_cast<int>(merge(line.merge)) : 0;
    if (line.command == Command::peek) return place.speaks() ? static_cast<int>(peek_at(line.peek)) : 0;
    if (line.command == Command::inspect) return answer(place, describe_model(line.argument, line.preload));
    check_number_of_models(line.flags, line.command);
    auto config = make_run_config(line.flags);
    log->show_as(choose_look(config.command.log_format, config.command.progress, place.rank));
    config.command.version = infer_version();
    config.command.process_start = process_start();
    config.command.main_start = main_start;
    config.command.as_typed = typed_command({argv, argv + argc}, parent_command());
    config.command.to_resume = resume_command({argv, argv + argc}, parent_command());
    if (std::ranges::count(config.input.files, "-") > 0) config.command.to_resume += " < THE_SAME_INPUT";
    check_standard_output(place, config, line.command);
    const bool checks = line.command == Command::check;  // which says all of it in its table
    if (const auto problem = launch_problem(); !problem.empty() && !checks)
      return refuse(place, UsageError(problem), true);
    for (const auto& notice : config.command.notices) {
      if (place.speaks() && !checks) spdlog::warn("{}", notice);
    }
    return run(argc, argv, place, config, line, signals, *log);
  } catch (const Error& error) {
    return refuse(place, error);
  } catch (const std::exception& error) {
    return refuse(place, RunError(failure_text(error, "starting")));
  }
}

}  // namespace
}  // namespace infer

int main(int argc, char** argv) { infer::leave(infer::run_program(argc, argv)); }
