// What bad files get: a sentence that says what and where, nothing half-stored, and an exit code
// only where somebody must act.
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "gateway/base/limits.h"
#include "gateway/store/sqlite/sqlite_store.h"
#include "tests/integration/town.h"

namespace tombolo::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

std::string Message(const node::IngestSummary& sum) { return Describe(sum.outcome); }

class BadInputTest : public Town {
 protected:
  void SetUp() override {
    Town::SetUp();
    Use({.snapshot = true});
    Take(TownFile(8));
    before_ = Totals();
  }
  // The file was refused with `code`, the message names it, and no record moved.
  void ExpectRefused(Code code, const std::string& file = "shops.csv") {
    EXPECT_CODE(code, sum.outcome);
    EXPECT_THAT(Message(sum), HasSubstr(file));
    EXPECT_EQ(sum.Attention(), code);
    EXPECT_EQ(InfoOf(sum.Attention()).exit_code, 3);
    ExpectNoRecordMoved();
  }
  void ExpectNoRecordMoved() {
    EXPECT_EQ(Totals().records_present, before_.records_present);
    EXPECT_EQ(Totals().records_gone, before_.records_gone);
    for (const node::SnapshotOutcome& outcome : sum.snapshots) EXPECT_FALSE(outcome.retracted);
  }
  // Row 9 of TownFile(8) + one bad row.
  Fault TakeWithBadRow(const std::string& row) {
    Take(TownFile(8) + row);
    EXPECT_OK(sum.outcome);
    EXPECT_EQ(Rows().rows_unchanged(), 8u);
    EXPECT_EQ(Rows().rows_quarantined(), 1u);
    ExpectNoRecordMoved();
    const std::vector<store::QuarantineRow> held = Quarantined();
    EXPECT_EQ(held.size(), 1u);
    if (held.empty()) return Fault();
    EXPECT_EQ(held[0].row_number, 9u);
    EXPECT_EQ(held[0].line, 10u);
    EXPECT_EQ(InfoOf(sum.Attention()).exit_code, 3);
    EXPECT_NE(held[0].faults.at(0).reason, "");
    return held[0].faults.at(0);
  }
  store::Totals before_;
};

TEST_F(BadInputTest, AnEmptyFile) {
  Take("");
  ExpectRefused(Code::FILE_EMPTY);
}

TEST_F(BadInputTest, AnUndecodableByteHoldsItsRowOnly) {
  const Fault fault = TakeWithBadRow(TownRow(9, "Caf\xE9 \xFF"));
  EXPECT_EQ(fault.code, Code::ENCODING_INVALID);
  EXPECT_EQ(fault.column, "name");
}

TEST_F(BadInputTest, AWholeFileOfAnotherEncoding) {
  UseShipped("kr-seoul-exemplary");  // says CP949
  TakeFile(dir.Write("서울시 강남구 모범음식점.csv", "시군구코드,지정년도\n3220000,2001\n"), {});
  EXPECT_CODE(Code::ENCODING_INVALID, sum.outcome);
  EXPECT_THAT(Message(sum), HasSubstr("CP949"));
}

TEST_F(BadInputTest, ATruncatedFile) {
  Take(TownFile(3) + "4,\"Shop 4,A,S,");
  ExpectRefused(Code::FILE_TRUNCATED);
  EXPECT_EQ(Rows().rows_unchanged(), 3u);
  Take(TownFile(8));
  EXPECT_EQ(Rows().rows_unchanged(), 8u);
}

