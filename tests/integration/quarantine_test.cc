// Rows that wait: held once, told with everything that is wrong with them, let go when they are
// sound, taken again when the pack was mended.
#include <gmock/gmock.h>

#include "gateway/base/limits.h"
#include "gateway/node/replay.h"
#include "tests/integration/town.h"

namespace tombolo::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kBadKind[] = "X,2001-02-03,,";

class QuarantineTest : public Town {
 protected:
  void Replay(const std::vector<uint64_t>& ids = {}) {
    ASSERT_OK_AND_ASSIGN(out, node::Replay(context, pack, {}, ids));
    EXPECT_EQ(out.tried, out.released + out.still_bad + out.not_replayable);
    for (const node::IngestSummary& run : out.runs) EXPECT_TRUE(run.Adds());
  }
  node::ReplayOutcome out;
};

TEST_F(QuarantineTest, ARowIsHeldOnceHoweverOftenItIsRead) {
  Use({});
  const std::string file = kTownHeader + TownRow(1, "Bad", "A", kBadKind);
  for (int run = 0; run < 3; ++run) {
    Take(file);
    EXPECT_EQ(sum.quarantined_anew, run == 0 ? 1u : 0u);
    EXPECT_EQ(Rows().rows_quarantined(), 1u);
    EXPECT_EQ(Quarantined().size(), 1u);
  }
  EXPECT_EQ(Quarantined()[0].ingest, 3u);  // told by the latest run
}

TEST_F(QuarantineTest, ARowIsToldWithFileRowColumnValueAndAllItsFaults) {
  Use({});
  Take(kTownHeader + TownRow(1, "Fine") +
       TownRow(2, "", "A", "X,2001-02-30,1.2345678元,529900T8BM49AURSDO56"));
  const std::vector<store::QuarantineRow> held = Quarantined();
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].file, "shops.csv");
  EXPECT_EQ(held[0].row_number, 2u);
  EXPECT_EQ(held[0].line, 3u);
  EXPECT_EQ(held[0].pack, "town@1");
  EXPECT_EQ(held[0].query, "shop");
  std::map<std::string, Fault> by_code;
  for (const Fault& fault : held[0].faults) {
    by_code[std::string(NameOf(fault.code))] = fault;
    EXPECT_NE(fault.reason, "");
  }
  EXPECT_EQ(by_code.count("FIELD_REQUIRED"), 1u);
  EXPECT_EQ(by_code["CODE_UNKNOWN"].value, "X");
  EXPECT_EQ(by_code["CODE_UNKNOWN"].column, "premises.kind");
  EXPECT_EQ(by_code["DATE_INVALID"].value, "2001-02-30");
  EXPECT_EQ(by_code["AMOUNT_INVALID"].value, "1.2345678元");
  EXPECT_EQ(by_code["LEI_INVALID"].value, "529900T8BM49AURSDO56");
  EXPECT_EQ(by_code.size(), 5u);
}

TEST_F(QuarantineTest, MoreRowsThanOnePageHolds) {
  Use({});
  constexpr int kRows = limits::kPageEntriesMax + 1;
  const auto file_of = [](const std::string& cells) {
    std::string file = kTownHeader;
    for (int id = 1; id <= kRows; ++id) file += TownRow(id, "Bad", "A", cells);
    return file;
  };
  for (const bool again : {false, true}) {
    Take(file_of(kBadKind));
    EXPECT_EQ(Rows().rows_quarantined(), static_cast<uint64_t>(kRows));
    EXPECT_EQ(sum.quarantined_anew, again ? 0u : static_cast<uint64_t>(kRows));
    EXPECT_EQ(Quarantined().size(), static_cast<size_t>(kRows));
  }
  Take(file_of("S,2001-02-03,,"));
  EXPECT_EQ(sum.released, static_cast<uint64_t>(kRows));
  EXPECT_TRUE(Quarantined().empty());
}

TEST_F(QuarantineTest, AMendedFileLetsTheRowGo) {
  Use({});
  Take(kTownHeader + TownRow(1, "One", "A", kBadKind) + TownRow(2, "Two", "A", kBadKind));
  Take(kTownHeader + TownRow(1, "One") + TownRow(2, "Two", "A", kBadKind));
  EXPECT_EQ(sum.released, 1u);
  EXPECT_EQ(sum.quarantined_anew, 0u);
  ASSERT_EQ(Quarantined().size(), 1u);
  EXPECT_THAT(Quarantined()[0].raw, HasSubstr("Two"));
}

TEST_F(QuarantineTest, AFileThatBreaksOffLetsNothingGo) {
  Use({});
  Take(kTownHeader + TownRow(1, "One", "A", kBadKind));
  Take(kTownHeader + TownRow(1, "One") + "2,\"Tw");
  EXPECT_FALSE(sum.outcome.ok());
  EXPECT_EQ(sum.released, 0u);
  EXPECT_GE(Quarantined().size(), 1u);
}

TEST_F(QuarantineTest, AnotherFilesRowsStay) {
  Use({});
  Take(kTownHeader + TownRow(1, "One", "A", kBadKind), {}, "shops-1.csv");
  Take(TownFile(3), {}, "shops-2.csv");
  EXPECT_EQ(sum.released, 0u);
  EXPECT_EQ(Quarantined().size(), 1u);
}

