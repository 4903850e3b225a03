#include "adapters/readers/encoding.h"

#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
// No character of a supported encoding needs more bytes in UTF-8 than this many times its own.
constexpr size_t kGrowthMax = 4;

using K = EncodingKind;

// Lower-case letters and digits of a label.
std::string Plain(std::string_view label) {
  std::string out;
  for (const char c : label) {
    if (c >= 'A' && c <= 'Z') out.push_back(static_cast<char>(c - 'A' + 'a'));
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out.push_back(c);
  }
  return out;
}

struct Alias {
  std::string_view plain;
  std::string_view name;
};

constexpr Alias kAliases[] = {
    {"utf8", "UTF-8"},
    {"utf8sig", "UTF-8"},
    {"ascii", "UTF-8"},
    {"usascii", "UTF-8"},
    {"utf16le", "UTF-16LE"},
    {"utf16be", "UTF-16BE"},
    {"gb18030", "GB18030"},
    {"gbk", "GBK"},
    {"cp936", "GBK"},
    {"gb2312", "GBK"},
    {"xgbk", "GBK"},
    {"ms936", "GBK"},
    {"windows936", "GBK"},
    {"euccn", "GBK"},
    {"big5", "Big5"},
    {"cnbig5", "Big5"},
    {"big5hkscs", "Big5-HKSCS"},
    {"cp950", "CP950"},
    {"windows950", "CP950"},
    {"ms950", "CP950"},
    {"shiftjis", "Shift_JIS"},
    {"sjis", "Shift_JIS"},
    {"cp932", "Shift_JIS"},
    {"windows31j", "Shift_JIS"},
    {"mskanji", "Shift_JIS"},
    {"xsjis", "Shift_JIS"},
    {"cp949", "CP949"},
    {"uhc", "CP949"},
    {"euckr", "CP949"},
    {"windows949", "CP949"},
    {"xwindows949", "CP949"},
    {"ms949", "CP949"},
    {"ksc56011987", "CP949"},
    {"windows1251", "windows-1251"},
    {"cp1251", "windows-1251"},
    {"windows1252", "windows-1252"},
    {"cp1252", "windows-1252"},
    {"xcp1252", "windows-1252"},
    {"iso88591", "ISO-8859-1"},
    {"latin1", "ISO-8859-1"},
    {"l1", "ISO-8859-1"},
};

struct Fold {
  uint16_t from;
  char32_t to;
};

// GB 18030 code points that glibc or other converters may still give as private use; ascending.
constexpr Fold kFolds[] = {
    {0xE78D, 0xFE10},  {0xE78E, 0xFE12},  {0xE78F, 0xFE11},  {0xE790, 0xFE13}, {0xE791, 0xFE14},
    {0xE792, 0xFE15},  {0xE793, 0xFE16},  {0xE794, 0xFE17},  {0xE795, 0xFE18}, {0xE796, 0xFE19},
    {0xE816, 0x20087}, {0xE817, 0x20089}, {0xE818, 0x200CC}, {0xE81E, 0x9FB4}, {0xE826, 0x9FB5},
    {0xE82B, 0x9FB6},  {0xE82C, 0x9FB7},  {0xE831, 0x215D7}, {0xE832, 0x9FB8}, {0xE83B, 0x2298F},
    {0xE843, 0x9FB9},  {0xE854, 0x9FBA},  {0xE855, 0x241FE}, {0xE864, 0x9FBB},
};
static_assert(std::size(kFolds) == 24);

// Four-byte codes that older converters write for characters whose two-byte code was private use to
// them; glibc does not know them. Here they mean the same character: U+FE10 to U+FE19 and U+9FB4 to
// U+9FBB.
char32_t OldFourByteCode(std::string_view s) {
  const auto byte = [s](size_t i) { return static_cast<unsigned char>(s[i]); };
  if (s.size() < 4 || byte(3) < '0' || byte(3) > '9') return 0;
  const char32_t digit = byte(3) - '0';
  if (s.starts_with("\x84\x31\x82") && digit >= 6) return 0xFE10 + digit - 6;
  if (s.starts_with("\x84\x31\x83") && digit <= 5) return 0xFE14 + digit;
  if (s.starts_with("\x82\x35\x90") && digit >= 7) return 0x9FB4 + digit - 7;
  if (s.starts_with("\x82\x35\x91") && digit <= 4) return 0x9FB7 + digit;
  return 0;
}

