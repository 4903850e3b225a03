// What a store promises of entries of other origins: layers that are missing, come later and go.
#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/commitment.h"
#include "gateway/ledger/merkle.h"
#include "tests/contract/store_contract.h"

namespace tombolo::store {
namespace {

constexpr uint32_t kTheirs = 5;

// Stream 5 of another origin, with entries that show what each of `shown` says.
Tick TheirTick(const std::vector<LayerMask>& shown) {
  Tick tick;
  tick.new_streams = {OthersStream(kTheirs)};
  std::vector<std::string> entries;
  for (const LayerMask mask : shown) {
    entries.push_back(OthersPut(absl::StrCat("entry", entries.size() + 1), mask));
  }
  AddReceived(AppendOf(kTheirs, 0, entries), &tick);
  return tick;
}

// What an entry shows: its layers' contents, "-" for one that is not there.
std::string ShownIn(Store* store, uint64_t seq) {
  const auto page = store->ReadEntries(kTheirs, seq, 1);
  if (!page.ok() || page->entries.empty()) return Describe(page.status());
  const EntryView& entry = page->entries[0];
  std::string out;
  for (size_t i = 0; i < kLayers; ++i) {
    const bool there = Has(ShownLayers(entry), i);
    absl::StrAppend(&out, i == 0 ? "" : " ", there ? ToAbsl(entry.layers[i]) : "-");
  }
  return out;
}

// The entry's three layer hashes, computed where it shows them: they never change.
std::string HashesIn(Store* store, uint64_t seq) {
  const EntryPage page = *store->ReadEntries(kTheirs, seq, 1);
  const EntryView& entry = page.entries.at(0);
  ledger::EntryHasher hasher(v1::SHA256_ED25519);
  std::string out;
  for (size_t i = 0; i < kLayers; ++i) {
    out += Has(ShownLayers(entry), i) ? hasher
                                            .LayerHash(static_cast<v1::SharingClass>(i + 1),
                                                       entry.salts[i], entry.layers[i])
                                            .str()
                                      : std::string(entry.layer_hashes[i]);
  }
  return out;
}

TEST_P(StoreContract, PartialEntriesReadBack) {
  ASSERT_OK(store_->Commit(TheirTick({1, 5, 7, 0, 2})));
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(ShownIn(store_.get(), 1), "entry10 - -");
    EXPECT_EQ(ShownIn(store_.get(), 2), "entry20 - entry22");
    EXPECT_EQ(ShownIn(store_.get(), 3), "entry30 entry31 entry32");
    EXPECT_EQ(ShownIn(store_.get(), 4), "- - -");
    EXPECT_EQ(ShownIn(store_.get(), 5), "- entry51 -");
    Reopen();
  }
}

TEST_P(StoreContract, LayersThatArriveLater) {
  ASSERT_OK(store_->Commit(TheirTick({1, 0, 3})));
  const std::string hashes = HashesIn(store_.get(), 1);
  Tick tick;
  tick.received.fills = {FillOf(kTheirs, 1, 2, "entry1"), FillOf(kTheirs, 3, 2, "entry3"),
                         FillOf(kTheirs, 1, 1, "entry1"), FillOf(kTheirs, 2, 1, "entry2")};
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_OK(store_->Commit(tick));
    EXPECT_EQ(ShownIn(store_.get(), 1), "entry10 entry11 entry12");
    EXPECT_EQ(ShownIn(store_.get(), 2), "- entry21 -");
    EXPECT_EQ(ShownIn(store_.get(), 3), "entry30 entry31 entry32");
    EXPECT_EQ(store_->ReadEntries(kTheirs, 1, 1)->entries[0].form, Form::kFull);
    EXPECT_EQ(HashesIn(store_.get(), 1), hashes);
  }
}

TEST_P(StoreContract, LayerOfAnEntryOfTheSameTick) {
  Tick tick = TheirTick({1, 1});
  tick.received.fills = {FillOf(kTheirs, 2, 1, "entry2")};
  ASSERT_OK(store_->Commit(tick));
  EXPECT_EQ(ShownIn(store_.get(), 2), "entry20 entry21 -");
}

