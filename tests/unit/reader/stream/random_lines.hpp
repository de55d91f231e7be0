// Content to be cut: lines of all lengths, blank ones, other ends of lines, a mark at the begin.
#pragma once

#include <random>
#include <string>

namespace infer::test {

inline std::string random_line(std::mt19937& random, std::size_t longest) {
  switch (random() % 8) {
    case 0: return "";
    case 1: return " \t\r";
    case 2: return std::string(1 + random() % longest, 'l');
    case 3: return std::string(random() % 300, 'm') + "\r";
    default: return std::string(1 + random() % 20, 's');
  }
}

inline std::string random_lines(std::mt19937& random, std::size_t lines, std::size_t longest) {
  std::string content = random() % 4 == 0 ? "\xEF\xBB\xBF" : "";
  for (std::size_t i = 0; i < lines; ++i) content += random_line(random, longest) + '\n';
  if (random() % 2 == 0) content += random_line(random, longest);
  return content;
}

}  // namespace infer::test
