// Rows that were accepted before need no second look, and nothing but the work is saved by it:
// every outcome is what a node without a trace gives.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "gateway/base/date.h"
#include "gateway/base/limits.h"
#include "gateway/node/erase.h"
#include "gateway/node/known_rows.h"
#include "gateway/node/source_trace.h"
#include "tests/integration/town.h"

namespace tombolo::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

node::TraceEntry EntryOf(char fill) {
  node::TraceEntry entry;
  entry.print.bytes.fill(fill);
  entry.stream = 300;
  entry.seq = 70000;
  entry.scope = 2;
  return entry;
}

TEST(SourceTrace, PartsReadBackAndDamageGivesNothing) {
  std::vector<node::TraceEntry> entries = {EntryOf('a'), EntryOf('b')};
  entries[0].holds_through = -40000;
  entries[1].holds_through = 40000;
  entries[1].warnings = {Code::USCC_CHECK, Code::DIVISION_UNKNOWN};
  entries[1].warnings_count = 2;
  const std::string bytes = node::EncodeTracePart(entries);
  EXPECT_EQ(node::DecodeTracePart(bytes), entries);
  EXPECT_EQ(node::DecodeTracePart(node::EncodeTracePart({})), std::vector<node::TraceEntry>());
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_EQ(node::DecodeTracePart(damaged), std::nullopt) << i;
    EXPECT_EQ(node::DecodeTracePart(bytes.substr(0, i)), std::nullopt) << i;
  }
}

TEST(SourceTrace, HeadingReadsBackAndDamageGivesNothing) {
  const node::TraceHeading heading{std::string(32, 'c'), 20000, 7, {{1, 10}, {900, 1}}, {{1, 4}}};
  const std::string bytes = node::EncodeTraceHeading(heading);
  EXPECT_EQ(node::DecodeTraceHeading(bytes), heading);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_EQ(node::DecodeTraceHeading(damaged), std::nullopt) << i;
    EXPECT_EQ(node::DecodeTraceHeading(bytes.substr(0, i)), std::nullopt) << i;
  }
}

class KnownRowsTest : public Town {
 protected:
  // Rows of the next run that are known.
  uint64_t Known() const { return sum.rows_known; }
  std::vector<uint64_t> Traces() {
    const auto traces = context.store->Traces();
    EXPECT_OK(traces);
    return *traces;
  }
  std::string Part(uint32_t part) {
    const auto bytes = context.store->ReadTrace(Traces().at(0), part);
    EXPECT_OK(bytes);
    return *bytes;
  }
  uint64_t Ticks() {
    const auto last = context.store->LastCheckpoint();
    EXPECT_OK(last);
    return (*last)->tick;
  }
};

TEST_F(KnownRowsTest, TheSameFileIsKnownRowByRow) {
  Use({});
  Take(TownFile(5));
  EXPECT_EQ(Known(), 0u);
  const std::string heading = Part(node::kTraceHeading);
  Take(TownFile(5));
  EXPECT_EQ(Known(), 5u);
  EXPECT_EQ(Rows().rows_unchanged(), 5u);
  EXPECT_EQ(Shops().unchanged, 5u);
  EXPECT_EQ(Part(node::kTraceHeading), heading);  // nothing new to write
}

TEST_F(KnownRowsTest, ChangedNewAndMissingRowsAreSeen) {
  Use({.snapshot = true, .scoped = false});
  Take(TownFile(20));
  const std::string file = kTownHeader + TownRow(21, "New") + TownRow(2, "Shop 2") +
                           TownRow(1, "Shop 1") + TownRow(3, "Renamed");
  std::string rest;
  for (int id = 4; id < 20; ++id) rest += TownRow(id, "Shop " + std::to_string(id));
  Take(file + rest);
  EXPECT_EQ(Known(), 18u);
  EXPECT_EQ(Shops().fresh, 1u);
  EXPECT_EQ(Shops().changed, 1u);
  EXPECT_EQ(Shops().unchanged, 18u);
  EXPECT_EQ(Shops().retracted, 1u);  // 20
  Take(file + rest);
  EXPECT_EQ(Known(), 20u);
  Take(file + rest + TownRow(20, "Shop 20"));
  EXPECT_EQ(Shops().returned, 1u);
  EXPECT_EQ(Known(), 20u);
}

TEST_F(KnownRowsTest, AnotherPackOrCatalogueJudgesAnew) {
  Use({});
  Take(TownFile(3));
  Use({.version = 2});
  Take(TownFile(3));
  EXPECT_EQ(Known(), 0u);
  EXPECT_EQ(Rows().rows_unchanged(), 3u);
  Use({.version = 2, .kinds = "M,Market\n"});
  Take(TownFile(3));
  EXPECT_EQ(Known(), 0u);
  EXPECT_EQ(Rows().rows_quarantined(), 3u);
  Use({.sharing_class = "GOVERNMENT", .version = 2});
  Take(TownFile(3));
  EXPECT_EQ(Shops().changed, 3u);
}

