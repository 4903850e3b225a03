// Functions over plain text: cleaning, cutting, masking, lists, and faults made by hand.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "adapters/engine/functions.h"
#include "adapters/engine/poison.h"
#include "gateway/base/text.h"

namespace tombolo::engine {
namespace {

constexpr std::string_view kIdeographicSpace = "\u3000";
constexpr std::string_view kNoBreakSpace = "\u00a0";

bool Ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// Bytes of the blank at the start of `text`: 0 if it is none.
size_t BlankAt(std::string_view text) {
  if (absl::ascii_isspace(static_cast<unsigned char>(text[0]))) return 1;
  if (Ascii(text[0])) return 0;
  for (const std::string_view blank : {kIdeographicSpace, kNoBreakSpace}) {
    if (text.substr(0, blank.size()) == blank) return blank.size();
  }
  return 0;
}

// Bytes that may begin a blank, or half a blank that is not alone.
bool MayBeBlank(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= ' ' || byte == static_cast<unsigned char>(kIdeographicSpace[0]) ||
         byte == static_cast<unsigned char>(kNoBreakSpace[0]);
}

std::string OneBlank(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool gap = false;
  for (size_t i = 0; i < text.size();) {
    if (const size_t blank = BlankAt(text.substr(i)); blank > 0) {
      gap = true;
      i += blank;
      continue;
    }
    if (gap && !out.empty()) out.push_back(' ');
    gap = false;
    size_t end = i + 1;
    while (end < text.size() && !MayBeBlank(text[end])) ++end;
    out.append(text.substr(i, end - i));
    i = end;
  }
  return out;
}

// True if clean() has nothing to do: most cells are so, and are handed on without a copy.
bool IsClean(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!MayBeBlank(text[i])) continue;
    if (BlankAt(text.substr(i)) == 0) continue;
    // A single blank that is followed by none.
    if (text[i] != ' ' || BlankAt(text.substr(i + 1)) > 0) return false;
  }
  return true;
}

// clean(text [, 'half']): trimmed, runs of blanks as one; 'half': full-width ASCII as ASCII.
void Clean(const Call& call) {
  const bool half = call.count() > 1;
  if (half && call.Text(1) != "half") return call.Fail("clean(): the option is 'half'");
  if (!half && IsClean(call.Text(0))) return call.ReturnValue(0);
  call.ReturnTextOrNull(half ? OneBlank(FoldFullWidth(call.Text(0))) : OneBlank(call.Text(0)));
}

// nullif_any(text, a, b, ...): NULL if the trimmed text is one of the others.
void NullIfAny(const Call& call) {
  const std::string_view text = Trim(call.Text(0));
  for (int i = 1; i < call.count(); ++i) {
    if (text == Trim(call.Text(i))) return call.ReturnNull();
  }
  if (text.empty()) return call.ReturnNull();
  call.ReturnValue(0);
}

// part(text, sep, n): the n-th piece from 1, trimmed; from the end if n < 0.
void Part(const Call& call) {
  std::string_view text = call.Text(0);
  const std::string_view sep = call.Text(1);
  const int64_t n = call.Integer(2);
  if (sep.empty() || n == 0) return call.Fail("part(text, sep, n): sep is empty or n is 0");
  for (int64_t i = 1; n > 0 && i < n; ++i) {
    const size_t at = text.find(sep);
    if (at == std::string_view::npos) return call.ReturnNull();
    text.remove_prefix(at + sep.size());
  }
  for (int64_t i = -1; n < 0 && i > n; --i) {
    const size_t at = text.rfind(sep);
    if (at == std::string_view::npos) return call.ReturnNull();
    text = text.substr(0, at);
  }
  if (n > 0) {
    text = text.substr(0, text.find(sep));
  } else if (const size_t at = text.rfind(sep); at != std::string_view::npos) {
    text.remove_prefix(at + sep.size());
  }
  call.ReturnTextOrNull(Trim(text));
}

// before(text, sep): what stands before the first sep; NULL if there is none.
void Before(const Call& call) {
  if (call.Text(1).empty()) return call.Fail("before(text, sep): sep is empty");
  const size_t at = call.Text(0).find(call.Text(1));
  if (at == std::string_view::npos) return call.ReturnNull();
  call.ReturnTextOrNull(Trim(call.Text(0).substr(0, at)));
}

// after(text, sep): what stands after the first sep; NULL if there is none.
void After(const Call& call) {
  if (call.Text(1).empty()) return call.Fail("after(text, sep): sep is empty");
  const size_t at = call.Text(0).find(call.Text(1));
  if (at == std::string_view::npos) return call.ReturnNull();
  call.ReturnTextOrNull(Trim(call.Text(0).substr(at + call.Text(1).size())));
}

