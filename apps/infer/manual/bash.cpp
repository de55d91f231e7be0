#include "manual/printed.hpp"

namespace infer::detail {
namespace {

std::string words_of(const std::vector<OptionText>& options) {
  std::string words;
  for (const auto& option : options) {
    for (const auto& name : typed_names(option)) words += (words.empty() ? "" : " ") + name;
  }
  return words;
}

std::vector<OptionText> run_options(const ProgramText& program) {
  std::vector<OptionText> options;
  for (const auto& group : program.groups)
    options.insert(options.end(), group.options.begin(), group.options.end());
  return options;
}

std::string names_of(const std::vector<CommandText>& commands) {
  std::string names;
  for (const auto& command : commands) names += (names.empty() ? "" : " ") + command.name;
  return names;
}

/// "what" says how to go on behind the flag: files, folders, these words, or anything.
std::string value_case(const OptionText& option) {
  std::string pattern;
  for (const auto& name : typed_names(option)) pattern += (pattern.empty() ? "" : " | ") + name;
  std::string choices;
  for (const auto& choice : option.choices) choices += (choices.empty() ? "" : " ") + choice;
  const auto what = option.value == "FILE"     ? "what=files"
                    : option.value == "FOLDER" ? "what=folders"
                    : option.choices.empty()   ? "what=anything"
                                               : "what=words words='" + choices + "'";
  return "    " + pattern + ") takes=" + (option.repeats ? "many" : "one") + " " + what + " ;;\n";
}

std::string command_case(const CommandText& command) {
  const auto run = command.takes_run_flags ? " $run" : "";
  return "    " + command.name + ") words=\"" + words_of(command.options) + run +
         "\" operand=" + (command.operand.empty() ? "''" : "files") + " ;;\n";
}

}  // namespace

std::string bash_completion(const ProgramText& program) {
  const auto options = run_options(program);
  auto script =
      "# bash completion for infer; made by: infer --print bash\n"
      "_infer() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} before=$((COMP_CWORD - 1)) command='' flag='' word i\n"
      "  local takes=none what=anything words='' operand='' commands='" +
      names_of(program.commands) + "'\n  local run='" + words_of(options) + "'\n" + R"bash(
  COMPREPLY=()
  [[ $cur != '=' ]] || cur=''
  for word in "${COMP_WORDS[@]:1:before}"; do
    [[ " $commands " != *" $word "* ]] || command=$word
  done
  # The flag that the word belongs to: = stands between them, or other values of the same flag.
  for ((i = before; i > 0; i--)); do
    word=${COMP_WORDS[i]}
    [[ $word != -?* ]] || { flag=$word; break; }
  done
  case $flag in
)bash";
  for (const auto& option : options) {
    if (!option.value.empty()) script += value_case(option);
  }
  script +=
      "  esac\n  local distance=$((COMP_CWORD - i))\n" +
      std::string(R"bash(  [[ ${COMP_WORDS[i + 1]} != '=' || $distance -eq 1 ]] || distance=$((distance - 1))
  if [[ $takes == none || ($takes == one && $distance -gt 1) || ($takes == many && $cur == -*) ]]; then
    what=words words=$run operand=''
    case $command in
)bash");
  for (const auto& command : program.commands) script += command_case(command);
  return script + R"bash(    '') [[ $COMP_CWORD -gt 1 ]] || words="$commands $words" ;;
    esac
    [[ $cur == -* || $operand == '' ]] || what=$operand
  fi
  case $what in
    files) mapfile -t COMPREPLY < <(compgen -f -- "$cur") && compopt -o filenames 2>/dev/null ;;
    folders) mapfile -t COMPREPLY < <(compgen -d -- "$cur") && compopt -o filenames 2>/dev/null ;;
    words) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur") ;;
  esac
  return 0
}
complete -F _infer infer
)bash";
}

}  // namespace infer::detail
