#include "tests/integration/town.h"

#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "gateway/app/record_json.h"
#include "gateway/base/limits.h"
#include "gateway/node/export.h"

namespace tombolo::testing {
namespace {

constexpr char kOrigin[] = "spiffe://federation.example/town";

std::string PackYaml(const TownPack& pack) {
  std::string yaml =
      "name: town\ntitle: Town\nversion: " + std::to_string(pack.version) +
      "\ncatalogue: catalogue.yaml\ncode_lists: [unit.csv]\n"
      "leave_out:\n  - {name: closed, reason: The shop is closed}\n"
      "sources:\n  - name: shops\n    format: CSV\n    files: [\"shops*\"]\n    encoding: UTF-8\n"
      "    columns: [{name: id}, {name: name}, {name: town}, {name: kind},\n"
      "              {name: opened}, {name: capital}, {name: lei}]\n"
      "records:\n  - name: shop\n    item: test.shop\n    source: shops\n"
      "    sql_file: shop.sql\n    on_duplicate: " +
      pack.on_duplicate + "\n";
  if (pack.mixed) yaml += "    more_items: [test.market]\n";
  if (pack.snapshot) yaml += "    complete_snapshot: true\n";
  if (pack.snapshot && pack.scoped && !pack.grouped) yaml += "    scope_column: town\n";
  return yaml;
}

std::string Item(const TownPack& pack, const std::string& code) {
  return "  - code: " + code + R"(
    title: Shop
    kind: REGISTRATION
    polarity: BASIC
    subject_kinds: [ORGANISATION]
    domain: SOCIETY
    identity_scope: test.shop
    legal_basis: [{title: Shops Act, level: LAW}]
    sharing_class: )" +
         pack.sharing_class + R"(
    fields:
      - {name: subject.name, title: Name, type: TEXT, sharing_class: PUBLIC, required: true}
      - {name: subject.id, title: LEI, type: IDENTIFIER, sharing_class: PUBLIC, scheme: iso.lei}
      - {name: premises.kind, title: Kind, type: CODE, sharing_class: PUBLIC, code_list: kind}
      - {name: capital, title: Capital, type: AMOUNT, sharing_class: GOVERNMENT}
)";
}

std::string Catalogue(const TownPack& pack) {
  return R"(
name: test.town
title: Town
version: "1"
locality: Town
code_lists:
  - {name: kind, file: kind.csv}
items:
)" + Item(pack, "test.shop") +
         (pack.mixed ? Item(pack, "test.market") : "");
}

std::string Sql(const TownPack& pack) {
  const std::string item = "CASE kind WHEN 'M' THEN 'test.market' ELSE 'test.shop' END AS _item, ";
  return "SELECT " + (pack.mixed ? item : "") + (pack.grouped ? "rows(_row)" : "_row") +
         R"( AS _rows,
  CASE WHEN name = 'CLOSED' THEN 'closed' END AS _leave_out,
  norm_id('generic.number', id) AS key_1,
  clean(name) AS "subject.name",
  ident('iso.lei', nullif_any(lei, '')) AS "subject.id",
  code('kind', kind) AS "premises.kind",
  amount(nullif_any(capital, ''), 'unit') AS capital,
  parse_date(opened, 'YYYY-MM-DD') AS valid_from
FROM shops
)" + (pack.grouped ? "GROUP BY id\n" : "");
}

}  // namespace

std::map<std::string, std::string> TownPack::Files() const {
  return {{"pack.yaml", PackYaml(*this)},
          {"catalogue.yaml", Catalogue(*this)},
          {"shop.sql", Sql(*this)},
          {"kind.csv", "code,label\n" + kinds},
          {"unit.csv", "unit,factor,currency\n万元,10000,CNY\n元,1,CNY\n"}};
}

std::string TownRow(int id, const std::string& name, const std::string& town,
                    const std::string& more) {
  return std::to_string(id) + "," + name + "," + town + "," + more + "\n";
}

std::string TownFile(int count, const std::string& town) {
  std::string file = kTownHeader;
  for (int id = 1; id <= count; ++id) file += TownRow(id, "Shop " + std::to_string(id), town);
  return file;
}

