#include "gateway/ledger/entry_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <random>

#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "gateway/ledger/canonical.h"
#include "gateway/ledger/entry.h"
#include "tests/fuzz/fuzz_entry_page.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/ledger/fixture.h"
#include "tombolo/v1/exchange.pb.h"

namespace tombolo::ledger {
namespace {

constexpr Suite kSuites[] = {v1::SHA256_ED25519, v1::SHA256_ECDSA_P256, v1::SHA384_ECDSA_P384};
constexpr Suite kSuite = v1::SHA256_ED25519;

// Random bytes that stay where they are.
class Bytes {
 public:
  explicit Bytes(uint32_t seed) : random_(seed) {}
  std::string_view Some(size_t size) {
    std::string& out = held_.emplace_back(size, '\0');
    for (char& c : out) c = static_cast<char>(random_());
    return out;
  }
  size_t Below(size_t bound) { return random_() % bound; }

 private:
  std::mt19937 random_;
  std::deque<std::string> held_;
};

EntryParts RandomEntry(Suite suite, Bytes* bytes) {
  EntryParts entry;
  const size_t kind = bytes->Below(6);
  if (kind == 0) {
    entry.erased = true;
    entry.leaf = bytes->Some(HashBytes(suite));
    return entry;
  }
  entry.type = kind == 1 ? v1::RETRACT : kind == 2 ? v1::TOMBSTONE : v1::PUT;
  entry.header = bytes->Some(bytes->Below(200));
  if (entry.type != v1::PUT) return entry;
  entry.shown = static_cast<LayerMask>(bytes->Below(kAllLayers + 1));
  for (size_t i = 0; i < kLayerCount; ++i) {
    if ((entry.shown >> i & 1) == 0) {
      entry.hashes[i] = bytes->Some(HashBytes(suite));
    } else {
      entry.salts[i] = bytes->Some(SaltBytes(suite));
      entry.contents[i] = bytes->Some(bytes->Below(300));
    }
  }
  return entry;
}

// The same page as generated code writes it.
std::string Written(const PageFrame& frame, const std::vector<EntryParts>& entries) {
  v1::Entries out;
  out.set_stream_id(std::string(frame.stream_id));
  out.set_first_seq(frame.first_seq);
  for (const EntryParts& entry : entries) {
    const int form = entry.erased ? 0x80 : static_cast<int>(entry.type) | entry.shown << 4;
    out.mutable_forms()->push_back(static_cast<char>(form));
    if (!entry.erased) out.add_headers(std::string(entry.header));
    out.mutable_hashes()->append(entry.leaf);
    for (size_t i = 0; i < kLayerCount; ++i) {
      out.mutable_salts()->append(entry.salts[i]);
      out.mutable_hashes()->append(entry.hashes[i]);
      if ((entry.shown >> i & 1) != 0) out.add_contents(std::string(entry.contents[i]));
    }
  }
  for (const Digest& hash : frame.path) out.add_path(hash.str());
  out.set_cursor(std::string(frame.cursor));
  return CanonicalBytes(out);
}

void ExpectSame(const EntryParts& got, const EntryParts& want) {
  EXPECT_EQ(got.type, want.erased ? v1::ENTRY_TYPE_UNSPECIFIED : want.type);
  EXPECT_EQ(got.erased, want.erased);
  EXPECT_EQ(got.shown, want.shown);
  EXPECT_EQ(got.header, want.header);
  EXPECT_EQ(got.salts, want.salts);
  EXPECT_EQ(got.contents, want.contents);
  EXPECT_EQ(got.hashes, want.hashes);
  EXPECT_EQ(got.leaf, want.leaf);
}

std::vector<Digest> SomePath(Suite suite, size_t size) {
  std::vector<Digest> path;
  for (size_t i = 0; i < size; ++i) {
    path.push_back(Hasher(HashOf(suite)).Hash({"path", std::to_string(i)}));
  }
  return path;
}

std::string Payload(Suite suite, uint64_t first_seq, const std::vector<EntryParts>& entries) {
  std::string out;
  AppendEntries(suite, {Counting(HashBytes(suite)), first_seq, {}, ""}, entries, &out);
  return out;
}

EntryParts ErasedEntry(std::string_view leaf) {
  EntryParts entry;
  entry.type = v1::ENTRY_TYPE_UNSPECIFIED;
  entry.erased = true;
  entry.leaf = leaf;
  return entry;
}

EntryParts Retraction(std::string_view header) {
  EntryParts entry;
  entry.type = v1::RETRACT;
  entry.header = header;
  return entry;
}

// The example of docs/formats/frame.md, byte for byte.
TEST(EntryPage, TheExampleOfThePage) {
  const std::string stream_id = Counting(32, 2);
  const std::string salt(16, 0x11), two(32, 0x22), three(32, 0x33), leaf(32, 0x44);
  const std::string put =
      *FromHex("0a1061616161616161616161616161616161100118042004280130c0b80260808081b184e99103");
  const std::string retract =
      *FromHex("0a1063636363636363636363636363636363100218808081b184e99103");
  const std::string content = *FromHex("0a03616263");
  EntryParts first;
  first.shown = 1;
  first.header = put;
  first.salts[0] = salt;
  first.contents[0] = content;
  first.hashes = {"", two, three};
  std::string payload;
  AppendEntries(kSuite, {stream_id, 3, {}, ""}, {first, Retraction(retract), ErasedEntry(leaf)},
                &payload);
  EXPECT_EQ(ToHex(payload),
            "0a2002030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
            "202110031a0311028022270a1061616161616161616161616161616161100118"
            "042004280130c0b80260808081b184e99103221d0a1063636363636363636363"
            "636363636363100218808081b184e991032a050a036162633210111111111111"
            "111111111111111111113a602222222222222222222222222222222222222222"
            "2222222222222222222222223333333333333333333333333333333333333333"
            "3333333333333333333333334444444444444444444444444444444444444444"
            "444444444444444444444444");
  EntryPage page;
  ASSERT_OK(ReadEntries(kSuite, payload, &page));
  EXPECT_EQ(page.stream_id, stream_id);
  EXPECT_EQ(page.first_seq, 3u);
  EXPECT_EQ(page.last_seq(), 5u);
  ASSERT_EQ(page.entries.size(), 3u);
  ExpectSame(page.entries[0], first);
  ExpectSame(page.entries[1], Retraction(retract));
  ExpectSame(page.entries[2], ErasedEntry(leaf));
}

TEST(EntryPage, WritesWhatGeneratedCodeWritesAndReadsItBack) {
  EntryPage page;  // one for all, so that nothing of an earlier page may be left
  for (uint32_t seed = 0; seed < 300; ++seed) {
    const Suite suite = kSuites[seed % 3];
    Bytes bytes(seed);
    std::vector<EntryParts> entries(1 + bytes.Below(40));
    for (EntryParts& entry : entries) entry = RandomEntry(suite, &bytes);
    const std::vector<Digest> path = SomePath(suite, bytes.Below(20));
    const PageFrame frame{bytes.Some(HashBytes(suite)), 1 + bytes.Below(1u << 31), path,
                          bytes.Some(bytes.Below(100))};
    std::string payload;
    AppendEntries(suite, frame, entries, &payload);
    ASSERT_EQ(payload, Written(frame, entries)) << seed;
    ASSERT_OK(ReadEntries(suite, payload, &page));
    ASSERT_EQ(page.entries.size(), entries.size());
    for (size_t i = 0; i < entries.size(); ++i) ExpectSame(page.entries[i], entries[i]);
    EXPECT_EQ(page.path, ViewsOf(path));
    EXPECT_EQ(page.cursor, frame.cursor);
    EXPECT_EQ(page.first_seq, frame.first_seq);
  }
}

// Bytes changed, cut and doubled at random: what one reader takes, the other takes.
TEST(EntryPage, LockstepWithProtobufsParser) {
  size_t taken = 0, refused = 0;
  for (uint32_t seed = 0; seed < 20000; ++seed) {
    const Suite suite = kSuites[seed % 3];
    Bytes bytes(seed);
    std::vector<EntryParts> entries(1 + bytes.Below(4));
    for (EntryParts& entry : entries) entry = RandomEntry(suite, &bytes);
    const std::vector<Digest> path = SomePath(suite, bytes.Below(3));
    std::string payload;
    AppendEntries(suite, {bytes.Some(HashBytes(suite)), 1 + bytes.Below(300), path, "c"}, entries,
                  &payload);
    for (size_t damages = bytes.Below(4); damages > 0; --damages) {
      const size_t at = bytes.Below(payload.size());
      const size_t kind = bytes.Below(5);
      if (kind < 3) payload[at] = static_cast<char>(payload[at] ^ 1 << bytes.Below(8));
      if (kind == 3) payload.erase(at, 1 + bytes.Below(40));
      if (kind == 4) payload.insert(at, payload.substr(at, 1 + bytes.Below(40)));
      if (payload.empty()) payload = "x";
    }
    fuzz::TryEntryPage(suite, payload);
    ++(fuzz::SlowReads(suite, payload) ? taken : refused);
  }
  EXPECT_GT(taken, 5000u);
  EXPECT_GT(refused, 5000u);
}

// Each rule broken alone in the example's message.
TEST(EntryPage, Refusals) {
  const std::string header(30, 'h'), hash(32, 'x'), salt(16, 's');
  v1::Entries good;
  good.set_stream_id(hash);
  good.set_first_seq(7);
  good.set_forms(std::string("\x11\x02\x80", 3));
  good.add_headers(header);
  good.add_headers(header);
  good.add_contents("content");
  good.set_salts(salt);
  good.set_hashes(hash + hash + hash);
  good.add_path(hash);
  EntryPage page;
  ASSERT_OK(ReadEntries(kSuite, CanonicalBytes(good), &page));
  const auto refused = [&](const std::function<void(v1::Entries*)>& change) {
    v1::Entries bad = good;
    change(&bad);
    return ReadEntries(kSuite, CanonicalBytes(bad), &page);
  };
  using E = v1::Entries;
  EXPECT_CODE(Code::NOT_CANONICAL, refused([&](E* e) { e->set_stream_id(hash + "x"); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->clear_stream_id(); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->clear_first_seq(); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->set_first_seq(UINT64_MAX - 1); }));
  EXPECT_OK(refused([](E* e) { e->set_first_seq(UINT64_MAX - 2); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->clear_forms(); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->add_headers(); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->mutable_headers()->RemoveLast(); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->add_contents(); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->clear_contents(); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->mutable_salts()->pop_back(); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->mutable_salts()->push_back('s'); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->mutable_hashes()->pop_back(); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->mutable_hashes()->push_back('x'); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->mutable_path(0)->pop_back(); }));
  EXPECT_CODE(Code::NOT_CANONICAL, refused([](E* e) { e->add_path(); }));
  for (int form = 0; form < 256; ++form) {
    v1::Entries bad = good;
    bad.set_forms(std::string(1, static_cast<char>(form)) + "\x02\x80");
    const std::string payload = CanonicalBytes(bad);
    EXPECT_EQ(ReadEntries(kSuite, payload, &page).ok(), fuzz::SlowReads(kSuite, payload)) << form;
  }
}

TEST(EntryPage, Limits) {
  EntryPage page;
  const std::string leaf(32, 'l');
  const auto header = [&](size_t size) {
    return ReadEntries(kSuite, Payload(kSuite, 1, {Retraction(std::string(size, 'h'))}), &page);
  };
  EXPECT_OK(header(limits::kHeaderBytesMax));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, header(limits::kHeaderBytesMax + 1));
  const std::string salt(16, 's'), content(limits::kLayerBytesMax + 1, 'c');
  EntryParts put;
  put.shown = 1;
  put.header = "h";
  put.salts[0] = salt;
  put.hashes = {"", leaf, leaf};
  put.contents[0] = std::string_view(content).substr(1);
  EXPECT_OK(ReadEntries(kSuite, Payload(kSuite, 1, {put}), &page));
  put.contents[0] = content;
  EXPECT_CODE(Code::LIMIT_EXCEEDED, ReadEntries(kSuite, Payload(kSuite, 1, {put}), &page));
  std::vector<EntryParts> many(limits::kReceiveBatchEntriesMax, ErasedEntry(leaf));
  EXPECT_OK(ReadEntries(kSuite, Payload(kSuite, 1, many), &page));
  EXPECT_EQ(page.last_seq(), limits::kReceiveBatchEntriesMax);
  many.push_back(ErasedEntry(leaf));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, ReadEntries(kSuite, Payload(kSuite, 1, many), &page));
}