TEST_F(KnownRowsTest, AnotherProgramOrAnEarlierDayJudgesAnew) {
  Use({});
  Take(TownFile(3));
  context.program += "x";
  Take(TownFile(3));
  EXPECT_EQ(Known(), 0u);
  context.program.clear();
  Take(TownFile(3));
  EXPECT_EQ(Known(), 0u);
  context = folder->context();
  context.clock = &clock;
  Take(TownFile(3));
  Take(TownFile(3));
  EXPECT_EQ(Known(), 3u);
  clock.SetNowUs(clock.NowUs() - int64_t{2} * 86400 * 1000000);
  Take(TownFile(3));
  EXPECT_EQ(Known(), 0u);
}

TEST_F(KnownRowsTest, WhatAnotherFileChangedIsLookedAt) {
  Use({});
  Take(TownFile(3), {}, "shops1.csv");
  Take(kTownHeader + TownRow(2, "Renamed"), {}, "shops2.csv");
  EXPECT_EQ(Shops().changed, 1u);
  Take(TownFile(3), {}, "shops1.csv");
  EXPECT_EQ(Shops().changed, 1u);
  EXPECT_EQ(Shops().unchanged, 2u);
  EXPECT_THAT(HistoryOf(2), SizeIs(3));
}

TEST_F(KnownRowsTest, ARecordThatMovedToAnotherScopeIsLookedAt) {
  Use({.snapshot = true});
  Take(TownFile(4, "A"), {.delta = true}, "shops1.csv");
  Take(kTownHeader + TownRow(4, "Shop 4", "B"), {.delta = true}, "shops2.csv");
  EXPECT_EQ(Shops().unchanged, 1u);
  Take(TownFile(4, "A"), {.delta = true}, "shops1.csv");  // back to A
  Take(TownFile(3, "A"), {.yes = true});
  EXPECT_EQ(Shops().retracted, 1u);
}

TEST_F(KnownRowsTest, AMoveCountsAlsoInAFileThatEndsEarly) {
  Use({.snapshot = true});
  Take(TownFile(4, "A"), {.delta = true}, "shops1.csv");
  const std::string cut = kTownHeader + TownRow(4, "Shop 4", "B") + "\"5,no end of the quote";
  Take(cut, {.delta = true}, "shops1.csv");
  Take(TownFile(4, "A"), {.delta = true}, "shops1.csv");  // back to A
  EXPECT_EQ(Known(), 0u);
  Take(cut, {.delta = true}, "shops2.csv");
  Take(TownFile(4, "A"), {.delta = true}, "shops1.csv");
  EXPECT_EQ(Known(), 0u);
  Take(TownFile(3, "A"), {.yes = true});
  EXPECT_EQ(Shops().retracted, 1u);
}

TEST_F(KnownRowsTest, AnErasedRecordLeavesNoPrintAndComesAnew) {
  Use({});
  Take(TownFile(3));
  const std::string part = Part(1);
  const auto erased = node::EraseRecord(context, IdOf(2));
  ASSERT_OK(erased);
  EXPECT_THAT(Traces(), IsEmpty());
  Take(TownFile(3));
  EXPECT_EQ(Known(), 0u);
  EXPECT_EQ(Rows().rows_unchanged(), 2u);
  EXPECT_NE(Part(1), part);
}

TEST_F(KnownRowsTest, RowsOfOneKeyGoTheLongWay) {
  for (const char* policy : {"DUPLICATE_QUARANTINE", "DUPLICATE_LAST", "DUPLICATE_NEW_VERSION"}) {
    SCOPED_TRACE(policy);
    MakeNode(v1::IngestConfig());
    Use({.on_duplicate = policy});
    // Known A; then A between others of its key, before and after.
    Take(kTownHeader + TownRow(1, "A") + TownRow(2, "B"));
    const std::string file = kTownHeader + TownRow(1, "X") + TownRow(1, "A") + TownRow(2, "B") +
                             TownRow(2, "Y") + TownRow(1, "A");
    Take(file);
    const auto names = Records();
    std::vector<v1::Balance> balances = {sum.balance};
    const std::vector<store::QuarantineRow> held = Quarantined();
    // The same from a node that never knows a row.
    MakeNode(v1::IngestConfig());
    context.program.clear();
    Use({.on_duplicate = policy});
    Take(kTownHeader + TownRow(1, "A") + TownRow(2, "B"));
    Take(file);
    EXPECT_EQ(sum.balance.SerializeAsString(), balances[0].SerializeAsString());
    EXPECT_EQ(Quarantined().size(), held.size());
    ASSERT_EQ(Records().size(), names.size());
    for (const auto& [name, view] : Records()) {
      ASSERT_TRUE(names.contains(name)) << name;
      EXPECT_EQ(names.at(name).version, view.version) << name;
    }
  }
}

