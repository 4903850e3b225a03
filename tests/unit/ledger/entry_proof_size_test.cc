// How many bytes of proof a record costs on the line.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "gateway/base/limits.h"
#include "gateway/ledger/canonical.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/cursor.h"
#include "gateway/ledger/entry.h"
#include "gateway/ledger/entry_page.h"
#include "tests/support/assert_ok.h"
#include "tests/support/fake_entropy.h"
#include "tests/unit/ledger/fixture.h"
#include "tombolo/v1/exchange.pb.h"
#include "tombolo/v1/record.pb.h"

namespace tombolo::ledger {
namespace {

constexpr Suite kSuite = v1::SHA256_ED25519;

// A log of records as a node commits them, of which one layer may be seen.
struct RecordLog {
  explicit RecordLog(size_t size) : range(HashKind::kSha256) {
    EntryHasher hasher(kSuite);
    stream_id = hasher.StreamId(*EncodeDescriptor(SampleDescriptor())).str();
    for (size_t i = 0; i < size; ++i) {
      EntryParts& entry = entries.emplace_back();
      entry.header = headers.emplace_back(Header(i));
      entry.shown = 1;
      LayerHashes hashes;
      for (size_t layer = 0; layer < kLayerCount; ++layer) {
        entry.salts[layer] = Some(SaltBytes(kSuite));
        entry.contents[layer] = Some(120 + random() % 100);
        hashes[layer] = hasher.LayerHash(static_cast<v1::SharingClass>(layer + 1),
                                         entry.salts[layer], entry.contents[layer]);
      }
      const Digest put = hasher.PutCommitment(stream_id, entry.header, hashes);
      leaves.push_back(hasher.Leaf(put.view()));
      range.Append(leaves.back());
      for (size_t layer = 1; layer < kLayerCount; ++layer) {
        entry.salts[layer] = entry.contents[layer] = {};
        entry.hashes[layer] = stated.emplace_back(hashes[layer].str());
      }
    }
  }
  // Random bytes that stay where they are.
  std::string_view Some(size_t size) {
    std::string& out = held.emplace_back(size, '\0');
    for (char& c : out) c = static_cast<char>(random());
    return out;
  }
  std::string Header(size_t i) {
    v1::RecordHeader header;
    header.set_record_id(std::string(Some(16)));
    header.set_version(1);
    header.set_kind(v1::INSPECTION);
    header.set_polarity(v1::NEUTRAL);
    header.set_state(v1::EFFECTIVE);
    header.set_decided_on(20000 + static_cast<int>(i % 700));
    header.set_recorded_at_us(kTimeUs + static_cast<int64_t>(i));
    return CanonicalBytes(header);
  }
  // The head among those of 200 streams of one checkpoint, as HEAD carries it.
  v1::Head SignedHead() {
    std::vector<v1::StreamHead> heads(1);
    heads[0].set_stream_id(stream_id);
    heads[0].set_size(range.size());
    heads[0].set_root(range.Root().str());
    for (int i = 1; i < 200; ++i) heads.push_back(SampleHead(kSuite, i));
    testing::FakeEntropy entropy(4);
    const Batch batch = *BuildBatch(kSuite, heads, &entropy);
    CheckpointBody body;
    body.origin = kOrigin;
    body.epoch = 1;
    body.tick = 812;
    body.time_us = kTimeUs;
    body.batch_root = batch.root.str();
    v1::Head head;
    *head.mutable_checkpoint() = *SignCheckpoint(body, TestSigner().get());
    *head.mutable_proof() = batch.proofs[0];
    return head;
  }
  std::mt19937 random{8};
  CompactRange range;
  std::string stream_id;
  std::deque<std::string> held, headers, stated;
  std::vector<EntryParts> entries;
  std::vector<Digest> leaves;
};

// All that one page of 4096 records costs beyond the records themselves: forms, salts, hashes,
// path, cursor, the head with its signature, both frames' headings. And it is enough.
TEST(EntryPage, ProofOfARecordIsAtMost85Bytes) {
  constexpr size_t kPage = limits::kPageEntriesTarget;
  RecordLog log(2 * kPage + 999);
  const Path path = *ConsistencyPath(HashKind::kSha256, kPage, log.leaves.size(),
                                     [&](uint64_t i) -> StatusOr<Digest> { return log.leaves[i]; });
  v1::Cursor position;
  v1::Cursor::Position* at = position.add_positions();
  at->set_stream_id(log.stream_id);
  at->set_layer(v1::PUBLIC);
  at->set_next_seq(kPage + 1);
  CursorCodec cursors("0123456789abcdef0123456789abcdef");
  ASSERT_OK_AND_ASSIGN(const std::string cursor, cursors.Encode(position));
  std::string payload;
  AppendEntries(kSuite, {log.stream_id, 1, path, cursor},
                absl::MakeConstSpan(log.entries).first(kPage), &payload);
  const v1::Head head = log.SignedHead();

  v1::Entries bare;
  ASSERT_OK(ParseCanonical("entries", payload, &bare));
  bare.clear_headers();
  bare.clear_contents();
  const size_t proof = bare.ByteSizeLong() + head.ByteSizeLong() + 2 * limits::kFrameHeadingBytes;
  EXPECT_LE(proof, 85 * kPage);
  EXPECT_GE(proof, 80 * kPage) << "a salt and two hashes a record are not all there";

  EntryPage page;
  ASSERT_OK(ReadEntries(kSuite, payload, &page));
  EntryHasher hasher(kSuite);
  CompactRange range(HashKind::kSha256);
  AppendPage(&hasher, page, &range, nullptr, nullptr);
  ASSERT_OK_AND_ASSIGN(const Verifier verifier,
                       Verifier::FromPublicKey(kSuite, TestSigner()->public_key_der()));
  ASSERT_OK(VerifyHead(head.checkpoint(), head.proof(), verifier));
  ASSERT_OK(CheckAgainstHead(range, page.path, head.proof().head()));
  RecordProperty("bytes_a_page", static_cast<int>(proof));
}

}  // namespace
}  // namespace tombolo::ledger
