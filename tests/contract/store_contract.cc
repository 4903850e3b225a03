#include "tests/contract/store_contract.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"

namespace tombolo::store {

// Sets that no binary instantiates would be an oversight; each binary instantiates this one.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreContract);

void StoreContract::SetUp() {
  place_ = GetParam().make();
  store_ = place_->Open();
  ASSERT_NE(store_, nullptr);
}

void StoreContract::Reopen() {
  if (!place_->persistent()) return;
  store_.reset();
  store_ = place_->Open();
  ASSERT_NE(store_, nullptr);
}

namespace {

CheckpointRow CheckpointOf(uint64_t tick) {
  return {tick, static_cast<int64_t>(tick) * 10, absl::StrCat("body ", tick),
          absl::StrCat("signature ", tick)};
}

// A tick with something of everything.
Tick FullTick() {
  Tick tick;
  tick.new_streams = {NewStream(1), NewStream(2, 48)};
  tick.new_scopes = {{1, "item", "pack", ""}, {2, "item", "pack", "north"}};
  tick.appends = {AppendOf(1, 0, {PutEntry("a"), PutEntry("b"), RetractEntry("r")}),
                  AppendOf(2, 0, {PutEntry("c", 48), EventEntry("e")})};
  tick.records = {RecordOf(1, 1, 1, 1), RecordOf(2, 1, 1, 2), RecordOf(3, 1, 2, 1)};
  tick.ingests = {{1, "pack@1", "file.csv", "", 100, 0, "", ""}};
  tick.quarantine_add = {QuarantinedRow(1, "one"), QuarantinedRow(2, "two")};
  tick.checkpoint = CheckpointOf(1);
  return tick;
}

std::vector<std::string> ReadTexts(Store* store, uint32_t stream, uint64_t first, size_t max) {
  auto page = store->ReadEntries(stream, first, max);
  EXPECT_TRUE(page.ok()) << Describe(page.status());
  if (!page.ok()) return {};
  for (size_t i = 0; i < page->entries.size(); ++i) EXPECT_EQ(page->entries[i].seq, first + i);
  return TextsOf(*page);
}

TEST_P(StoreContract, EmptyStoreAnswersEverything) {
  EXPECT_TRUE(store_->Streams()->empty());
  EXPECT_TRUE(store_->Scopes()->empty());
  EXPECT_TRUE(store_->Ingests()->empty());
  EXPECT_TRUE(store_->Quarantine(0, 10)->empty());
  EXPECT_FALSE(store_->LastCheckpoint()->has_value());
  EXPECT_TRUE(store_->FindBySubject(SubjectOf(1))->empty());
  EXPECT_CODE(NOT_FOUND, store_->FindCheckpoint(1).status());
  EXPECT_CODE(NOT_FOUND, store_->FindQuarantine(1).status());
  EXPECT_CODE(NOT_FOUND, store_->ReadEntries(1, 1, 1).status());
  std::vector<std::optional<RecordState>> states;
  ASSERT_OK(store_->FindRecords({IdOf(1)}, &states));
  ASSERT_EQ(states.size(), 1u);
  EXPECT_FALSE(states[0].has_value());
  EXPECT_EQ(store_->Count()->records_present, 0u);
}

TEST_P(StoreContract, EmptyTickIsStored) {
  const std::string before = DumpOf(store_.get());
  ASSERT_OK(store_->Commit(Tick()));
  EXPECT_EQ(before, DumpOf(store_.get()));
}

TEST_P(StoreContract, FullTickReadsBackAlsoAfterReopening) {
  ASSERT_OK(store_->Commit(FullTick()));
  for (int round = 0; round < 2; ++round) {
    auto streams = store_->Streams();
    ASSERT_EQ(streams->size(), 2u);
    EXPECT_EQ((*streams)[0].number, 1u);
    EXPECT_EQ((*streams)[0].descriptor, "descriptor 1");
    EXPECT_EQ((*streams)[0].size, 3u);
    EXPECT_EQ((*streams)[0].tick, 1u);
    EXPECT_EQ((*streams)[0].compact_range, "range 3");
    EXPECT_EQ((*streams)[0].head_proof, "proof 3");
    EXPECT_EQ((*streams)[1].stream_id.size(), 48u);
    EXPECT_EQ(store_->Scopes()->at(1).value, "north");
    EXPECT_EQ(store_->Ingests()->at(0).file, "file.csv");
    EXPECT_EQ(ReadTexts(store_.get(), 1, 1, 10), (std::vector<std::string>{"a", "b", "r"}));
    EXPECT_EQ(ReadTexts(store_.get(), 2, 1, 10), (std::vector<std::string>{"c", "e"}));
    std::vector<std::optional<RecordState>> states;
    ASSERT_OK(store_->FindRecords({IdOf(0), IdOf(2), IdOf(9)}, &states));
    EXPECT_FALSE(states[0].has_value());
    EXPECT_EQ(states[1], RecordOf(2, 1, 1, 2));
    EXPECT_FALSE(states[2].has_value());
    EXPECT_EQ(store_->LastCheckpoint()->value().signature, "signature 1");
    EXPECT_EQ(store_->FindCheckpoint(1)->at_us, 10);
    const Totals totals = *store_->Count();
    EXPECT_EQ(totals.records_present, 3u);
    EXPECT_EQ(totals.entries, 5u);
    EXPECT_EQ(totals.streams, 2u);
    EXPECT_EQ(totals.quarantined, 2u);
    Reopen();
  }
}

TEST_P(StoreContract, EntryKeepsOriginOfItsVersion) {
  ASSERT_OK(store_->Commit(FullTick()));
  const EntryPage page = *store_->ReadEntries(1, 2, 1);
  ASSERT_EQ(page.entries.size(), 1u);
  EXPECT_EQ(page.entries[0].seq, 2u);
  EXPECT_EQ(page.entries[0].ingest, 7u);
  EXPECT_EQ(page.entries[0].previous_stream, 3u);
  EXPECT_EQ(page.entries[0].previous_seq, 300u);
  EXPECT_EQ(page.entries[0].layers[1], "government");
}

// --- refusals. Every one must leave no trace, even when the rest of the tick is sound.
struct Refusal {
  std::string what;
  Code code;
  std::function<void(Tick*)> spoil;
};

Tick SecondTick() {
  Tick tick;
  tick.new_streams = {NewStream(3)};
  tick.new_scopes = {{3, "item", "pack", "south"}};
  tick.appends = {AppendOf(1, 3, {PutEntry("d")}), AppendOf(3, 0, {PutEntry("f")})};
  tick.records = {RecordOf(1, 2, 1, 4), RecordOf(4, 1, 3, 1)};
  tick.redactions = {{1, 1, Form::kStub, std::string(96, 'h')}};
  tick.ingests = {{1, "pack@1", "file.csv", "digest", 100, 200, "OK", "balance"}};
  tick.quarantine_add = {QuarantinedRow(3, "three")};
  tick.quarantine_remove = {1};
  tick.checkpoint = CheckpointOf(2);
  return tick;
}

std::vector<Refusal> Refusals() {
  return {
      {"wrong epoch", Code::STORE_CONFLICT, [](Tick* t) { t->appends[0].epoch = 2; }},
      {"size too low", Code::STORE_CONFLICT, [](Tick* t) { t->appends[0].expected_size = 2; }},
      {"size too high", Code::STORE_CONFLICT, [](Tick* t) { t->appends[0].expected_size = 4; }},
      {"unknown stream", Code::STORE_CONFLICT, [](Tick* t) { t->appends[0].stream = 9; }},
      {"last append conflicts", Code::STORE_CONFLICT, [](Tick* t) { t->appends[1].epoch = 9; }},
      {"tick repeated", Code::STORE_CONFLICT, [](Tick* t) { t->checkpoint->tick = 1; }},
      {"tick left out", Code::STORE_CONFLICT, [](Tick* t) { t->checkpoint->tick = 3; }},
      {"stream number taken", Code::STORE_CONFLICT,
       [](Tick* t) {
         t->new_streams[0].number = 2;
         t->appends.pop_back();
         t->records.pop_back();
       }},
      {"stream id taken", Code::STORE_CONFLICT,
       [](Tick* t) { t->new_streams[0].stream_id = NewStream(1).stream_id; }},
      {"scope taken", Code::STORE_CONFLICT, [](Tick* t) { t->new_scopes[0].number = 1; }},
      {"version goes back", Code::VERSION_CONFLICT,
       [](Tick* t) { t->records.push_back(RecordOf(2, 1, 1, 4)); }},
      {"version repeated elsewhere", Code::VERSION_CONFLICT,
       [](Tick* t) { t->records.push_back(RecordOf(3, 1, 3, 1)); }},
      {"version goes back within the tick", Code::VERSION_CONFLICT,
       [](Tick* t) { t->records.push_back(RecordOf(4, 1, 1, 4)); }},
      {"record without version", Code::INTERNAL, [](Tick* t) { t->records[0].version = 0; }},
      {"record without entry", Code::INTERNAL, [](Tick* t) { t->records[0].seq = 0; }},
      {"two appends to one stream", Code::INTERNAL,
       [](Tick* t) { t->appends.push_back(AppendOf(1, 4, {PutEntry("x")})); }},
      {"lengths do not fit", Code::INTERNAL, [](Tick* t) { t->appends[0].entries += "x"; }},
      {"bytes behind an entry", Code::INTERNAL,
       [](Tick* t) {
         t->appends[0].entries += "x";
         ++t->appends[0].lengths[0];
       }},
      {"entry that does not decode", Code::INTERNAL,
       [](Tick* t) { t->appends[1].entries[0] = '\x7f'; }},
      {"entry cut short", Code::INTERNAL,
       [](Tick* t) {
         t->appends[1].entries.pop_back();
         --t->appends[1].lengths[0];
       }},
      {"new stream with entries", Code::INTERNAL, [](Tick* t) { t->new_streams[0].size = 1; }},
      {"new stream without number", Code::INTERNAL, [](Tick* t) { t->new_streams[0].number = 0; }},
      {"stream id of another length", Code::INTERNAL,
       [](Tick* t) { t->new_streams[0].stream_id.pop_back(); }},
      {"stream twice new", Code::INTERNAL,
       [](Tick* t) { t->new_streams.push_back(t->new_streams[0]); }},
      {"scope twice new", Code::INTERNAL,
       [](Tick* t) { t->new_scopes.push_back(t->new_scopes[0]); }},
      {"ingest without number", Code::INTERNAL, [](Tick* t) { t->ingests[0].number = 0; }},
      {"quarantine without key", Code::INTERNAL,
       [](Tick* t) { t->quarantine_add[0].row_key.clear(); }},
      {"redaction past the end", Code::NOT_FOUND, [](Tick* t) { t->redactions[0].seq = 5; }},
      {"redaction of entry 0", Code::INTERNAL, [](Tick* t) { t->redactions[0].seq = 0; }},
      {"redaction of unknown stream", Code::NOT_FOUND,
       [](Tick* t) { t->redactions[0].stream = 9; }},
      {"redaction to a full entry", Code::INTERNAL,
       [](Tick* t) { t->redactions[0].to = Form::kFull; }},
      {"redaction with two hashes", Code::INTERNAL,
       [](Tick* t) { t->redactions[0].hashes.resize(64); }},
      {"redaction of a retraction to a stub", Code::INTERNAL,
       [](Tick* t) { t->redactions[0].seq = 3; }},
      {"redaction of an event", Code::INTERNAL,
       [](Tick* t) {
         t->redactions = {{2, 2, Form::kErased, std::string(48, 'h')}};
       }},
      {"erasure with the other suite's hash", Code::INTERNAL,
       [](Tick* t) {
         t->redactions = {{2, 1, Form::kErased, std::string(32, 'h')}};
       }},
  };
}

TEST_P(StoreContract, RefusedTickLeavesNoTrace) {
  ASSERT_OK(store_->Commit(FullTick()));
  const std::string before = DumpOf(store_.get());
  for (const Refusal& refusal : Refusals()) {
    SCOPED_TRACE(refusal.what);
    Tick tick = SecondTick();
    refusal.spoil(&tick);
    const Status status = store_->Commit(tick);
    EXPECT_EQ(NameOf(refusal.code), NameOf(CodeOf(status))) << Describe(status);
    EXPECT_EQ(before, DumpOf(store_.get()));
  }
  EXPECT_EQ(before, DumpOf(store_.get()));
  ASSERT_OK(store_->Commit(SecondTick()));
  EXPECT_NE(before, DumpOf(store_.get()));
}

// --- streams and pages
TEST_P(StoreContract, PagesOfAStream) {
  Tick tick;
  tick.new_streams = {NewStream(1)};
  ASSERT_OK(store_->Commit(tick));
  uint64_t size = 0;
  std::vector<std::string> all;
  // Ticks of 1, 2, 3, .. entries, of very different sizes.
  for (int round = 1; round <= 40; ++round) {
    std::vector<std::string> entries;
    for (int i = 0; i < round; ++i) {
      all.push_back(
          absl::StrCat(std::string(static_cast<size_t>(round * i * 13 % 5000), 'z'), size, ".", i));
      entries.push_back(PutEntry(all.back()));
    }
    Tick next;
    next.appends = {AppendOf(1, size, entries)};
    ASSERT_OK(store_->Commit(next));
    size += entries.size();
  }
  Reopen();
  EXPECT_EQ(store_->Streams()->at(0).size, size);
  for (size_t max : {size_t{1}, size_t{7}, size_t{100}, limits::kPageEntriesMax}) {
    std::vector<std::string> read;
    for (uint64_t seq = 1; seq <= size; seq = read.size() + 1) {
      const auto texts = ReadTexts(store_.get(), 1, seq, max);
      ASSERT_FALSE(texts.empty());
      ASSERT_LE(texts.size(), max);
      read.insert(read.end(), texts.begin(), texts.end());
    }
    EXPECT_TRUE(read == all);
  }
  EXPECT_TRUE(ReadTexts(store_.get(), 1, size + 1, 10).empty());
  EXPECT_TRUE(ReadTexts(store_.get(), 1, size + 1000, 10).empty());
  EXPECT_TRUE(ReadTexts(store_.get(), 1, 1, 0).empty());
}

TEST_P(StoreContract, PageEntriesLimit) {
  Tick tick;
  tick.new_streams = {NewStream(1)};
  tick.appends = {
      AppendOf(1, 0, std::vector<std::string>(limits::kPageEntriesMax + 1, RetractEntry("r")))};
  ASSERT_OK(store_->Commit(tick));
  EXPECT_EQ(store_->ReadEntries(1, 1, limits::kPageEntriesMax)->entries.size(),
            limits::kPageEntriesMax);
  EXPECT_EQ(store_->ReadEntries(1, 1, limits::kPageEntriesMax + 1)->entries.size(),
            limits::kPageEntriesMax);
  EXPECT_EQ(store_->ReadEntries(1, 2, limits::kPageEntriesMax)->entries.size(),
            limits::kPageEntriesMax);
}

TEST_P(StoreContract, PageBytesLimit) {
  const std::string large = PutEntry(std::string(limits::kLayerBytesMax, 'L'));
  Tick tick;
  tick.new_streams = {NewStream(1)};
  ASSERT_OK(store_->Commit(tick));
  uint64_t size = 0;
  for (int i = 0; i < 2; ++i) {
    Tick next;
    next.appends = {AppendOf(1, size, std::vector<std::string>(20, large))};
    ASSERT_OK(store_->Commit(next));
    size += 20;
  }
  const size_t fits = limits::kTickBytesMax / large.size();
  EXPECT_EQ(store_->ReadEntries(1, 1, 100)->entries.size(), fits);
  EXPECT_EQ(store_->ReadEntries(1, 1 + fits, 100)->entries.size(), size - fits);
}

TEST_P(StoreContract, TickEntriesLimit) {
  for (size_t extra : {size_t{1}, size_t{0}}) {
    Tick tick;
    tick.new_streams = {NewStream(1)};
    tick.appends = {AppendOf(
        1, 0, std::vector<std::string>(limits::kTickEntriesMax + extra, RetractEntry("r")))};
    const Status status = store_->Commit(tick);
    EXPECT_EQ(NameOf(extra == 0 ? Code::kOk : Code::LIMIT_EXCEEDED), NameOf(CodeOf(status)))
        << Describe(status);
  }
  EXPECT_EQ(store_->Count()->entries, limits::kTickEntriesMax);
}

TEST_P(StoreContract, TickBytesLimit) {
  const size_t overhead =
      PutEntry(std::string(limits::kLayerBytesMax, 'L')).size() - limits::kLayerBytesMax;
  for (size_t extra : {size_t{1}, size_t{0}}) {
    Tick tick;
    tick.new_streams = {NewStream(1)};
    const size_t text = limits::kTickBytesMax / 32 - overhead;
    std::vector<std::string> entries(31, PutEntry(std::string(text, 'L')));
    entries.push_back(PutEntry(std::string(text + extra, 'L')));
    tick.appends = {AppendOf(1, 0, entries)};
    ASSERT_EQ(tick.appends[0].entries.size(), limits::kTickBytesMax + extra);
    EXPECT_EQ(NameOf(extra == 0 ? Code::kOk : Code::LIMIT_EXCEEDED),
              NameOf(CodeOf(store_->Commit(tick))));
  }
}

TEST_P(StoreContract, AppendWithoutEntriesMovesTheHeadOnly) {
  ASSERT_OK(store_->Commit(FullTick()));
  Tick tick;
  tick.appends = {AppendOf(1, 3, {})};
  tick.appends[0].head_proof = "fresh";
  ASSERT_OK(store_->Commit(tick));
  EXPECT_EQ(store_->Streams()->at(0).size, 3u);
  EXPECT_EQ(store_->Streams()->at(0).head_proof, "fresh");
  EXPECT_EQ(store_->Streams()->at(0).tick, 1u);  // no checkpoint in this tick
}

// --- records
TEST_P(StoreContract, LaterVersionReplaces) {
  ASSERT_OK(store_->Commit(FullTick()));
  ASSERT_OK(store_->Commit(SecondTick()));
  std::vector<std::optional<RecordState>> states;
  ASSERT_OK(store_->FindRecords({IdOf(1), IdOf(2), IdOf(3), IdOf(4)}, &states));
  EXPECT_EQ(states[0], RecordOf(1, 2, 1, 4));
  EXPECT_EQ(states[1], RecordOf(2, 1, 1, 2));
  EXPECT_EQ(states[3], RecordOf(4, 1, 3, 1));
}

TEST_P(StoreContract, SeveralVersionsInOneTickLastOneStands) {
  ASSERT_OK(store_->Commit(FullTick()));
  Tick tick;
  tick.records = {RecordOf(5, 1, 1, 1), RecordOf(4, 1, 1, 1), RecordOf(5, 2, 1, 2),
                  RecordOf(5, 7, 1, 3)};
  ASSERT_OK(store_->Commit(tick));
  std::vector<std::optional<RecordState>> states;
  ASSERT_OK(store_->FindRecords({IdOf(5)}, &states));
  EXPECT_EQ(states[0], RecordOf(5, 7, 1, 3));
  EXPECT_EQ(store_->Count()->records_present, 5u);
}

TEST_P(StoreContract, SameEntryMayBeWrittenAgain) {
  ASSERT_OK(store_->Commit(FullTick()));
  Tick tick;
  tick.records = {RecordOf(1, 1, 1, 1)};
  tick.records[0].present = false;
  tick.records[0].digest = ContentDigest();
  tick.records[0].subject = SubjectKey();
  ASSERT_OK(store_->Commit(tick));
  EXPECT_TRUE(store_->FindBySubject(SubjectOf(1))->empty());
  std::vector<std::optional<RecordState>> states;
  ASSERT_OK(store_->FindRecords({IdOf(1)}, &states));
  EXPECT_EQ(states[0], tick.records[0]);
  EXPECT_EQ(store_->Count()->records_present, 2u);
  EXPECT_EQ(store_->Count()->records_gone, 1u);
}

TEST_P(StoreContract, FindWithoutIds) {
  ASSERT_OK(store_->Commit(FullTick()));
  std::vector<std::optional<RecordState>> states(3);
  ASSERT_OK(store_->FindRecords({}, &states));
  EXPECT_TRUE(states.empty());
}

TEST_P(StoreContract, SubjectWithManyRecords) {
  Tick tick;
  tick.new_streams = {NewStream(1)};
  constexpr uint64_t kMany = 20000;
  for (uint64_t n = 0; n < kMany; ++n) {
    tick.records.push_back(RecordOf(n, 1, 1, n + 1));
    if (n % 10 != 0) tick.records.back().subject = SubjectOf(77777);
  }
  ASSERT_OK(store_->Commit(tick));
  Reopen();
  const std::vector<RecordState> found = *store_->FindBySubject(SubjectOf(77777));
  ASSERT_EQ(found.size(), kMany / 10 * 9);
  for (size_t i = 1; i < found.size(); ++i) ASSERT_LT(found[i - 1].id, found[i].id);
  EXPECT_EQ(store_->FindBySubject(SubjectOf(10))->size(), 1u);
  EXPECT_TRUE(store_->FindBySubject(SubjectOf(11))->empty());
  EXPECT_TRUE(store_->FindBySubject(SubjectOf(77778))->empty());
}

TEST_P(StoreContract, RecordOfSeveralVersionsInOneFileIsMarked) {
  Tick tick = FullTick();
  tick.records[0].multi = true;
  ASSERT_OK(store_->Commit(tick));
  Reopen();
  std::vector<std::optional<RecordState>> states;
  const auto multi_of = [&](uint64_t n) {
    EXPECT_TRUE(store_->FindRecords({IdOf(n)}, &states).ok());
    return states.at(0).value().multi;
  };
  EXPECT_TRUE(multi_of(1));
  EXPECT_FALSE(multi_of(2));
  EXPECT_TRUE(store_->FindBySubject(SubjectOf(1))->at(0).multi);
  int marked = 0;
  ASSERT_OK(store_->ScanRecords([&](const RecordState& record) {
    marked += record.multi ? 1 : 0;
    return true;
  }));
  EXPECT_EQ(marked, 1);
  Tick next;  // the mark goes with a further version, and comes and goes on the same one
  next.records = {RecordOf(1, 2, 1, 4), RecordOf(2, 1, 1, 2), RecordOf(3, 1, 2, 1)};
  next.records[1].multi = true;
  next.records[2].multi = true;
  next.appends = {AppendOf(1, 3, {PutEntry("d")})};
  ASSERT_OK(store_->Commit(next));
  Tick last;
  last.records = {RecordOf(3, 1, 2, 1)};
  ASSERT_OK(store_->Commit(last));
  Reopen();
  EXPECT_FALSE(multi_of(1));
  EXPECT_TRUE(multi_of(2));
  EXPECT_FALSE(multi_of(3));
}

TEST_P(StoreContract, RecordMovesToAnotherSubjectAndBack) {
  ASSERT_OK(store_->Commit(FullTick()));
  for (uint64_t version = 2; version < 6; ++version) {
    Tick tick;
    tick.records = {RecordOf(1, version, 1, 1)};
    tick.records[0].subject = SubjectOf(version % 2 == 0 ? 50 : 1);
    ASSERT_OK(store_->Commit(tick));
    EXPECT_EQ(store_->FindBySubject(SubjectOf(1))->size(), version % 2);
    EXPECT_EQ(store_->FindBySubject(SubjectOf(50))->size(), 1 - version % 2);
  }
}

TEST_P(StoreContract, NoSubjectFindsNothing) {
  ASSERT_OK(store_->Commit(FullTick()));
  Tick tick;
  tick.records = {RecordOf(8, 1, 1, 1)};
  tick.records[0].subject = SubjectKey();
  ASSERT_OK(store_->Commit(tick));
  EXPECT_TRUE(store_->FindBySubject(SubjectKey())->empty());
}

TEST_P(StoreContract, ScanIsOrderedAndStops) {
  Tick tick;
  for (uint64_t n : {500, 3, 77, 1000, 4}) tick.records.push_back(RecordOf(n, 1, 1, 1));
  ASSERT_OK(store_->Commit(tick));
  std::vector<RecordId> seen;
  ASSERT_OK(store_->ScanRecords([&](const RecordState& record) {
    seen.push_back(record.id);
    return true;
  }));
  EXPECT_EQ(seen, (std::vector<RecordId>{IdOf(3), IdOf(4), IdOf(77), IdOf(500), IdOf(1000)}));
  int visits = 0;
  ASSERT_OK(store_->ScanRecords([&](const RecordState&) { return ++visits < 2; }));
  EXPECT_EQ(visits, 2);
}

TEST_P(StoreContract, ReadsInsideAScan) {
  ASSERT_OK(store_->Commit(FullTick()));
  int visits = 0;
  ASSERT_OK(store_->ScanRecords([&](const RecordState& record) {
    EXPECT_EQ(store_->ReadEntries(record.stream, record.seq, 1)->entries.size(), 1u);
    std::vector<std::optional<RecordState>> states;
    EXPECT_TRUE(store_->FindRecords({record.id}, &states).ok());
    EXPECT_EQ(states[0], record);
    return ++visits < 10;
  }));
  EXPECT_EQ(visits, 3);
}

// --- redactions
TEST_P(StoreContract, RedactionToStubKeepsHeaderAndOrigin) {
  ASSERT_OK(store_->Commit(FullTick()));
  const std::string hashes = std::string(32, '1') + std::string(32, '2') + std::string(32, '3');
  Tick tick;
  tick.redactions = {{1, 1, Form::kStub, hashes}};
  for (int again = 0; again < 2; ++again) {
    ASSERT_OK(store_->Commit(tick));
    Reopen();
    const EntryPage page = *store_->ReadEntries(1, 1, 3);
    ASSERT_EQ(page.entries.size(), 3u);
    EXPECT_EQ(page.entries[0].form, Form::kStub);
    EXPECT_EQ(page.entries[0].header, "header");
    EXPECT_EQ(page.entries[0].ingest, 7u);
    EXPECT_EQ(page.entries[0].previous_seq, 300u);
    EXPECT_EQ(page.entries[0].layer_hashes[2], std::string(32, '3'));
    EXPECT_EQ(page.entries[1].layers[0], "b");
  }
}

TEST_P(StoreContract, RedactionToErasedLeavesOnlyTheLeafHash) {
  ASSERT_OK(store_->Commit(FullTick()));
  Tick tick;
  // A stub first, then erased, within one tick; a retraction and the other suite with them.
  tick.redactions = {{1, 2, Form::kStub, std::string(96, 's')},
                     {2, 1, Form::kErased, std::string(48, 'f')},
                     {1, 2, Form::kErased, std::string(32, 'e')},
                     {1, 3, Form::kErased, std::string(32, 'r')}};
  ASSERT_OK(store_->Commit(tick));
  const EntryPage page = *store_->ReadEntries(1, 1, 3);
  EXPECT_EQ(page.entries[0].layers[0], "a");
  EXPECT_EQ(page.entries[1].form, Form::kErased);
  EXPECT_EQ(page.entries[1].leaf_hash, std::string(32, 'e'));
  EXPECT_EQ(page.entries[1].header, "");
  EXPECT_EQ(page.entries[2].leaf_hash, std::string(32, 'r'));
  EXPECT_EQ(store_->ReadEntries(2, 1, 1)->entries[0].leaf_hash, std::string(48, 'f'));
  Tick back;
  back.redactions = {{1, 2, Form::kStub, std::string(96, 's')}};
  EXPECT_CODE(INTERNAL, store_->Commit(back));
}

TEST_P(StoreContract, RedactionOfAnEntryOfTheSameTick) {
  Tick tick = FullTick();
  tick.redactions = {{1, 1, Form::kErased, std::string(32, 'e')}};
  ASSERT_OK(store_->Commit(tick));
  EXPECT_EQ(store_->ReadEntries(1, 1, 1)->entries[0].form, Form::kErased);
}

TEST_P(StoreContract, RedactionsAcrossManyBlocks) {
  Tick tick;
  tick.new_streams = {NewStream(1)};
  std::vector<std::string> entries;
  for (int i = 0; i < 2000; ++i)
    entries.push_back(PutEntry(absl::StrCat(i, std::string(500, 'z'))));
  tick.appends = {AppendOf(1, 0, entries)};
  ASSERT_OK(store_->Commit(tick));
  Tick redact;
  for (uint64_t seq = 2000; seq >= 7; seq -= 7) {
    redact.redactions.push_back({1, seq, Form::kErased, std::string(32, 'e')});
  }
  ASSERT_OK(store_->Commit(redact));
  const EntryPage page = *store_->ReadEntries(1, 1, 2000);
  ASSERT_EQ(page.entries.size(), 2000u);
  for (const EntryView& entry : page.entries) {
    ASSERT_EQ(entry.form, entry.seq % 7 == 2000 % 7 && entry.seq >= 7 ? Form::kErased : Form::kFull)
        << entry.seq;
  }
  // Appending goes on behind them.
  Tick next;
  next.appends = {AppendOf(1, 2000, {PutEntry("last")})};
  ASSERT_OK(store_->Commit(next));
  EXPECT_EQ(ReadTexts(store_.get(), 1, 2001, 1), std::vector<std::string>{"last"});
}

// --- quarantine, ingests, checkpoints
TEST_P(StoreContract, QuarantineReplacesResolvesRemoves) {
  ASSERT_OK(store_->Commit(FullTick()));
  Tick tick;
  tick.quarantine_add = {QuarantinedRow(2, "two again"), QuarantinedRow(3, "three"),
                         QuarantinedRow(3, "three again")};
  ASSERT_OK(store_->Commit(tick));
  const std::vector<QuarantineRow> rows = *store_->Quarantine(0, 10);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1].raw, "two again");
  EXPECT_EQ(rows[1].id, store_->FindQuarantine(rows[1].id)->id);
  EXPECT_EQ(rows[2].raw, "three again");
  EXPECT_EQ(rows[0].faults, QuarantinedRow(1, "").faults);
  Tick mend;
  mend.quarantine_remove = {rows[0].id, 999};
  mend.quarantine_resolve_keys = {QuarantinedRow(2, "").row_key, std::string(16, '?')};
  ASSERT_OK(store_->Commit(mend));
  EXPECT_EQ(store_->Quarantine(0, 10)->size(), 1u);
  EXPECT_CODE(NOT_FOUND, store_->FindQuarantine(rows[0].id).status());
  Reopen();
  // Ids are not given twice, and resolving comes before adding.
  Tick more;
  more.quarantine_resolve_keys = {QuarantinedRow(3, "").row_key};
  more.quarantine_add = {QuarantinedRow(1, "one"), QuarantinedRow(3, "three")};
  ASSERT_OK(store_->Commit(more));
  const std::vector<QuarantineRow> later = *store_->Quarantine(0, 10);
  ASSERT_EQ(later.size(), 2u);
  EXPECT_GT(later[0].id, rows[2].id);
  EXPECT_EQ(store_->Quarantine(later[0].id, 10)->size(), 1u);
  EXPECT_EQ(store_->Quarantine(0, 1)->size(), 1u);
  EXPECT_EQ(store_->Quarantine(0, 0)->size(), 0u);
  EXPECT_TRUE(store_->Quarantine(later[1].id, 10)->empty());
}

