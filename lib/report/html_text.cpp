#include "report/html_text.hpp"

#include "base/text.hpp"

namespace infer::detail {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string section(std::string_view heading, const std::string& body) {
  return "<section><h2>" + escaped(heading) + "</h2>\n" + body + "</section>\n";
}

std::string Table::html() const {
  std::string out = "<div class=\"wide\"><table><thead><tr>";
  for (const auto& column : columns)
    out += (column.is_number ? "<th class=\"n\">" : "<th>") + escaped(column.heading);
  out += "<tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      out += (columns[i].is_number ? "<td class=\"n\">" : "<td>") + row[i];
    out += '\n';
  }
  return out + "</table></div>\n";
}

}  // namespace infer::detail
