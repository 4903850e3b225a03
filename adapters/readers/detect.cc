#include "adapters/readers/detect.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

using Byte = unsigned char;

constexpr double kWinnerScore = 0.75;
constexpr double kWinnerLead = 0.15;
constexpr double kCandidateScore = 0.3;
constexpr double kRare = 0.3;     // credit of a character that exists but is rare
constexpr double kBadWeight = 5;  // a broken sequence costs as much as so many characters
constexpr size_t kUtf8PerBroken = 20;
constexpr size_t kHangulMin = 20;
constexpr double kHangulShare = 0.9;
constexpr double kLatinDense = 0.35;  // share of accented letters beyond which text is not Latin

struct Tally {
  double credit = 0;
  size_t chars = 0;  // beyond ASCII; symbols that every encoding shares do not count
  size_t bad = 0;
  void Add(double c) { credit += c, ++chars; }
  double Score() const {
    const double all = static_cast<double>(chars) + kBadWeight * static_cast<double>(bad);
    return chars == 0 ? 0 : credit / all;
  }
};

const Encoding* Named(std::string_view name) {
  for (const Encoding& encoding : AllEncodings()) {
    if (encoding.name == name) return &encoding;
  }
  return nullptr;
}

bool In(Byte c, int from, int to) { return c >= from && c <= to; }

// Walks double-byte text. `classify(lead, trail)` gives the credit, -1 for a symbol, -2 for a
// broken pair.
template <typename Classify>
Tally TallyPairs(std::string_view s, int lead_from, Classify classify) {
  Tally tally;
  for (size_t i = 0; i < s.size(); ++i) {
    const Byte lead = static_cast<Byte>(s[i]);
    if (lead < 0x80) continue;
    if (i + 1 == s.size()) break;  // the sample cuts it off
    const Byte trail = static_cast<Byte>(s[i + 1]);
    const double credit = In(lead, lead_from, 0xFE) ? classify(lead, trail) : -2;
    if (credit == -2) {
      ++tally.bad;
      continue;
    }
    if (credit >= 0) tally.Add(credit);
    ++i;
  }
  return tally;
}

double Gb(Byte lead, Byte trail) {
  if (In(trail, 0x30, 0x39)) return kRare;  // half of a four-byte character
  if (trail < 0x40 || trail == 0x7F || trail == 0xFF) return -2;
  if (trail >= 0xA1 && In(lead, 0xB0, 0xD7)) return 1;
  if (trail >= 0xA1 && In(lead, 0xA1, 0xA9)) return -1;
  return trail >= 0xA1 && In(lead, 0xD8, 0xF7) ? kRare : 0;
}

double Big5(Byte lead, Byte trail) {
  if (!In(trail, 0x40, 0x7E) && !In(trail, 0xA1, 0xFE)) return -2;
  const int code = lead << 8 | trail;
  if (code >= 0xA140 && code <= 0xA3BF) return -1;
  if (code >= 0xA440 && code <= 0xC67E) return 1;
  return code >= 0xC940 && code <= 0xF9D5 ? kRare : 0;
}

double Korean(Byte lead, Byte trail) {
  if (!In(trail, 0x41, 0x5A) && !In(trail, 0x61, 0x7A) && !In(trail, 0x81, 0xFE)) return -2;
  if (trail >= 0xA1 && In(lead, 0xB0, 0xC8)) return 1;
  if (trail >= 0xA1 && In(lead, 0xA1, 0xAC)) return -1;
  return In(lead, 0x81, 0xC6) && (trail < 0xA1 || lead < 0xA1) ? kRare : 0;
}

Tally TallyJapanese(std::string_view s) {
  Tally tally;
  for (size_t i = 0; i < s.size(); ++i) {
    const Byte lead = static_cast<Byte>(s[i]);
    if (lead < 0x80) continue;
    if (In(lead, 0xA1, 0xDF)) {
      tally.Add(0.2);  // half-width katakana: any byte of that range looks like it
      continue;
    }
    if (i + 1 == s.size()) break;
    const Byte trail = static_cast<Byte>(s[i + 1]);
    if (lead == 0x80 || lead == 0xA0 || lead > 0xFC || trail < 0x40 || trail == 0x7F ||
        trail > 0xFC) {
      ++tally.bad;
      continue;
    }
    const int code = lead << 8 | trail;
    if ((code >= 0x829F && code <= 0x82F1) || (code >= 0x8340 && code <= 0x8396) ||
        (code >= 0x889F && code <= 0x9872)) {
      tally.Add(1);
    } else if (lead != 0x81 && lead != 0x82) {
      tally.Add(code >= 0x989F && code <= 0xEAA4 ? kRare : 0);
    }
    ++i;
  }
  return tally;
}

Tally TallyCyrillic(std::string_view s) {
  const auto letter = [](Byte c) { return c >= 0xC0 || c == 0xA8 || c == 0xB8; };
  const auto small = [](Byte c) { return c >= 0xE0 || c == 0xB8; };
  Tally tally;
  for (size_t i = 0; i < s.size(); ++i) {
    const Byte c = static_cast<Byte>(s[i]);
    if (c < 0x80) continue;
    const Byte before = i > 0 ? static_cast<Byte>(s[i - 1]) : 0;
    const Byte after = i + 1 < s.size() ? static_cast<Byte>(s[i + 1]) : 0;
    if (!letter(c)) {
      if (c == 0x98) ++tally.bad;
      constexpr std::string_view kSigns =
          "\x84\x85\x91\x92\x93\x94\x96\x97\xA0\xA7\xAB\xB0\xB9\xBB";
      if (kSigns.find(static_cast<char>(c)) == std::string_view::npos) tally.Add(0);
    } else if (!small(c) && small(before)) {
      tally.Add(0);
    } else {
      tally.Add(letter(before) || letter(after) ? 1 : kRare);
    }
  }
  return tally;
}

