// What a store promises of documents, receipts, cursors and the other rows of the exchange, and of
// several writers.
#include "absl/strings/str_cat.h"
#include "tests/contract/store_contract.h"

namespace tombolo::store {
namespace {

DocumentRow DocumentOf(uint64_t version, const std::string& digest) {
  DocumentRow row;
  row.kind = 2;
  row.owner = "federation";
  row.version = version;
  row.document = absl::StrCat("document ", version, digest);
  row.digest = digest;
  return row;
}

TEST_P(StoreContract, DocumentsNeverGoBack) {
  const auto commit = [&](const DocumentRow& row) {
    Tick tick;
    tick.received.documents = {row};
    return store_->Commit(tick);
  };
  ASSERT_OK(commit(DocumentOf(4, "d")));
  Reopen();
  EXPECT_CODE(VERSION_CONFLICT, commit(DocumentOf(3, "d")));
  EXPECT_CODE(DOCUMENT_FORKED, commit(DocumentOf(4, "other")));
  ASSERT_OK(commit(DocumentOf(4, "d")));
  EXPECT_EQ(store_->Documents()->at(0).document, "document 4d");
  ASSERT_OK(commit(DocumentOf(9, "e")));
  EXPECT_EQ(store_->Documents()->at(0).version, 9u);
  DocumentRow rotated = DocumentOf(1, "f");
  rotated.restart = true;
  ASSERT_OK(commit(rotated));
  Reopen();
  ASSERT_EQ(store_->Documents()->size(), 1u);
  EXPECT_EQ(store_->Documents()->at(0).version, 1u);
  EXPECT_FALSE(store_->Documents()->at(0).restart);
  EXPECT_CODE(DOCUMENT_FORKED, commit(DocumentOf(1, "g")));
}

TEST_P(StoreContract, DocumentsOfOneTickAscend) {
  Tick tick;
  tick.received.documents = {DocumentOf(1, "a"), DocumentOf(2, "b")};
  ASSERT_OK(store_->Commit(tick));
  EXPECT_EQ(store_->Documents()->at(0).version, 2u);
  DocumentRow grant = DocumentOf(1, "z");
  grant.owner = "another";
  tick.received.documents = {grant, DocumentOf(4, "d"), DocumentOf(3, "c")};
  const std::string before = DumpOf(store_.get());
  EXPECT_CODE(VERSION_CONFLICT, store_->Commit(tick));
  EXPECT_EQ(DumpOf(store_.get()), before);
}

TEST_P(StoreContract, OwnReceiptsAreNumberedWithoutGapAndOthersRise) {
  const auto commit = [&](const std::string& peer, bool ours, uint64_t number) {
    Tick tick;
    tick.received.receipts = {{peer, ours, number, absl::StrCat("receipt ", number)}};
    return store_->Commit(tick);
  };
  EXPECT_FALSE(store_->LastReceipt("p", true)->has_value());
  EXPECT_CODE(VERSION_CONFLICT, commit("p", true, 2));
  for (uint64_t number = 1; number <= 1010; ++number) ASSERT_OK(commit("p", true, number));
  EXPECT_CODE(VERSION_CONFLICT, commit("p", true, 1010));
  EXPECT_CODE(VERSION_CONFLICT, commit("p", true, 1012));
  ASSERT_OK(commit("p", false, 1));
  ASSERT_OK(commit("p", false, 4));
  EXPECT_CODE(VERSION_CONFLICT, commit("p", false, 4));
  EXPECT_CODE(VERSION_CONFLICT, commit("p", false, 3));
  ASSERT_OK(commit("q", true, 1));
  EXPECT_EQ((*store_->LastReceipt("p", true))->receipt, "receipt 1010");
  EXPECT_EQ((*store_->LastReceipt("p", false))->number, 4u);
  EXPECT_FALSE(store_->LastReceipt("q", false)->has_value());
}

TEST_P(StoreContract, RowsOfTheExchangeReadBack) {
  Tick tick;
  tick.new_streams = {OthersStream(5)};
  tick.received.streams = {RowOf(5, 0)};
  tick.received.deliveries = {{9, "hub", {"origin", "hub"}, 77}, {10, "origin", {}, 78}};
  tick.received.cursors = {{"hub", 5, 2, "c2"}, {"hub", 5, 0, "c0"}, {"other", 5, 0, "o"}};
  tick.received.confirmed = {{"sub", 1, {4, 0, UINT64_MAX}, 5}, {"sub", 2, {1, 1, 1}, 6}};
  tick.received.witnesses = {{"n", "w", 100, "head", "sign"}, {"n", "w", 200, "head2", ""}};
  tick.received.evidence = {{"o", "STREAM_FORKED", 3, "alarm"}, {"o", "EPOCH_LOWER", 2, "b"}};
  tick.received.peers = {{"hub", 1, 2, "PEER_TOO_SLOW", 3, 4, 5, UINT64_MAX}};
  ASSERT_OK(store_->Commit(tick));
  Reopen();
  const ReceivedStream row = store_->ReceivedStreams()->at(0);
  EXPECT_EQ(row.stream, 5u);
  EXPECT_EQ(row.head_tick, 1u);
  EXPECT_EQ(row.head_epoch, 2u);
  EXPECT_EQ(row.head, "head 0");
  EXPECT_EQ(row.next_seq, (std::array<uint64_t, 3>{1, 1, 0}));
  EXPECT_EQ(row.delivery, 9u);
  const std::vector<Delivery> deliveries = *store_->Deliveries();
  ASSERT_EQ(deliveries.size(), 2u);
  EXPECT_EQ(deliveries[0].path, (std::vector<std::string>{"origin", "hub"}));
  EXPECT_EQ(deliveries[0].started_at_us, 77);
  EXPECT_TRUE(deliveries[1].path.empty());
  const std::vector<CursorIn> cursors = *store_->Cursors("hub");
  ASSERT_EQ(cursors.size(), 2u);
  EXPECT_EQ(cursors[0].token, "c0");
  EXPECT_EQ(cursors[1].layer, 2);
  const std::vector<Confirmed> confirmed = *store_->ConfirmedBy("sub");
  ASSERT_EQ(confirmed.size(), 2u);
  EXPECT_EQ(confirmed[0].next_seq, (std::array<uint64_t, 3>{4, 0, UINT64_MAX}));
  EXPECT_EQ(confirmed[1].at_us, 6);
  EXPECT_TRUE(store_->ConfirmedBy("hub")->empty());
  ASSERT_EQ(store_->Witnesses()->size(), 2u);
  EXPECT_EQ(store_->Witnesses()->at(1).head, "head2");
  EXPECT_EQ(store_->Witnesses()->at(0).countersignature, "sign");
  ASSERT_EQ(store_->Evidence()->size(), 2u);
  EXPECT_EQ(store_->Evidence()->at(1).code, "EPOCH_LOWER");
  ASSERT_EQ(store_->Peers()->size(), 1u);
  EXPECT_EQ(store_->Peers()->at(0).last_error, "PEER_TOO_SLOW");
  EXPECT_EQ(store_->Peers()->at(0).records_out, UINT64_MAX);
}

TEST_P(StoreContract, CursorsAndGapsComeAndGo) {
  Tick tick;
  tick.new_streams = {OthersStream(5)};
  tick.received.streams = {RowOf(5, 0)};
  tick.received.cursors = {{"p", 5, 0, "old"}};
  for (uint64_t seq = 1; seq <= 5; ++seq) tick.received.gaps.push_back({5, seq, 3});
  ASSERT_OK(store_->Commit(tick));
  Tick next;
  next.received.cursors = {{"p", 5, 0, "new"}};
  next.received.gaps = {{5, 2, 0}, {5, 3, 1}, {5, 9, 0}};
  ASSERT_OK(store_->Commit(next));
  EXPECT_EQ(store_->Cursors("p")->at(0).token, "new");
  EXPECT_EQ(store_->ReceivedStreams()->at(0).incomplete, 4u);
  const std::vector<Gap> gaps = *store_->Gaps(5, 1, 2);
  ASSERT_EQ(gaps.size(), 2u);
  EXPECT_EQ(gaps[0].seq, 3u);
  EXPECT_EQ(gaps[0].layers, 1);
  EXPECT_EQ(gaps[1].seq, 4u);
  // The row of the stream does not undo the count.
  Tick row;
  row.received.streams = {RowOf(5, 0)};
  row.received.cursors = {{"p", 5, 0, ""}};
  ASSERT_OK(store_->Commit(row));
  EXPECT_EQ(store_->ReceivedStreams()->at(0).incomplete, 4u);
  EXPECT_TRUE(store_->Cursors("p")->empty());
}

TEST_P(StoreContract, StreamsAreFoundByNumber) {
  Tick tick;
  tick.new_streams = {NewStream(1), NewStream(2), OthersStream(5), OthersStream(6)};
  tick.received.streams = {RowOf(5, 0), RowOf(6, 0)};
  ASSERT_OK(store_->Commit(tick));
  const std::vector<uint32_t> numbers = {2, 4, 5};
  const std::vector<StreamState> states = *store_->FindStreams(numbers);
  ASSERT_EQ(states.size(), 2u);
  const std::vector<StreamState> all = *store_->Streams();
  for (const size_t i : {0, 1}) {
    EXPECT_EQ(states[i].number, all[i + 1].number);
    EXPECT_EQ(states[i].stream_id, all[i + 1].stream_id);
    EXPECT_EQ(states[i].descriptor, all[i + 1].descriptor);
    EXPECT_EQ(states[i].compact_range, all[i + 1].compact_range);
  }
  const std::vector<ReceivedStream> rows = *store_->FindReceived(numbers);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].stream, 5u);
  EXPECT_EQ(rows[0].head, store_->ReceivedStreams()->at(0).head);
  EXPECT_TRUE(store_->FindStreams({})->empty());
}

