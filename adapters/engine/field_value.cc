#include "adapters/engine/field_value.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "adapters/engine/money.h"
#include "gateway/base/date.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

constexpr size_t kCurrencyChars = 3;
constexpr size_t kHexDigits = 4;
constexpr unsigned kSurrogateBits = 10;  // that each half of a pair carries
constexpr uint32_t kHighFirst = 0xd800, kLowFirst = 0xdc00, kLowLast = 0xdfff;

template <typename T>
T* Made(record::Value* out) {
  if (auto* const held = std::get_if<T>(out); held != nullptr) return held;
  return &out->emplace<T>();
}

void AppendUtf8(uint32_t point, std::string* out) {
  const auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  const auto tail = [&](int shift) { put(0x80 | ((point >> shift) & 0x3f)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    tail(0);
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    tail(6);
    tail(0);
  } else {
    put(0xf0 | point >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

// \uXXXX at the start of `text`, taken off it.
std::optional<uint32_t> TakeUnicode(std::string_view* text) {
  if (!absl::StartsWith(ToAbsl(*text), "\\u") || text->size() < 2 + kHexDigits) return std::nullopt;
  uint32_t point = 0;
  for (const char c : text->substr(2, kHexDigits)) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
    point = point * 16 +
            static_cast<uint32_t>(absl::ascii_isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  text->remove_prefix(2 + kHexDigits);
  return point;
}

// RFC 8259 section 7, behind the backslash included in `text`.
bool TakeEscape(std::string_view* text, std::string* out) {
  static constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (text->size() < 2) return false;
  const size_t known = kNames.find((*text)[1]);
  if (known != std::string_view::npos) {
    out->push_back(kMeanings[known]);
    text->remove_prefix(2);
    return true;
  }
  std::optional<uint32_t> point = TakeUnicode(text);
  if (!point.has_value() || (*point >= kLowFirst && *point <= kLowLast)) return false;
  if (*point >= kHighFirst && *point < kLowFirst) {
    const std::optional<uint32_t> low = TakeUnicode(text);
    if (!low.has_value() || *low < kLowFirst || *low > kLowLast) return false;
    point = 0x10000 + ((*point - kHighFirst) << kSurrogateBits) + (*low - kLowFirst);
  }
  AppendUtf8(*point, out);
  return true;
}

bool TakeString(std::string_view* text, std::string* out) {
  text->remove_prefix(1);
  while (!text->empty() && text->front() != '"') {
    if (text->front() == '\\') {
      if (!TakeEscape(text, out)) return false;
      continue;
    }
    out->push_back(text->front());
    text->remove_prefix(1);
  }
  if (text->empty()) return false;
  text->remove_prefix(1);
  return true;
}

bool TakeItem(std::string_view* text, std::string* out) {
  if (text->empty()) return false;
  if (text->front() == '"') return TakeString(text, out);
  const size_t end = std::min(text->find_first_of(",] \t\r\n"), text->size());
  const std::string_view bare = text->substr(0, end);
  text->remove_prefix(end);
  if (bare == "null") return true;
  if (!ParseDecimal(bare, '.').has_value() || bare.find(' ') != std::string_view::npos)
    return false;
  out->assign(bare);
  return true;
}

bool FillAmount(std::string_view text, record::Value* out, std::string* reason) {
  const size_t colon = text.find(':');
  int64_t minor = 0;
  if (colon != kCurrencyChars || !MinorDigits(text.substr(0, colon)).has_value() ||
      !absl::SimpleAtoi(ToAbsl(text.substr(colon + 1)), &minor) || minor < 0) {
    *reason = "not an amount; amount() makes one";
    return false;
  }
  auto* const value = Made<record::AmountValue>(out);
  value->minor_units = minor;
  value->currency.assign(text.substr(0, colon));
  return true;
}

bool FillIdentifier(std::string_view scheme, std::string_view text, record::Value* out,
                    std::string* reason) {
  const size_t colon = text.find(':');
  if (scheme.empty()) {
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
      *reason = "not an identifier with its scheme (scheme:value); ident() makes one";
      return false;
    }
    scheme = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  } else if (colon == scheme.size() && text.substr(0, colon) == scheme) {
    text.remove_prefix(colon + 1);
  }
  auto* const value = Made<record::IdentifierValue>(out);
  value->scheme.assign(scheme);
  value->value.assign(text);
  return true;
}

bool FillFlag(std::string_view text, record::Value* out, std::string* reason) {
  const bool yes = text == "1" || absl::EqualsIgnoreCase(ToAbsl(text), "true");
  if (!yes && text != "0" && !absl::EqualsIgnoreCase(ToAbsl(text), "false")) {
    *reason = "not a flag: 0, 1, true or false";
    return false;
  }
  *out = yes;
  return true;
}

// A plain decimal only: number() takes care of grouping and of other signs.
bool FillDecimal(std::string_view text, record::Value* out, std::string* reason) {
  const std::optional<Decimal> value =
      text.find_first_of(", +") == std::string_view::npos ? ParseDecimal(text, '.') : std::nullopt;
  if (!value.has_value()) {
    *reason = "not a plain decimal number; number() makes one";
    return false;
  }
  Made<record::DecimalValue>(out)->text = FormatDecimal(*value);
  return true;
}

}  // namespace

std::string* TextIn(record::Value* out) { return Made<std::string>(out); }

bool ParseTextArray(std::string_view text, std::vector<std::string>* out) {
  text = Trim(text);
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return false;
  text = Trim(text.substr(1));
  out->clear();
  if (text == "]") return true;
  while (true) {
    std::string item;
    if (!TakeItem(&text, &item)) return false;
    if (!Trim(item).empty()) out->push_back(std::move(item));
    text = Trim(text);
    if (text == "]") return true;
    if (text.empty() || text.front() != ',') return false;
    text = Trim(text.substr(1));
  }
}

bool ValueFromText(v1::FieldType type, std::string_view scheme, std::string_view text,
                   record::Value* out, std::string* reason) {
  switch (type) {
    case v1::DATE: {
      const std::optional<int32_t> days = ParseIsoDate(text);
      if (days.has_value()) Made<record::DateValue>(out)->days = *days;
      *reason = "not a date of the calendar as YYYY-MM-DD; parse_date() makes one";
      return days.has_value();
    }
    case v1::INTEGER: {
      int64_t value = 0;
      *reason = "not a whole number; integer() makes one";
      if (!absl::SimpleAtoi(ToAbsl(text), &value)) return false;
      *out = value;
      return true;
    }
    case v1::DECIMAL:
      return FillDecimal(text, out, reason);
    case v1::FLAG:
      return FillFlag(text, out, reason);
    case v1::AMOUNT:
      return FillAmount(text, out, reason);
    case v1::IDENTIFIER:
      return FillIdentifier(scheme, text, out, reason);
    case v1::TEXTS: {
      *reason = "not a list of texts; texts() or json_group_array() makes one";
      auto* const items = Made<std::vector<std::string>>(out);
      if (!ParseTextArray(text, items)) return false;
      if (items->empty()) *out = std::monostate();
      return true;
    }
    default:
      TextIn(out)->assign(text);
      return true;
  }
}

}  // namespace tombolo::engine
