#include "adapters/readers/csv_scan.h"

#include <algorithm>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tombolo::readers {
namespace {

// Bytes behind a row of the largest size that may be needed to see where it ends, and some more.
constexpr size_t kLookAhead = 4;

class Scanner {
 public:
  Scanner(const char* begin, const char* end, bool final, const Dialect& dialect, Record* record)
      : begin_(begin), end_(end), final_(final), d_(dialect), r_(record) {}

  ScanResult Run() {
    r_->cells.clear();
    r_->cells_total = 0;
    r_->lines = 1;
    r_->size = 0;
    const char* p = begin_;
    for (;;) {
      ScanResult result = ScanResult::kRow;
      if (d_.quote != 0 && p < end_ && *p == d_.quote) {
        result = Quoted(&p);
      } else {
        const char* const stop = FindEither(p, end_, d_.delimiter, d_.line_end);
        if (stop == end_ && !final_) return NeedMore();
        Add(p, stop, false, false);
        p = stop;
      }
      if (result != ScanResult::kRow) return result;
      if (p < end_ && *p == d_.delimiter) {
        ++p;
        if (p == end_ && !final_) return NeedMore();
        continue;
      }
      return Finish(p);
    }
  }

 private:
  ScanResult NeedMore() const {
    return static_cast<size_t>(end_ - begin_) > d_.row_bytes_max + kLookAhead
               ? ScanResult::kTooLarge
               : ScanResult::kNeedMore;
  }

  void Add(const char* from, const char* to, bool quoted, bool doubled) {
    if (++r_->cells_total > d_.columns_max + 1) return;
    r_->cells.push_back(
        {static_cast<uint32_t>(from - begin_), static_cast<uint32_t>(to - from), quoted, doubled});
  }

  // `p` stands on the line end, or at the end of the file.
  ScanResult Finish(const char* p) {
    const char* text_end = p;
    r_->terminated = p < end_;
    if (r_->terminated && d_.line_end == '\r') {
      ++p;
      if (p == end_ && !final_) return NeedMore();  // is it CRLF?
      if (p < end_ && *p == '\n') ++p;
    } else if (r_->terminated && *p == '\r') {
      p += std::min<ptrdiff_t>(2, end_ - p);  // CRLF after a quoted cell; the LF may be cut off
    } else if (r_->terminated) {
      ++p;
    }
    // The CR of a CRLF stands at the end of the last bare cell.
    RawCell* const last = r_->cells_total == r_->cells.size() ? &r_->cells.back() : nullptr;
    if (d_.line_end == '\n' && text_end > begin_ && text_end[-1] == '\r' && last != nullptr &&
        !last->quoted && last->size > 0) {
      --last->size;
      --text_end;
    }
    r_->text_size = static_cast<size_t>(text_end - begin_);
    r_->size = static_cast<size_t>(p - begin_);
    return r_->text_size > d_.row_bytes_max ? ScanResult::kTooLarge : ScanResult::kRow;
  }

  // Whether a quoted cell may end before `p`: at a delimiter, a line end or the end of the file.
  // -1: not known yet.
  int EndsCell(const char* p) const {
    if (p == end_) return final_ ? 1 : -1;
    if (*p == d_.delimiter || *p == d_.line_end) return 1;
    if (d_.line_end == '\n' && *p == '\r') {
      if (p + 1 == end_) return final_ ? 1 : -1;
      return p[1] == '\n' ? 1 : 0;
    }
    return 0;
  }

  // What is seen behind the largest row counts for nothing: how far one sees depends on the blocks.
  ScanResult Broken(ScanResult result, const char* open, const char* seen) {
    if (static_cast<size_t>(seen - begin_) > d_.row_bytes_max) return ScanResult::kTooLarge;
    r_->quote_at = static_cast<size_t>(open - begin_);
    r_->broken_at = static_cast<size_t>(seen - begin_);
    r_->broken_cell = r_->cells_total;
    return result;
  }

  ScanResult TooLong(const char* open) {
    r_->multiline = std::memchr(open, d_.line_end, d_.cell_bytes_max) != nullptr;
    return Broken(ScanResult::kQuoteTooLong, open, open + d_.cell_bytes_max);
  }

  ScanResult Quoted(const char** at) {
    const char* const open = *at;
    const char* const content = open + 1;
    const char* q = content;
    bool doubled = false;
    for (;;) {
      const auto* const close =
          static_cast<const char*>(std::memchr(q, d_.quote, static_cast<size_t>(end_ - q)));
      const char* const seen = close == nullptr ? end_ : close;
      if (static_cast<size_t>(seen - content) > d_.cell_bytes_max) return TooLong(open);
      if (close == nullptr) {
        return final_ ? Broken(ScanResult::kOpenQuote, open, end_) : NeedMore();
      }
      if (close + 1 < end_ && close[1] == d_.quote) {
        doubled = true;
        q = close + 2;
        continue;
      }
      const int ends = EndsCell(close + 1);
      if (ends < 0) return NeedMore();
      if (ends == 0 && !d_.lazy_quotes) return Broken(ScanResult::kTextAfterQuote, open, close);
      if (ends == 0) {
        q = close + 1;
        continue;
      }
      r_->lines += static_cast<size_t>(std::count(content, close, d_.line_end));
      Add(content, close, true, doubled);
      *at = close + 1;
      return ScanResult::kRow;
    }
  }

  const char* const begin_;
  const char* const end_;
  const bool final_;
  const Dialect& d_;
  Record* const r_;
};

}  // namespace

const char* FindEitherPlain(const char* p, const char* end, char a, char b) {
  while (p < end && *p != a && *p != b) ++p;
  return p;
}

#ifdef __SSE2__
const char* FindEither(const char* p, const char* end, char a, char b) {
  const __m128i want_a = _mm_set1_epi8(a);
  const __m128i want_b = _mm_set1_epi8(b);
  constexpr ptrdiff_t kStep = sizeof(__m128i);
  static_assert(kStep <= kScanSlack);
  for (; p < end; p += kStep) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const int mask = _mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, want_a), _mm_cmpeq_epi8(bytes, want_b)));
    if (mask != 0) return std::min(p + __builtin_ctz(static_cast<unsigned>(mask)), end);
  }
  return end;
}
#else
const char* FindEither(const char* p, const char* end, char a, char b) {
  return FindEitherPlain(p, end, a, b);
}
#endif

ScanResult ScanRecord(const char* begin, const char* end, bool final, const Dialect& dialect,
                      Record* record) {
  return Scanner(begin, end, final, dialect, record).Run();
}

}  // namespace tombolo::readers