void AppendUtf8(char32_t c, std::string* out) {
  if (c < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (c >> 12)));
  } else {
    out->push_back(static_cast<char>(0xF0 | (c >> 18)));
    out->push_back(static_cast<char>(0x80 | ((c >> 12) & 0x3F)));
  }
  out->push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
  out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
}

bool IsTail(unsigned char c) { return (c & 0xC0) == 0x80; }

// Length of the well-formed sequence at `p`, 0 if there is none, -1 if the end cuts off what may be
// one.
int SequenceAt(const unsigned char* p, const unsigned char* end) {
  const unsigned char c = p[0];
  if (c < 0x80) return 1;
  if (c < 0xC2 || c > 0xF4) return 0;
  const int size = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
  if (p + 1 == end) return -1;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (c == 0xE0) low = 0xA0;
  if (c == 0xED) high = 0x9F;
  if (c == 0xF0) low = 0x90;
  if (c == 0xF4) high = 0x8F;
  if (p[1] < low || p[1] > high) return 0;
  for (int i = 2; i < size; ++i) {
    if (p + i == end) return -1;
    if (!IsTail(p[i])) return 0;
  }
  return size;
}

}  // namespace

bool Encoding::CanCutAt(char c) const {
  const auto u = static_cast<unsigned char>(c);
  if (u >= 0x80 || kind == EncodingKind::kUtf16) return false;
  // Besides the range, the second and fourth bytes of GB 18030's long form are digits.
  if (kind == EncodingKind::kMultiByte && u >= '0' && u <= '9') return false;
  return kind != EncodingKind::kMultiByte || u < trail_from || u > trail_to;
}

const std::vector<Encoding>& AllEncodings() {
  static const auto* const kAll = new std::vector<Encoding>{
      {"UTF-8", "UTF-8", K::kUtf8},
      {"UTF-16LE", "UTF-16LE", K::kUtf16},
      {"UTF-16BE", "UTF-16BE", K::kUtf16},
      {"GB18030", "GB18030", K::kMultiByte, 0x40, 0x7E},
      {"GBK", "GBK", K::kMultiByte, 0x40, 0x7E},
      {"Big5", "BIG5", K::kMultiByte, 0x40, 0x7E},
      {"CP950", "CP950", K::kMultiByte, 0x40, 0x7E},
      {"Big5-HKSCS", "BIG5-HKSCS", K::kMultiByte, 0x40, 0x7E},
      {"Shift_JIS", "CP932", K::kMultiByte, 0x40, 0x7E},
      {"CP949", "UHC", K::kMultiByte, 0x41, 0x7A},
      {"windows-1251", "CP1251", K::kSingleByte},
      {"windows-1252", "CP1252", K::kSingleByte},
      {"ISO-8859-1", "ISO-8859-1", K::kSingleByte},
  };
  return *kAll;
}

StatusOr<const Encoding*> FindEncoding(std::string_view label) {
  const std::string plain = Plain(label);
  for (const Alias& alias : kAliases) {
    if (alias.plain != plain) continue;
    for (const Encoding& encoding : AllEncodings()) {
      if (encoding.name == alias.name) return &encoding;
    }
  }
  std::string known;
  for (const Encoding& encoding : AllEncodings()) {
    absl::StrAppend(&known, known.empty() ? "" : ", ", ToAbsl(encoding.name));
  }
  return MakeError(Code::ENCODING_UNKNOWN, absl::StrCat("the encoding '", ToAbsl(label),
                                                        "' is not known; take one of ", known));
}

bool IsAscii(std::string_view s) {
  size_t i = 0;
  uint64_t any = 0;
  for (; i + sizeof any <= s.size(); i += sizeof any) {
    uint64_t word;
    std::memcpy(&word, s.data() + i, sizeof word);
    any |= word;
  }
  for (; i < s.size(); ++i) any |= static_cast<unsigned char>(s[i]);
  return (any & 0x8080808080808080u) == 0;
}

