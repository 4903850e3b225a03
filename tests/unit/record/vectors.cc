#include "tests/unit/record/vectors.h"

#include "gateway/base/limits.h"
#include "gateway/record/canonical.h"
#include "tests/unit/record/sample.h"

namespace tombolo::record {
namespace {

std::string Varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
  return out;
}

std::string Tag(int number, int wire_type) {
  return Varint(static_cast<uint64_t>(number) << 3 | static_cast<uint64_t>(wire_type));
}

std::string Bytes(int number, const std::string& content) {
  return Tag(number, 2) + Varint(content.size()) + content;
}

std::string Number(int number, uint64_t value) { return Tag(number, 0) + Varint(value); }

// A field of a layer: its name and the wire bytes of its value.
std::string Field(const std::string& name, const std::string& value) {
  return Bytes(1, Bytes(1, name) + value);
}

std::string Text(const std::string& text) { return Bytes(2, text); }

std::string LayerOf(const v1::Layer& layer) { return layer.SerializeAsString(); }

std::string AllTypes() {
  v1::Layer layer;
  const auto add = [&layer](const char* name) {
    v1::Field* field = layer.add_fields();
    field->set_name(name);
    return field;
  };
  v1::Field* amount = add("amount");
  amount->mutable_amount()->set_minor_units(-123456789);
  amount->mutable_amount()->set_currency("CNY");
  add("code")->mutable_code()->set_code("7");
  layer.mutable_fields(1)->mutable_code()->set_label("other \xE5\x85\xB6\xE4\xBB\x96");
  add("date")->set_date(-1);
  add("decimal")->set_decimal("-12.05");
  add("flag")->set_flag(true);
  add("identifier")->mutable_identifier()->set_scheme("iso.lei");
  layer.mutable_fields(5)->mutable_identifier()->set_value("506700GE1G29325QX363");
  add("integer")->set_integer(-9223372036854775807 - 1);
  add("text")->set_text("two\nlines, 上海");
  add("texts")->mutable_texts()->add_items("one");
  layer.mutable_fields(8)->mutable_texts()->add_items("two");
  return LayerOf(layer);
}

std::string ZeroValues() {
  v1::Layer layer;
  v1::Field* amount = layer.add_fields();
  amount->set_name("a");
  amount->mutable_amount()->set_currency("JPY");
  layer.add_fields()->set_name("b");
  layer.mutable_fields(1)->set_date(0);
  layer.add_fields()->set_name("c");
  layer.mutable_fields(2)->set_flag(false);
  layer.add_fields()->set_name("d");
  layer.mutable_fields(3)->set_integer(0);
  return LayerOf(layer);
}

constexpr uint64_t kOverlongNumber = 0xFFFFFFFFFFFFFFFF;
constexpr int kAmount = 6, kIdentifier = 7, kCode = 8, kTexts = 9, kDecimal = 10;

std::vector<BytesVector> StructureDamages() {
  const std::string a = Field("a", Text("x"));
  const std::string b = Field("b", Text("y"));
  return {
      {"layer", "field-order", b + a},
      {"layer", "duplicate-name", a + a},
      {"layer", "unknown-field", a + Bytes(2, "x")},
      {"layer", "unknown-field-in-field", Field("a", Text("x") + Number(15, 1))},
      {"layer", "value-before-name", Bytes(1, Text("x") + Bytes(1, "a"))},
      {"layer", "nonminimal-length", std::string("\x0A\x86\x00", 3) + a.substr(2)},
      {"layer", "nonminimal-tag", std::string("\x8A\x00", 2) + a.substr(1)},
      {"layer", "nonminimal-integer", Field("a", Tag(3, 0) + std::string("\x82\x00", 2))},
      {"layer", "two-values", Field("a", Text("x") + Number(3, 2))},
      {"layer", "value-twice", Field("a", Text("x") + Text("y"))},
      {"layer", "message-in-two-parts",
       Field("a", Bytes(kCode, Bytes(1, "7")) + Bytes(kCode, Bytes(2, "l")))},
      {"layer", "no-value", Field("a", "")},
      {"layer", "no-name", Bytes(1, Text("x"))},
      {"layer", "empty-field", Bytes(1, "")},
      {"layer", "wrong-wire-type", Field("a", Tag(2, 0) + Varint(1))},
      {"layer", "group", a + Tag(3, 3) + Tag(3, 4)},
      {"layer", "truncated", (a + b).substr(0, a.size() + 3)},
      {"layer", "trailing-byte", a + std::string(1, '\0')},
      {"layer", "length-past-the-end", std::string("\x0A\x7F", 2) + a.substr(2)},
  };
}

std::vector<BytesVector> ContentDamages() {
  const std::string nul(1, '\0');
  return {
      {"layer", "name-upper-case", Field("A", Text("x"))},
      {"layer", "name-with-two-dots", Field("a..b", Text("x"))},
      {"layer", "name-too-long",
       Field(std::string(limits::kFieldNameBytesMax + 1, 'n'), Text("x"))},
      {"layer", "text-empty", Field("a", Text(""))},
      {"layer", "text-not-utf8", Field("a", Text("\xC3\x28"))},
      {"layer", "text-surrogate", Field("a", Text("\xED\xA0\x80"))},
      {"layer", "text-nul", Field("a", Text("x" + nul + "y"))},
      {"layer", "text-tab", Field("a", Text("x\ty"))},
      {"layer", "text-carriage-return", Field("a", Text("x\r\ny"))},
      {"layer", "text-delete", Field("a", Text("x\x7F"))},
      {"layer", "text-c1-control", Field("a", Text("x\xC2\x85y"))},
      {"layer", "flag-two", Field("a", Number(5, 2))},
      {"layer", "date-year-10000", Field("a", Number(4, 2932897ULL * 2))},
      {"layer", "date-past-32-bits", Field("a", Number(4, kOverlongNumber))},
      {"layer", "amount-zero-written", Field("a", Bytes(kAmount, Number(1, 0) + Bytes(2, "CNY")))},
      {"layer", "amount-no-currency", Field("a", Bytes(kAmount, Number(1, 2)))},
      {"layer", "amount-currency-small",
       Field("a", Bytes(kAmount, Number(1, 2) + Bytes(2, "cny")))},
      {"layer", "identifier-no-scheme", Field("a", Bytes(kIdentifier, Bytes(2, "x")))},
      {"layer", "identifier-no-value", Field("a", Bytes(kIdentifier, Bytes(1, "s")))},
      {"layer", "identifier-line-feed",
       Field("a", Bytes(kIdentifier, Bytes(1, "s") + Bytes(2, "x\ny")))},
      {"layer", "identifier-scheme-upper-case",
       Field("a", Bytes(kIdentifier, Bytes(1, "S") + Bytes(2, "x")))},
      {"layer", "code-empty", Field("a", Bytes(kCode, Bytes(2, "label")))},
      {"layer", "code-label-empty-written", Field("a", Bytes(kCode, Bytes(1, "7") + Bytes(2, "")))},
      {"layer", "texts-empty", Field("a", Bytes(kTexts, ""))},
      {"layer", "texts-empty-item", Field("a", Bytes(kTexts, Bytes(1, "x") + Bytes(1, "")))},
      {"layer", "decimal-trailing-zero", Field("a", Bytes(kDecimal, "1.50"))},
      {"layer", "decimal-leading-zero", Field("a", Bytes(kDecimal, "01"))},
      {"layer", "decimal-exponent", Field("a", Bytes(kDecimal, "1e3"))},
      {"layer", "decimal-minus-zero", Field("a", Bytes(kDecimal, "-0"))},
      {"layer", "decimal-plus", Field("a", Bytes(kDecimal, "+1"))},
  };
}

const std::string kId = CountingBytes(16, 1);
// PENALTY, NEGATIVE, EFFECTIVE.
const std::string kFacts = Number(3, 3) + Number(4, 2) + Number(5, 1);
const std::string kStart = Bytes(1, kId) + Number(2, 1);

}  // namespace