TEST(EntryPage, LimitOfThePage) {
  EntryPage page;
  const std::string stream_id(32, 'i'), leaf(32, 'l');
  const auto read = [&](size_t payload_bytes) {
    std::string payload;
    AppendEntries(kSuite, {stream_id, 1, {}, "c"}, {ErasedEntry(leaf)}, &payload);
    // The cursor's size takes four bytes instead of one.
    const std::string cursor(payload_bytes - payload.size() + 1 - 3, 'c');
    payload.clear();
    AppendEntries(kSuite, {stream_id, 1, {}, cursor}, {ErasedEntry(leaf)}, &payload);
    EXPECT_EQ(payload.size(), payload_bytes);
    return ReadEntries(kSuite, payload, &page);
  };
  EXPECT_OK(read(limits::kFramePayloadBytesMax));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, read(limits::kFramePayloadBytesMax + 1));
}

EntryParts PartsOf(const v1::StreamEntry& entry) {
  if (!entry.leaf_hash().empty()) return ErasedEntry(entry.leaf_hash());
  EntryParts parts;
  parts.type = entry.type();
  parts.header = entry.header();
  if (entry.type() != v1::PUT) return parts;
  const v1::LayerCopy* const copies[] = {&entry.public_layer(), &entry.government_layer(),
                                         &entry.limited_layer()};
  for (size_t i = 0; i < kLayerCount; ++i) {
    parts.hashes[i] = copies[i]->hash();
    if (!copies[i]->hash().empty()) continue;
    parts.shown = static_cast<LayerMask>(parts.shown | 1 << i);
    parts.salts[i] = copies[i]->salt();
    parts.contents[i] = copies[i]->content();
  }
  return parts;
}

