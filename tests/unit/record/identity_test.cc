#include "gateway/record/identity.h"

#include <gtest/gtest.h>

#include "gateway/base/hash.h"
#include "gateway/base/keyed_digest.h"
#include "gateway/base/text.h"
#include "tests/unit/record/sample.h"

namespace tombolo::record {
namespace {

const std::string kSecret = CountingBytes(kNodeSecretBytes, 0);

// Put together by hand from docs/formats/record.md, "Identity".
std::string ByThePage(std::string_view purpose, std::string_view message) {
  HmacSha256 mac(HkdfSha256(kSecret, "", purpose, 32));
  mac.Update(message);
  return ToHex(mac.Finish().view());
}

TEST(Identity, FollowsThePage) {
  Identity identity(kSecret);
  const std::string_view key(
      "\0\0\0\x05scope\0\0\0\x01"
      "a\0\0\0\x02"
      "bc",
      20);
  EXPECT_EQ(identity.ForRecord("scope", {"a", "bc"}).hex(),
            ByThePage("tombolo/record-id/v1", key).substr(0, 32));
  EXPECT_EQ(identity.ForSubject("scope", "a").hex(),
            ByThePage("tombolo/subject-key/v1", key.substr(0, 14)).substr(0, 32));
  const RecordId id = RecordId::From(CountingBytes(16, 1));
  const auto digest = [](std::string_view purpose, std::string_view message) {
    KeyedDigest made(HkdfSha256(kSecret, "", purpose, 48));
    made.Update(message);
    return ToHex(made.Finish().view()).substr(0, 32);
  };
  EXPECT_EQ(identity.ForContent(id, "content").hex(),
            digest("tombolo/content-digest/v2", CountingBytes(16, 1) + "content"));
  EXPECT_EQ(identity.ForOutput("output").hex(), digest("tombolo/output-print/v1", "output"));
  EXPECT_EQ(ToHex(identity.ForSource("file.csv")), ByThePage("tombolo/source-ref/v1", "file.csv"));
}

TEST(Identity, TheCursorKeyFollowsThePage) {
  EXPECT_EQ(CursorKey(kSecret), HkdfSha256(kSecret, "", "tombolo/cursor/v1", 32));
  EXPECT_EQ(CursorKey(kSecret).size(), 32u);
}

TEST(Identity, SameInputsSameIdAlsoFromAnotherObject) {
  Identity a(kSecret);
  Identity b(kSecret);
  b.ForRecord("noise", {"noise"});
  EXPECT_EQ(a.ForRecord("scope", {"k"}), b.ForRecord("scope", {"k"}));
}

TEST(Identity, EveryPartCounts) {
  Identity identity(kSecret);
  const RecordId base = identity.ForRecord("scope", {"ab", "c"});
  EXPECT_NE(base, identity.ForRecord("scope", {"a", "bc"}));
  EXPECT_NE(base, identity.ForRecord("scope", {"abc"}));
  EXPECT_NE(base, identity.ForRecord("scope", {"c", "ab"}));
  EXPECT_NE(base, identity.ForRecord("scop", {"eab", "c"}));
  EXPECT_NE(base, identity.ForRecord("scope", {"ab", "c", ""}));
  EXPECT_NE(base, Identity(CountingBytes(32, 1)).ForRecord("scope", {"ab", "c"}));
}

TEST(Identity, PurposesDoNotMeet) {
  Identity identity(kSecret);
  EXPECT_NE(identity.ForRecord("x", {"y"}).hex(), identity.ForSubject("x", "y").hex());
}

TEST(Identity, ContentIsBoundToItsRecord) {
  Identity identity(kSecret);
  EXPECT_NE(identity.ForContent(RecordId::From(CountingBytes(16, 0)), "c"),
            identity.ForContent(RecordId::From(CountingBytes(16, 1)), "c"));
}

}  // namespace
}  // namespace tombolo::record