Tally TallyLatin(std::string_view s) {
  const auto ascii = [](Byte c) { return In(c | 0x20, 'a', 'z'); };
  const auto accent = [](Byte c) { return c >= 0xC0 && c != 0xD7 && c != 0xF7; };
  Tally tally;
  size_t letters = 0;
  size_t accents = 0;
  for (size_t i = 0; i < s.size(); ++i) {
    const Byte c = static_cast<Byte>(s[i]);
    letters += ascii(c) ? 1 : 0;
    if (c < 0x80) continue;
    const Byte before = i > 0 ? static_cast<Byte>(s[i - 1]) : 0;
    const Byte after = i + 1 < s.size() ? static_cast<Byte>(s[i + 1]) : 0;
    if (!accent(c)) {
      constexpr std::string_view kUndefined = "\x81\x8D\x8F\x90\x9D";
      constexpr std::string_view kSigns =
          "\x80\x82\x84\x85\x91\x92\x93\x94\x95\x96\x97\x99\xA0\xA1\xA9\xAA\xAB\xAE\xB0\xB2\xB4"
          "\xB7\xBA\xBB\xBF";
      if (kUndefined.find(static_cast<char>(c)) != std::string_view::npos) ++tally.bad;
      const bool sign = kSigns.find(static_cast<char>(c)) != std::string_view::npos;
      const bool alone = before < 0x80 && after < 0x80;
      tally.Add(sign && alone ? 0.9 : 0);
      continue;
    }
    ++accents;
    const bool in_word = ascii(before) || ascii(after) || (before < 0x80 && after < 0x80);
    tally.Add(in_word ? 1 : 0);
  }
  if (static_cast<double>(accents) > kLatinDense * static_cast<double>(letters + accents)) {
    tally.credit /= 2;
  }
  return tally;
}

// UTF-16 without a mark: ASCII characters (blanks, digits, commas) leave a NUL in every second
// place.
const Encoding* Utf16ByNuls(std::string_view sample) {
  size_t nuls[2] = {0, 0};
  for (size_t i = 0; i < sample.size(); ++i) nuls[i % 2] += sample[i] == 0 ? 1 : 0;
  const size_t units = sample.size() / 2;
  for (const size_t odd : {size_t{1}, size_t{0}}) {
    if (units >= 4 && nuls[odd] * 10 >= units && nuls[1 - odd] * 100 <= nuls[odd]) {
      return Named(odd == 1 ? "UTF-16LE" : "UTF-16BE");
    }
  }
  return nullptr;
}

bool LooksLikeUtf8(std::string_view sample) {
  size_t broken = 0;
  size_t sequences = 0;
  for (const char c : sample) sequences += static_cast<Byte>(c) >= 0xC2 ? 1 : 0;
  for (;;) {
    size_t tail = 0;
    const size_t at = FirstInvalidUtf8(sample, &tail);
    if (at == std::string_view::npos) break;
    if (++broken * kUtf8PerBroken > sequences) return false;
    sample.remove_prefix(at + 1);
  }
  return sequences >= broken * (kUtf8PerBroken + 1);
}

}  // namespace

std::vector<Candidate> RankEncodings(std::string_view sample) {
  const auto sure = [](const Encoding* encoding) {
    return std::vector<Candidate>{{encoding, 1.0}};
  };
  if (sample.starts_with("\xEF\xBB\xBF")) return sure(Named("UTF-8"));
  if (sample.starts_with(std::string_view("\xFF\xFE\0\0", 4))) return {};
  if (sample.starts_with("\xFF\xFE")) return sure(Named("UTF-16LE"));
  if (sample.starts_with("\xFE\xFF")) return sure(Named("UTF-16BE"));
  if (sample.starts_with("\x84\x31\x95\x33")) return sure(Named("GB18030"));
  if (const Encoding* utf16 = Utf16ByNuls(sample)) return sure(utf16);
  if (IsAscii(sample) || LooksLikeUtf8(sample)) return sure(Named("UTF-8"));

  const Tally korean = TallyPairs(sample, 0x81, Korean);
  double gb = TallyPairs(sample, 0x81, Gb).Score();
  double big5 = TallyPairs(sample, 0x81, Big5).Score();
  if (korean.Score() >= kHangulShare && korean.chars >= kHangulMin) gb /= 2, big5 /= 2;
  std::vector<Candidate> all = {
      {Named("GB18030"), gb},
      {Named("Big5"), big5},
      {Named("CP949"), korean.Score()},
      {Named("Shift_JIS"), TallyJapanese(sample).Score()},
      {Named("windows-1251"), TallyCyrillic(sample).Score()},
      {Named("windows-1252"), TallyLatin(sample).Score()},
  };
  std::stable_sort(all.begin(), all.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  std::erase_if(all, [](const Candidate& c) { return c.score < kCandidateScore; });
  return all;
}

StatusOr<const Encoding*> DetectEncoding(std::string_view sample) {
  const std::vector<Candidate> all = RankEncodings(sample);
  if (!all.empty() && all[0].score >= kWinnerScore &&
      (all.size() == 1 || all[0].score - all[1].score >= kWinnerLead)) {
    return all[0].encoding;
  }
  std::string names;
  for (const Candidate& c : all) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", ToAbsl(c.encoding->name));
  }
  return MakeError(Code::ENCODING_UNKNOWN,
                   names.empty() ? "no known encoding fits the bytes; name the encoding"
                                 : absl::StrCat("the bytes do not tell the encoding for certain; "
                                                "name one of: ",
                                                names));
}

}  // namespace tombolo::readers
