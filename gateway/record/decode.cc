// The strict readers of canonical.h: parse, encode again, compare, then look at the content.
#include <google/protobuf/stubs/logging.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/record/canonical.h"
#include "gateway/record/grammar.h"

namespace tombolo::record {
namespace {

Value ValueOf(const v1::Field& field) {
  switch (field.value_case()) {
    case v1::Field::kText:
      return field.text();
    case v1::Field::kInteger:
      return int64_t{field.integer()};
    case v1::Field::kDate:
      return DateValue{field.date()};
    case v1::Field::kFlag:
      return field.flag();
    case v1::Field::kAmount:
      return AmountValue{field.amount().minor_units(), field.amount().currency()};
    case v1::Field::kIdentifier:
      return IdentifierValue{field.identifier().scheme(), field.identifier().value()};
    case v1::Field::kCode:
      return CodeValue{field.code().code(), field.code().label()};
    case v1::Field::kTexts:
      return std::vector<std::string>(field.texts().items().begin(), field.texts().items().end());
    case v1::Field::kDecimal:
      return DecimalValue{field.decimal()};
    case v1::Field::VALUE_NOT_SET:
      break;
  }
  return std::monostate();
}

bool IsText(std::string_view text) {
  return !text.empty() && text.size() <= limits::kFieldTextBytesMax && IsCanonicalText(text);
}

bool IsLine(std::string_view text) { return IsText(text) && IsCanonicalLine(text); }

// What is wrong with a value; empty = nothing.
struct Defect {
  std::string_view operator()(std::monostate) const { return "no value"; }
  std::string_view operator()(const std::string& text) const {
    return IsText(text) ? ""
                        : "a text that is empty, too long, not UTF-8 or has control characters";
  }
  std::string_view operator()(int64_t) const { return ""; }
  std::string_view operator()(DateValue date) const {
    return IsDay(date.days) ? "" : "a date outside the years 1 to 9999";
  }
  std::string_view operator()(bool) const { return ""; }
  std::string_view operator()(const AmountValue& amount) const {
    return IsCurrency(amount.currency) ? "" : "a currency that is not three capital letters";
  }
  std::string_view operator()(const IdentifierValue& id) const {
    if (!IsName(id.scheme) || id.scheme.size() > limits::kFieldNameBytesMax) return "a bad scheme";
    return IsLine(id.value) ? "" : "an identifier that is empty or has control characters";
  }
  std::string_view operator()(const CodeValue& code) const {
    if (!IsLine(code.code)) return "a code that is empty or has control characters";
    return code.label.empty() || IsLine(code.label) ? "" : "a label that has control characters";
  }
  std::string_view operator()(const std::vector<std::string>& texts) const {
    if (texts.empty()) return "an empty list";
    return std::all_of(texts.begin(), texts.end(), IsText)
               ? ""
               : "a list with a text that is empty, not UTF-8 or has control characters";
  }
  std::string_view operator()(const DecimalValue& decimal) const {
    return IsCanonicalDecimal(decimal.text) ? "" : "a decimal that is not in its shortest form";
  }
};

Status NotCanonical(std::string_view what, std::string_view why) {
  return MakeError(Code::NOT_CANONICAL,
                   absl::StrCat(ToAbsl(what), " is not in canonical form: ", ToAbsl(why)));
}

// `bytes_max` holds before anything is parsed.
template <typename Message>
Status ParseExact(std::string_view what, std::string_view bytes, size_t bytes_max,
                  void (*append)(const Message&, std::string*), Message* message) {
  if (bytes.size() > bytes_max) {
    return MakeError(Code::LIMIT_EXCEEDED,
                     absl::StrCat(ToAbsl(what), " has ", bytes.size(), " bytes, at most ",
                                  bytes_max, " are allowed"));
  }
  // Protobuf would write a line about bad UTF-8 to standard error for every hostile input.
  const google::protobuf::LogSilencer silencer;
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return NotCanonical(what, "it is not a protobuf message with UTF-8 text");
  }
  std::string again;
  again.reserve(bytes.size());
  append(*message, &again);
  if (again == bytes) return absl::OkStatus();
  const size_t common = static_cast<size_t>(
      std::mismatch(bytes.begin(), bytes.end(), again.begin(), again.end()).first - bytes.begin());
  return NotCanonical(what, absl::StrCat("byte ", common,
                                         " and what follows would be written differently (order, "
                                         "default value, long number or unknown field)"));
}

}  // namespace

void AppendLayerMessage(const v1::Layer& layer, std::string* out) {
  for (const v1::Field& field : layer.fields()) AppendField(field.name(), ValueOf(field), out);
}

StatusOr<v1::RecordHeader> DecodeHeader(std::string_view bytes) {
  static constexpr std::string_view kWhat = "the record header";
  v1::RecordHeader header;
  RETURN_IF_ERROR(ParseExact(kWhat, bytes, limits::kHeaderBytesMax, &AppendHeaderMessage, &header));
  if (header.record_id().size() != RecordId::kBytes) {
    return NotCanonical(kWhat, "record_id is not 16 bytes");
  }
  if (header.version() == 0) return NotCanonical(kWhat, "version is 0");
  if (header.kind() == 0 || !v1::RecordKind_IsValid(header.kind())) {
    return NotCanonical(kWhat, "kind is missing or unknown");
  }
  if (header.polarity() == 0 || !v1::Polarity_IsValid(header.polarity())) {
    return NotCanonical(kWhat, "polarity is missing or unknown");
  }
  if (header.state() == 0 || !v1::RecordState_IsValid(header.state())) {
    return NotCanonical(kWhat, "state is missing or unknown");
  }
  for (const int32_t days : {header.decided_on(), header.effective_on(), header.valid_from(),
                             header.valid_until(), header.publish_until(), header.share_until()}) {
    if (!IsDay(days)) return NotCanonical(kWhat, "a date lies outside the years 1 to 9999");
  }
  if (header.recorded_at_us() < 0) return NotCanonical(kWhat, "recorded_at_us is negative");
  return header;
}

StatusOr<v1::Layer> DecodeLayer(std::string_view bytes) {
  static constexpr std::string_view kWhat = "the layer";
  v1::Layer layer;
  RETURN_IF_ERROR(ParseExact(kWhat, bytes, limits::kLayerBytesMax, &AppendLayerMessage, &layer));
  std::string_view before;
  for (const v1::Field& field : layer.fields()) {
    const std::string& name = field.name();
    if (name.size() > limits::kFieldNameBytesMax || !IsName(name)) {
      return NotCanonical(kWhat, "a field name is not lower-case words with dots, 1 to 64 bytes");
    }
    if (std::string_view(name) <= before) {
      return NotCanonical(kWhat, absl::StrCat("field ", name, " is out of order or stands twice"));
    }
    before = name;
    const std::string_view defect = std::visit(Defect{}, ValueOf(field));
    if (!defect.empty()) return NotCanonical(kWhat, absl::StrCat(name, " has ", ToAbsl(defect)));
  }
  return layer;
}

}  // namespace tombolo::record
