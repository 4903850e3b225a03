#include "gateway/ledger/cursor.h"

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/bytes.h"
#include "gateway/ledger/canonical.h"

namespace tombolo::ledger {
namespace {

constexpr std::string_view kTag = "TBK1";
constexpr uint8_t kVersion = 1;
constexpr size_t kMacBytes = 16;

Status Refuse(std::string_view why) {
  return MakeError(Code::NOT_CANONICAL, absl::StrCat("cursor: ", ToAbsl(why)));
}

Status CheckPosition(const v1::Cursor::Position& position) {
  const size_t size = position.stream_id().size();
  if (size != DigestBytes(HashKind::kSha256) && size != DigestBytes(HashKind::kSha384)) {
    return Refuse(absl::StrCat("a stream id has a wrong size: got ", size, " bytes, want ",
                               DigestBytes(HashKind::kSha256), " or ",
                               DigestBytes(HashKind::kSha384)));
  }
  if (position.layer() < v1::PUBLIC || position.layer() > v1::LIMITED) {
    return Refuse(absl::StrCat("a layer must be PUBLIC, GOVERNMENT or LIMITED: got ",
                               static_cast<int>(position.layer())));
  }
  if (position.next_seq() == 0) return Refuse("entry numbers count from 1: got 0");
  return absl::OkStatus();
}

bool Before(const v1::Cursor::Position& a, const v1::Cursor::Position& b) {
  if (const int order = a.stream_id().compare(b.stream_id()); order != 0) return order < 0;
  return a.layer() < b.layer();
}

Status CheckCursor(const v1::Cursor& cursor) {
  const auto count = static_cast<size_t>(cursor.positions_size());
  if (count > limits::kCursorPositionsMax) {
    return MakeError(Code::LIMIT_EXCEEDED, absl::StrCat("cursor: ", count, " positions, limit ",
                                                        limits::kCursorPositionsMax));
  }
  for (int i = 0; i < cursor.positions_size(); ++i) {
    const v1::Cursor::Position& position = cursor.positions(i);
    RETURN_IF_ERROR(CheckPosition(position));
    if (i == 0) continue;
    const v1::Cursor::Position& before = cursor.positions(i - 1);
    if (!Before(before, position)) {
      return Refuse(absl::StrCat("positions must ascend by stream and layer, none twice; position ",
                                 i + 1, " does not"));
    }
  }
  return absl::OkStatus();
}

// Takes the same time wherever the two differ, so that nobody can find a MAC byte by byte.
bool SameBytes(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

std::string CursorCodec::Mac(std::string_view bytes) {
  mac_.Reset();
  mac_.Update(bytes);
  return std::string(mac_.Finish().view().substr(0, kMacBytes));
}

StatusOr<std::string> CursorCodec::Encode(const v1::Cursor& cursor) {
  RETURN_IF_ERROR(CheckCursor(cursor));
  std::string out(kTag);
  AppendU8(&out, kVersion);
  out += CanonicalBytes(cursor);
  out += Mac(out);
  return out;
}

StatusOr<v1::Cursor> CursorCodec::Decode(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.Take(kTag.size()) != kTag) return Refuse("does not begin with TBK1");
  const uint8_t version = in.U8();
  if (!in.ok() || in.left() < kMacBytes) return Refuse("ends too early");
  if (version != kVersion) {
    return MakeError(Code::SCHEMA_UNSUPPORTED,
                     absl::StrCat("cursor: version ", version, " is not known here; want ",
                                  kVersion, "; ask for a new one"));
  }
  const std::string_view message = in.Take(in.left() - kMacBytes);
  if (!SameBytes(in.Take(kMacBytes), Mac(bytes.substr(0, bytes.size() - kMacBytes)))) {
    return MakeError(Code::SIGNATURE_INVALID,
                     "cursor: this node did not issue it, or it was changed; start without one");
  }
  v1::Cursor cursor;
  RETURN_IF_ERROR(ParseCanonical("cursor", message, &cursor));
  RETURN_IF_ERROR(CheckCursor(cursor));
  return cursor;
}

}  // namespace tombolo::ledger
