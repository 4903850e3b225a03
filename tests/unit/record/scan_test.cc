// The scan accepts exactly the headers that the strict decoder accepts, and finds subjects.
#include "gateway/record/scan.h"

#include <gtest/gtest.h>

#include <vector>

#include "gateway/record/canonical.h"
#include "tests/support/fake_entropy.h"
#include "tests/unit/record/sample.h"

namespace tombolo::record {
namespace {

std::vector<std::string> Headers() {
  std::vector<std::string> headers;
  for (int i = 0; i < 64; ++i) {
    v1::RecordHeader header;
    header.set_record_id(CountingBytes(16, i));
    header.set_version(i == 0 ? UINT64_MAX : uint64_t{1} << i % 63);
    header.set_kind(static_cast<v1::RecordKind>(1 + i % 15));
    header.set_polarity(static_cast<v1::Polarity>(1 + i % 4));
    header.set_state(static_cast<v1::RecordState>(1 + i % 8));
    if ((i & 1) != 0) header.set_decided_on(19000 + i);
    if ((i & 2) != 0) header.set_effective_on(-i);
    if ((i & 4) != 0) header.set_valid_from(0);
    if ((i & 8) != 0) header.set_valid_until(2932896);
    if ((i & 16) != 0) header.set_publish_until(i);
    if ((i & 32) != 0) header.set_share_until(i);
    header.set_recorded_at_us(i % 5 == 0 ? 0 : int64_t{1} << i % 63);
    std::string bytes;
    AppendHeaderMessage(header, &bytes);
    headers.push_back(bytes);
  }
  return headers;
}

void ExpectSame(std::string_view bytes) {
  const auto decoded = DecodeHeader(bytes);
  const auto scanned = ScanHeader(bytes);
  ASSERT_EQ(decoded.ok(), scanned.has_value()) << ToHex(bytes);
  if (!decoded.ok()) return;
  EXPECT_EQ(decoded->record_id(), scanned->record_id);
  EXPECT_EQ(decoded->version(), scanned->version);
}

TEST(ScanTest, WholeHeadersAreReadAlike) {
  for (const std::string& header : Headers()) {
    EXPECT_TRUE(ScanHeader(header).has_value());
    ExpectSame(header);
  }
}

TEST(ScanTest, DamagedHeadersAreRefusedAlike) {
  testing::FakeEntropy random(5);
  const std::vector<std::string> headers = Headers();
  for (int round = 0; round < 100000; ++round) {
    std::string header = headers[random.Below(headers.size())];
    for (uint64_t i = random.Below(3); i-- > 0 || round % 2 == 0;) {
      const size_t at = random.Below(header.size() + 1);
      switch (random.Below(3)) {
        case 0:
          header.insert(at, 1, static_cast<char>(random.Next()));
          break;
        case 1:
          if (at < header.size()) header.erase(at, 1);
          break;
        default:
          if (at < header.size()) header[at] = static_cast<char>(random.Below(256));
      }
      if (random.Below(2) == 0) break;
    }
    ExpectSame(header);
  }
  ExpectSame("");
}

TEST(ScanTest, OrderRepeatsAndLongNumbersAreRefused) {
  const std::string good = Headers()[0];
  EXPECT_FALSE(ScanHeader(good + good).has_value());
  EXPECT_FALSE(ScanHeader(good.substr(18)).has_value());  // no record id
  std::string long_number = good;
  long_number.replace(long_number.size() - 1, 1, std::string("\x81\x00", 2));
  EXPECT_FALSE(ScanHeader(long_number).has_value());
}

TEST(ScanTest, TheSubjectIsFoundWhereItStands) {
  const ItemSpec item = ExampleItem();
  const Draft draft = ExampleDraft(item);
  LayerBytes layers;
  ASSERT_TRUE(EncodeLayers(draft, &layers).ok());
  EXPECT_FALSE(ScanSubject(layers[0]).has_value());  // the masked copy is a text
  EXPECT_FALSE(ScanSubject(layers[1]).has_value());
  const auto subject = ScanSubject(layers[2]);
  ASSERT_TRUE(subject.has_value());
  EXPECT_EQ(subject->scheme, "test.org");
  EXPECT_EQ(subject->value, "O12345");
}

TEST(ScanTest, DamagedLayersNameNoSubjectOrAnotherAndEndWell) {
  const ItemSpec item = ExampleItem();
  LayerBytes layers;
  ASSERT_TRUE(EncodeLayers(ExampleDraft(item), &layers).ok());
  for (size_t at = 0; at < layers[2].size(); ++at) {
    EXPECT_FALSE(ScanSubject(std::string_view(layers[2]).substr(0, at)).has_value());
    std::string other = layers[2];
    other[at] = static_cast<char>(other[at] ^ 0xFF);
    ScanSubject(other);
  }
}

}  // namespace
}  // namespace tombolo::record