TEST(EntryPage, LeavesAreThoseOfTheEntries) {
  EntryHasher hasher(kSuite);
  const std::string stream_id = Counting(32, 9);
  const std::vector<v1::StreamEntry> entries = SampleEntries(&hasher, stream_id);
  EntryPage page;
  page.stream_id = stream_id;
  page.first_seq = 1;
  for (const v1::StreamEntry& entry : entries) page.entries.push_back(PartsOf(entry));
  CompactRange want(HashKind::kSha256), got(HashKind::kSha256);
  for (const v1::StreamEntry& entry : entries) {
    ASSERT_OK_AND_ASSIGN(const Digest leaf, EntryLeaf(&hasher, stream_id, entry));
    want.Append(leaf);
  }
  std::vector<LayerHashes> computed;
  AppendPage(&hasher, page, &got, nullptr, &computed);
  EXPECT_EQ(got.Serialise(), want.Serialise());
  ASSERT_EQ(computed.size(), entries.size());
  EXPECT_EQ(computed[0][1], *LayerHashOf(&hasher, v1::GOVERNMENT, entries[0].government_layer()));
  EXPECT_EQ(computed[1][2].view(), entries[1].limited_layer().hash());
  for (const size_t bare : {3u, 4u, 5u}) EXPECT_EQ(computed[bare][0].size, 0) << bare;
}