TEST_F(BadInputTest, ATruncatedArchive) {
  const std::string plain = dir.Write("shops.csv", TownFile(20000));
  ASSERT_EQ(RunShell("cd '" + dir.path().string() + "' && gzip -k shops.csv && python3 -m zipfile" +
                     " -c shops.zip shops.csv")
                .exit_code,
            0);
  for (const char* name : {"shops.csv.gz", "shops.zip"}) {
    const std::string whole = dir.Read(name);
    Take(whole.substr(0, whole.size() / 2), {}, "shops-cut");
    EXPECT_THAT(CodeOf(sum.outcome), AnyOf(Code::FILE_TRUNCATED, Code::ARCHIVE_INVALID)) << name;
    EXPECT_THAT(Message(sum), HasSubstr("shops-cut"));
    EXPECT_EQ(InfoOf(sum.Attention()).exit_code, 3);
    EXPECT_EQ(Totals().records_gone, 0u);
  }
  Take(dir.Read("shops.csv.gz"), {}, "shops-whole");
  EXPECT_OK(sum.outcome);
  EXPECT_EQ(Rows().rows_read(), 20000u);
  Take(dir.Read("shops.zip"), {}, "shops-whole");
  EXPECT_OK(sum.outcome);
  EXPECT_EQ(Rows().rows_unchanged(), 20000u);
}

TEST_F(BadInputTest, AHeaderThatIsMissing) {
  Take("1,Shop 1,A,S,2001-02-03,,\n2,Shop 2,A,S,2001-02-03,,\n");
  ExpectRefused(Code::HEADER_MISSING);
}

TEST_F(BadInputTest, AColumnThatWasRenamed) {
  std::string file = TownFile(8);
  file.replace(file.find("opened"), 6, "opened_on");
  Take(file);
  ExpectRefused(Code::HEADER_MISSING);
  EXPECT_THAT(Message(sum), HasSubstr("opened"));
}

TEST_F(BadInputTest, DuplicateKeysInOneFile) {
  const Fault fault = TakeWithBadRow(TownRow(8, "Shop eight"));
  EXPECT_EQ(fault.code, Code::KEY_DUPLICATE);
  EXPECT_THAT(fault.reason, HasSubstr("on_duplicate"));
}

TEST_F(BadInputTest, ADateThatDoesNotExist) {
  for (const char* date : {"2001-02-29", "2001-02-30", "2001-13-01", "2001-00-10", "0000-01-01"}) {
    const Fault fault = TakeWithBadRow(TownRow(9, "Nine", "A", "S," + std::string(date) + ",,"));
    EXPECT_EQ(fault.code, Code::DATE_INVALID) << date;
    EXPECT_EQ(fault.value, date);
    EXPECT_EQ(fault.column, "valid_from");
  }
}

TEST_F(BadInputTest, ACheckDigitOffByOne) {
  Take(TownFile(8) + TownRow(9, "Nine", "A", "S,2001-02-03,,529900T8BM49AURSDO55"));
  EXPECT_EQ(Rows().rows_new(), 1u);
  before_ = Totals();
  std::string file = TownFile(8) + TownRow(9, "Nine", "A", "S,2001-02-03,,529900T8BM49AURSDO56");
  Take(file);
  ExpectNoRecordMoved();
  ASSERT_EQ(Quarantined().size(), 1u);
  EXPECT_EQ(Quarantined()[0].faults[0].code, Code::LEI_INVALID);
  EXPECT_EQ(Quarantined()[0].faults[0].value, "529900T8BM49AURSDO56");
  EXPECT_EQ(HistoryOf(9).size(), 1u);
}

TEST_F(BadInputTest, AmountsWithSixDecimalsFitAndSevenDoNot) {
  Take(TownFile(8) + TownRow(9, "Nine", "A", "S,2001-02-03,0.123456万元,"));
  EXPECT_EQ(Rows().rows_new(), 1u);
  before_ = Totals();
  Take(TownFile(8) + TownRow(9, "Nine", "A", "S,2001-02-03,0.1234567万元,"));
  ExpectNoRecordMoved();
  ASSERT_EQ(Quarantined().size(), 1u);
  EXPECT_EQ(Quarantined()[0].faults[0].code, Code::AMOUNT_INVALID);
  EXPECT_EQ(Quarantined()[0].faults[0].column, "capital");
}

