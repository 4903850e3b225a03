// The packs of adapters/packs, each on its own sample and, where TOMBOLO_DATA names a folder with
// real files, on those: every row accounted for, the same file twice changes nothing, and the
// counts that the packs' READMEs state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "adapters/engine/golden.h"
#include "gateway/app/node_folder.h"
#include "gateway/app/packs.h"
#include "gateway/base/date.h"
#include "gateway/node/ingest.h"
#include "tests/support/assert_ok.h"
#include "tests/support/temp_dir.h"

namespace tombolo {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr char kOrigin[] = "spiffe://federation.example/test";

std::string SampleOf(const std::string& pack, const std::string& file) {
  return std::string(TOMBOLO_SOURCE_DIR) + "/adapters/packs/" + pack + "/sample/" + file;
}

std::string TextOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The files of a folder by name, in byte order.
std::vector<std::string> FilesIn(const std::string& folder, const std::string& suffix) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == suffix) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class PacksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    v1::NodeConfig config;
    config.set_origin(kOrigin);
    ASSERT_OK(app::NodeFolder::Make(dir_.File("node"), config));
    ASSERT_OK_AND_ASSIGN(folder_, app::NodeFolder::Open(dir_.File("node"), app::Access::kWrite));
    shelf_ = std::make_unique<app::PackShelf>(folder_->config());
  }

  void Load(const std::string& pack) { ASSERT_OK_AND_ASSIGN(pack_, shelf_->Load(pack)); }

  void Ingest(const std::string& path) {
    const std::string name = std::filesystem::path(path).filename().string();
    ASSERT_OK_AND_ASSIGN(const v1::Source* source, pack_->SourceForFile(name));
    ASSERT_NE(source, nullptr) << name;
    node::IngestRequest request;
    request.pack = pack_;
    request.driving = app::FileOf(*source, path);
    ASSERT_OK_AND_ASSIGN(summary_, node::Ingest(folder_->context(), request));
    ASSERT_OK(summary_.outcome);
    EXPECT_TRUE(summary_.Adds()) << name;
    EXPECT_THAT(summary_.unused_columns, IsEmpty()) << name;
  }

  // What a second run over the same file must say.
  void ExpectNothingNew() {
    const v1::Balance& b = summary_.balance;
    EXPECT_EQ(b.rows_new(), 0u);
    EXPECT_EQ(b.rows_changed(), 0u);
    EXPECT_EQ(summary_.quarantined_anew, 0u);
    for (const auto& [item, counts] : summary_.items) {
      EXPECT_EQ(counts.fresh + counts.returned + counts.changed + counts.retracted, 0u) << item;
    }
  }

  const node::ItemCounts& Of(const std::string& item) { return summary_.items[item]; }

  testing::TempDir dir_;
  std::unique_ptr<app::NodeFolder> folder_;
  std::unique_ptr<app::PackShelf> shelf_;
  std::shared_ptr<const engine::Pack> pack_;
  node::IngestSummary summary_;
};

TEST_F(PacksTest, LintHasNothingToSay) {
  for (const auto& [name, folder] : shelf_->All()) {
    ASSERT_OK_AND_ASSIGN(const std::vector<engine::LintFinding> findings, shelf_->Lint(folder));
    for (const engine::LintFinding& finding : findings) {
      ADD_FAILURE() << name << ": " << finding.where << ": " << finding.message;
    }
  }
}

// What the packs make of their samples, value by value. After a change that is meant, look at what
// differs and write the files anew with TOMBOLO_WRITE_GOLDEN=1.
TEST_F(PacksTest, SamplesBecomeTheirGoldenOutput) {
  const std::optional<int32_t> today = ParseIsoDate("2026-01-01");
  int samples = 0;
  for (const auto& [name, folder] : shelf_->All()) {
    Load(name);
    for (const auto& sample : std::filesystem::directory_iterator(folder + "/sample")) {
      const std::string file = sample.path().filename().string();
      ASSERT_OK_AND_ASSIGN(const v1::Source* source, pack_->SourceForFile(file));
      ASSERT_NE(source, nullptr) << file;
      ASSERT_OK_AND_ASSIGN(
          const std::string actual,
          engine::RenderGolden(*pack_, app::FileOf(*source, sample.path().string()), {}, today));
      const std::string golden = folder + "/golden/" + file + ".jsonl";
      if (std::getenv("TOMBOLO_WRITE_GOLDEN") != nullptr) {
        std::ofstream(golden, std::ios::binary) << actual;
      }
      EXPECT_OK(engine::CompareGolden(golden, TextOf(golden), actual));
      ++samples;
    }
  }
  EXPECT_GE(samples, 8);
}