// What a publisher and a receiver have of one log: the receiver gets it page by page.
struct Feed {
  Feed(Suite suite, size_t size) : suite(suite), bytes(3), whole(HashOf(suite)) {
    EntryHasher hasher(suite);
    stream_id = Counting(HashBytes(suite));
    for (size_t i = 0; i < size; ++i) entries.push_back(RandomEntry(suite, &bytes));
    EntryPage all;
    all.stream_id = stream_id;
    all.entries = entries;
    AppendPage(&hasher, all, &whole, &spans, nullptr);
    CompactRange one(HashOf(suite));
    for (const EntryParts& entry : entries) {
      all.entries = {entry};
      one = CompactRange(HashOf(suite));
      AppendPage(&hasher, all, &one, nullptr, nullptr);
      leaves.push_back(one.Root());
    }
    head.set_stream_id(stream_id);
    head.set_size(size);
    head.set_root(whole.Root().str());
  }
  std::string Page(size_t first, size_t end) const {
    const auto path = ConsistencyPath(HashOf(suite), end, leaves.size(),
                                      [&](uint64_t i) -> StatusOr<Digest> { return leaves[i]; });
    std::string out;
    AppendEntries(suite, {stream_id, first + 1, *path, ""},
                  absl::MakeConstSpan(entries).subspan(first, end - first), &out);
    return out;
  }
  Suite suite;
  Bytes bytes;
  CompactRange whole;
  std::string stream_id, spans;
  std::vector<EntryParts> entries;
  std::vector<Digest> leaves;
  v1::StreamHead head;
};