TEST_P(StoreContract, CommitsAreCountedAndTellWhatMoved) {
  const uint64_t start = *store_->CommitCount();
  Tick tick;
  tick.new_streams = {NewStream(1), OthersStream(5)};
  tick.received.streams = {RowOf(5, 0)};
  ASSERT_OK(store_->Commit(tick));
  EXPECT_EQ(*store_->CommitCount(), start + 1);
  EXPECT_EQ(*store_->StreamsChangedSince(start), (std::vector<uint32_t>{1, 5}));
  EXPECT_TRUE(store_->StreamsChangedSince(start + 1)->empty());
  Tick append;
  append.appends = {AppendOf(1, 0, {PutEntry("a")})};
  ASSERT_OK(store_->Commit(append));
  EXPECT_CODE(STORE_CONFLICT, store_->Commit(append));
  EXPECT_EQ(*store_->CommitCount(), start + 2);
  EXPECT_EQ(*store_->StreamsChangedSince(start + 1), (std::vector<uint32_t>{1}));
  Tick drop;
  drop.received.drops = {{5, 7}};
  ASSERT_OK(store_->Commit(drop));
  EXPECT_EQ(*store_->StreamsChangedSince(start + 2), (std::vector<uint32_t>{5}));
  Tick row;  // a layer was brought forward, a head reached
  row.received.streams = {RowOf(5, 0)};
  ASSERT_OK(store_->Commit(row));
  EXPECT_EQ(*store_->StreamsChangedSince(start + 3), (std::vector<uint32_t>{5}));
}

TEST_P(StoreContract, LockedStoreCommitsOrLetsGo) {
  ASSERT_OK(store_->Lock());
  EXPECT_CODE(INTERNAL, store_->Lock());
  store_->Unlock();
  store_->Unlock();
  ASSERT_OK(store_->Lock());
  Tick tick;
  tick.new_streams = {NewStream(1)};
  EXPECT_EQ(*store_->CommitCount(), 0u);
  ASSERT_OK(store_->Commit(tick));
  // The commit, or its refusal, has ended the lock.
  ASSERT_OK(store_->Lock());
  EXPECT_CODE(STORE_CONFLICT, store_->Commit(tick));
  ASSERT_OK(store_->Lock());
  Tick wrong;
  wrong.appends = {AppendOf(1, 0, {PutEntry("a")}), AppendOf(1, 0, {PutEntry("a")})};
  EXPECT_CODE(INTERNAL, store_->Commit(wrong));
  ASSERT_OK(store_->Lock());
  store_->Unlock();
  Tick append;
  append.appends = {AppendOf(1, 0, {PutEntry("a")})};
  ASSERT_OK(store_->Commit(append));
}

}  // namespace
}  // namespace tombolo::store