TEST_P(StoreContract, LayerThatWasNotCommittedToIsRefused) {
  ASSERT_OK(store_->Commit(TheirTick({1, 3})));
  const std::string before = DumpOf(store_.get());
  const LayerFill good = FillOf(kTheirs, 1, 1, "entry1");
  LayerFill other = good;
  other.content += "x";
  LayerFill salt = good;
  salt.salt[0] ^= 1;
  LayerFill shown = FillOf(kTheirs, 2, 1, "entry2");
  shown.content += "x";
  LayerFill layer = good;
  layer.layer = 2;
  // A byte moved from the content to the salt hashes alike.
  LayerFill moved = good;
  moved.salt += moved.content.substr(0, 1);
  moved.content.erase(0, 1);
  for (const LayerFill& bad : {other, salt, shown, layer, moved}) {
    Tick tick;
    tick.received.fills = {good, bad};
    EXPECT_CODE(DIGEST_MISMATCH, store_->Commit(tick));
    EXPECT_EQ(DumpOf(store_.get()), before);
  }
  Tick missing;
  missing.received.fills = {FillOf(kTheirs, 3, 1, "entry3")};
  EXPECT_CODE(NOT_FOUND, store_->Commit(missing));
}

TEST_P(StoreContract, ErasedEntryStaysErasedWhenALayerArrives) {
  Tick tick = TheirTick({1});
  tick.redactions = {{kTheirs, 1, Form::kErased, std::string(32, 'e')}};
  ASSERT_OK(store_->Commit(tick));
  Tick fill;
  fill.received.fills = {FillOf(kTheirs, 1, 1, "entry1")};
  ASSERT_OK(store_->Commit(fill));
  EXPECT_EQ(store_->ReadEntries(kTheirs, 1, 1)->entries[0].form, Form::kErased);
}

TEST_P(StoreContract, DroppedLayersLeaveTheirHashes) {
  const std::vector<LayerMask> masks = {7, 1, 6, 2, 0};
  ASSERT_OK(store_->Commit(TheirTick(masks)));
  std::vector<std::string> hashes;
  for (uint64_t seq = 1; seq <= masks.size(); ++seq) hashes.push_back(HashesIn(store_.get(), seq));
  Tick tick;
  tick.received.drops = {{kTheirs, 2}};
  ASSERT_OK(store_->Commit(tick));
  EXPECT_EQ(ShownIn(store_.get(), 1), "entry10 - entry12");
  EXPECT_EQ(ShownIn(store_.get(), 2), "entry20 - -");
  EXPECT_EQ(ShownIn(store_.get(), 3), "- - entry32");
  EXPECT_EQ(store_->ReadEntries(kTheirs, 4, 1)->entries[0].form, Form::kStub);
  tick.received.drops = {{kTheirs, 5}};
  ASSERT_OK(store_->Commit(tick));
  Reopen();
  for (uint64_t seq = 1; seq <= masks.size(); ++seq) {
    EXPECT_EQ(ShownIn(store_.get(), seq), "- - -");
    EXPECT_EQ(HashesIn(store_.get(), seq), hashes[seq - 1]);
  }
}

TEST_P(StoreContract, DropsGoThroughAllBlocks) {
  Tick tick;
  tick.new_streams = {OthersStream(kTheirs, v1::SHA256_ECDSA_P256)};
  std::vector<std::string> entries;
  for (int i = 0; i < 3000; ++i) {
    entries.push_back(
        OthersPut(absl::StrCat("entry", i, std::string(100, 'p')), 7, v1::SHA256_ECDSA_P256));
  }
  AddReceived(AppendOf(kTheirs, 0, entries), &tick);
  ASSERT_OK(store_->Commit(tick));
  Tick drop;
  drop.received.drops = {{kTheirs, 4}};
  ASSERT_OK(store_->Commit(drop));
  const EntryPage page = *store_->ReadEntries(kTheirs, 1, 3000);
  ASSERT_EQ(page.entries.size(), 3000u);
  for (const EntryView& entry : page.entries) ASSERT_EQ(ShownLayers(entry), 3);
}

