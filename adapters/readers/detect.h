// Which encoding bytes are in, by looking at them.
//
// In this order: a byte order mark; UTF-16 without one, where NUL bytes stand in every second
// place; only ASCII (then UTF-8 is as good as any); UTF-8, if well-formed sequences outnumber
// broken ones twenty to one, which text in another encoding never does by chance. Else the old
// encodings compete. Each gets the share of its characters beyond ASCII that are common in the
// language it was made for, broken sequences counting against it:
//   GB18030       the 3,755 characters of GB 2312 level 1 (lead B0 to D7, trail from A1)
//   Big5          the 5,401 characters of level 1 (A440 to C67E)
//   CP949         the 2,350 syllables of KS X 1001 (lead B0 to C8, trail from A1)
//   Shift_JIS     hiragana, katakana, level 1 kanji (889F to 9872)
//   windows-1251  Cyrillic letters in words, no capital after a small letter
//   windows-1252  accented letters alone or in pairs among ASCII letters
// Korean bytes are always common Chinese characters too, but Chinese text has a third of its
// characters elsewhere: with twenty or more syllables and hardly anything else it is Korean. The
// winner needs three quarters and a clear lead; if none has it, the answer is ENCODING_UNKNOWN with
// the candidates, and a person must say. GBK, GB2312 are read as GB18030, ISO-8859-1 as
// windows-1252 (supersets); UTF-32, EUC-JP, KOI8-R are not known.
//
// Ownership: plain values. Thread-safety: pure. Errors: ENCODING_UNKNOWN.
#ifndef TOMBOLO_ADAPTERS_READERS_DETECT_H_
#define TOMBOLO_ADAPTERS_READERS_DETECT_H_

#include <string>
#include <string_view>
#include <vector>

#include "adapters/readers/encoding.h"
#include "gateway/base/error.h"

namespace tombolo::readers {

struct Candidate {
  const Encoding* encoding = nullptr;
  double score = 0;  // 0 to 1
};

// All that may fit, best first. A certain one (mark, UTF-8) stands alone with score 1.
std::vector<Candidate> RankEncodings(std::string_view sample);
// The one that fits, or ENCODING_UNKNOWN.
StatusOr<const Encoding*> DetectEncoding(std::string_view sample);

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_DETECT_H_
