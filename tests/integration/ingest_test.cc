// One file after another into a real node: what becomes of each row and each record.
#include <gmock/gmock.h>

#include <set>

#include "gateway/app/record_json.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/proof.h"
#include "gateway/node/erase.h"
#include "gateway/node/export.h"
#include "gateway/node/tick_writer.h"
#include "tests/integration/town.h"

namespace tombolo::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr char kCanary[] = "Zanzibar Canary Works";

std::string NameOfView(const node::RecordView& view) {
  return app::FieldText(view, "subject.name");
}

class IngestTest : public Town {
 protected:
  // What a second run over the same file must say.
  void ExpectOnlyUnchanged(uint64_t unchanged, uint64_t merged = 0) {
    EXPECT_EQ(Rows().rows_new() + Rows().rows_changed(), 0u);
    EXPECT_EQ(Rows().rows_unchanged(), unchanged);
    EXPECT_EQ(Rows().rows_merged(), merged);
    EXPECT_EQ(sum.quarantined_anew, 0u);
    EXPECT_EQ(sum.released, 0u);
    const node::ItemCounts& counts = Shops();
    EXPECT_EQ(counts.fresh + counts.returned + counts.changed + counts.retracted, 0u);
  }
  v1::AuditEvent LastEvent() {
    v1::AuditEvent event;
    const auto streams = context.store->Streams();
    EXPECT_OK(streams);
    for (const store::StreamState& stream : *streams) {
      if (stream.number != node::kAuditStream) continue;
      const auto page = context.store->ReadEntries(stream.number, stream.size, 1);
      EXPECT_OK(page);
      EXPECT_TRUE(event.ParseFromString(std::string(page->entries.at(0).header)));
    }
    return event;
  }
};

TEST_F(IngestTest, EveryRowIsAccountedFor) {
  Use({});
  Take(kTownHeader + TownRow(1, "One") + TownRow(2, "CLOSED") + TownRow(3, "Three") +
       TownRow(3, "Three") + TownRow(4, "Four", "A", "X,2001-02-03,,") + "5,ragged\n");
  EXPECT_OK(sum.outcome);
  EXPECT_EQ(Rows().rows_read(), 6u);
  EXPECT_EQ(Rows().rows_new(), 2u);
  EXPECT_EQ(Rows().rows_merged(), 1u);
  EXPECT_EQ(Rows().rows_left_out(), 1u);
  EXPECT_EQ(Rows().rows_quarantined(), 2u);
  EXPECT_THAT(sum.left_out, UnorderedElementsAre(Pair("closed", 1)));
  EXPECT_THAT(sum.quarantined,
              UnorderedElementsAre(Pair("CODE_UNKNOWN", 1), Pair("CSV_RAGGED", 1)));
  EXPECT_EQ(Records().size(), 2u);
  ExpectExportVerifies();
}

TEST_F(IngestTest, TheSameFileTwiceChangesNothing) {
  Use({});
  const std::string file = TownFile(30) + TownRow(31, "Bad", "A", "X,2001-02-03,,");
  Take(file);
  EXPECT_EQ(Rows().rows_new(), 30u);
  EXPECT_EQ(InfoOf(sum.Attention()).exit_code, 3);  // a row is new in quarantine
  const uint64_t entries = Totals().entries;
  Take(file);
  ExpectOnlyUnchanged(30);
  EXPECT_EQ(sum.Attention(), Code::kOk);  // the operator knows of the row already
  EXPECT_EQ(Quarantined().size(), 1u);
  EXPECT_EQ(Totals().entries, entries + 2);  // the audit log's own two
}

TEST_F(IngestTest, WhatWasStoredIsThereAfterReopening) {
  Use({});
  Take(TownFile(3));
  Reopen();
  Take(TownFile(3));
  ExpectOnlyUnchanged(3);
}

TEST_F(IngestTest, AChangedRowIsAFurtherVersion) {
  Use({});
  Take(kTownHeader + TownRow(1, "Old") + TownRow(2, "Same"));
  Take(kTownHeader + TownRow(1, "New") + TownRow(2, "Same"));
  EXPECT_EQ(Shops().changed, 1u);
  EXPECT_EQ(Shops().unchanged, 1u);
  EXPECT_EQ(Rows().rows_changed(), 1u);
  const std::vector<node::RecordView> history = HistoryOf(1);
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].version, 2u);
  EXPECT_EQ(NameOfView(history[0]), "New");
  EXPECT_TRUE(history[0].present);
  EXPECT_EQ(history[1].version, 1u);
  EXPECT_EQ(NameOfView(history[1]), "Old");
  EXPECT_FALSE(history[1].present);
  EXPECT_EQ(history[0].ingest.number, history[1].ingest.number + 1);
  EXPECT_EQ(HistoryOf(2).size(), 1u);
}