void Town::MakeNode(const v1::IngestConfig& limits) {
  shelf.reset();
  folder.reset();
  std::error_code ignored;
  std::filesystem::remove_all(dir.File("node"), ignored);
  v1::NodeConfig config;
  config.set_origin(kOrigin);
  *config.mutable_ingest() = limits;
  ASSERT_OK(app::NodeFolder::Make(dir.File("node"), config));
  OpenNode();
}

void Town::OpenNode() {
  ASSERT_OK_AND_ASSIGN(folder, app::NodeFolder::Open(dir.File("node"), app::Access::kWrite));
  shelf = std::make_unique<app::PackShelf>(folder->config());
  context = folder->context();
  context.clock = &clock;
}

void Town::Reopen() {
  folder.reset();
  OpenNode();
}

void Town::Use(const TownPack& wanted) {
  for (const auto& [name, content] : wanted.Files()) dir.Write("pack/" + name, content);
  Load(dir.File("pack"));
}

void Town::Load(const std::string& name_or_path) {
  ASSERT_OK_AND_ASSIGN(pack, shelf->Load(name_or_path));
}

StatusOr<node::IngestSummary> Town::TryFile(const std::string& path, Options options) {
  const std::string name = std::filesystem::path(path).filename().string();
  ASSIGN_OR_RETURN(const v1::Source* source, pack->SourceForFile(name));
  if (source == nullptr) return MakeError(Code::NOT_FOUND, "no source for " + name);
  node::IngestRequest request;
  request.pack = pack;
  request.driving = app::FileOf(*source, path);
  request.delta = options.delta;
  request.allow_retraction = options.yes;
  request.progress = progress;
  clock.AdvanceUs(1000000);
  return node::Ingest(context, request);
}

void Town::TakeFile(const std::string& path, Options options) {
  ASSERT_OK_AND_ASSIGN(sum, TryFile(path, options));
  EXPECT_TRUE(sum.Adds());
}

void Town::Take(const std::string& content, Options options, const std::string& name) {
  TakeFile(dir.Write(name, content), options);
}

std::map<std::string, node::RecordView> Town::Records() {
  std::map<std::string, node::RecordView> records;
  StatusOr<node::Inspector> inspector = node::Inspector::Open(context);
  EXPECT_OK(inspector);
  if (!inspector.ok()) return records;
  node::RecordFilter filter;
  filter.records_max = limits::kPageEntriesMax;
  EXPECT_OK(inspector->List(filter, [&](const node::RecordView& view) {
    records[app::FieldText(view, "subject.name")] = view;
    return true;
  }));
  return records;
}

std::vector<node::RecordView> Town::HistoryOf(int id) {
  StatusOr<node::Inspector> inspector = node::Inspector::Open(context);
  EXPECT_OK(inspector);
  if (!inspector.ok()) return {};
  StatusOr<std::vector<node::RecordView>> history = inspector->History(IdOf(id));
  EXPECT_OK(history);
  return history.ok() ? *history : std::vector<node::RecordView>();
}

std::vector<store::QuarantineRow> Town::Quarantined() {
  std::vector<store::QuarantineRow> all;
  for (;;) {
    auto page = context.store->Quarantine(all.empty() ? 0 : all.back().id, limits::kPageEntriesMax);
    EXPECT_OK(page);
    if (!page.ok() || page->empty()) return all;
    for (store::QuarantineRow& row : *page) all.push_back(std::move(row));
  }
}

store::Totals Town::Totals() {
  const StatusOr<store::Totals> totals = context.store->Count();
  EXPECT_OK(totals);
  return totals.ok() ? *totals : store::Totals();
}

void Town::ExpectExportVerifies() {
  const std::string path = dir.File("export.jsonl");
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  const auto counts = node::ExportStreams(context, "", [&](std::string_view line) {
    out << line << '\n';
    return absl::OkStatus();
  });
  ASSERT_OK(counts);
  out.close();
  const Ran ran =
      RunShell("python3 '" TOMBOLO_SOURCE_DIR "/conformance/verify.py' export '" + path + "' 2>&1");
  EXPECT_EQ(ran.exit_code, 0) << ran.out;
}

Ran RunShell(const std::string& command) {
  Ran ran;
  std::FILE* pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) return ran;
  char block[4096];
  for (size_t n; (n = std::fread(block, 1, sizeof block, pipe)) > 0;) ran.out.append(block, n);
  const int status = pclose(pipe);
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

}  // namespace tombolo::testing
