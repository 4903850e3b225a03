#include "gateway/exchange/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "gateway/base/limits.h"
#include "gateway/ledger/bytes.h"
#include "tests/support/assert_ok.h"
#include "tests/support/fake_entropy.h"
#include "tests/support/format_page.h"

namespace tombolo::exchange {
namespace {

using testing::FakeEntropy;
using ::testing::HasSubstr;
using testing::PageShows;

std::string FrameBytes(int type, uint8_t flags, std::string_view payload, uint32_t number = 1) {
  const auto heading =
      EncodeHeading(static_cast<v1::FrameType>(type), flags, payload.size(), number);
  return std::string(heading.data(), heading.size()) + std::string(payload);
}

// What a reader makes of the bytes: its frames, then the error or nothing.
struct Outcome {
  std::vector<std::pair<v1::FrameType, std::string>> frames;
  std::vector<uint64_t> wire_bytes;
  Status end;
};

Outcome ReadAll(std::string_view bytes, size_t piece_bytes) {
  FrameReader reader;
  Outcome out;
  for (size_t at = 0; at < bytes.size() && out.end.ok(); at += piece_bytes) {
    reader.Feed(bytes.substr(at, piece_bytes));
    for (;;) {
      const StatusOr<std::optional<Frame>> frame = reader.Next();
      if (!frame.ok()) out.end = frame.status();
      if (!frame.ok() || !frame->has_value()) break;
      out.frames.emplace_back((*frame)->type, std::string((*frame)->payload));
      out.wire_bytes.push_back((*frame)->wire_bytes);
    }
  }
  if (out.end.ok()) out.end = reader.Finish();
  return out;
}

Status EndOf(std::string_view bytes) { return ReadAll(bytes, bytes.size()).end; }

std::string LittleEndian(uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

// A zstd frame of one raw block, by RFC 8878: content size in four bytes, window as told.
std::string RawZstd(std::string_view content, uint64_t stated_bytes, uint8_t window) {
  return "\x28\xB5\x2F\xFD\x80" + std::string(1, static_cast<char>(window)) +
         LittleEndian(stated_bytes, 4) + LittleEndian(content.size() << 3 | 1, 3) +
         std::string(content);
}
constexpr uint8_t kWindow4MiB = 12 << 3;

std::string Packed(std::string_view payload) { return FramePacker().Pack(payload); }

TEST(Heading, IsWhatThePageSays) {
  const std::string credit("\x08\xAC\x02");
  EXPECT_TRUE(PageShows("frame.md", FrameBytes(v1::CREDIT, 0, credit, 7)));
  v1::Credit message;
  message.set_bytes(300);
  EXPECT_EQ(message.SerializeAsString(), credit);
}

TEST(FrameReader, FramesAreTheSameHoweverTheyArrive) {
  const std::string big(limits::kPageBytesTarget, 'e');
  std::string bytes = FrameBytes(v1::HELLO, 0, "hello", 1) + FrameBytes(v1::PING, 0, "", 2) +
                      FrameBytes(v1::ENTRIES, kFlagZstd, Packed(big), 3) +
                      FrameBytes(v1::LAYERS, 0, big, 4) + FrameBytes(v1::BYE, 0, "bye", 5);
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{12}, size_t{13}, bytes.size()}) {
    const Outcome out = ReadAll(bytes, piece);
    EXPECT_OK(out.end);
    ASSERT_EQ(out.frames.size(), 5u);
    EXPECT_EQ(out.frames[0], std::pair(v1::HELLO, std::string("hello")));
    EXPECT_EQ(out.frames[1], std::pair(v1::PING, std::string()));
    EXPECT_EQ(out.frames[2], std::pair(v1::ENTRIES, big));
    EXPECT_EQ(out.frames[3], std::pair(v1::LAYERS, big));
    EXPECT_EQ(out.frames[4], std::pair(v1::BYE, std::string("bye")));
    EXPECT_EQ(out.wire_bytes[2], Packed(big).size() + limits::kFrameHeadingBytes)
        << "credit counts what was sent";
    EXPECT_EQ(out.wire_bytes[3], big.size() + limits::kFrameHeadingBytes);
  }
}

TEST(FrameReader, LimitOfEachType) {
  for (int type = v1::FrameType_MIN + 1; type <= v1::FrameType_MAX; ++type) {
    const auto frame_type = static_cast<v1::FrameType>(type);
    const size_t limit = PayloadLimit(frame_type);
    ASSERT_GT(limit, 0u) << v1::FrameType_Name(frame_type);
    EXPECT_OK(EndOf(FrameBytes(type, 0, std::string(limit, 'x'))));
    const auto heading = EncodeHeading(frame_type, 0, limit + 1, 1);
    EXPECT_CODE(Code::FRAME_TOO_LARGE, EndOf({heading.data(), heading.size()}))
        << v1::FrameType_Name(frame_type) << ": known before a byte of the payload is there";
  }
  EXPECT_EQ(PayloadLimit(v1::ENTRIES), limits::kFramePayloadBytesMax);
  EXPECT_EQ(PayloadLimit(v1::DOCUMENT), limits::kControlPayloadBytesMax);
  EXPECT_EQ(PayloadLimit(v1::SUBSCRIBE), limits::kControlPayloadBytesMax);
  EXPECT_EQ(PayloadLimit(v1::HELLO), limits::kSmallPayloadBytesMax);
  EXPECT_EQ(PayloadLimit(static_cast<v1::FrameType>(v1::FrameType_MAX + 1)), 0u);
}

TEST(FrameReader, UnpackedLimit) {
  for (const v1::FrameType type : {v1::ENTRIES, v1::DOCUMENT, v1::PING}) {
    const size_t limit = PayloadLimit(type);
    EXPECT_OK(EndOf(FrameBytes(type, kFlagZstd, Packed(std::string(limit, 'x')))));
    EXPECT_CODE(Code::FRAME_TOO_LARGE,
                EndOf(FrameBytes(type, kFlagZstd, Packed(std::string(limit + 1, 'x')))));
  }
  EXPECT_CODE(Code::FRAME_TOO_LARGE,
              EndOf(FrameBytes(v1::ENTRIES, kFlagZstd, RawZstd("x", UINT32_MAX, kWindow4MiB))))
      << "nothing is unpacked to find out";
}

TEST(FrameReader, HeadingsThatAreRefused) {
  EXPECT_OK(EndOf(FrameBytes(v1::PING, 0, "")));
  for (const int type : {0, v1::FrameType_MAX + 1, 255}) {
    EXPECT_CODE(Code::FRAME_UNKNOWN, EndOf(FrameBytes(type, 0, "")));
    EXPECT_CODE(Code::FRAME_UNKNOWN, EndOf(FrameBytes(type, 0, "x")));
  }
  for (const int flags : {2, 4, 128, 3}) {
    EXPECT_CODE(Code::FRAME_INVALID, EndOf(FrameBytes(v1::PING, static_cast<uint8_t>(flags), "")));
  }
  for (const size_t at : {6, 7}) {
    std::string bytes = FrameBytes(v1::PING, 0, "");
    bytes[at] = 1;
    EXPECT_CODE(Code::FRAME_INVALID, EndOf(bytes));
  }
  EXPECT_CODE(Code::FRAME_INVALID,
              EndOf(FrameBytes(v1::HELLO, kFlagZstd, RawZstd("hello", 5, kWindow4MiB))))
      << "nobody knows yet whether the other side unpacks";
}

TEST(FrameReader, NumbersFollow) {
  const auto read = [](const std::vector<uint32_t>& numbers) {
    std::string bytes;
    for (const uint32_t number : numbers) bytes += FrameBytes(v1::PING, 0, "p", number);
    return ReadAll(bytes, bytes.size());
  };
  EXPECT_OK(read({1, 2, 3, 4}).end);
  for (const auto& [numbers, good] : std::vector<std::pair<std::vector<uint32_t>, size_t>>{
           {{0}, 0}, {{2}, 0}, {{1, 1}, 1}, {{1, 3}, 1}, {{1, 2, 1}, 2}, {{1, 2, 4, 3}, 2}}) {
    const Outcome out = read(numbers);
    EXPECT_CODE(Code::FRAME_ORDER, out.end);
    EXPECT_EQ(out.frames.size(), good) << "those before the fault are whole";
  }
}

TEST(FrameReader, ZstdThatIsRefused) {
  const std::string good = RawZstd("hello", 5, kWindow4MiB);
  EXPECT_OK(EndOf(FrameBytes(v1::PING, kFlagZstd, good)));
  std::string no_size("\x28\xB5\x2F\xFD\x00\x00\x29\x00\x00hello", 14);
  std::string dictionary = good;
  dictionary[4] = '\x81';
  dictionary.insert(6, 1, '\x07');
  const std::string skippable("\x50\x2A\x4D\x18\x00\x00\x00\x00", 8);
  const std::pair<std::string, std::string> refused[] = {
      {"nothing", ""},
      {"no zstd", "hello"},
      {"heading cut", good.substr(0, 6)},
      {"content cut", good.substr(0, good.size() - 1)},
      {"byte after it", good + "x"},
      {"two frames", good + good},
      {"skippable frame", skippable},
      {"skippable before", skippable + good},
      {"skippable after", good + skippable},
      {"content size left out", no_size},
      {"states too little", RawZstd("hello", 4, kWindow4MiB)},
      {"states too much", RawZstd("hello", 6, kWindow4MiB)},
      {"with a dictionary", dictionary},
      {"window an eighth too large", RawZstd("hello", 5, kWindow4MiB + 1)},
      {"window of 8 MiB", RawZstd("hello", 5, 13 << 3)},
  };
  for (const auto& [name, payload] : refused) {
    EXPECT_CODE(Code::FRAME_INVALID, EndOf(FrameBytes(v1::PING, kFlagZstd, payload))) << name;
  }
}

TEST(FrameReader, DamagedCompressionNeverCrashes) {
  FakeEntropy entropy(3);
  std::string text;
  for (int i = 0; i < 400; ++i) text += "entry " + std::to_string(entropy.Below(50)) + ", ";
  const std::string packed = Packed(text);
  ASSERT_FALSE(packed.empty());
  for (size_t at = 0; at < packed.size(); ++at) {
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ static_cast<char>(1 + entropy.Below(255)));
    const Outcome out = ReadAll(FrameBytes(v1::PING, kFlagZstd, damaged), SIZE_MAX / 2);
    if (out.end.ok()) continue;  // another text; the layers above check what it says
    EXPECT_TRUE(CodeOf(out.end) == Code::FRAME_INVALID || CodeOf(out.end) == Code::FRAME_TOO_LARGE)
        << Describe(out.end);
  }
}