TEST_F(IngestTest, ADateOfTheHeaderIsContentToo) {
  Use({});
  Take(kTownHeader + TownRow(1, "One", "A", "S,2001-02-03,,"));
  Take(kTownHeader + TownRow(1, "One", "A", "S,2001-02-04,,"));
  EXPECT_EQ(Shops().changed, 1u);
}

TEST_F(IngestTest, BackToEarlierContentIsAThirdVersion) {
  Use({});
  for (const char* name : {"A", "B", "A"}) Take(kTownHeader + TownRow(1, name));
  const std::vector<node::RecordView> history = HistoryOf(1);
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0].version, 3u);
  EXPECT_EQ(NameOfView(history[0]), "A");
}

// One name in two Unicode normal forms is two texts: nothing is normalised.
TEST_F(IngestTest, ATextKeepsTheBytesOfTheSource) {
  constexpr char kDecomposed[] = "Cafe\xCC\x81", kComposed[] = "Caf\xC3\xA9";
  Use({});
  Take(kTownHeader + TownRow(1, kDecomposed));
  EXPECT_THAT(Records(), ElementsAre(Pair(kDecomposed, ::testing::_)));
  Take(kTownHeader + TownRow(1, kComposed));
  EXPECT_EQ(Shops().changed, 1u);
  EXPECT_THAT(Records(), ElementsAre(Pair(kComposed, ::testing::_)));
  EXPECT_NE(IdOf(kDecomposed), IdOf(kComposed));
}

// --- the same key more than once in a file

TEST_F(IngestTest, DuplicateLastTakesTheLastRow) {
  Use({.on_duplicate = "DUPLICATE_LAST"});
  const std::string file =
      kTownHeader + TownRow(1, "first") + TownRow(1, "second") + TownRow(1, "third");
  Take(file);
  EXPECT_EQ(Rows().rows_new(), 1u);
  EXPECT_EQ(Rows().rows_merged(), 2u);
  EXPECT_THAT(Records(), ElementsAre(Pair("third", ::testing::_)));
  EXPECT_EQ(HistoryOf(1).size(), 1u);
  Take(file);
  ExpectOnlyUnchanged(1, 2);
  EXPECT_EQ(HistoryOf(1).size(), 1u);
}

TEST_F(IngestTest, DuplicateLastThatEndsWhereTheStoreStands) {
  Use({.on_duplicate = "DUPLICATE_LAST"});
  Take(kTownHeader + TownRow(1, "stands"));
  Take(kTownHeader + TownRow(1, "passing") + TownRow(1, "stands"));
  ExpectOnlyUnchanged(1, 1);
  Take(kTownHeader + TownRow(1, "passing") + TownRow(1, "stands"));
  ExpectOnlyUnchanged(1, 1);
  EXPECT_EQ(HistoryOf(1).size(), 1u);
  Take(kTownHeader + TownRow(1, "stands") + TownRow(1, "moved on"));
  EXPECT_EQ(Shops().changed, 1u);
  EXPECT_EQ(HistoryOf(1).size(), 2u);
}

TEST_F(IngestTest, DuplicateQuarantineHoldsLaterRows) {
  Use({});
  const std::string file =
      kTownHeader + TownRow(1, "first") + TownRow(1, "second") + TownRow(1, "first");
  Take(file);
  EXPECT_EQ(Rows().rows_new(), 1u);
  EXPECT_EQ(Rows().rows_merged(), 1u);
  EXPECT_THAT(sum.quarantined, UnorderedElementsAre(Pair("KEY_DUPLICATE", 1)));
  const std::vector<store::QuarantineRow> held = Quarantined();
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].row_number, 2u);
  EXPECT_THAT(held[0].raw, HasSubstr("second"));
  Take(file);
  ExpectOnlyUnchanged(1, 1);
  EXPECT_EQ(Quarantined().size(), 1u);
}

