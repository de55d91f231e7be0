#include "progress/log_sink.hpp"

#include <fcntl.h>
#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/file_io.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

namespace infer {
namespace {

constexpr const char* kEraseLine = "\r\033[K";
constexpr std::size_t kUsualColumns = 80;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

/// 0: not known.
std::size_t columns_of(int fd) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// The terminal from which this was started, where stderr leads through mpirun to it.
std::size_t columns_of_session() {
  const UniqueFd terminal(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC));
  return terminal ? columns_of(terminal.get()) : 0;
}

/// Somebody else has the terminal: a shell, after Ctrl-Z and bg.
bool is_in_background() {
  const auto foreground = ::tcgetpgrp(STDERR_FILENO);
  return foreground > 0 && foreground != ::getpgrp();
}

/// "2026-11-29T22:30:00.123Z"
std::string time_text(spdlog::log_clock::time_point time) {
  using std::chrono::milliseconds;
  const auto since = std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(since / 1000)),
                     since % 1000);
}

const char* level_text(spdlog::level::level_enum level) {
  if (level >= spdlog::level::err) return "error";
  return level == spdlog::level::warn ? "warning" : "info";
}

}  // namespace

std::size_t terminal_columns(int fd) {
  auto columns = columns_of(fd);
  if (columns == 0) columns = columns_of_session();
  const auto said = variable("COLUMNS");
  std::size_t wanted = 0;
  std::from_chars(said.data(), said.data() + said.size(), wanted);
  if (columns == 0) return wanted > 0 ? wanted : kUsualColumns;
  return wanted > 0 ? std::min(columns, wanted) : columns;
}

LogLook choose_look(LogFormat format, ShowProgress progress, std::optional<int> rank) {
  const bool is_terminal =
      ::isatty(STDERR_FILENO) == 1 && !variable("TERM").empty() && variable("TERM") != "dumb";
  LogLook look{format, false, false, rank};
  if (format == LogFormat::json) return look;
  look.redraws = progress == ShowProgress::always || (progress == ShowProgress::automatic && is_terminal);
  look.coloured = is_terminal && variable("NO_COLOR").empty();
  return look;
}

void LogSink::show_as(const LogLook& look) {
  const std::lock_guard lock(mutex_);
  look_ = look;
}

LogLook LogSink::look() {
  const std::lock_guard lock(mutex_);
  return look_;
}

void LogSink::draw(const RunProgress& progress) {
  const std::lock_guard lock(mutex_);
  if (is_in_background()) return;
  // The last column stays free: a cursor behind it would be on the next line for some terminals.
  const auto line = progress_line(progress, std::max<std::size_t>(terminal_columns(), 2) - 1, look_.coloured);
  const auto over = drawn_columns_ > 0 ? erasing() : std::string(kEraseLine);
  write_all(STDERR_FILENO, over + line.text);
  drawn_columns_ = line.columns;
}

void LogSink::clear() {
  const std::lock_guard lock(mutex_);
  if (drawn_columns_ > 0) write_all(STDERR_FILENO, erasing());
}

/// A terminal that has become narrower since has broken the line into several.
std::string LogSink::erasing() {
  const auto above = (drawn_columns_ - 1) / std::max<std::size_t>(terminal_columns(), 1);
  drawn_columns_ = 0;
  return above == 0 ? kEraseLine : fmt::format("\r\033[{}A\033[J", above);
}

void LogSink::say(const std::string& text) {
  log({spdlog::source_loc{}, "infer", spdlog::level::info, {text.data(), text.size()}});
}

void LogSink::tell(const char* event, const JsonObject& fields) {
  JsonObject all;
  all.add("event", event);
  const std::lock_guard lock(mutex_);
  auto line = json_line("info", all);
  line.insert(line.size() - 2, ',' + fields.fields());
  write_all(STDERR_FILENO, line);
}

std::string LogSink::json_line(const char* level, const JsonObject& fields) const {
  JsonObject head;
  head.add("time", time_text(spdlog::log_clock::now())).add("level", level);
  if (look_.rank) head.add("rank", static_cast<std::uint64_t>(*look_.rank));
  return '{' + head.fields() + ',' + fields.fields() + "}\n";
}

std::string LogSink::text_line(const spdlog::details::log_msg& message) const {
  const auto text = printable({message.payload.data(), message.payload.size()});
  const char* colour = message.level >= spdlog::level::err    ? "\033[31m"
                       : message.level == spdlog::level::warn ? "\033[33m"
                                                              : nullptr;
  if (!look_.coloured || colour == nullptr) return "infer: " + text + '\n';
  return std::string(colour) + "infer:\033[0m " + text + '\n';
}

/// Of a line that another rank draws nothing is known here but that it may be there.
void LogSink::sink_it_(const spdlog::details::log_msg& message) {
  if (look_.format == LogFormat::json) {
    JsonObject fields;
    fields.add("event", "message")
        .add("message", std::string_view(message.payload.data(), message.payload.size()));
    write_all(STDERR_FILENO, json_line(level_text(message.level), fields));
    return;
  }
  const bool is_another = look_.redraws && look_.rank.value_or(0) != 0;
  const auto over = drawn_columns_ > 0 ? erasing() : std::string(is_another ? kEraseLine : "");
  write_all(STDERR_FILENO, over + text_line(message));
}

}  // namespace infer