TEST(FrameReader, StaysInItsError) {
  FrameReader reader;
  reader.Feed(FrameBytes(v1::PING, 0, "", 2));
  EXPECT_CODE(Code::FRAME_ORDER, reader.Next());
  reader.Feed(FrameBytes(v1::PING, 0, "", 1));
  EXPECT_CODE(Code::FRAME_ORDER, reader.Next());
  EXPECT_CODE(Code::FRAME_ORDER, reader.Finish());
}

TEST(FrameReader, CutShort) {
  const std::string bytes = FrameBytes(v1::PING, 0, "one", 1) + FrameBytes(v1::PING, 0, "two", 2);
  for (size_t size = 1; size < bytes.size(); ++size) {
    const Outcome out = ReadAll(std::string_view(bytes).substr(0, size), size);
    EXPECT_EQ(out.frames.size(), size < bytes.size() / 2 ? 0u : 1u);
    if (size == bytes.size() / 2) {
      EXPECT_OK(out.end);
    } else {
      EXPECT_CODE(Code::FRAME_INVALID, out.end);
      EXPECT_THAT(Describe(out.end), HasSubstr("cut short"));
    }
  }
}

TEST(FramePacker, PacksWhatGains) {
  FakeEntropy entropy(1);
  EXPECT_EQ(Packed(""), "");
  EXPECT_EQ(Packed("x"), "");
  EXPECT_EQ(Packed(entropy.Bytes(limits::kPageBytesTarget)), "");
  const std::string random = entropy.Bytes(8000);
  EXPECT_EQ(Packed(random + std::string(900, 'x')), "") << "saves less than an eighth";
  const std::string gains = random + std::string(1400, 'x');
  const std::string packed = Packed(gains);
  ASSERT_FALSE(packed.empty());
  EXPECT_LE(packed.size(), gains.size() - gains.size() / 8);
  const Outcome out = ReadAll(FrameBytes(v1::PING, kFlagZstd, packed), packed.size() + 12);
  ASSERT_EQ(out.frames.size(), 1u);
  EXPECT_EQ(out.frames[0].second, gains);
}

}  // namespace
}  // namespace tombolo::exchange