size_t FirstInvalidUtf8(std::string_view s, size_t* tail) {
  const auto* const begin = reinterpret_cast<const unsigned char*>(s.data());
  const unsigned char* const end = begin + s.size();
  const unsigned char* p = begin;
  *tail = 0;
  while (p < end) {
    uint64_t word;
    while (end - p >= static_cast<ptrdiff_t>(sizeof word)) {
      std::memcpy(&word, p, sizeof word);
      if ((word & 0x8080808080808080u) != 0) break;
      p += sizeof word;
    }
    while (p < end && *p < 0x80) ++p;
    // Most text beyond ASCII is runs of three-byte characters; E1 to EC and EE, EF need no second
    // look.
    while (end - p >= 3 && p[0] > 0xE0 && p[0] < 0xF0 && p[0] != 0xED && IsTail(p[1]) &&
           IsTail(p[2])) {
      p += 3;
    }
    if (p == end) break;
    const int size = SequenceAt(p, end);
    if (size == 0) return static_cast<size_t>(p - begin);
    if (size < 0) {
      *tail = static_cast<size_t>(end - p);
      break;
    }
    p += size;
  }
  return std::string_view::npos;
}

size_t FirstInvalidUtf8(std::string_view s) {
  size_t tail = 0;
  const size_t at = FirstInvalidUtf8(s, &tail);
  return at == std::string_view::npos && tail > 0 ? s.size() - tail : at;
}

std::string_view WellFormedPrefix(std::string_view s, size_t bytes_max) {
  constexpr size_t kTailsMax = 3;
  s = s.substr(0, bytes_max);
  const auto* const begin = reinterpret_cast<const unsigned char*>(s.data());
  for (size_t back = 1; back <= std::min(kTailsMax, s.size()); ++back) {
    const size_t at = s.size() - back;
    if (IsTail(begin[at])) continue;
    return SequenceAt(begin + at, begin + s.size()) < 0 ? s.substr(0, at) : s;
  }
  return s;
}

void FoldGb18030(std::string* text, size_t from) {
  // All 24 are U+E7xx or U+E8xx: EE 9E .. or EE A0 .. / EE A1 .. in UTF-8.
  size_t at = text->find('\xEE', from);
  if (at == std::string::npos) return;
  std::string out(*text, from, at - from);
  while (at < text->size()) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>((*text)[at + i]); };
    if (byte(0) != 0xEE || text->size() - at < 3) {
      out.push_back((*text)[at++]);
      continue;
    }
    const auto code = static_cast<uint16_t>(0xE000 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F));
    const auto* const fold = std::lower_bound(std::begin(kFolds), std::end(kFolds), code,
                                              [](const Fold& f, uint16_t c) { return f.from < c; });
    if (fold != std::end(kFolds) && fold->from == code) {
      AppendUtf8(fold->to, &out);
    } else {
      out.append(*text, at, 3);
    }
    at += 3;
  }
  text->replace(from, std::string::npos, out);
}

StatusOr<std::unique_ptr<Decoder>> Decoder::Create(const Encoding& encoding) {
  std::unique_ptr<Decoder> decoder(new Decoder(encoding));
  if (encoding.kind == EncodingKind::kUtf8) return decoder;
  const iconv_t descriptor = ::iconv_open("UTF-8", std::string(encoding.iconv).c_str());
  if (descriptor == reinterpret_cast<iconv_t>(-1)) {
    return MakeError(Code::ENCODING_UNKNOWN,
                     absl::StrCat("this system's iconv has no ", ToAbsl(encoding.iconv),
                                  "; install the package libc-bin / glibc-gconv-extra"));
  }
  decoder->iconv_ = descriptor;
  decoder->fold_ = encoding.name == "GB18030" || encoding.name == "GBK";
  decoder->MakeTable();
  return decoder;
}

Decoder::~Decoder() {
  if (iconv_ != nullptr) ::iconv_close(iconv_);
}

void Decoder::MakeTable() {
  // Big5-HKSCS has pairs that mean two code points, and waits for what follows a base letter.
  if (encoding_.kind == EncodingKind::kUtf16 || encoding_.name == "Big5-HKSCS") return;
  static std::mutex mutex;
  static auto* const tables = new std::map<std::string_view, std::unique_ptr<const CodeTable>>;
  const std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<const CodeTable>& table = (*tables)[encoding_.name];
  if (table == nullptr) {
    const auto convert = [this](std::string_view bytes) {
      std::string out;
      int error = 0;
      Convert(bytes, &out, &error);
      if (fold_) FoldGb18030(&out, 0);
      return error == 0 ? out : "";
    };
    table = std::make_unique<CodeTable>(convert, encoding_.kind == EncodingKind::kMultiByte);
  }
  table_ = table.get();
}

