#include "adapters/readers/transcode.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tombolo::readers {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // U+FEFF in UTF-8
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kMarkerStart = "\xEF\xB7";  // U+FDC0 to U+FDFF
constexpr size_t kMarkerCharBytes = 3;
constexpr unsigned char kHigh = 0x90;  // third byte of U+FDD0
constexpr unsigned char kLow = 0xA0;   // third byte of U+FDE0
constexpr unsigned char kLast = 0xAF;  // third byte of U+FDEF

void AppendDigit(unsigned char base, unsigned digit, std::string* out) {
  out->append(kMarkerStart);
  out->push_back(static_cast<char>(base + digit));
}

// The third byte of the noncharacter at `at`, 0 if there is none.
unsigned char MarkerByte(std::string_view text, size_t at) {
  if (text.size() - at < kMarkerCharBytes || text.substr(at, 2) != kMarkerStart) return 0;
  const auto c = static_cast<unsigned char>(text[at + 2]);
  return c >= kHigh && c <= kLast ? c : 0;
}

// Where the next noncharacter stands from `at` on; npos if none.
size_t NextMarker(std::string_view text, size_t at) {
  for (;;) {
    at = text.find(kMarkerStart, at);
    if (at == std::string_view::npos || MarkerByte(text, at) != 0) return at;
    at += kMarkerStart.size();
  }
}

}  // namespace

StatusOr<std::unique_ptr<TranscodingSource>> TranscodingSource::Create(
    std::unique_ptr<ByteSource> inner, const Encoding& encoding, size_t block_bytes) {
  ASSIGN_OR_RETURN(std::unique_ptr<Decoder> decoder, Decoder::Create(encoding));
  return std::unique_ptr<TranscodingSource>(
      new TranscodingSource(std::move(inner), std::move(decoder), block_bytes));
}

TranscodingSource::TranscodingSource(std::unique_ptr<ByteSource> inner,
                                     std::unique_ptr<Decoder> decoder, size_t block_bytes)
    : inner_(std::move(inner)), decoder_(std::move(decoder)), in_(block_bytes, '\0') {}

StatusOr<size_t> TranscodingSource::Read(char* out, size_t size) {
  while (out_at_ == out_.size() && !ended_) RETURN_IF_ERROR(Fill());
  const std::string_view rest = std::string_view(out_).substr(out_at_);
  size_t n = WellFormedPrefix(rest, size).size();
  if (n == 0) n = std::min(size, rest.size());
  std::memcpy(out, out_.data() + out_at_, n);
  out_at_ += n;
  return n;
}

Status TranscodingSource::Fill() {
  out_.clear();
  out_at_ = 0;
  ASSIGN_OR_RETURN(const size_t n, inner_->Read(in_.data() + carried_, in_.size() - carried_));
  ended_ = n == 0;
  DecodeBlock(carried_ + n, ended_);
  return absl::OkStatus();
}

void TranscodingSource::DropByteOrderMark() {
  if (started_ || out_.size() < kByteOrderMark.size()) return;
  started_ = true;
  if (out_.starts_with(kByteOrderMark)) out_.erase(0, kByteOrderMark.size());
}

void TranscodingSource::DecodeBlock(size_t have, bool final) {
  size_t at = 0;
  while (at < have) {
    const size_t before = out_.size();
    size_t bad_size = 0;
    const size_t taken =
        decoder_->DecodeSome({in_.data() + at, have - at}, final, &out_, &bad_size);
    DropByteOrderMark();
    MarkNoncharacters(std::min(before, out_.size()), in_offset_ + at);
    at += taken;
    if (taken > 0) run_open_ = false;
    if (bad_size > 0) {
      if (!run_open_ || run_end_ != in_offset_ + at) {
        const uint64_t offset = in_offset_ + at;
        int shift = 60;
        while (shift > 0 && (offset >> shift) == 0) shift -= 4;
        for (; shift >= 0; shift -= 4) AppendDigit(kLow, (offset >> shift) & 15, &out_);
      }
      MarkBad({in_.data() + at, bad_size});
      at += bad_size;
      run_open_ = true;
      run_end_ = in_offset_ + at;
      started_ = true;
    } else if (taken == 0) {
      break;  // a character is cut off at the block's end
    }
  }
  carried_ = have - at;
  std::memmove(in_.data(), in_.data() + at, carried_);
  in_offset_ += at;
}

void TranscodingSource::MarkBad(std::string_view bytes) {
  marked_ = true;
  for (const unsigned char c : bytes) {
    AppendDigit(kHigh, c >> 4, &out_);
    AppendDigit(kLow, c & 15, &out_);
  }
}

void TranscodingSource::MarkNoncharacters(size_t from, uint64_t offset) {
  size_t at = NextMarker(out_, from);
  if (at == std::string::npos) return;
  const std::string text = out_.substr(at);
  out_.resize(at);
  // The offset is that of the stretch, near enough to find the place; it is exact for UTF-8 without
  // earlier marks.
  const uint64_t base =
      decoder_->encoding().kind == EncodingKind::kUtf8 ? offset + at - from : offset;
  for (size_t i = 0; i < text.size();) {
    if (MarkerByte(text, i) == 0) {
      out_.push_back(text[i++]);
      continue;
    }
    int shift = 60;
    while (shift > 0 && ((base + i) >> shift) == 0) shift -= 4;
    for (; shift >= 0; shift -= 4) AppendDigit(kLow, ((base + i) >> shift) & 15, &out_);
    MarkBad(std::string_view(text).substr(i, kMarkerCharBytes));
    i += kMarkerCharBytes;
  }
}

std::optional<MarkedBytes> FindMarker(std::string_view text) {
  size_t at = NextMarker(text, 0);
  if (at == std::string_view::npos) return std::nullopt;
  MarkedBytes marked;
  for (; at < text.size(); at += kMarkerCharBytes) {
    const unsigned char c = MarkerByte(text, at);
    if (c < kLow) break;
    marked.offset = marked.offset << 4 | (c - kLow);
  }
  while (at < text.size() && marked.bytes.size() < kBadBytesShown) {
    const unsigned char high = MarkerByte(text, at);
    if (high < kHigh || high >= kLow || text.size() - at < 2 * kMarkerCharBytes) break;
    const unsigned char low = MarkerByte(text, at + kMarkerCharBytes);
    if (low < kLow) break;
    marked.bytes.push_back(static_cast<char>((high - kHigh) << 4 | (low - kLow)));
    at += 2 * kMarkerCharBytes;
  }
  return marked;
}

std::string WithoutMarkers(std::string_view text) {
  std::string out;
  size_t at = 0;
  for (;;) {
    const size_t next = NextMarker(text, at);
    out.append(text.substr(at, next - at));
    if (next == std::string_view::npos) return out;
    out.append(kReplacement);
    at = next;
    while (at < text.size() && MarkerByte(text, at) != 0) at += kMarkerCharBytes;
  }
}

}  // namespace tombolo::readers
