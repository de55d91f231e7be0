// All that this program says on stderr goes through here, so that a line that is redrawn stays the last one
// and whole, and programs that read stderr get an object a line.
#pragma once

#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

#include "config/choices.hpp"
#include "progress/json_object.hpp"
#include "progress/progress_line.hpp"

namespace infer {

/// How it looks.
struct LogLook {
  LogFormat format = LogFormat::text;
  bool redraws = false;  ///< a line, on this rank or on another one that shares the terminal
  bool coloured = false;
  std::optional<int> rank{};  ///< for JSON
};

/// What stderr, NO_COLOR and TERM allow.
LogLook choose_look(LogFormat format, ShowProgress progress, std::optional<int> rank);

/// Columns of the terminal behind a descriptor, standard error's by default, now: its own, or fewer where
/// COLUMNS says so; 80 where nobody knows.
std::size_t terminal_columns(int fd = STDERR_FILENO);

/// Thread-safe.
class LogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void show_as(const LogLook& look);
  LogLook look();

  /// Draws over what it drew before. Not while this process is in the background of its terminal.
  void draw(const RunProgress& progress);
  /// Nothing is left of it.
  void clear();
  /// A message of its own, whatever bytes it has.
  void say(const std::string& text);
  /// In JSON: an object with these fields behind the usual ones.
  void tell(const char* event, const JsonObject& fields);

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  std::string json_line(const char* level, const JsonObject& fields) const;
  std::string text_line(const spdlog::details::log_msg& message) const;
  std::string erasing();

  LogLook look_;
  std::size_t drawn_columns_ = 0;  // of the line that stands there
};

}  // namespace infer
