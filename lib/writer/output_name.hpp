// Where an output is written, and how it gets its name once it is complete.
#pragma once

#include <string>

namespace infer {

/// Where an output is written and where it ends up. Standard output ("-") and what is no regular file (a
/// pipe, a device) are written directly; a link is followed.
struct OutputPath {
  std::string final;
  std::string written;  ///< NAME.partial in the same folder, or `final`

  bool is_direct() const { return written == final; }
  std::string journal() const { return final + ".journal"; }
  std::string record() const { return final + ".run"; }  ///< Journal::finish()
};
OutputPath output_path(const std::string& path);

/// What becomes of a file that has the name already when an output is complete. An empty one always gives
/// way.
enum class Existing { stays, is_replaced };

/// Throws UsageError when OutputFile(path) could not work, as far as that shows without touching anything.
/// `rewritten`: write_start() will be used, which only a regular file allows.
void check_output(const std::string& path, bool rewritten = false);

/// Why a complete output cannot have its name: another file has it that stays. Empty when it can.
std::string name_problem(const OutputPath& path, Existing existing);

/// Gives a complete and synced file its name, durably. Throws RunError.
void publish(const OutputPath& path, Existing existing);

}  // namespace infer
