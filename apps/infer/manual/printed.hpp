// What --print answers: the man page and the shells' completions, which an installation keeps where man and
// shells look, and the job scripts for Slurm.
#pragma once

#include <string>
#include <vector>

#include "manual/program_text.hpp"

namespace infer {

/// man, bash, zsh, fish, slurm-srun, ...
std::vector<std::string> printed_forms();

/// Throws UsageError for a form that is none.
std::string printed(const ProgramText& program, const std::string& form);

namespace detail {
std::string man_page(const ProgramText& program);
std::string bash_completion(const ProgramText& program);
std::string zsh_completion(const ProgramText& program);
std::string fish_completion(const ProgramText& program);

/// `text` with `with` in the place of each of `letters`, the letter itself for the @ in it.
std::string escaped(const std::string& text, const std::string& letters, const std::string& with);

/// In single quotes, as bash and zsh read it.
std::string quoted(const std::string& text);

/// "-m", "--model": as they are typed.
std::vector<std::string> typed_names(const OptionText& option);
}  // namespace detail

}  // namespace infer