TEST_F(IngestTest, DuplicateNewVersionKeepsTheFilesOrder) {
  Use({.on_duplicate = "DUPLICATE_NEW_VERSION"});
  const std::string file =
      kTownHeader + TownRow(1, "v1") + TownRow(2, "other") + TownRow(1, "v2") + TownRow(1, "v3");
  Take(file);
  const std::vector<node::RecordView> history = HistoryOf(1);
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(NameOfView(history[0]), "v3");
  EXPECT_EQ(NameOfView(history[2]), "v1");
  EXPECT_EQ(history[0].version, 3u);
  Take(file);
  EXPECT_EQ(HistoryOf(1).size(), 3u);
  ExpectOnlyUnchanged(2, 2);
  Take(file + TownRow(1, "v4"));
  EXPECT_EQ(HistoryOf(1).size(), 4u);
  EXPECT_EQ(Shops().changed, 1u);
  Take(file + TownRow(1, "v4"));
  EXPECT_EQ(HistoryOf(1).size(), 4u);
  ExpectExportVerifies();
}

// --- the same key in several batches of one file: a batch ends between the rows

class BatchesTest : public IngestTest, public ::testing::WithParamInterface<bool> {
 protected:
  static constexpr int kBatch = limits::kTickEntriesMax / 2;  // records of one batch
  TownPack Pack(const std::string& on_duplicate) {
    return {.on_duplicate = on_duplicate, .snapshot = GetParam()};
  }
  // Rows of key 0 by these names, each but the first in a batch after the one before's.
  static std::string Spread(const std::vector<std::string>& names) {
    std::string file = kTownHeader;
    int id = 0;
    for (const std::string& name : names) {
      file += TownRow(0, name);
      for (int i = 0; i < kBatch; ++i) file += TownRow(++id, "Other");
    }
    return file;
  }
  static std::vector<std::string> NamesOf(const std::vector<node::RecordView>& history) {
    std::vector<std::string> names;
    for (const node::RecordView& view : history) names.push_back(NameOfView(view));
    return names;
  }
  // The last file once more, then the first row alone: only what vanished moves.
  void ExpectStable(const std::string& file, uint64_t others, uint64_t held = 0) {
    const std::vector<std::string> before = NamesOf(HistoryOf(0));
    Take(file);
    EXPECT_EQ(Rows().rows_new() + Rows().rows_changed(), 0u);
    EXPECT_EQ(Rows().rows_unchanged(), others + 1);
    EXPECT_EQ(Rows().rows_quarantined(), held);
    EXPECT_EQ(sum.quarantined_anew, 0u);
    EXPECT_EQ(Shops().retracted, 0u);
    EXPECT_EQ(NamesOf(HistoryOf(0)), before);
    EXPECT_EQ(sum.snapshots.size(), GetParam() ? 1u : 0u);
    for (const node::SnapshotOutcome& outcome : sum.snapshots) EXPECT_EQ(outcome.vanished, 0u);
  }
};

TEST_P(BatchesTest, DuplicateQuarantineHoldsTheLaterRow) {
  Use(Pack("DUPLICATE_QUARANTINE"));
  const std::string file = Spread({"first", "second"});
  Take(file);
  EXPECT_EQ(Rows().rows_new(), 2u * kBatch + 1);
  EXPECT_THAT(sum.quarantined, UnorderedElementsAre(Pair("KEY_DUPLICATE", 1)));
  ASSERT_EQ(Quarantined().size(), 1u);
  EXPECT_EQ(Quarantined()[0].row_number, static_cast<uint64_t>(kBatch) + 2);
  EXPECT_THAT(NamesOf(HistoryOf(0)), ElementsAre("first"));
  ExpectStable(file, 2 * kBatch, 1);
}

TEST_P(BatchesTest, DuplicateLastTakesTheLastRow) {
  Use(Pack("DUPLICATE_LAST"));
  const std::string file = Spread({"first", "second"});
  Take(file);
  // The first batch was stored before the second row was read.
  EXPECT_THAT(NamesOf(HistoryOf(0)), ElementsAre("second", "first"));
  EXPECT_EQ(Totals().quarantined, 0u);
  ExpectStable(file, 2 * kBatch);
}

TEST_P(BatchesTest, DuplicateNewVersionKeepsTheFilesOrder) {
  Use(Pack("DUPLICATE_NEW_VERSION"));
  const std::string file = Spread({"v1", "v2"});
  Take(file);
  EXPECT_THAT(NamesOf(HistoryOf(0)), ElementsAre("v2", "v1"));
  ExpectStable(file, 2 * kBatch);
}

