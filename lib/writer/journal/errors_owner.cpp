#include "writer/journal/errors_owner.hpp"

#include <filesystem>
#include <string>
#include <system_error>

#include "base/error.hpp"

namespace infer {
namespace {

namespace fs = std::filesystem;

constexpr const char* kErrorsOf = "the errors file of";  ///< fact of an errors file's journal

/// The output to which an errors file belongs by its journal; empty when it is none.
std::string owner_in(const JournalText& journal) {
  const auto& run = journal.run;
  return run && !run->facts.empty() && run->facts[0].name == kErrorsOf ? run->facts[0].value : "";
}

bool is_given_up(const std::string& owner) { return !owner.empty() && !fs::exists(owner + ".journal"); }

[[noreturn]] void refuse(const std::string& file, const std::string& owner) {
  throw UsageError(file + " belongs to the unfinished run of " + owner +
                   ": complete that with --resume, or name another file; --overwrite drops its rows");
}

}  // namespace

RunRecord claim_record(const OutputPath& output) {
  std::error_code unknown;
  const auto name = fs::absolute(output.final, unknown).lexically_normal().string();
  RunRecord record;
  record.facts = {{kErrorsOf, name, true}};
  return parse_journal(journal_line(record)).run.value_or(record);  // as it reads back
}

void refuse_errors_of_another(const JournalText& journal, const OutputPath& errors,
                              const OutputPath& output) {
  const auto owner = owner_in(journal);
  if (!journal.run || owner == claim_record(output).facts[0].value || is_given_up(owner)) return;
  refuse(errors.final, owner.empty() ? errors.final : owner);
}

void refuse_errors_as_output(const JournalText& journal, const OutputPath& output) {
  const auto owner = owner_in(journal);
  if (!owner.empty() && !is_given_up(owner)) refuse(output.final, owner);
}

}  // namespace infer