TEST(EntryPage, PagesLeadToTheHead) {
  for (const Suite suite : kSuites) {
    const Feed feed(suite, 2 * limits::kTreeSpan + 70);
    EntryHasher hasher(suite);
    CompactRange range(HashOf(suite));
    std::string spans;
    EntryPage page;
    for (size_t first = 0; first < feed.entries.size(); first += 50) {
      const std::string payload = feed.Page(first, std::min(first + 50, feed.entries.size()));
      ASSERT_OK(ReadEntries(suite, payload, &page));
      AppendPage(&hasher, page, &range, &spans, nullptr);
      ASSERT_OK(CheckAgainstHead(range, page.path, feed.head));
    }
    EXPECT_EQ(range.Serialise(), feed.whole.Serialise());
    EXPECT_EQ(spans, feed.spans);
    EXPECT_TRUE(page.path.empty());
  }
}

TEST(EntryPage, PagesThatDoNotLeadToTheHead) {
  const Feed feed(kSuite, 100);
  EntryHasher hasher(kSuite);
  EntryPage page;
  const std::string payload = feed.Page(0, 50), last = feed.Page(0, 100);
  ASSERT_OK(ReadEntries(kSuite, payload, &page));
  CompactRange range(HashKind::kSha256);
  AppendPage(&hasher, page, &range, nullptr, nullptr);
  ASSERT_OK(CheckAgainstHead(range, page.path, feed.head));
  v1::StreamHead other = feed.head;
  other.mutable_root()->at(5) ^= 1;
  EXPECT_CODE(Code::PROOF_INVALID, CheckAgainstHead(range, page.path, other));
  other = feed.head;
  other.set_size(1000);  // a size next to the true one is bound by the signature alone
  EXPECT_CODE(Code::PROOF_INVALID, CheckAgainstHead(range, page.path, other));
  other.set_size(49);
  EXPECT_CODE(Code::PROOF_INVALID, CheckAgainstHead(range, page.path, other));
  std::vector<std::string_view> path = page.path;
  path.pop_back();
  EXPECT_CODE(Code::PROOF_INVALID, CheckAgainstHead(range, path, feed.head));
  path = page.path;
  std::swap(path[0], path[1]);
  EXPECT_CODE(Code::PROOF_INVALID, CheckAgainstHead(range, path, feed.head));
  // Nothing may be swapped between entries: the leaves' order counts.
  std::swap(page.entries[0], page.entries[1]);
  CompactRange swapped(HashKind::kSha256);
  AppendPage(&hasher, page, &swapped, nullptr, nullptr);
  EXPECT_CODE(Code::PROOF_INVALID, CheckAgainstHead(swapped, page.path, feed.head));
  // The whole log takes no path.
  ASSERT_OK(ReadEntries(kSuite, last, &page));
  CompactRange whole(HashKind::kSha256);
  AppendPage(&hasher, page, &whole, nullptr, nullptr);
  ASSERT_OK(CheckAgainstHead(whole, {}, feed.head));
  EXPECT_CODE(Code::PROOF_INVALID, CheckAgainstHead(whole, {feed.leaves[0].view()}, feed.head));
}

}  // namespace
}  // namespace tombolo::ledger
