#include "writer/output_start.hpp"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <ranges>

#include "base/checked_cast.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/unique_fd.hpp"
#include "writer/output_file.hpp"

namespace infer {
namespace {

namespace fs = std::filesystem;

std::vector<OutputPath> paths_of(const OutputNames& names) {
  std::vector<OutputPath> paths{output_path(names.output)};
  if (names.errors) paths.push_back(output_path(*names.errors));
  return paths;
}

/// 0 for no file.
std::uint64_t size_of(const std::string& path) {
  std::error_code missing;
  const auto bytes = fs::file_size(path, missing);
  return missing ? 0 : bytes;
}

/// The first file in which an unfinished run left something; empty when there is none.
std::string unfinished_file(const std::vector<OutputPath>& paths) {
  for (const auto& path : paths) {
    if (!path.is_direct() && size_of(path.written) > 0) return path.written;
  }
  return {};
}

/// The first finished file that has content.
std::string finished_file(const std::vector<OutputPath>& paths) {
  for (const auto& path : paths) {
    if (!path.is_direct() && size_of(path.final) > 0) return path.final;
  }
  return {};
}

bool holds(const std::string& path, const Segment& segment) {
  if (segment.end == 0) return true;  // a file in which nothing was written yet may not be there
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || size_of(path) < segment.end || segment.end < segment.begin) return false;
  Digest digest;
  std::string piece(std::size_t{1} << 20U, '\0');
  for (auto at = segment.begin; at < segment.end;) {
    const auto wanted = std::min<std::uint64_t>(piece.size(), segment.end - at);
    const auto got = ::pread(fd.get(), piece.data(), wanted, checked_cast<off_t>(at));
    if (got <= 0) return false;
    digest.add({piece.data(), static_cast<std::size_t>(got)});
    at += static_cast<std::uint64_t>(got);
  }
  return digest.value() == segment.digest;
}

/// Every file's segment is at its place, under the name it has before or, for a complete output, after the
/// end.
bool is_on_disk(const Checkpoint& checkpoint, const std::vector<OutputPath>& paths) {
  if (checkpoint.files.size() != paths.size()) return false;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].is_direct() || holds(paths[i].written, checkpoint.files[i])) continue;
    if (!checkpoint.complete || !holds(paths[i].final, checkpoint.files[i])) return false;
  }
  return true;
}

/// Gives the files of a complete run their names, as it would have done itself.
bool finish_names(const Journal& journal, const std::vector<OutputPath>& paths) {
  const auto& checkpoints = journal.found().checkpoints;
  if (checkpoints.empty() || !checkpoints.back().complete || !is_on_disk(checkpoints.back(), paths))
    return false;
  for (const auto& path : paths) {
    if (!path.is_direct() && fs::exists(path.written)) publish(path);
  }
  return true;
}

void refuse_for_stream(const OutputNames& names, const StartRequest& request) {
  if (!request.resume && !request.retry_errors) return;
  throw UsageError(std::string(request.resume ? "--resume" : "--retry-errors") + ": the output " +
                   (names.output == "-" ? "is standard output" : names.output + " is no regular file") +
                   ", of which nothing can be taken up again; give --output FILE");
}

OutputStart start_unfinished(std::unique_ptr<Journal> journal, const std::string& left,
                             const StartRequest& request) {
  const auto& found = journal->found();
  if (!request.resume)
    throw UsageError(left +
                     " holds the rows of an unfinished run: --resume goes on with it, --overwrite "
                     "drops them and starts again");
  if (!found.run)
    throw UsageError("--resume: the journal of " + left + ", " + journal->path() +
                     ", is missing or damaged, so nobody knows what is in it; --overwrite starts again");
  if (request.retry_errors && !found.run->retry)
    throw UsageError(left +
                     " is of a run that never came to its end: complete it with --resume alone, then "
                     "use --retry-errors");
  return {StartKind::go_on, std::move(journal)};
}

OutputStart start_finished(std::unique_ptr<Journal> journal, const std::string& finished,
                           const std::vector<OutputPath>& paths, const StartRequest& request) {
  const bool has_output = fs::exists(paths[0].final);
  if (request.retry_errors && has_output) return {StartKind::retry, std::move(journal)};
  if (request.resume && has_output) return {StartKind::already_complete, std::move(journal)};
  throw UsageError(finished +
                   " exists: --overwrite replaces it once the new one is complete, --resume keeps a "
                   "complete output, --retry-errors scores again what failed in it");
}

}  // namespace

OutputStart claim_output(const OutputNames& names, const StartRequest& request) {
  const auto paths = paths_of(names);
  if (paths[0].is_direct()) {
    refuse_for_stream(names, request);
    return {};
  }
  const auto journal_path = paths[0].final + ".journal";
  auto journal = std::make_unique<Journal>(journal_path);
  if (finish_names(*journal, paths)) {
    journal->remove();
    journal = std::make_unique<Journal>(journal_path);
  }
  if (request.overwrite) {
    const bool retries = request.retry_errors && fs::exists(paths[0].final);
    return {retries ? StartKind::retry : StartKind::anew, std::move(journal)};
  }
  const auto left = unfinished_file(paths);
  if (!left.empty() || !journal->found().checkpoints.empty())
    return start_unfinished(std::move(journal), left.empty() ? paths[0].written : left, request);
  const auto finished = finished_file(paths);
  if (!finished.empty()) return start_finished(std::move(journal), finished, paths, request);
  if (!request.retry_errors) return {StartKind::anew, std::move(journal)};
  throw UsageError("--retry-errors: there is no output " + paths[0].final + " in which something failed");
}

Checkpoint usable_checkpoint(const JournalText& journal, const OutputNames& names) {
  const auto paths = paths_of(names);
  for (const auto& checkpoint : std::views::reverse(journal.checkpoints)) {
    if (is_on_disk(checkpoint, paths)) return checkpoint;
  }
  return {};
}

Differences compare_facts(const RunRecord& then, const RunRecord& now) {
  // As the journal says it: a name that is no valid UTF-8 reads back differently.
  const auto current = parse_journal(journal_line(now)).run.value_or(now);
  const auto find = [](const RunRecord& run, const std::string& name) {
    const auto fact = std::ranges::find(run.facts, name, &Fact::name);
    return fact == run.facts.end() ? std::string("nothing") : fact->value;
  };
  Differences differences;
  const auto compare = [&](const Fact& fact) {
    const auto before = find(then, fact.name);
    const auto after = find(current, fact.name);
    if (before == after) return;
    (fact.binding ? differences.binding : differences.other)
        .push_back(fact.name + ": " + before + " then, " + after + " now");
  };
  for (const auto& fact : current.facts) compare(fact);
  for (const auto& fact : then.facts) {
    if (std::ranges::find(current.facts, fact.name, &Fact::name) == current.facts.end()) compare(fact);
  }
  return differences;
}

}  // namespace infer