TEST_F(QuarantineTest, AfterThePackWasMendedRowsAreTakenFromQuarantine) {
  Use({});
  Take(TownFile(2) + TownRow(3, "Kiosk", "A", "K,2001-02-03,,") +
       TownRow(4, "Other", "A", kBadKind));
  Use({.version = 2, .kinds = "S,Shop\nK,Kiosk\n"});
  Replay();
  EXPECT_EQ(out.tried, 2u);
  EXPECT_EQ(out.released, 1u);
  EXPECT_EQ(out.still_bad, 1u);
  ASSERT_EQ(Quarantined().size(), 1u);
  EXPECT_EQ(Quarantined()[0].row_number, 4u);  // as in the file, not as replayed
  EXPECT_EQ(Quarantined()[0].line, 5u);
  EXPECT_EQ(Records().count("Kiosk"), 1u);
  EXPECT_EQ(Records().size(), 3u);
  ExpectExportVerifies();
}

TEST_F(QuarantineTest, ReplayOfOneRowLeavesTheOthersWaiting) {
  Use({});
  Take(kTownHeader + TownRow(1, "K1", "A", "K,2001-02-03,,") +
       TownRow(2, "K2", "A", "K,2001-02-03,,"));
  Use({.version = 2, .kinds = "K,Kiosk\n"});
  Replay({Quarantined()[1].id});
  EXPECT_EQ(out.released, 1u);
  ASSERT_EQ(Quarantined().size(), 1u);
  EXPECT_EQ(Quarantined()[0].row_number, 1u);
  EXPECT_EQ(Records().count("K1"), 0u);
  EXPECT_EQ(Records().count("K2"), 1u);
}

TEST_F(QuarantineTest, ReplayNeverRetracts) {
  Use({.snapshot = true});
  Take(TownFile(9) + TownRow(10, "Kiosk", "A", "K,2001-02-03,,"));
  Use({.snapshot = true, .version = 2, .kinds = "S,Shop\nK,Kiosk\n"});
  Replay();
  EXPECT_EQ(out.released, 1u);
  EXPECT_EQ(Records().size(), 10u);
}

TEST_F(QuarantineTest, RowsOfGroupsAreNotReplayed) {
  Use({.grouped = true});
  Take(kTownHeader + TownRow(1, "One", "A", kBadKind) + TownRow(2, "Two"));
  Replay();
  EXPECT_EQ(out.not_replayable, 1u);
  EXPECT_EQ(out.released, 0u);
  EXPECT_EQ(Quarantined().size(), 1u);
}

TEST_F(QuarantineTest, RowsThatCouldNotBeCutAreNotReplayed) {
  Use({});
  Take(std::string(kTownHeader) + "1,ragged\n");
  Replay();
  EXPECT_EQ(out.not_replayable, 1u);
  EXPECT_EQ(Quarantined().size(), 1u);
}

// Alone, the second row of a key looks sound; only the file tells that it is not.
TEST_F(QuarantineTest, ASecondRowOfOneKeyIsNotReplayed) {
  Use({});
  Take(kTownHeader + TownRow(1, "first") + TownRow(1, "second"));
  Replay();
  EXPECT_EQ(out.not_replayable, 1u);
  EXPECT_EQ(Records().count("first"), 1u);
  EXPECT_EQ(HistoryOf(1).size(), 1u);
  EXPECT_EQ(Quarantined().size(), 1u);
}

// Two editions of a file may each have a bad row of the same number.
TEST_F(QuarantineTest, RowsOfTheSameNumberAreBothReplayed) {
  Use({});
  Take(kTownHeader + TownRow(1, "K1", "A", "K,2001-02-03,,"));
  Take(kTownHeader + TownRow(2, "K2", "A", "K,2001-02-03,,") + "3,\"br");  // nothing is released
  ASSERT_FALSE(sum.outcome.ok());
  Use({.version = 2, .kinds = "K,Kiosk\n"});
  Replay();
  EXPECT_EQ(Records().count("K1"), 1u);
  EXPECT_EQ(Records().count("K2"), 1u);
}

TEST_F(QuarantineTest, ReplayOfNothingSaysSo) {
  Use({});
  Take(TownFile(1));
  EXPECT_CODE(Code::NOT_FOUND, node::Replay(context, pack, {}, {}));
  Take(kTownHeader + TownRow(1, "One", "A", kBadKind));
  EXPECT_CODE(Code::NOT_FOUND, node::Replay(context, pack, {}, {4711}));
}

TEST_F(QuarantineTest, AValueIsCutForDisplayAndKeptInTheRow) {
  Use({});
  const std::string most(limits::kFaultValueBytesMax, 'x');
  Take(kTownHeader + TownRow(1, "One", "A", most + ",2001-02-03,,") +
       TownRow(2, "Two", "A", most + "y,2001-02-03,,"));
  const std::vector<store::QuarantineRow> held = Quarantined();
  ASSERT_EQ(held.size(), 2u);
  EXPECT_EQ(held[0].faults[0].value, most);
  EXPECT_LE(held[1].faults[0].value.size(), limits::kFaultValueBytesMax + 3);
  EXPECT_THAT(held[1].raw, HasSubstr(most + "y"));
}

}  // namespace
}  // namespace tombolo::testing