TEST_F(PacksTest, ShanghaiSample) {
  Load("cn-registration-shanghai");
  Ingest(SampleOf("cn-registration-shanghai", "上海.csv"));
  const v1::Balance& b = summary_.balance;
  EXPECT_EQ(b.rows_read(), 18u);
  EXPECT_EQ(b.rows_new(), 9u);
  EXPECT_EQ(b.rows_merged(), 1u);  // the same row twice
  EXPECT_THAT(summary_.left_out, UnorderedElementsAre(Pair("individual_trader", 1)));
  EXPECT_THAT(summary_.quarantined,
              UnorderedElementsAre(Pair("USCC_CHECK", 1), Pair("DATE_INVALID", 1),
                                   Pair("AMOUNT_INVALID", 2), Pair("CODE_UNKNOWN", 2),
                                   Pair("KEY_DUPLICATE", 1)));
  Ingest(SampleOf("cn-registration-shanghai", "上海.csv"));
  ExpectNothingNew();
  EXPECT_EQ(summary_.balance.rows_unchanged(), 9u);
}

TEST_F(PacksTest, TorontoSampleChangesItsOutcomes) {
  Load("ca-toronto-dinesafe");
  Ingest(SampleOf("ca-toronto-dinesafe", "dinesafe.2020.csv"));
  EXPECT_EQ(summary_.balance.rows_read(), 15u);
  EXPECT_EQ(Of("ca.toronto.dinesafe.inspection").fresh, 8u);
  EXPECT_EQ(Of("ca.toronto.dinesafe.infraction").fresh, 12u);
  EXPECT_EQ(Of("ca.toronto.dinesafe.order").fresh, 1u);
  EXPECT_EQ(Of("ca.toronto.dinesafe.charge").fresh, 6u);
  // A charge without a section has no legal basis; two rows of a visit disagree about its result.
  EXPECT_THAT(summary_.quarantined,
              UnorderedElementsAre(Pair("BASIS_DOCUMENT_MISSING", 1), Pair("DATE_INVALID", 1),
                                   Pair("KEY_DUPLICATE", 2), Pair("CODE_UNKNOWN", 1)));
  Ingest(SampleOf("ca-toronto-dinesafe", "dinesafe.2021.csv"));
  EXPECT_EQ(Of("ca.toronto.dinesafe.charge").changed, 2u);  // one convicted, one withdrawn
  EXPECT_EQ(Of("ca.toronto.dinesafe.charge").unchanged, 2u);
  EXPECT_EQ(Of("ca.toronto.dinesafe.charge").fresh, 2u);
  // Upper and mixed case of one infraction are one record.
  EXPECT_EQ(Of("ca.toronto.dinesafe.infraction").fresh, 2u);
  EXPECT_EQ(Of("ca.toronto.dinesafe.infraction").unchanged, 5u);
  EXPECT_EQ(Of("ca.toronto.dinesafe.infraction").changed, 0u);
  Ingest(SampleOf("ca-toronto-dinesafe", "dinesafe.2021.csv"));
  ExpectNothingNew();
}

TEST_F(PacksTest, FhrsSampleInThreeSnapshots) {
  Load("uk-fhrs");
  Ingest(SampleOf("uk-fhrs", "FHRS909en-GB.2020-09-13.xml"));
  EXPECT_EQ(Of("uk.fhrs.establishment").fresh, 7u);
  EXPECT_EQ(Of("uk.fhrs.rating").fresh, 4u);
  EXPECT_EQ(summary_.left_out["private_home"], 1u);
  Ingest(SampleOf("uk-fhrs", "FHRS909en-GB.2020-10-18.xml"));
  EXPECT_EQ(Of("uk.fhrs.establishment").fresh, 1u);
  EXPECT_EQ(Of("uk.fhrs.establishment").retracted, 2u);
  EXPECT_EQ(Of("uk.fhrs.rating").fresh, 1u);    // what awaited its inspection
  EXPECT_EQ(Of("uk.fhrs.rating").changed, 1u);  // a new result is pending
  EXPECT_EQ(Of("uk.fhrs.rating").retracted, 1u);
  Ingest(SampleOf("uk-fhrs", "FHRS909en-GB.2020-11-15.xml"));
  EXPECT_EQ(Of("uk.fhrs.establishment").returned, 1u);
  EXPECT_EQ(Of("uk.fhrs.rating").returned, 1u);
  EXPECT_EQ(Of("uk.fhrs.rating").changed, 1u);
  Ingest(SampleOf("uk-fhrs", "FHRS909en-GB.2020-11-15.xml"));
  ExpectNothingNew();
}

