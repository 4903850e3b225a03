// Bytes of a named encoding to UTF-8: strict, with the place of every byte that does not belong.
//
// Conversion is glibc's iconv, since one converter must serve all nodes; after it the 24
// private-use code points of older GB 18030 mappings are folded to the standard characters (GB
// 18030-2005 and -2022, annexes on changed mappings). Characters of one or two bytes go through a
// table made from iconv once. Labels follow the WHATWG Encoding Standard where real files do:
// EUC-KR means CP949, Shift_JIS means CP932; but ISO-8859-1 is itself.
//
// Ownership: a Decoder owns its iconv descriptor. Thread-safety: one thread per object; free
// functions are pure. Errors: ENCODING_UNKNOWN for a label that is not known.
#ifndef TOMBOLO_ADAPTERS_READERS_ENCODING_H_
#define TOMBOLO_ADAPTERS_READERS_ENCODING_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/readers/code_table.h"
#include "gateway/base/error.h"

namespace tombolo::readers {

enum class EncodingKind { kUtf8, kUtf16, kSingleByte, kMultiByte };

struct Encoding {
  std::string_view name;   // as shown: "UTF-8", "CP949"
  std::string_view iconv;  // as glibc calls it
  EncodingKind kind = EncodingKind::kUtf8;
  // kMultiByte: the ASCII range that may be the second or later byte of a character (0, 0: none).
  unsigned char trail_from = 0;
  unsigned char trail_to = 0;

  // True if text can be cut at `c` before it is decoded, because `c` is always itself.
  bool CanCutAt(char c) const;
};

// By label, case and punctuation ignored: "utf8", "GB18030", "x-windows-949", "latin1".
StatusOr<const Encoding*> FindEncoding(std::string_view label);
const std::vector<Encoding>& AllEncodings();

// Where the first sequence stands that is not well-formed UTF-8 (RFC 3629); npos if there is none.
size_t FirstInvalidUtf8(std::string_view s);
// Like FirstInvalidUtf8, but a sequence that is cut off at the end of `s` only counts as `*tail`
// bytes.
size_t FirstInvalidUtf8(std::string_view s, size_t* tail);
bool IsAscii(std::string_view s);
// The longest prefix of at most `bytes_max` bytes that ends with a whole character. `s` is
// well-formed UTF-8 but for its own end, which may be cut: what a limit or a block left of a text.
std::string_view WellFormedPrefix(std::string_view s, size_t bytes_max);

// A run of bytes that cannot be decoded.
struct BadBytes {
  size_t offset = 0;  // in the input
  std::string bytes;  // the first kBadBytesShown of them
};
inline constexpr size_t kBadBytesShown = 16;

class Decoder {
 public:
  static StatusOr<std::unique_ptr<Decoder>> Create(const Encoding& encoding);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Appends `in` as UTF-8 to `*out`, each run of undecodable bytes as one U+FFFD; true if there was
  // none. The first run is put into `*bad` (may be null).
  bool Decode(std::string_view in, std::string* out, BadBytes* bad);

  // One step of a stream: appends what can be decoded up to the end, or up to the first undecodable
  // byte, and returns how many bytes of `in` were taken. `*bad_size` is the number of undecodable
  // bytes that follow there (0: none, but a character may be cut off at the end, unless `final`).
  size_t DecodeSome(std::string_view in, bool final, std::string* out, size_t* bad_size);

  const Encoding& encoding() const { return encoding_; }

 private:
  explicit Decoder(const Encoding& encoding) : encoding_(encoding) {}
  void MakeTable();
  size_t DecodeUtf8(std::string_view in, bool final, std::string* out, size_t* bad_size);
  size_t DecodeTable(std::string_view in, bool final, std::string* out, size_t* bad_size);
  size_t DecodeIconv(std::string_view in, bool final, std::string* out, size_t* bad_size);
  // One iconv call; appends to `*out`; returns the bytes taken. `*error` is 0, EILSEQ or EINVAL.
  size_t Convert(std::string_view in, std::string* out, int* error);

  const Encoding& encoding_;
  void* iconv_ = nullptr;
  bool fold_ = false;
  const CodeTable* table_ = nullptr;  // lives as long as the program
};

// Replaces the private-use code points of older GB 18030 mappings in `*text`, from `from` on, by
// the standard ones.
void FoldGb18030(std::string* text, size_t from);

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_ENCODING_H_
