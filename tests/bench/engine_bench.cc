// CPU per row of the pack engine alone: rows that are in memory already, a SELECT of 15
// expressions, drafts thrown away. `engine_bench [rows]`.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "adapters/engine/pack.h"
#include "adapters/engine/run.h"

namespace tombolo::engine {
namespace {

constexpr uint64_t kRowsUsual = 1000000;
constexpr size_t kColumns = 17;
constexpr size_t kDistinctRows = 1000;

// 17 columns, about 520 bytes a row; a thousand rows again and again.
class BenchReader : public RowReader {
 public:
  explicit BenchReader(uint64_t rows) : rows_(rows) {
    for (size_t c = 0; c < kColumns; ++c) columns_.push_back(absl::StrCat("c", c + 1));
    for (size_t i = 0; i < kDistinctRows; ++i) {
      std::vector<std::string>& row = cells_.emplace_back();
      row = {absl::StrCat(1000000 + i),
             absl::StrCat("上海", i, "定惠塑胶制品有限公司"),
             absl::StrCat("2020-", 1 + i % 9 < 10 ? "0" : "", 1 + i % 9, "-15"),
             absl::StrCat("  ", i % 90, " Oakwood  Avenue "),
             i % 3 == 0 ? "M - Minor" : "S - Significant",
             absl::StrCat(i * 7, ".50"),
             absl::StrCat(i % 50),
             i % 2 == 0 ? "N/A" : "Notice to Comply",
             "Food Take Out",
             "43.68725",
             "-79.43842",
             std::string(196, 'x'),
             std::string(60, 'y'),
             i % 5 == 0 ? "" : "remark",
             "Pass",
             "Toronto Public Health",
             std::string(80, 'z')};
    }
  }
  const std::vector<std::string>& columns() const override { return columns_; }
  StatusOr<bool> Next(Row* row) override {
    if (next_ > rows_) return false;
    const std::vector<std::string>& cells = cells_[next_ % kDistinctRows];
    row->number = next_++;
    row->cells.assign(cells.begin(), cells.end());
    row->faults.clear();
    return true;
  }
  uint64_t BytesConsumed() const override { return next_; }
  std::string encoding() const override { return "UTF-8"; }
  static uint64_t BytesPerRow(const BenchReader& reader) {
    uint64_t bytes = 0;
    for (const auto& row : reader.cells_) {
      for (const std::string& cell : row) bytes += cell.size() + 1;
    }
    return bytes / kDistinctRows;
  }

 private:
  uint64_t rows_;
  uint64_t next_ = 1;
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> cells_;
};

class CountingSink : public Sink {
 public:
  StatusOr<std::vector<Fault>> OnDraft(const v1::RecordQuery&, record::Draft*,
                                       absl::Span<const uint64_t>, std::string_view) override {
    ++drafts;
    return std::vector<Fault>();
  }
  Status OnLeftOut(const v1::RecordQuery&, std::string_view, absl::Span<const uint64_t>) override {
    return absl::OkStatus();
  }
  Status OnBadRow(BadRow) override {
    ++bad;
    return absl::OkStatus();
  }
  StatusOr<std::vector<LateFault>> OnQueriesDone() override { return std::vector<LateFault>(); }
  Status OnProgress(uint64_t, uint64_t) override { return absl::OkStatus(); }

  uint64_t drafts = 0, bad = 0;
};

constexpr char kPackHead[] = R"(
name: bench
title: Bench
version: 1
catalogue: catalogue.yaml
sources:
  - {name: src, format: CSV, files: ["*.csv"], columns: [)";
constexpr char kPackTail[] = R"(]}
records:
  - {name: main, item: bench.item, source: src, sql_file: main.sql}
)";
constexpr char kCatalogueHead[] = R"(
name: bench
title: Bench
version: "1"
items:
  - code: bench.item
    title: Item
    kind: INSPECTION
    polarity: NEUTRAL
    subject_kinds: [ORGANISATION]
    sharing_class: LIMITED
    identity_scope: bench.item
    fields:
)";

// 15 expressions, two calls of ours.
constexpr char kPlainSql[] = R"(SELECT _row AS _rows, c1 AS key_1,
  c2 AS t1, parse_date(c3, 'YYYY-MM-DD') AS d1, clean(c4) AS t2,
  CASE c5 WHEN 'M - Minor' THEN 'MINOR' WHEN 'S - Significant' THEN 'GENERAL' END AS t3,
  c6 || ' CAD' AS t4, c7 AS n1, CASE WHEN c8 <> 'N/A' THEN c8 END AS t5, trim(c9) AS t6,
  c10 || ',' || c11 AS t7, c12 AS t8, c13 AS t9, nullif(c14, '') AS t10, c15 AS t11, c16 AS t12,
  c17 AS t13 FROM src)";
