#include "report/background_file.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include "report/replaced_file.hpp"

namespace infer {

/// Outlives the file when its disk hangs.
struct BackgroundFile::Work {
  explicit Work(std::string its_path) : path(std::move(its_path)) {}

  void run();
  std::optional<std::string> next();
  void wrote(std::string why_not);

  const std::string path;
  std::mutex mutex;  // of all below
  std::condition_variable news;
  std::optional<std::string> text;
  std::string failure;
  bool is_writing = false;
  bool closed = false;
};

void BackgroundFile::Work::run() {
  while (const auto now = next()) {
    try {
      replace_file(path, *now);
      wrote("");
    } catch (const std::exception& error) {
      wrote(error.what());
    }
  }
}

std::optional<std::string> BackgroundFile::Work::next() {
  std::unique_lock lock(mutex);
  news.wait(lock, [this] { return text || closed; });
  is_writing = text.has_value();
  return std::exchange(text, std::nullopt);
}

void BackgroundFile::Work::wrote(std::string why_not) {
  std::lock_guard lock(mutex);
  failure = std::move(why_not);
  is_writing = false;
  news.notify_all();
}

BackgroundFile::BackgroundFile(std::string path)
    : work_(std::make_shared<Work>(std::move(path))), thread_([work = work_] { work->run(); }) {}

BackgroundFile::~BackgroundFile() {
  bool hangs = false;
  {
    std::lock_guard lock(work_->mutex);
    work_->closed = true;
    hangs = work_->is_writing || work_->text;
    work_->news.notify_all();
  }
  if (hangs) thread_.detach();
}

void BackgroundFile::put(std::string text) {
  std::lock_guard lock(work_->mutex);
  work_->text = std::move(text);
  work_->news.notify_all();
}

std::string BackgroundFile::finish(Seconds limit) {
  std::unique_lock lock(work_->mutex);
  const bool done = work_->news.wait_for(lock, limit, [this] { return !work_->text && !work_->is_writing; });
  return done ? work_->failure
              : "cannot write " + work_->path + ": not done after " + seconds_text(limit) +
                    " s; look at the file system it is on";
}

}  // namespace infer