// A record that one file gave several versions is weighed at the file's end, after its batches.
TEST_P(BatchesTest, AKeyInThreeBatches) {
  for (const char* policy : {"DUPLICATE_LAST", "DUPLICATE_NEW_VERSION"}) {
    SCOPED_TRACE(policy);
    MakeNode(v1::IngestConfig());
    Use(Pack(policy));
    const std::string file = Spread({"v1", "v2", "v3"});
    Take(file);
    EXPECT_THAT(NamesOf(HistoryOf(0)), ElementsAre("v3", "v2", "v1"));
    ExpectStable(file, 3 * kBatch);
  }
}

TEST_P(BatchesTest, AKeyThatGoesBackInTheLastBatch) {
  Use(Pack("DUPLICATE_NEW_VERSION"));
  const std::string file =
      Spread({"v1", "v2", "v2"}) + TownRow(0, "v2") + TownRow(0, "v3") + TownRow(0, "v2");
  Take(file);
  EXPECT_THAT(NamesOf(HistoryOf(0)), ElementsAre("v2", "v3", "v2", "v1"));
  EXPECT_EQ(Rows().rows_merged(), 2u);
  ExpectStable(file, 3 * kBatch);
}

TEST_P(BatchesTest, TheSameRowTwiceIsMerged) {
  for (const char* policy : {"DUPLICATE_QUARANTINE", "DUPLICATE_LAST", "DUPLICATE_NEW_VERSION"}) {
    Use(Pack(policy));
    Take(Spread({"same", "same"}));
    EXPECT_EQ(Rows().rows_merged(), 1u) << policy;
    EXPECT_EQ(Rows().rows_quarantined(), 0u) << policy;
    EXPECT_THAT(NamesOf(HistoryOf(0)), ElementsAre("same")) << policy;
  }
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutSnapshot, BatchesTest, ::testing::Bool());

// --- class, erasure, proof

TEST_F(IngestTest, AnItemThatBecomesLessOpenLeavesItsStream) {
  Use({});
  Take(TownFile(2));
  Use({.sharing_class = "GOVERNMENT", .version = 2});
  Take(TownFile(2));
  EXPECT_EQ(Shops().changed, 2u);
  const std::vector<node::RecordView> history = HistoryOf(1);
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0].version, 3u);
  EXPECT_EQ(history[0].type, v1::PUT);
  EXPECT_EQ(history[0].stream.sharing_class(), v1::GOVERNMENT);
  EXPECT_EQ(history[1].type, v1::RETRACT);
  EXPECT_EQ(history[1].version, 2u);
  EXPECT_EQ(history[1].stream.sharing_class(), v1::PUBLIC);
  EXPECT_EQ(history[2].stream.sharing_class(), v1::PUBLIC);
  Take(TownFile(2));
  ExpectOnlyUnchanged(2);
  ExpectExportVerifies();
}

TEST_F(IngestTest, ErasedContentIsNowhereInTheNode) {
  Use({});
  Take(kTownHeader + TownRow(1, kCanary) + TownRow(2, "Two"));
  Take(kTownHeader + TownRow(1, std::string(kCanary) + " Ltd") + TownRow(2, "Two"));
  ASSERT_OK_AND_ASSIGN(const uint64_t erased, node::EraseRecord(context, IdOf(1)));
  EXPECT_EQ(erased, 2u);
  EXPECT_EQ(Records().size(), 1u);
  for (const node::RecordView& view : HistoryOf(1)) {
    EXPECT_EQ(view.form, store::Form::kErased);
    EXPECT_EQ(NameOfView(view), "");
  }
  EXPECT_CODE(Code::NOT_FOUND, node::EraseRecord(context, IdOf(1)));
  EXPECT_CODE(Code::NOT_FOUND, node::EraseRecord(context, IdOf(99)));
  ExpectExportVerifies();
  EXPECT_NE(RunShell("grep -q Canary '" + dir.File("export.jsonl") + "'").exit_code, 0);
  folder.reset();  // closed: what is left are the files
  EXPECT_NE(RunShell("grep -rqa Canary '" + dir.File("node") + "'").exit_code, 0);
  Reopen();
  Take(kTownHeader + TownRow(1, "One again"));
  EXPECT_EQ(Shops().returned, 1u);
  EXPECT_EQ(HistoryOf(1)[0].version, 3u);
  ExpectExportVerifies();
}