// text_between(text, a, b): what stands between the first a and the next b; NULL if there is none.
void TextBetween(const Call& call) {
  const std::string_view text = call.Text(0), a = call.Text(1), b = call.Text(2);
  if (a.empty() || b.empty()) return call.Fail("text_between(text, a, b): a or b is empty");
  const size_t begin = text.find(a);
  if (begin == std::string_view::npos) return call.ReturnNull();
  const size_t end = text.find(b, begin + a.size());
  if (end == std::string_view::npos) return call.ReturnNull();
  call.ReturnTextOrNull(Trim(text.substr(begin + a.size(), end - begin - a.size())));
}

size_t NextPoint(std::string_view text, size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  return at;
}

// mask(text, first, last): that many characters stay at each end, each other one becomes '*'. A
// text too short to hide anything of is hidden whole.
void Mask(const Call& call) {
  const std::string_view text = Trim(call.Text(0));
  const int64_t first = call.Integer(1), last = call.Integer(2);
  if (first < 0 || last < 0) return call.Fail("mask(text, first, last): a count is negative");
  if (text.empty()) return call.ReturnNull();
  int64_t points = 0;
  for (size_t at = 0; at < text.size(); at = NextPoint(text, at)) ++points;
  const bool whole = first >= points || last >= points - first;
  std::string out;
  int64_t i = 0;
  for (size_t at = 0; at < text.size(); ++i) {
    const size_t next = NextPoint(text, at);
    if (!whole && (i < first || i >= points - last)) {
      out.append(text.substr(at, next - at));
    } else {
      out.push_back('*');
    }
    at = next;
  }
  call.ReturnText(out);
}

// Lower case of the letters whose upper case stands a fixed distance before them: ASCII, Latin-1,
// Greek, Cyrillic.
uint32_t LowerPoint(uint32_t c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7)) return c + 0x20;
  if ((c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f)) return c + 0x20;
  if (c >= 0x400 && c <= 0x40f) return c + 0x50;
  return c;
}

// fold_case(text): lower case for comparing names.
void FoldCase(const Call& call) {
  const std::string_view text = call.Text(0);
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t next = NextPoint(text, at);
    const auto lead = static_cast<unsigned char>(text[at]);
    if (next - at == 1) {
      out.push_back(absl::ascii_tolower(lead));
    } else if (next - at == 2) {
      const uint32_t point =
          (lead & 0x1fu) << 6 | (static_cast<unsigned char>(text[at + 1]) & 0x3fu);
      const uint32_t lower = LowerPoint(point);  // stays within two bytes
      out.push_back(static_cast<char>(0xc0 | lower >> 6));
      out.push_back(static_cast<char>(0x80 | (lower & 0x3f)));
    } else {
      out.append(text.substr(at, next - at));
    }
    at = next;
  }
  call.ReturnTextOrNull(out);
}

// texts(a, b, ...): a list of those that are not blank; NULL if none is left.
void Texts(const Call& call) {
  std::string out;
  for (int i = 0; i < call.count(); ++i) {
    const std::string_view item = Trim(call.Text(i));
    if (item.empty()) continue;
    absl::StrAppend(&out, out.empty() ? "[" : ",", JsonQuote(item));
  }
  if (out.empty()) return call.ReturnNull();
  out.push_back(']');
  call.ReturnText(out);
}

// fault(code, reason [, value]): a fault made by hand.
void MakeFault(const Call& call) {
  const std::optional<Code> code = CodeFromName(call.Text(0));
  if (!code.has_value()) {
    return call.Fail(absl::StrCat("fault(): '", ToAbsl(call.Text(0)), "' is no error code"));
  }
  if (Trim(call.Text(1)).empty()) return call.Fail("fault(): the reason is empty");
  call.ReturnPoison(*code, call.count() > 2 ? call.Text(2) : std::string_view(), call.Text(1));
}

bool TakesPoison(const Call& call) {
  if (sqlite3_value_type(call.Value(0)) != SQLITE_TEXT || !IsPoison(call.Text(0))) return false;
  if (call.context().open_poisons > 0) --call.context().open_poisons;
  return true;
}

// no_fault(x): x, or NULL if x is a fault.
void NoFault(const Call& call) {
  if (TakesPoison(call)) return call.ReturnNull();
  call.ReturnValue(0);
}

// is_fault(x): 1 if x is a fault, else 0.
void IsFault(const Call& call) { call.ReturnInteger(TakesPoison(call) ? 1 : 0); }

constexpr FunctionSpec kSpecs[] = {
    {"clean", 1, 2, Clean},
    {"nullif_any", 2, kAnyCount, NullIfAny},
    {"part", 3, 3, Part},
    {"before", 2, 2, Before},
    {"after", 2, 2, After},
    {"text_between", 3, 3, TextBetween},
    {"mask", 3, 3, Mask},
    {"fold_case", 1, 1, FoldCase},
    {"texts", 1, kAnyCount, Texts},
    {"fault", 2, 3, MakeFault},
    {"no_fault", 1, 1, NoFault, true},
    {"is_fault", 1, 1, IsFault, true},
};

}  // namespace

void AddTextFunctions(sqlite3* db, FunctionContext* context) {
  AddScalars(db, kSpecs, std::size(kSpecs), context);
}

}  // namespace tombolo::engine
