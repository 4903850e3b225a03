#include "gateway/base/hash.h"

#include <gtest/gtest.h>

#include "gateway/base/text.h"

namespace tombolo {
namespace {

std::string Hex(const Digest& digest) { return ToHex(digest.view()); }

// FIPS 180-4 examples (NIST, "Cryptographic Standards and Guidelines: Example Values").
TEST(Hasher, Sha256OfExamples) {
  Hasher hasher(HashKind::kSha256);
  EXPECT_EQ(Hex(hasher.Hash({"abc"})),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(hasher.Hash({"abcdbcdecdefdefgefghfghighijhijk", "ijkljklmklmnlmnomnopnopq"})),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Hex(hasher.Hash({})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Hasher, Sha384OfExamples) {
  Hasher hasher(HashKind::kSha384);
  EXPECT_EQ(Hex(hasher.Hash({"a", "bc"})),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
            "8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(hasher.Hash({"abc"}).size, 48);
}

TEST(Hasher, FinishLeavesTheHasherReadyAndResetForgets) {
  Hasher hasher(HashKind::kSha256);
  hasher.Update("something else");
  hasher.Reset();
  hasher.Update("abc");
  const Digest first = hasher.Finish();
  hasher.Update("abc");
  EXPECT_EQ(first, hasher.Finish());
  hasher.Update("left over");
  EXPECT_EQ(first, hasher.Hash({"abc"}));
}

TEST(Hasher, NumbersAreBigEndian) {
  Hasher hasher(HashKind::kSha256);
  hasher.UpdateByte(0xFE);
  hasher.UpdateU32(0x01020304);
  hasher.UpdateU64(0x05060708090A0B0C);
  const Digest written = hasher.Finish();
  EXPECT_EQ(written, hasher.Hash({"\xFE\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C"}));
}

TEST(Hasher, CopiesGoTheirOwnWays) {
  Hasher a(HashKind::kSha256);
  a.Update("ab");
  Hasher b = a;
  b.Update("d");
  a.Update("c");
  EXPECT_EQ(Hex(a.Finish()), Hex(Hasher(HashKind::kSha256).Hash({"abc"})));
  EXPECT_EQ(Hex(b.Finish()), Hex(Hasher(HashKind::kSha256).Hash({"abd"})));
}

// RFC 4231 sections 4.2, 4.3 and 4.7 (a key longer than a block).
TEST(HmacSha256, Rfc4231) {
  HmacSha256 one(std::string(20, '\x0B'));
  one.Update("Hi There");
  EXPECT_EQ(Hex(one.Finish()), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  HmacSha256 two("Jefe");
  for (int again = 0; again < 2; ++again) {
    two.Update("what do ya want ");
    two.Update("for nothing?");
    EXPECT_EQ(Hex(two.Finish()),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  }
  HmacSha256 six(std::string(131, '\xAA'));
  six.Update("Test Using Larger Than Block-Size Key - Hash Key First");
  EXPECT_EQ(Hex(six.Finish()), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, ResetForgets) {
  HmacSha256 mac("Jefe");
  mac.Update("noise");
  mac.Reset();
  mac.Update("what do ya want for nothing?");
  EXPECT_EQ(Hex(mac.Finish()), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

// RFC 5869 appendix A.1 and A.3.
TEST(Hkdf, Rfc5869) {
  const std::string secret(22, '\x0B');
  EXPECT_EQ(ToHex(HkdfSha256(secret, *FromHex("000102030405060708090a0b0c"),
                             *FromHex("f0f1f2f3f4f5f6f7f8f9"), 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
            "34007208d5b887185865");
  EXPECT_EQ(ToHex(HkdfSha256(secret, "", "", 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
            "9d201395faa4b61a96c8");
}

TEST(Hkdf, OtherPurposeOtherKey) {
  EXPECT_NE(HkdfSha256("secret", "", "one", 32), HkdfSha256("secret", "", "two", 32));
  EXPECT_EQ(HkdfSha256("secret", "", "one", 64).substr(0, 32), HkdfSha256("secret", "", "one", 32));
}

}  // namespace
}  // namespace tombolo