// A page ends with the row that brings it to the cap.
TEST_P(StoreContract, QuarantinePageBytesLimit) {
  constexpr size_t kRows = 8;
  constexpr size_t kHalf = limits::kTickBytesMax / kRows / 2;
  for (size_t n = 1; n <= kRows + 2; ++n) {
    Tick tick;
    QuarantineRow row = QuarantinedRow(n, std::string(kHalf, 'r'));
    row.cells = std::string(kHalf - (n == kRows + 2 ? 1 : 0), 'c');
    tick.quarantine_add = {row};
    ASSERT_OK(store_->Commit(tick));
  }
  const auto rows_after = [&](uint64_t id) { return store_->Quarantine(id, 100)->size(); };
  const uint64_t first = store_->Quarantine(0, 1)->at(0).id;
  EXPECT_EQ(rows_after(0), kRows);
  EXPECT_EQ(rows_after(first), kRows);
  EXPECT_EQ(rows_after(first + 1), kRows);  // one byte below the cap, and the last row
  EXPECT_EQ(store_->Quarantine(0, kRows - 1)->size(), kRows - 1);
  Tick tick;  // one byte below the cap, and there is a further row
  tick.quarantine_add = {QuarantinedRow(kRows + 3, "last")};
  ASSERT_OK(store_->Commit(tick));
  EXPECT_EQ(rows_after(first + 1), kRows + 1);
  EXPECT_EQ(rows_after(first), kRows);
}

