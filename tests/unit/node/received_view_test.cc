// Records of other origins beside own ones: looked at with what is withheld, and left alone by what
// is about own records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/node/erase.h"
#include "gateway/node/export.h"
#include "gateway/node/inspect.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/node/fixture.h"

namespace tombolo::node {
namespace {

class ReceivedViewTest : public NodeTest {
 protected:
  void Hold(store::LayerMask layers) {
    ReceiveOne(writer_.get(), layers, theirs_);
    writer_->Audit(Exported());
    ASSERT_OK(writer_->Commit());
  }
  std::vector<RecordId> List(const std::string& origin) {
    std::vector<RecordId> ids;
    auto inspector = Inspector::Open(context_);
    EXPECT_OK(inspector);
    RecordFilter filter;
    filter.origin = origin;
    EXPECT_OK(inspector->List(filter, [&](const RecordView& view) {
      ids.push_back(view.id);
      return true;
    }));
    return ids;
  }
  const RecordId theirs_ = IdOf(77);
};

TEST_F(ReceivedViewTest, LayersThatAreHashesAreWithheld) {
  for (const store::LayerMask layers : {1, 3, 5, 7}) {
    SetUp();
    Hold(layers);
    ASSERT_OK_AND_ASSIGN(Inspector inspector, Inspector::Open(context_));
    ASSERT_OK_AND_ASSIGN(const RecordView view, inspector.Show(theirs_));
    EXPECT_EQ(view.shown, layers);
    EXPECT_TRUE(view.received);
    EXPECT_TRUE(view.present);
    EXPECT_EQ(view.delivery.peer, kOther);
    EXPECT_EQ(view.ingest.number, 0u);
    EXPECT_EQ(view.header.record_id(), theirs_.view());
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(view.layers[i].fields_size(), store::Has(layers, i) ? 1 : 0);
    }
    ASSERT_OK_AND_ASSIGN(const auto history, inspector.History(theirs_));
    EXPECT_EQ(history.size(), 1u);
    ASSERT_OK_AND_ASSIGN(const store::EntryPage page,
                         store_->ReadEntries(Streams().back().number, 1, 1));
    const v1::StreamEntry entry = ToStreamEntry(page.entries.at(0));
    EXPECT_EQ(entry.public_layer().content().empty(), !store::Has(layers, 0));
    EXPECT_EQ(entry.limited_layer().hash().empty(), store::Has(layers, 2));
  }
}

TEST_F(ReceivedViewTest, AListIsOfOwnRecordsUnlessAskedForOthers) {
  Hold(1);
  PutOne(writer_.get(), "a", 1);
  ASSERT_OK(writer_->Commit());
  EXPECT_EQ(List(""), std::vector<RecordId>{IdOf(1)});
  EXPECT_EQ(List(kOther), std::vector<RecordId>{theirs_});
  EXPECT_TRUE(List("spiffe://federation.example/none").empty());
  EXPECT_EQ(List("*").size(), 2u);
}

TEST_F(ReceivedViewTest, AnExportIsOfOwnStreams) {
  Hold(1);
  PutOne(writer_.get(), "a", 1);
  ASSERT_OK(writer_->Commit());
  std::string lines;
  ASSERT_OK_AND_ASSIGN(const ExportCounts counts,
                       ExportStreams(context_, "", [&](std::string_view line) {
                         lines.append(line).append("\n");
                         return absl::OkStatus();
                       }));
  EXPECT_EQ(counts.streams, 2u);  // the audit log and the own one
  EXPECT_EQ(lines.find(kOther), std::string::npos);
}

TEST_F(ReceivedViewTest, WhatWasReceivedIsExportedAndProvedUnderASignedHeadOnly) {
  const auto write = [](std::string_view) { return absl::OkStatus(); };
  const auto none = ExportReceived(context_, kOther, "", write);
  EXPECT_CODE(Code::NOT_FOUND, none);
  EXPECT_THAT(none.status().message(), ::testing::HasSubstr("holds nothing of"));
  Hold(1);  // without a head
  const auto unproved = ExportReceived(context_, kOther, "", write);
  EXPECT_CODE(Code::NOT_FOUND, unproved);
  EXPECT_THAT(unproved.status().message(), ::testing::HasSubstr("head"));
  EXPECT_CODE(Code::NOT_FOUND, ProveRecord(context_, theirs_, {true, false, false}));
}

TEST_F(ReceivedViewTest, OnlyItsOriginErasesARecord) {
  Hold(3);
  const uint64_t tick = LastTick();
  EXPECT_CODE(Code::NOT_PERMITTED, EraseRecord(context_, theirs_));
  EXPECT_EQ(LastTick(), tick);
  PutOne(writer_.get(), "a", 1);
  ASSERT_OK(writer_->Commit());
  EXPECT_OK(EraseRecord(context_, IdOf(1)));
  ExpectHeadsVerify();
}

}  // namespace
}  // namespace tombolo::node
