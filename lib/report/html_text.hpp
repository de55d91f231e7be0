// Text as HTML has it, and tables of it. Internal to the report.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace infer::detail {

/// Whatever `text` is, it is shown as it stands: nothing of it is taken for HTML.
std::string escaped(std::string_view text);

/// <section> with a heading; `body` is HTML.
std::string section(std::string_view heading, const std::string& body);

struct Table {
  struct Column {
    std::string heading;
    bool is_number = false;
  };
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  ///< cells are HTML

  std::string html() const;
};

}  // namespace infer::detail