TEST_P(StoreContract, QuarantineKeepsAnyBytes) {
  Tick tick;
  QuarantineRow row = QuarantinedRow(1, std::string("nul \0 and \xff\xfe", 12));
  row.cells.clear();
  row.columns.clear();
  row.faults.clear();
  tick.quarantine_add = {row};
  ASSERT_OK(store_->Commit(tick));
  const QuarantineRow read = store_->Quarantine(0, 1)->at(0);
  EXPECT_EQ(read.raw, row.raw);
  EXPECT_EQ(read.cells, "");
  EXPECT_TRUE(read.faults.empty());
}

TEST_P(StoreContract, IngestIsUpdated) {
  ASSERT_OK(store_->Commit(FullTick()));
  ASSERT_OK(store_->Commit(SecondTick()));
  const IngestRow ingest = store_->Ingests()->at(0);
  EXPECT_EQ(store_->Ingests()->size(), 1u);
  EXPECT_EQ(ingest.finished_at_us, 200);
  EXPECT_EQ(ingest.outcome, "OK");
  EXPECT_EQ(ingest.balance, "balance");
  EXPECT_EQ(ingest.source_digest, "digest");
}

TEST_P(StoreContract, TracesAreKeptInParts) {
  EXPECT_TRUE(store_->Traces()->empty());
  EXPECT_EQ(*store_->ReadTrace(7, 0), "");
  const uint64_t high = UINT64_MAX;
  Tick tick;
  tick.trace_parts = {{7, 1, "early"}, {7, 0, "head"}, {7, 1, "one"}, {high, 5, "five"}};
  ASSERT_OK(store_->Commit(tick));
  Reopen();
  EXPECT_THAT(*store_->Traces(), testing::ElementsAre(7u, high));
  EXPECT_EQ(*store_->ReadTrace(7, 0), "head");
  EXPECT_EQ(*store_->ReadTrace(7, 1), "one");
  EXPECT_EQ(*store_->ReadTrace(7, 2), "");
  EXPECT_EQ(*store_->ReadTrace(high, 5), "five");
  Tick next;
  next.trace_parts = {{7, 0, ""}, {7, 9, ""}};
  ASSERT_OK(store_->Commit(next));
  EXPECT_EQ(*store_->ReadTrace(7, 0), "");
  EXPECT_EQ(*store_->ReadTrace(7, 1), "one");
  Tick last;
  last.trace_remove = {7, 8, high};
  last.trace_parts = {{high, 1, "anew"}};
  ASSERT_OK(store_->Commit(last));
  Reopen();
  EXPECT_THAT(*store_->Traces(), testing::ElementsAre(high));
  EXPECT_EQ(*store_->ReadTrace(high, 5), "");
  EXPECT_EQ(*store_->ReadTrace(high, 1), "anew");
}

TEST_P(StoreContract, CheckpointsOfAllTicksAreKept) {
  for (uint64_t tick = 1; tick <= 5; ++tick) {
    Tick next;
    next.checkpoint = CheckpointOf(tick);
    ASSERT_OK(store_->Commit(next));
  }
  EXPECT_EQ(store_->LastCheckpoint()->value().tick, 5u);
  EXPECT_EQ(store_->FindCheckpoint(3)->body, "body 3");
  EXPECT_CODE(NOT_FOUND, store_->FindCheckpoint(6).status());
}

}  // namespace
}  // namespace tombolo::store