TEST_P(StoreContract, DroppedLayersTakeTheirRowsAlong) {
  Tick tick = TheirTick({1, 1, 1});
  tick.received.gaps = {{kTheirs, 1, 2}, {kTheirs, 2, 6}, {kTheirs, 3, 4}};
  tick.received.cursors = {{"peer", kTheirs, 0, "c0"}, {"peer", kTheirs, 1, "c1"}};
  ASSERT_OK(store_->Commit(tick));
  EXPECT_EQ(store_->ReceivedStreams()->at(0).incomplete, 3u);
  Tick drop;
  drop.received.drops = {{kTheirs, 2}};
  ASSERT_OK(store_->Commit(drop));
  const ReceivedStream row = store_->ReceivedStreams()->at(0);
  EXPECT_EQ(row.next_seq, (std::array<uint64_t, 3>{4, 0, 0}));
  EXPECT_EQ(row.incomplete, 2u);
  const std::vector<Gap> gaps = *store_->Gaps(kTheirs, 0, 10);
  ASSERT_EQ(gaps.size(), 2u);
  EXPECT_EQ(gaps[0].seq, 2u);
  EXPECT_EQ(gaps[0].layers, 4);
  EXPECT_TRUE(store_->Cursors("peer")->empty());  // any token may name the dropped layer's position
}

TEST_P(StoreContract, ForgottenStreamKeepsItsHeadAlone) {
  Tick tick = TheirTick({1, 1, 1});
  tick.new_streams.push_back(NewStream(1));
  tick.appends.push_back(AppendOf(1, 0, {PutEntry("own")}));
  tick.records = {RecordOf(1, 1, kTheirs, 1), RecordOf(2, 1, kTheirs, 2), RecordOf(3, 1, 1, 1)};
  tick.received.gaps = {{kTheirs, 1, 2}};
  ASSERT_OK(store_->Commit(tick));
  EXPECT_EQ(store_->Count()->received_present, 2u);
  EXPECT_EQ(store_->Count()->records_present, 1u);
  EXPECT_EQ(*store_->PresentByStream(), (std::vector<uint64_t>{0, 1, 0, 0, 0, 2}));
  Tick forget;
  forget.received.drops = {{kTheirs, 7}};
  ASSERT_OK(store_->Commit(forget));
  const StreamState stream = store_->Streams()->at(1);
  EXPECT_EQ(stream.number, kTheirs);
  EXPECT_EQ(stream.size, 0u);
  EXPECT_EQ(stream.compact_range, ledger::CompactRange(HashKind::kSha256).Serialise());
  EXPECT_TRUE(store_->ReadEntries(kTheirs, 1, 10)->entries.empty());
  EXPECT_EQ(store_->ReceivedStreams()->at(0).head, "head 3");
  EXPECT_EQ(store_->ReceivedStreams()->at(0).next_seq, (std::array<uint64_t, 3>{}));
  EXPECT_EQ(store_->ReceivedStreams()->at(0).incomplete, 0u);
  EXPECT_EQ(store_->Count()->received_present, 0u);
  EXPECT_EQ(store_->Count()->received_gone, 2u);
  EXPECT_EQ(store_->Count()->records_present, 1u);
  EXPECT_TRUE(store_->FindBySubject(SubjectOf(1))->empty());
  EXPECT_EQ(store_->FindBySubject(SubjectOf(3))->size(), 1u);
  std::vector<std::optional<RecordState>> states;
  ASSERT_OK(store_->FindRecords({IdOf(1)}, &states));
  EXPECT_FALSE(states[0]->present);
  EXPECT_EQ(states[0]->digest, ContentDigest());
  EXPECT_EQ(states[0]->version, 1u);
  // Allowed again, it begins with its first entry.
  Tick again;
  AddReceived(AppendOf(kTheirs, 0, {OthersPut("anew", 1)}), &again);
  again.records = {RecordOf(1, 1, kTheirs, 1)};
  ASSERT_OK(store_->Commit(again));
  EXPECT_EQ(ShownIn(store_.get(), 1), "anew0 - -");
  EXPECT_TRUE(store_->ReadEntries(kTheirs, 1, 1)->entries[0].current);
}