TEST_F(KnownRowsTest, AFileThatEndsEarlyLeavesNoHeading) {
  Use({});
  Take(TownFile(3));
  Take(TownFile(3) + "\"4,no end of the quote");
  EXPECT_EQ(Rows().rows_unchanged(), 3u);
  Take(TownFile(3));
  EXPECT_EQ(Rows().rows_unchanged(), 3u);
}

// Many parts, and rows that came, went and moved by more than the window looks ahead.
TEST_F(KnownRowsTest, LongFilesWithShiftedRows) {
  Use({.snapshot = true, .scoped = false});
  const int count = 4 * static_cast<int>(node::KnownRows::kPartEntries) + 100;
  std::vector<std::string> rows;
  for (int id = 1; id <= count; ++id) rows.push_back(TownRow(id, "Shop " + std::to_string(id)));
  const auto file = [&rows] {
    std::string all = kTownHeader;
    for (const std::string& row : rows) all += row;
    return all;
  };
  Take(file());
  Take(file());
  EXPECT_EQ(Known(), static_cast<uint64_t>(count));
  // The first fifty go to the end, ten are new at the front.
  std::rotate(rows.begin(), rows.begin() + 50, rows.end());
  for (int i = 1; i <= 10; ++i) rows.insert(rows.begin(), TownRow(count + i, "New"));
  Take(file());
  EXPECT_EQ(Rows().rows_new(), 10u);
  EXPECT_EQ(Rows().rows_unchanged(), static_cast<uint64_t>(count));
  EXPECT_GE(Known(), static_cast<uint64_t>(count) - 50);
  Take(file());
  EXPECT_EQ(Known(), static_cast<uint64_t>(count) + 10);
  EXPECT_EQ(Rows().rows_unchanged(), static_cast<uint64_t>(count) + 10);
}

// What the verdict was worth is kept with the row: its last day, and warnings that count each time.
TEST_F(KnownRowsTest, AVerdictEndsAndWarningsAreCountedAgain) {
  Use({});
  Take(TownFile(3));
  std::optional<std::vector<node::TraceEntry>> entries = node::DecodeTracePart(Part(1));
  ASSERT_TRUE(entries.has_value());
  ASSERT_EQ(entries->size(), 3u);
  const int32_t today = DaysFromUs(clock.NowUs());
  (*entries)[0].holds_through = today - 1;
  (*entries)[1].holds_through = today;
  (*entries)[2].warnings[(*entries)[2].warnings_count++] = Code::DIVISION_UNKNOWN;
  store::Tick tick;
  tick.trace_parts = {{Traces().at(0), 1, node::EncodeTracePart(*entries)}};
  ASSERT_OK(context.store->Commit(tick));
  Take(TownFile(3));
  EXPECT_EQ(Known(), 2u);
  EXPECT_EQ(Rows().rows_unchanged(), 3u);
  EXPECT_EQ(sum.warnings, (std::map<std::string, uint64_t>{{"DIVISION_UNKNOWN", 1}}));
}

// The warnings of the first reading are those of every later one.
TEST_F(KnownRowsTest, KnownRowsWarnAsTheyDid) {
  UseShipped("cn-registration-shanghai");
  const std::string folder = TOMBOLO_SOURCE_DIR "/adapters/packs/cn-registration-shanghai/sample/";
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".csv") continue;
    std::ifstream in(file.path(), std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(in), {}};
    // A credit code whose own check character is right and that of the code within is not.
    content = std::regex_replace(content, std::regex("91[0-9]{6}[0-9A-Z]{10}"),
                                 "91310115M0000000EJ", std::regex_constants::format_first_only);
    const std::string name = file.path().filename().string();
    Take(content, {}, name);
    const std::map<std::string, uint64_t> warnings = sum.warnings;
    EXPECT_EQ(warnings.at("USCC_CHECK"), 1u);
    Take(content, {}, name);
    EXPECT_GT(Known(), 0u);
    EXPECT_EQ(Known(), Rows().rows_unchanged());
    EXPECT_EQ(sum.warnings, warnings);
    ++files;
  }
  EXPECT_EQ(files, 1);
}

TEST_F(KnownRowsTest, ADamagedPartIsReadPast) {
  Use({});
  Take(TownFile(3));
  store::Tick tick;
  tick.trace_parts = {{Traces().at(0), 1, "damaged"}};
  ASSERT_OK(context.store->Commit(tick));
  Take(TownFile(3));
  EXPECT_EQ(Known(), 0u);
  EXPECT_EQ(Rows().rows_unchanged(), 3u);
  Take(TownFile(3));
  EXPECT_EQ(Known(), 3u);
}

}  // namespace
}  // namespace tombolo::testing