TEST_F(BadInputTest, AnXmlBomb) {
  UseShipped("uk-fhrs");
  std::string bomb = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a0 \"boom\">";
  for (int i = 1; i < 12; ++i) {
    bomb += "<!ENTITY a" + std::to_string(i) + " \"";
    for (int j = 0; j < 10; ++j) bomb += "&a" + std::to_string(i - 1) + ";";
    bomb += "\">";
  }
  bomb +=
      "]><FHRSEstablishment><EstablishmentCollection><EstablishmentDetail><FHRSID>&a11;"
      "</FHRSID></EstablishmentDetail></EstablishmentCollection></FHRSEstablishment>";
  Take(bomb, {}, "FHRS1.xml");
  ExpectRefused(Code::XML_ENTITY, "FHRS1.xml");
}

TEST_F(BadInputTest, XmlNestedAtTheLimitAndBeyond) {
  UseShipped("uk-fhrs");
  const auto nested = [](size_t depth) {
    std::string xml;
    for (size_t i = 0; i < depth; ++i) xml += "<a>";
    for (size_t i = 0; i < depth; ++i) xml += "</a>";
    return xml;
  };
  Take(nested(limits::kNestingMax), {}, "FHRS1.xml");
  EXPECT_NE(CodeOf(sum.outcome), Code::NESTING_TOO_DEEP) << Message(sum);
  Take(nested(limits::kNestingMax + 1), {}, "FHRS1.xml");
  ExpectRefused(Code::NESTING_TOO_DEEP, "FHRS1.xml");
}

TEST_F(BadInputTest, ACellAtTheLimitAndBeyond) {
  // A cell of the limit is read, but too long for a field of a record.
  Take(TownFile(8) + TownRow(9, std::string(limits::kCellBytesMax, 'x')));
  EXPECT_EQ(Rows().rows_quarantined(), 1u);
  EXPECT_EQ(sum.quarantined.count("CELL_TOO_LARGE"), 0u);
  const Fault fault = TakeWithBadRow(TownRow(9, std::string(limits::kCellBytesMax + 1, 'x')));
  EXPECT_EQ(fault.code, Code::CELL_TOO_LARGE);
}

TEST_F(BadInputTest, ARowAtTheLimitAndBeyond) {
  const auto row_of = [](size_t bytes) {
    const std::string cell(limits::kCellBytesMax, 'x');
    std::string row = "9," + cell + "," + cell + "," + cell + ",";
    row += std::string(bytes - row.size() - 2, '1');
    return row + ",,\n";
  };
  ASSERT_EQ(row_of(limits::kRowBytesMax).size(), limits::kRowBytesMax + 1);  // with its line end
  Take(TownFile(8) + row_of(limits::kRowBytesMax));  // read, and full of faults
  EXPECT_EQ(Rows().rows_quarantined(), 1u);
  EXPECT_EQ(sum.quarantined.count("ROW_TOO_LARGE"), 0u);
  EXPECT_EQ(TakeWithBadRow(row_of(limits::kRowBytesMax + 1)).code, Code::ROW_TOO_LARGE);
}

TEST_F(BadInputTest, AFieldAtTheLimitAndBeyond) {
  Take(TownFile(8) + TownRow(9, std::string(limits::kFieldTextBytesMax, 'x')));
  EXPECT_EQ(Rows().rows_new(), 1u);
  Take(TownFile(8) + TownRow(10, std::string(limits::kFieldTextBytesMax + 1, 'x')),
       {.delta = true});
  EXPECT_EQ(Rows().rows_quarantined(), 1u);
  EXPECT_EQ(Records().size(), 9u);
}

TEST_F(BadInputTest, AFileReplacedWhileItIsRead) {
  const std::string path = dir.Write("shops.csv", TownFile(9000));
  bool done = false;
  progress = [&](uint64_t, uint64_t) {
    if (!done) std::filesystem::rename(dir.Write("other", TownFile(3)), path);
    done = true;
    return absl::OkStatus();
  };
  TakeFile(path, {});
  ASSERT_TRUE(done);
  EXPECT_CODE(Code::FILE_CHANGED, sum.outcome);
  EXPECT_EQ(sum.Attention(), Code::FILE_CHANGED);
  EXPECT_EQ(Totals().records_gone, 0u);
  ExpectExportVerifies();
}