std::vector<BytesVector> LayerVectors() {
  std::vector<BytesVector> all = {
      {"layer", "", "", "empty"},
      {"layer", "", AllTypes(), "all-types"},
      {"layer", "", ZeroValues(), "zero-values"},
      {"layer", "", Field("a", Text(std::string(200, 'x'))), "two-byte-length"},
  };
  for (const auto& part : {StructureDamages(), ContentDamages()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::vector<BytesVector> HeaderVectors() {
  const std::string zero_dates =
      Number(6, 0) + Number(7, 0) + Number(8, 0) + Number(9, 0) + Number(10, 0) + Number(11, 0);
  return {
      {"header", "", kStart + kFacts, "minimal"},
      {"header", "", kStart + kFacts + zero_dates + Number(12, 1), "dates-zero"},
      {"header", "", kStart + kFacts + Number(6, 39555) + Number(12, 1709287200000000), "decided"},
      {"header", "nonminimal-varint",
       Bytes(1, kId) + Tag(2, 0) + std::string("\x81\x00", 2) + kFacts},
      {"header", "field-order", Number(2, 1) + Bytes(1, kId) + kFacts},
      {"header", "dates-order", kStart + kFacts + Number(7, 2) + Number(6, 2)},
      {"header", "unknown-field", kStart + kFacts + Number(13, 1)},
      {"header", "duplicate-field", kStart + Number(2, 1) + kFacts},
      {"header", "time-zero-written", kStart + kFacts + Number(12, 0)},
      {"header", "id-15-bytes", Bytes(1, kId.substr(1)) + Number(2, 1) + kFacts},
      {"header", "id-17-bytes", Bytes(1, kId + "x") + Number(2, 1) + kFacts},
      {"header", "id-missing", Number(2, 1) + kFacts},
      {"header", "version-missing", Bytes(1, kId) + kFacts},
      {"header", "version-zero-written", Bytes(1, kId) + Number(2, 0) + kFacts},
      {"header", "kind-missing", kStart + Number(4, 2) + Number(5, 1)},
      {"header", "kind-unknown", kStart + Number(3, 99) + Number(4, 2) + Number(5, 1)},
      {"header", "kind-negative",
       kStart + Number(3, kOverlongNumber) + Number(4, 2) + Number(5, 1)},
      {"header", "polarity-unknown", kStart + Number(3, 3) + Number(4, 9) + Number(5, 1)},
      {"header", "state-missing", kStart + Number(3, 3) + Number(4, 2)},
      {"header", "state-unknown", kStart + Number(3, 3) + Number(4, 2) + Number(5, 9)},
      {"header", "date-year-0", kStart + kFacts + Number(6, 719163ULL * 2 - 1)},
      {"header", "date-year-10000", kStart + kFacts + Number(11, 2932897ULL * 2)},
      {"header", "time-negative", kStart + kFacts + Number(12, kOverlongNumber)},
      {"header", "wrong-wire-type", kStart + kFacts + Tag(6, 5) + std::string(4, '\1')},
      {"header", "truncated", (kStart + kFacts).substr(0, 20)},
      {"header", "cut-after-the-id", Bytes(1, kId)},
      {"header", "empty", ""},
      {"header", "trailing-byte", kStart + kFacts + std::string(1, '\0')},
  };
}

}  // namespace tombolo::record
