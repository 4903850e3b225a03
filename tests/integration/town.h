// A small town with shops: a pack written by the test, a real node in a temporary folder, and one
// call that takes a file in. What the pack does in the cases that matter is set in TownPack.
//
// Ownership: a Town owns its folder and node. Thread-safety: one thread. Errors: failed
// expectations.
#ifndef TOMBOLO_TESTS_INTEGRATION_TOWN_H_
#define TOMBOLO_TESTS_INTEGRATION_TOWN_H_

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/app/node_folder.h"
#include "gateway/app/packs.h"
#include "gateway/node/ingest.h"
#include "gateway/node/inspect.h"
#include "tests/support/assert_ok.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace tombolo::testing {

inline constexpr char kTownHeader[] = "id,name,town,kind,opened,capital,lei\n";

struct TownPack {
  std::string on_duplicate = "DUPLICATE_QUARANTINE";
  std::string sharing_class = "PUBLIC";
  bool snapshot = false;
  bool scoped = true;  // by the column town
  bool grouped = false;
  bool mixed = false;  // rows of kind M are of the item test.market
  int version = 1;
  std::string kinds = "S,Shop\nM,Market\n";  // the code list without its header
  // pack.yaml, catalogue.yaml, kind.csv, unit.csv by name.
  std::map<std::string, std::string> Files() const;
};

// A sound row; `more` are cells after the name.
std::string TownRow(int id, const std::string& name, const std::string& town = "A",
                    const std::string& more = "S,2001-02-03,,");
// Header and rows 1..count, all of one town.
std::string TownFile(int count, const std::string& town = "A");

class Town : public ::testing::Test {
 protected:
  void SetUp() override { MakeNode(v1::IngestConfig()); }
  void MakeNode(const v1::IngestConfig& limits);
  // Writes the pack's folder anew and loads it.
  void Use(const TownPack& pack);
  void UseShipped(const std::string& name) { Load(name); }

  struct Options {
    bool delta = false;
    bool yes = false;
  };
  // Takes `content` in under a file name that stays; the summary stands in `sum`. Checks that the
  // balance adds up.
  void Take(const std::string& content) { Take(content, Options()); }
  void Take(const std::string& content, Options options, const std::string& name = "shops.csv");
  void TakeFile(const std::string& path, Options options);
  // The same without expectations.
  StatusOr<node::IngestSummary> TryFile(const std::string& path, Options options);

  const node::ItemCounts& Shops() { return sum.items["test.shop"]; }
  const v1::Balance& Rows() const { return sum.balance; }
  // Every present record by its field subject.name.
  std::map<std::string, node::RecordView> Records();
  RecordId IdOf(int id) { return IdOf(std::to_string(id)); }
  RecordId IdOf(const std::string& key) {
    return folder->context().identity->ForRecord("test.shop", {key});
  }
  std::vector<node::RecordView> HistoryOf(int id);
  std::vector<store::QuarantineRow> Quarantined();
  store::Totals Totals();
  void Reopen();

  // Exports and runs conformance/verify.py over it.
  void ExpectExportVerifies();

  TempDir dir;
  FakeClock clock;
  std::unique_ptr<app::NodeFolder> folder;
  node::Context context;  // of `folder`, with the clock above
  std::unique_ptr<app::PackShelf> shelf;
  std::shared_ptr<const engine::Pack> pack;
  node::IngestSummary sum;
  std::function<Status(uint64_t rows, uint64_t bytes)> progress;

 private:
  void Load(const std::string& name_or_path);
  void OpenNode();
};

// Exit code and both outputs of a command line, run by /bin/sh.
struct Ran {
  int exit_code = -1;
  std::string out;
};
Ran RunShell(const std::string& command);

}  // namespace tombolo::testing

#endif  // TOMBOLO_TESTS_INTEGRATION_TOWN_H_
