#include "writer/journal/journal.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/error.hpp"
#include "base/file_io.hpp"
#include "writer/journal/sync_folder.hpp"

namespace infer {
namespace {

constexpr std::size_t kMostLines = 1000;  ///< then the journal is written anew with what still matters
constexpr std::size_t kKeptCheckpoints = 2;

}  // namespace

Journal::Journal(std::string path, ClaimTimes times) : claim_(std::move(path), times) {
  keep_ = found().run.has_value();
}

Journal::~Journal() {
  if (gone_ || !claim_.holds()) return;
  if (!keep_) {
    ::unlink(path().c_str());
    return;
  }
  auto owner = claim_.self();
  owner.has_left = true;
  const auto line = journal_line(owner);
  [[maybe_unused]] const auto written = ::write(claim_.fd(), line.data(), line.size());  // a courtesy
}

void Journal::fail(const std::string& attempt) const {
  throw RunError(errno_message("cannot " + attempt + " the journal " + path()));
}

void Journal::append(std::string_view text) {
  if (!write_all(claim_.fd(), text)) fail("write");
}

void Journal::begin(const RunRecord& run, std::vector<Checkpoint> kept) {
  run_ = run;
  last_ = std::move(kept);
  keep_ = !last_.empty();
  rewrite();
}

void Journal::add(const Checkpoint& checkpoint) {
  check_claim();
  last_.push_back(checkpoint);
  if (last_.size() > kKeptCheckpoints) last_.erase(last_.begin());
  keep_ = true;
  if (++lines_ > kMostLines) return rewrite();
  append(journal_line(checkpoint));
  if (::fdatasync(claim_.fd()) != 0) fail("sync");
}

/// Whole or not at all: a second file takes the first one's name, and its lock is taken before.
void Journal::rewrite() {
  check_claim();
  auto content = journal_line(claim_.self()) + journal_line(run_);
  for (const auto& checkpoint : last_) content += journal_line(checkpoint);
  lines_ = last_.size();
  auto next = claim_.write_new(content);
  if (::rename(claim_.new_path().c_str(), path().c_str()) != 0) fail("rename");
  claim_.move_to(std::move(next));
  sync_folder_of(path());
}

void Journal::finish(const std::string& record) {
  check_claim();
  const bool begun = !last_.empty();
  const auto run = begun ? run_ : found().run.value();
  auto complete = begun ? last_.back() : found().checkpoints.back();
  INFER_ASSERT(complete.complete);
  complete.sessions.clear();  // who made it, and when, decides nothing
  complete.failures.clear();
  claim_.write_new(journal_line(run) + journal_line(complete));
  if (::rename(claim_.new_path().c_str(), record.c_str()) != 0)
    throw RunError(errno_message("cannot rename " + claim_.new_path() + " to " + record));
  remove();
}

/// If a power cut brings it back, it says that the output is complete.
void Journal::remove() {
  if (::unlink(path().c_str()) != 0) fail("remove");
  gone_ = true;
  sync_folder_of(path());
}

}  // namespace infer