std::string EntryAfter(uint32_t stream, uint64_t seq) {
  EntryView entry;
  entry.type = v1::RETRACT;
  entry.header = "retracted";
  entry.previous_stream = stream;
  entry.previous_seq = seq;
  std::string out;
  AppendEntry(entry, &out);
  return out;
}

TEST_P(StoreContract, EntriesKnowWhetherTheyAreCurrent) {
  Tick tick;
  tick.new_streams = {NewStream(1), NewStream(2)};
  tick.appends = {AppendOf(1, 0, {PutEntry("a"), PutEntry("b"), EntryAfter(1, 1)}),
                  AppendOf(2, 0, {EntryAfter(0, 0)})};
  ASSERT_OK(store_->Commit(tick));
  Tick next;
  next.appends = {AppendOf(2, 1, {EntryAfter(1, 3), EntryAfter(1, 40000)})};
  ASSERT_OK(store_->Commit(next));
  Reopen();
  const EntryPage page = *store_->ReadEntries(1, 1, 10);
  ASSERT_EQ(page.entries.size(), 3u);
  EXPECT_FALSE(page.entries[0].current);
  EXPECT_TRUE(page.entries[1].current);
  EXPECT_FALSE(page.entries[2].current);
}

TEST_P(StoreContract, SpansOfAStreamAreKept) {
  std::string all;
  Tick tick;
  tick.new_streams = {OthersStream(kTheirs)};
  const std::vector<std::string> entries(10 * limits::kTreeSpan, EntryAfter(0, 0));
  // More than a row of the table holds.
  for (int round = 0; round < 20; ++round) {
    AddReceived(AppendOf(kTheirs, round * entries.size(), entries), &tick);
    for (int i = 0; i < 10; ++i) {
      tick.appends[0].spans += std::string(32, static_cast<char>(round * 10 + i));
    }
    all += tick.appends[0].spans;
    ASSERT_OK(store_->Commit(tick));
    tick = Tick();
  }
  EXPECT_EQ(*store_->ReadSpans(kTheirs), all);
  EXPECT_CODE(NOT_FOUND, store_->ReadSpans(99).status());
  Tick forget;
  forget.received.drops = {{kTheirs, 7}};
  ASSERT_OK(store_->Commit(forget));
  EXPECT_EQ(*store_->ReadSpans(kTheirs), "");
}

TEST_P(StoreContract, WronglyBuiltReceivedTicks) {
  Tick own = TheirTick({1});
  own.new_streams.push_back(NewStream(1));
  own.appends.push_back(AppendOf(1, 0, {PutEntry("own")}));
  ASSERT_OK(store_->Commit(own));
  const std::string before = DumpOf(store_.get());
  const auto spoilt = [&](const std::function<void(Tick*)>& spoil) {
    Tick tick;
    AddReceived(AppendOf(kTheirs, 1, {OthersPut("more", 1)}), &tick);
    spoil(&tick);
    const Status status = store_->Commit(tick);
    EXPECT_EQ(DumpOf(store_.get()), before);
    return status;
  };
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.streams.clear(); }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->appends[0].head_proof = "signed"; }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.streams.push_back(RowOf(1, 1)); }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.streams.push_back(RowOf(kTheirs, 1)); }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.drops = {{kTheirs, 7}}; }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.drops = {{kTheirs, 0}}; }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.drops = {{kTheirs, 8}}; }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.drops = {{1, 2}}; }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.drops = {{kTheirs, 1}, {kTheirs, 2}}; }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.fills = {FillOf(1, 1, 0, "x")}; }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.fills = {FillOf(kTheirs, 0, 0, "x")}; }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.gaps = {{1, 1, 1}}; }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.gaps = {{kTheirs, 1, 8}}; }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.cursors = {{"p", kTheirs, 3, "c"}}; }));
  EXPECT_CODE(INTERNAL, spoilt([](Tick* t) { t->received.deliveries.emplace_back(); }));
}

}  // namespace
}  // namespace tombolo::store
