#include "decoder/carried_fields.hpp"

#include <catch2/catch.hpp>

using namespace infer;
using infer::detail::CarriedFields;

namespace {

std::string_view take(CarriedFields& fields, std::size_t field, std::string_view walked,
                      bool may_have_literals = false) {
  return fields.take(field, walked.data(), walked.data() + walked.size(), may_have_literals);
}

std::string members(const CarriedFields& fields, bool are_cells = false) {
  RowTable table;
  table.carried = "before";
  Row row;
  fields.append(table, row, are_cells);
  return std::string(table.carried_of(row));
}

}  // namespace

TEST_CASE("carried fields: stand in the order of their names, without the blanks behind them") {
  CarriedFields fields({"id", "a\"b", "absent"});
  take(fields, 1, "[1, 2] \t\r\n");
  take(fields, 0, "7 ");
  CHECK(members(fields) == R"("id":7,"a\"b":[1, 2])");
}

TEST_CASE("carried fields: of cells only numbers stay what they look like") {
  CarriedFields fields({"a", "b", "c", "d", "e"});
  take(fields, 0, "[1, 2]");
  take(fields, 1, "true");
  take(fields, 2, "1.50");
  take(fields, 3, "null");
  take(fields, 4, R"("true")");
  CHECK(members(fields, true) == R"("a":"[1, 2]","b":"true","c":1.50,"d":null,"e":"true")");
}

TEST_CASE("carried fields: a record has none of the record before it") {
  CarriedFields fields({"id"});
  take(fields, 0, "7");
  fields.begin_record();
  CHECK(members(fields).empty());
}

TEST_CASE("carried fields: what is dropped is as if it never came") {
  CarriedFields fields({"id", "o"});
  take(fields, 0, "7");
  take(fields, 1, "{\"a\":1}");
  fields.drop(1);
  CHECK(members(fields) == "\"id\":7");
}

TEST_CASE("carried fields: literals become null, in strings they stay") {
  CarriedFields fields({"o"});
  CHECK(take(fields, 0, "") == "null");
  CHECK(take(fields, 0, R"({"NI":[NaN,-Infinity , Infinity],"a\\":"NaN"})", true) ==
        R"({"NI":[null,null , null],"a\\":"NaN"})");
  CHECK(take(fields, 0, "[1]", true) == "[1]");
}

TEST_CASE("carried fields: an escaped quote does not end a string in which literals stay") {
  CarriedFields fields({"o"});
  for (const std::string_view text :
       {R"("say \"No\", he said")", R"(["\\\"Infinity","\\","N\u0022I"])", R"("\"N")"})
    CHECK(take(fields, 0, text, true) == text);
  CHECK(take(fields, 0, R"(["\\",NaN,"\"NaN\""])", true) == R"(["\\",null,"\"NaN\""])");
}