TEST_F(BadInputTest, AFileThatIsWrittenToWhileItIsRead) {
  const std::string path = dir.Write("shops.csv", TownFile(9000));
  bool done = false;
  progress = [&](uint64_t, uint64_t) {
    if (!done) std::ofstream(path, std::ios::app) << TownRow(9001, "late");
    done = true;
    return absl::OkStatus();
  };
  TakeFile(path, {});
  EXPECT_CODE(Code::FILE_CHANGED, sum.outcome);
  EXPECT_EQ(Records().count("late"), 0u);
}

TEST_F(BadInputTest, AFileThatIsNotThere) {
  ASSERT_OK_AND_ASSIGN(sum, TryFile(dir.File("shops-absent.csv"), {}));
  EXPECT_CODE(Code::FILE_UNREADABLE, sum.outcome);
  EXPECT_EQ(InfoOf(sum.Attention()).exit_code, 4);
  ExpectNoRecordMoved();
}

// --- a full disk

TEST_F(BadInputTest, AFullStoreKeepsWhatItHadAndGoesOnWhenThereIsRoom) {
  folder.reset();
  store::SqliteOptions options;
  options.path = dir.File("node/store.db");
  options.mode = store::OpenMode::kReadWrite;
  options.pages_max = 60;
  ASSERT_OK_AND_ASSIGN(folder, app::NodeFolder::Open(dir.File("node"), app::Access::kRead));
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<store::Store> small, store::OpenSqliteStore(options));
  context = folder->context();
  context.clock = &clock;
  context.store = small.get();
  const std::string path = dir.Write("shops.csv", TownFile(40000));
  const auto tried = TryFile(path, {});
  EXPECT_CODE(Code::DISK_FULL, tried);
  EXPECT_EQ(InfoOf(CodeOf(tried.status())).exit_code, 4);
  ExpectExportVerifies();
  small.reset();
  Reopen();
  TakeFile(path, {});
  EXPECT_OK(sum.outcome);
  EXPECT_EQ(Records().size() > 0, true);
  EXPECT_EQ(Totals().records_present, 40000u);
  ExpectExportVerifies();
}

// --- the program itself: bounded memory, exit codes

class BadInputProgramTest : public Town {
 protected:
  void SetUp() override {
    Town::SetUp();
    Use({});
    folder.reset();
  }
  // Runs the program and gives its exit code and peak memory.
  struct Outcome {
    int exit_code = -1;
    uint64_t peak_bytes = 0;
    std::string out;
  };
  Outcome Ingest(const std::string& path) {
    const std::string log = dir.File("log");
    const pid_t pid = fork();
    if (pid == 0) {
      const std::string node = dir.File("node"), pack_folder = dir.File("pack");
      if (std::freopen(log.c_str(), "w", stdout) == nullptr || dup2(1, 2) < 0) _exit(99);
      execl(TOMBOLO_PROGRAM, "tombolo", "ingest", "--node", node.c_str(), "--pack",
            pack_folder.c_str(), path.c_str(), nullptr);
      _exit(98);
    }
    int status = 0;
    rusage usage{};
    EXPECT_EQ(wait4(pid, &status, 0, &usage), pid);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            static_cast<uint64_t>(usage.ru_maxrss) * limits::kKiB, dir.Read("log")};
  }
  static bool Sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#else
    return false;
#endif
  }
  static bool Long() { return std::getenv("TOMBOLO_TEST_LONG") != nullptr; }
  void ExpectBounded(const Outcome& got) {
    if (Sanitized()) return;
    EXPECT_LT(got.peak_bytes, 200 * limits::kMiB);
  }
};