size_t Decoder::Convert(std::string_view in, std::string* out, int* error) {
  const size_t before = out->size();
  out->resize(before + in.size() * kGrowthMax + kGrowthMax);
  char* from = const_cast<char*>(in.data());
  size_t from_left = in.size();
  char* to = out->data() + before;
  size_t to_left = out->size() - before;
  *error = 0;
  ::iconv(iconv_, nullptr, nullptr, nullptr, nullptr);
  if (::iconv(iconv_, &from, &from_left, &to, &to_left) == static_cast<size_t>(-1)) *error = errno;
  // Gives out what a stateful converter (Big5-HKSCS) holds back, waiting for a combining mark.
  ::iconv(iconv_, nullptr, nullptr, &to, &to_left);
  out->resize(out->size() - to_left);
  const size_t taken = in.size() - from_left;
  // glibc's UHC steps over its one hole that lies inside a row of characters before it refuses it.
  constexpr std::string_view kHole = "\xA2\xE8";
  const bool stepped =
      *error == EILSEQ && encoding_.name == "CP949" && in.substr(0, taken).ends_with(kHole);
  return stepped ? taken - kHole.size() : taken;
}

size_t Decoder::DecodeUtf8(std::string_view in, bool final, std::string* out, size_t* bad_size) {
  size_t tail = 0;
  const size_t at = FirstInvalidUtf8(in, &tail);
  const size_t good = at == std::string_view::npos ? in.size() - tail : at;
  if (at != std::string_view::npos || (final && tail > 0)) *bad_size = 1;
  out->append(in.substr(0, good));
  return good;
}

size_t Decoder::DecodeTable(std::string_view in, bool final, std::string* out, size_t* bad_size) {
  const size_t taken = table_->Decode(in, out);
  if (taken == in.size()) return taken;
  // Longer characters, cut ones and bad bytes.
  if (encoding_.kind == EncodingKind::kMultiByte) {
    return taken + DecodeIconv(in.substr(taken), final, out, bad_size);
  }
  *bad_size = 1;
  return taken;
}

size_t Decoder::DecodeIconv(std::string_view in, bool final, std::string* out, size_t* bad_size) {
  const size_t before = out->size();
  int error = 0;
  const size_t taken = Convert(in, out, &error);
  if (fold_) FoldGb18030(out, before);
  if (taken == in.size()) return taken;
  if (const char32_t c = encoding_.name == "GB18030" ? OldFourByteCode(in.substr(taken)) : 0) {
    AppendUtf8(c, out);
    return taken + 4;
  }
  if (error == EINVAL && !final) return taken;
  // Only the byte that cannot begin a character is bad; what follows may be a delimiter. UTF-16
  // goes by units.
  const size_t unit = encoding_.kind == EncodingKind::kUtf16 ? 2 : 1;
  *bad_size = std::min(unit, in.size() - taken);
  return taken;
}

size_t Decoder::DecodeSome(std::string_view in, bool final, std::string* out, size_t* bad_size) {
  *bad_size = 0;
  if (encoding_.kind == EncodingKind::kUtf8) return DecodeUtf8(in, final, out, bad_size);
  if (table_ != nullptr) return DecodeTable(in, final, out, bad_size);
  return DecodeIconv(in, final, out, bad_size);
}

bool Decoder::Decode(std::string_view in, std::string* out, BadBytes* bad) {
  size_t bad_size = 0;
  size_t at = DecodeSome(in, true, out, &bad_size);
  if (at == in.size()) return true;
  bool good = true;
  bool in_run = false;
  BadBytes first;
  bool first_open = false;
  while (at < in.size()) {
    const size_t taken = DecodeSome(in.substr(at), true, out, &bad_size);
    at += taken;
    if (taken > 0) in_run = first_open = false;
    if (bad_size == 0) continue;
    if (good) first.offset = at, first_open = true;
    if (first_open && first.bytes.size() < kBadBytesShown) first.bytes += in.substr(at, bad_size);
    if (!in_run) out->append(kReplacement);
    good = false;
    in_run = true;
    at += bad_size;
  }
  if (!good && bad != nullptr) *bad = first;
  return good;
}

}  // namespace tombolo::readers