// The same with ours wherever there is one.
constexpr char kOursSql[] = R"(SELECT _row AS _rows, clean(c1) AS key_1,
  clean(c2) AS t1, parse_date(c3, 'YYYY-MM-DD', 'YYYYMMDD') AS d1, clean(c4) AS t2,
  before(c5, ' - ') AS t3, amount(c6, 'CAD') AS t4, integer(c7) AS n1,
  nullif_any(c8, 'N/A', '-') AS t5, clean(c9) AS t6, number(c10) AS t7, clean(c12) AS t8,
  mask(c13, 3, 4) AS t9, clean(c14) AS t10, clean(c15) AS t11, clean(c16) AS t12, clean(c17) AS t13
  FROM src)";

StatusOr<std::string> FileOf(std::string_view file, const char* sql) {
  if (file == "main.sql") return std::string(sql);
  if (file == "pack.yaml") {
    std::string text = kPackHead;
    for (size_t c = 0; c < kColumns; ++c) absl::StrAppend(&text, "{name: c", c + 1, "}, ");
    return text + kPackTail;
  }
  std::string text = kCatalogueHead;
  const auto field = [&](const std::string& name, const char* type) {
    absl::StrAppend(&text, "      - {name: ", name, ", title: ", name, ", type: ", type,
                    ", sharing_class: LIMITED}\n");
  };
  for (int i = 1; i <= 13; ++i) field(absl::StrCat("t", i), "TEXT");
  field("d1", "DATE");
  field("n1", "INTEGER");
  return text;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Status Measure(const char* title, const char* sql, uint64_t rows) {
  const auto profile = [](std::string_view) {
    v1::Profile core;
    core.set_name("core");
    return record::Profile::Compile({core}, [](std::string_view, std::string_view) {
      return StatusOr<std::string>(MakeError(Code::NOT_FOUND, "no file"));
    });
  };
  ASSIGN_OR_RETURN(const auto pack,
                   Pack::Load([sql](std::string_view file) { return FileOf(file, sql); }, profile));
  uint64_t row_bytes = 0;
  const SourceFile file = {"src", "bench.csv", [&](const v1::Source&) {
                             auto reader = std::make_unique<BenchReader>(rows);
                             row_bytes = BenchReader::BytesPerRow(*reader);
                             return StatusOr<std::unique_ptr<RowReader>>(std::move(reader));
                           }};
  CountingSink sink;
  const double before = CpuSeconds();
  ASSIGN_OR_RETURN(const RunResult result, Run(*pack, file, {}, &sink));
  const double cpu = CpuSeconds() - before;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "%-28s %10lu rows of %lu bytes, %lu drafts, %lu bad: %.2f us CPU a row, peak %ld MB\n", title,
      result.rows_read, row_bytes, sink.drafts, sink.bad, cpu * 1e6 / static_cast<double>(rows),
      usage.ru_maxrss / 1024);
  return absl::OkStatus();
}

}  // namespace
}  // namespace tombolo::engine

int main(int argc, char** argv) {
  using namespace tombolo::engine;  // NOLINT: a program of one file
  const uint64_t rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : kRowsUsual;
  for (const auto& [title, sql] : {std::pair("15 expressions", kPlainSql),
                                   std::pair("the same, functions of ours", kOursSql)}) {
    const tombolo::Status status = Measure(title, sql, rows);
    if (status.ok()) continue;
    std::fprintf(stderr, "%s\n", tombolo::Describe(status).c_str());
    return 1;
  }
  return 0;
}