TEST_F(BadInputProgramTest, ASingleLineWithoutEnd) {
  const uint64_t bytes = Long() ? limits::kGiB : 64 * limits::kMiB;
  const std::string path = dir.Write("shops.csv", kTownHeader + TownRow(1, "One"));
  {
    std::ofstream out(path, std::ios::app | std::ios::binary);
    out << "2,";
    const std::string block(limits::kMiB, 'x');
    for (uint64_t n = 0; n < bytes; n += block.size()) out << block;
    out << ",A,S,2001-02-03,,\n" << TownRow(3, "Three");
  }
  const Outcome got = Ingest(path);
  EXPECT_EQ(got.exit_code, 3) << got.out;
  EXPECT_THAT(got.out, AnyOf(HasSubstr("CELL_TOO_LARGE"), HasSubstr("ROW_TOO_LARGE")));
  ExpectBounded(got);
  Reopen();
  EXPECT_EQ(Records().size(), 2u);
}

TEST_F(BadInputProgramTest, ManyLargeBadRowsStayOutOfMemory) {
  const std::string path = dir.Write("shops.csv", kTownHeader);
  {
    std::ofstream out(path, std::ios::app | std::ios::binary);
    const std::string cell(1000 * limits::kKiB, 'x');
    for (int id = 1; id <= 100; ++id) out << TownRow(id, cell, "A", "X,2001-02-03,,");
  }
  const Outcome got = Ingest(path);
  EXPECT_EQ(got.exit_code, 3) << got.out.substr(0, 2000);
  ExpectBounded(got);
}

TEST_F(BadInputProgramTest, AFullDisk) {
  const std::string disk = dir.File("disk");
  std::filesystem::create_directory(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=2m") != 0) {
    GTEST_SKIP() << "a small disk can only be mounted by root";
  }
  std::filesystem::copy(dir.File("node"), disk + "/node", std::filesystem::copy_options::recursive);
  std::filesystem::remove_all(dir.File("node"));
  std::filesystem::create_directory_symlink(disk + "/node", dir.File("node"));
  const std::string path = dir.Write("shops.csv", TownFile(30000));
  const Outcome got = Ingest(path);
  EXPECT_EQ(got.exit_code, 4) << got.out;
  EXPECT_THAT(got.out, HasSubstr("DISK_FULL"));
  EXPECT_EQ(mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=512m"), 0);
  EXPECT_EQ(Ingest(path).exit_code, 0);
  EXPECT_EQ(Ingest(path).exit_code, 0);
  Reopen();
  EXPECT_EQ(Totals().records_present, 30000u);
  ExpectExportVerifies();
  folder.reset();
  context.store = nullptr;
  EXPECT_EQ(umount2(disk.c_str(), MNT_DETACH), 0);
}

TEST_F(BadInputProgramTest, TheMainReasonIsNamedFirst) {
  const std::string bad_kind = "X,2001-02-03,,", bad_amount = "S,2001-02-03,1.2345678元,";
  std::string file = TownFile(2) + TownRow(3, "Three", "A", bad_kind);
  EXPECT_THAT(Ingest(dir.Write("shops-1.csv", file)).out,
              HasSubstr("1 rows are new in quarantine, all for CODE_UNKNOWN;"));
  file += TownRow(4, "Four", "A", bad_amount) + TownRow(5, "Five", "A", bad_kind);
  EXPECT_THAT(
      Ingest(dir.Write("shops-2.csv", file)).out,
      HasSubstr("3 rows are new in quarantine, mostly for CODE_UNKNOWN (and 1 other code);"));
  file += TownRow(6, "Six", "A", "S,2001-02-30,,");
  EXPECT_THAT(Ingest(dir.Write("shops-3.csv", file)).out, HasSubstr("(and 2 other codes);"));
}

TEST_F(BadInputProgramTest, ExitCodesTellWhoMustAct) {
  const std::string good = dir.Write("shops.csv", TownFile(3));
  EXPECT_EQ(Ingest(good).exit_code, 0);
  EXPECT_EQ(Ingest(dir.Write("shops-empty.csv", "")).exit_code, 3);
  EXPECT_EQ(Ingest(dir.Write("other.csv", TownFile(3))).exit_code, 3);  // no source takes it
  EXPECT_EQ(Ingest(dir.File("shops-absent.csv")).exit_code, 2);
  std::filesystem::remove(dir.File("node/node.yaml"));
  EXPECT_EQ(Ingest(good).exit_code, 2);
}

}  // namespace
}  // namespace tombolo::testing
