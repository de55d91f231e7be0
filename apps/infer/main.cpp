// infer: scores a file of records with a PyTorch model, on as many ranks as MPI gives it.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "bench.hpp"
#include "cli.hpp"
#include "comm/launch.hpp"
#include "inspect.hpp"
#include "last_words.hpp"
#include "log_lines.hpp"
#include "pipeline/engine.hpp"
#include "resume_command.hpp"
#include "terminal.hpp"

namespace infer {
namespace {

constexpr std::chrono::seconds kTimeToSpeak{2};

/// Usage errors come before MPI, on every rank alike: one of them speaks. mpirun ends the others as soon as
/// one has left, so those that are silent let it speak first.
int refuse(const Error& error) {
  if (launcher_rank_hint().value_or(0) == 0) {
    spdlog::error("{}", error.what());
  } else {
    std::this_thread::sleep_for(kTimeToSpeak);
  }
  return static_cast<int>(error.code());
}

int answer(const std::string& text) {
  if (launcher_rank_hint().value_or(0) != 0) return 0;
  return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0
             ? static_cast<int>(ExitCode::run_failed)
             : 0;
}

/// The message with the rank it comes from, where there are several.
std::string attributed(const Session& session, const std::exception& error) {
  const auto text = failure_text(error, "running");
  if (session.size() == 1 || dynamic_cast<const RankError*>(&error) != nullptr) return text;
  return session.describe(session.rank()) + ": " + text;
}

int run(int& argc, char**& argv, const RunConfig& config, const CommandLine& line, StopSignals& signals) {
  Session session(argc, argv, {5 * config.comm_timeout, config.comm_timeout},
                  [](const std::string& message) { spdlog::error("{}", message); });
  try {
    if (const auto problem = launch_problem(session.size()); !problem.empty()) throw UsageError(problem);
    TerminalObserver observer(line.options.quiet, line.options.verbose);
    if (line.bench) return bench(session, config, observer), 0;
    return static_cast<int>(run_inference(session, config, observer, signals));
  } catch (const AgreedError& error) {
    signals.arm();  // mpirun sends one to the rest as soon as a rank has left: that is no news
    if (session.rank() == 0) spdlog::error("{}", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    const auto* ours = dynamic_cast<const Error*>(&error);
    const auto code = ours != nullptr ? ours->code() : ExitCode::run_failed;
    const auto* failed = dynamic_cast<const RunError*>(&error);
    const bool may_go_on = code == ExitCode::run_failed && (failed == nullptr || failed->may_go_on());
    spdlog::error("{}{}", attributed(session, error), may_go_on ? how_to_go_on(config) : "");
    session.abort(static_cast<int>(code));
  }
}

/// Ends the process without the destructors of statics, LibTorch's above all: taking its registry of
/// operators apart takes 0.07 s, and threads that hang may still be using it. Leak checks need them.
[[noreturn]] void leave(int code) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
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
  StopSignals signals(launcher_rank_hint().value_or(0) == 0);
  set_up_log();
  speak_before_terminating();
  try {
    const auto line = parse_command_line(argc, argv);
    if (line.answer) return answer(*line.answer);
    if (line.inspect) return answer(describe_model(*line.inspect));
    auto config = make_run_config(line.options);
    config.process_start = process_start();
    config.main_start = main_start;
    config.resume_command = resume_command({argv, argv + argc});
    if (const auto problem = launch_problem(); !problem.empty()) throw UsageError(problem);
    return run(argc, argv, config, line, signals);
  } catch (const Error& error) {
    return refuse(error);
  } catch (const std::exception& error) {
    return refuse(RunError(failure_text(error, "starting")));
  }
}

}  // namespace
}  // namespace infer

int main(int argc, char** argv) { infer::leave(infer::run_program(argc, argv)); }