TEST_F(IngestTest, TheAuditLogTellsWhoseRecordWasErasedAndNotWhich) {
  constexpr char kLei[] = "529900T8BM49AURSDO55";
  Use({});
  Take(kTownHeader + TownRow(1, "One", "A", std::string("S,2001-02-03,,") + kLei) +
       TownRow(2, "Two"));
  const std::string whose(context.identity->ForSubject("iso.lei", kLei).view());
  std::set<std::string> acts;
  for (const int id : {1, 2}) {
    ASSERT_OK(node::EraseRecord(context, IdOf(id)));
    const v1::AuditEvent event = LastEvent();
    EXPECT_EQ(event.type(), v1::RECORD_ERASED);
    EXPECT_EQ(event.count(), 1u);
    EXPECT_EQ(event.subject_ref(), id == 1 ? whose : "");
    EXPECT_EQ(event.correlation_id().size(), node::kCorrelationBytes);
    EXPECT_NE(event.correlation_id(), IdOf(id).view());
    acts.insert(event.correlation_id());
  }
  EXPECT_EQ(acts.size(), 2u);
  ExpectExportVerifies();
}

TEST_F(IngestTest, AProofHoldsAndShowsOnlyTheLayersAskedFor) {
  Use({});
  Take(TownFile(9) + TownRow(10, "Ten", "A", "S,2001-02-03,5元,"));
  ASSERT_OK_AND_ASSIGN(v1::RecordProof proof,
                       node::ProveRecord(context, IdOf(10), {true, false, false}));
  EXPECT_THAT(proof.entry().public_layer().content(), HasSubstr("Ten"));
  EXPECT_EQ(proof.entry().government_layer().content(), "");
  EXPECT_NE(proof.entry().government_layer().hash(), "");
  const std::string key = context.signer->public_key_der();
  ASSERT_OK_AND_ASSIGN(const ledger::ProvenEntry proven, ledger::VerifyProof(proof, key));
  EXPECT_TRUE(proven.key_trusted);
  EXPECT_EQ(proven.stream_size, 10u);
  EXPECT_EQ(proven.checkpoint.origin, context.origin);
  std::string content = proof.entry().public_layer().content();
  content.replace(content.find("Ten"), 3, "Tom");
  proof.mutable_entry()->mutable_public_layer()->set_content(content);
  EXPECT_CODE(Code::PROOF_INVALID, ledger::VerifyProof(proof, key));
  EXPECT_CODE(Code::NOT_FOUND, node::ProveRecord(context, IdOf(99), {true, false, false}));
}

TEST_F(IngestTest, TheProofOfAnErasedRecordShowsNothing) {
  Use({});
  Take(TownFile(4));
  ASSERT_OK(node::EraseRecord(context, IdOf(2)));
  ASSERT_OK_AND_ASSIGN(const v1::RecordProof proof,
                       node::ProveRecord(context, IdOf(2), {true, true, true}));
  EXPECT_NE(proof.entry().leaf_hash(), "");
  EXPECT_EQ(proof.entry().public_layer().content(), "");
  EXPECT_OK(ledger::VerifyProof(proof, std::nullopt));
}

TEST_F(IngestTest, AnExportOfOneItemHasItsStreamsAndTheAuditLog) {
  Use({});
  Take(TownFile(3));
  std::string lines;
  ASSERT_OK_AND_ASSIGN(const node::ExportCounts counts,
                       node::ExportStreams(context, "test.other", [&](std::string_view line) {
                         lines += std::string(line) + "\n";
                         return absl::OkStatus();
                       }));
  EXPECT_EQ(counts.streams, 1u);
  EXPECT_THAT(lines, ::testing::Not(HasSubstr("\"entry_type\":\"PUT\"")));
  EXPECT_CODE(Code::IO_ERROR, node::ExportStreams(context, "", [&](std::string_view) {
                return MakeError(Code::IO_ERROR, "no room");
              }));
}

TEST_F(IngestTest, StoppedBetweenBatchesTheBalanceStillAddsUp) {
  Use({});
  progress = [](uint64_t, uint64_t) { return MakeError(Code::INTERRUPTED, "stopped"); };
  Take(TownFile(9000));
  EXPECT_CODE(Code::INTERRUPTED, sum.outcome);
  EXPECT_EQ(sum.Attention(), Code::INTERRUPTED);
  EXPECT_GT(Rows().rows_new(), 0u);
  EXPECT_LT(Rows().rows_new(), 9000u);
  const uint64_t stored = Rows().rows_new();
  EXPECT_EQ(Totals().records_present, stored);
  progress = nullptr;
  Take(TownFile(9000));
  EXPECT_EQ(Rows().rows_unchanged(), stored);
  EXPECT_EQ(Rows().rows_new(), 9000 - stored);
}

}  // namespace
}  // namespace tombolo::testing