TEST_F(PacksTest, SeoulSample) {
  Load("kr-seoul-exemplary");
  Ingest(SampleOf("kr-seoul-exemplary", "서울시 강남구 모범음식점 지정 현황.csv"));
  EXPECT_EQ(summary_.encoding, "CP949");
  EXPECT_EQ(summary_.balance.rows_new(), 4u);
  EXPECT_THAT(summary_.quarantined,
              UnorderedElementsAre(Pair("DATE_INVALID", 1), Pair("ID_INVALID", 1),
                                   Pair("PROVIDER_NOT_ENTITLED", 1), Pair("CODE_UNKNOWN", 1)));
  // Another district, without the telephone column: it says nothing of the first one's honours.
  Ingest(SampleOf("kr-seoul-exemplary", "서울시 서대문구 모범음식점 지정 현황.csv"));
  EXPECT_EQ(summary_.balance.rows_new(), 2u);
  EXPECT_EQ(summary_.balance.rows_merged(), 1u);  // entered again at a later application
  EXPECT_EQ(Of("kr.food.exemplary_restaurant").retracted, 0u);
  Ingest(SampleOf("kr-seoul-exemplary", "서울시 서대문구 모범음식점 지정 현황.csv"));
  ExpectNothingNew();
}

// --- real files

struct Expected {
  uint64_t rows = 0;
  uint64_t records = 0;  // new ones, of all items
};

class RealFilesTest : public PacksTest {
 protected:
  // All files of the pack's folder, each twice. Skips the test where there are none.
  void IngestAll(const std::string& pack, const std::string& suffix, Expected* out) {
    const char* const data = std::getenv("TOMBOLO_DATA");
    const std::string folder = data == nullptr ? "" : std::string(data) + "/" + pack;
    if (folder.empty() || !std::filesystem::is_directory(folder)) {
      GTEST_SKIP() << "no real files: TOMBOLO_DATA is not set or has no folder " << pack;
    }
    Load(pack);
    for (const std::string& file : FilesIn(folder, suffix)) {
      Ingest(file);
      out->rows += summary_.balance.rows_read();
      for (const auto& [item, counts] : summary_.items) out->records += counts.fresh;
      EXPECT_EQ(summary_.balance.rows_quarantined(), 0u) << file;
      Ingest(file);
      ExpectNothingNew();
    }
  }
};

TEST_F(RealFilesTest, Shanghai) {
  Expected got;
  IngestAll("cn-registration-shanghai", ".csv", &got);
  if (IsSkipped()) return;
  EXPECT_EQ(got.rows, 11018u);
  EXPECT_EQ(got.records, 11018u);
}

TEST_F(RealFilesTest, Toronto) {
  Expected got;
  IngestAll("ca-toronto-dinesafe", ".csv", &got);
  if (IsSkipped()) return;
  EXPECT_EQ(got.rows, 11714u + 9070u);
  EXPECT_EQ(got.records, (8021u + 7040 + 5 + 49) + (6469 + 5088 + 11 + 43));
}

TEST_F(RealFilesTest, Fhrs) {
  Expected got;
  IngestAll("uk-fhrs", ".xml", &got);
  if (IsSkipped()) return;
  EXPECT_EQ(got.rows, 809u + 1088 + 1021 + 1082 + 1346);
  EXPECT_EQ(got.records, (809u + 720) + (1088 + 921) + (18 + 10) + (24 + 8) + (1346 + 1212));
}

TEST_F(RealFilesTest, Seoul) {
  Expected got;
  IngestAll("kr-seoul-exemplary", ".csv", &got);
  if (IsSkipped()) return;
  EXPECT_EQ(got.rows, 3295u);
  EXPECT_EQ(got.records, 3249u);
}

}  // namespace
}  // namespace tombolo
