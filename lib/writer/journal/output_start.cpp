#include "writer/journal/output_start.hpp"

#include <algorithm>
#include <filesystem>
#include <ranges>
#include <utility>

#include "base/error.hpp"
#include "writer/journal/errors_owner.hpp"
#include "writer/journal/on_disk.hpp"
#include "writer/output_name.hpp"

namespace infer {
namespace {

namespace fs = std::filesystem;

/// 0 for no file.
std::uint64_t size_of(const std::string& path) {
  std::error_code missing;
  const auto bytes = fs::file_size(path, missing);
  return missing ? 0 : bytes;
}

/// What there is of files under their names, and under those that they have before.
struct Standing {
  std::string left;      ///< the first file in which an unfinished run left something; empty: none
  std::string finished;  ///< the first finished file that has content; empty: none
  bool has_output = false;
  std::optional<JournalText> made_of{};  ///< the output; empty: as is said beside it
};

/// As it will be when the `nameless` files of a complete run have their names.
Standing what_stands(const std::vector<OutputPath>& paths, const std::vector<OutputPath>& nameless = {}) {
  Standing standing;
  const auto is_nameless = [&](const OutputPath& path) {
    return std::ranges::find(nameless, path.final, &OutputPath::final) != nameless.end();
  };
  for (const auto& path : paths) {
    if (path.is_direct()) continue;
    const bool is_left = !is_nameless(path) && size_of(path.written) > 0;
    const bool is_finished = size_of(is_nameless(path) ? path.written : path.final) > 0;
    if (standing.left.empty() && is_left) standing.left = path.written;
    if (standing.finished.empty() && is_finished) standing.finished = path.final;
  }
  standing.has_output = is_nameless(paths[0]) || fs::exists(paths[0].final);
  return standing;
}

/// Before anything is touched: what is there under a helper's name must be of a run of ours.
void check_helpers(const std::vector<OutputPath>& paths) {
  for (const auto& path : paths) {
    if (path.is_direct()) continue;
    check_helper(path.written, nullptr);
    for (const auto& name : {path.journal(), path.journal() + ".new"}) check_helper(name, looks_like_journal);
  }
  if (!paths[0].is_direct()) check_helper(paths[0].record(), looks_like_journal);
}

/// The errors file's, which stands behind the output.
bool has_claim(const OutputNames& names, const std::vector<OutputPath>& paths) {
  return names.errors && !paths[1].is_direct();
}

OutputStart claim(const OutputNames& names, const StartRequest& request) {
  const auto paths = output_paths(names);
  OutputStart start;
  if (!paths[0].is_direct()) {
    start.can_resume = true;
    start.journal = std::make_unique<Journal>(paths[0].journal());
    start.journal->check_rename();
    start.unfinished = start.journal->found();
    if (!request.overwrite) refuse_errors_as_output(start.unfinished, paths[0]);
  }
  if (!has_claim(names, paths)) return start;
  start.errors_claim = std::make_unique<Journal>(paths[1].journal());
  start.errors_claim->check_rename();
  if (!request.overwrite) refuse_errors_of_another(start.errors_claim->found(), paths[1], paths[0]);
  return start;
}

/// As claim() finds it.
FoundOutput look(const OutputNames& names, const StartRequest& request) {
  const auto paths = output_paths(names);
  FoundOutput earlier;
  if (!paths[0].is_direct()) {
    earlier.can_resume = true;
    earlier.unfinished = look_at_journal(paths[0].journal());
    if (!request.overwrite) refuse_errors_as_output(earlier.unfinished, paths[0]);
  }
  if (!has_claim(names, paths)) return earlier;
  const auto claimed = look_at_journal(paths[1].journal());
  if (!request.overwrite) refuse_errors_of_another(claimed, paths[1], paths[0]);
  return earlier;
}

/// Whether the journal is of a run to whose files nothing is missing but, maybe, their names.
bool is_complete(const FoundOutput& earlier, const std::vector<OutputPath>& paths) {
  const auto& found = earlier.unfinished;
  return found.run && !found.checkpoints.empty() && found.checkpoints.back().complete &&
         is_on_disk(found.checkpoints.back(), paths);
}

/// Those files of a complete run that have not got their names. Throws UsageError when another has it.
std::vector<OutputPath> nameless_files(const JournalText& found, const std::vector<OutputPath>& paths,
                                       const StartRequest& request) {
  std::vector<OutputPath> nameless;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const bool is_there = !paths[i].is_direct() && fs::exists(paths[i].written);
    if (is_there && size_of(paths[i].written) == found.checkpoints.back().files[i].end)
      nameless.push_back(paths[i]);
  }
  for (const auto& path : nameless) {
    if (const auto problem = name_problem(path, existing_of(*found.run, request.overwrite)); !problem.empty())
      throw UsageError(problem);
  }
  return nameless;
}

/// Gives the files of a complete run their names, as it would have done itself: the output's last.
bool finish_names(OutputStart& start, const std::vector<OutputPath>& paths, const StartRequest& request) {
  if (!is_complete(start, paths)) return false;
  const auto existing = existing_of(*start.unfinished.run, request.overwrite);
  const auto nameless = nameless_files(start.unfinished, paths, request);
  for (const auto& path : std::views::reverse(nameless)) publish(path, existing);
  if (start.errors_claim) start.errors_claim->remove();
  start.journal->finish(paths[0].record());
  return true;
}

void refuse_for_stream(const OutputNames& names, const StartRequest& request) {
  if (!request.resume && !request.retry_errors) return;
  throw UsageError(std::string(request.resume ? "--resume" : "--retry-errors") + ": the output " +
                   (names.output == "-" ? "is standard output" : names.output + " is no regular file") +
                   ", of which nothing can be taken up again; give --output FILE");
}

/// Of files that a run without a journal leaves, or would replace.
void refuse_errors_alone(const std::vector<OutputPath>& paths, const StartRequest& request) {
  const auto standing = what_stands(paths);
  const auto there = standing.left.empty() ? standing.finished : standing.left;
  if (there.empty() || request.overwrite) return;
  throw UsageError(there +
                   " exists: --overwrite replaces it once the new one is complete; or give another --errors");
}

void start_unfinished(FoundOutput& start, const std::string& left, const std::vector<OutputPath>& paths,
                      const StartRequest& request) {
  const auto& found = start.unfinished;
  if (!request.resume)
    throw UsageError(left +
                     " holds the rows of an unfinished run: --resume goes on with it, --overwrite "
                     "drops them and starts again");
  if (!found.run)
    throw UsageError("--resume: the journal of " + left + ", " + paths[0].journal() +
                     ", is missing or damaged, so nobody knows what is in it; --overwrite starts again");
  for (const auto& path : paths) {
    if (const auto problem = name_problem(path, existing_of(*found.run, false)); !problem.empty())
      throw UsageError(problem);
  }
  if (request.retry_errors && !found.run->retry)
    throw UsageError(left +
                     " is of a run that never came to its end: complete it with --resume alone, then "
                     "use --retry-errors");
  start.kind = StartKind::go_on;
  if (found.run->retry) start.finished = finished_run(paths[0]);
}

void start_finished(FoundOutput& start, const Standing& standing, const std::vector<OutputPath>& paths,
                    const StartRequest& request) {
  if ((request.retry_errors || request.resume) && standing.has_output) {
    start.kind = request.retry_errors ? StartKind::retry : StartKind::already_complete;
    start.finished = standing.made_of ? standing.made_of : finished_run(paths[0]);
    return;
  }
  throw UsageError(standing.finished +
                   " exists: --overwrite replaces it once the new one is complete, --resume keeps a "
                   "complete output, --retry-errors scores again what failed in it");
}

void start_by_what_stands(FoundOutput& start, const Standing& standing, const std::vector<OutputPath>& paths,
                          const StartRequest& request) {
  const bool is_unfinished = !standing.left.empty() || !start.unfinished.checkpoints.empty();
  if (request.overwrite) {
    if (request.retry_errors && standing.has_output) start_finished(start, standing, paths, request);
  } else if (is_unfinished) {
    start_unfinished(start, standing.left.empty() ? paths[0].written : standing.left, paths, request);
  } else if (!standing.finished.empty()) {
    start_finished(start, standing, paths, request);
  } else if (request.retry_errors) {
    throw UsageError("--retry-errors: there is no output " + paths[0].final + " in which something failed");
  }
}

void refuse_around_stream(const OutputNames& names, const StartRequest& request) {
  refuse_for_stream(names, request);
  refuse_errors_alone(output_paths(names), request);
}

}  // namespace

OutputStart claim_output(const OutputNames& names, const StartRequest& request) {
  const auto paths = output_paths(names);
  check_helpers(paths);
  auto start = claim(names, request);
  if (!start.can_resume) {
    refuse_around_stream(names, request);
    return start;
  }
  if (finish_names(start, paths, request)) start = claim(names, request);
  start_by_what_stands(start, what_stands(paths), paths, request);
  return start;
}

FoundOutput look_at_output(const OutputNames& names, const StartRequest& request) {
  const auto paths = output_paths(names);
  check_helpers(paths);
  auto found = look(names, request);
  if (!found.can_resume) {
    refuse_around_stream(names, request);
    return found;
  }
  auto standing = what_stands(paths);
  if (is_complete(found, paths)) {
    standing = what_stands(paths, nameless_files(found.unfinished, paths, request));
    standing.made_of = std::exchange(found.unfinished, {});
  }
  start_by_what_stands(found, standing, paths, request);
  return found;
}

}  // namespace infer
