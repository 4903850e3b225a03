#include "gateway/store/sqlite/sqlite_store.h"
#include "tests/contract/store_contract.h"
#include "tests/contract/temp_folder.h"

namespace tombolo::store {
namespace {

class SqlitePlace : public StorePlace {
 public:
  explicit SqlitePlace(size_t delta_rows_max) : delta_rows_max_(delta_rows_max) {}
  std::unique_ptr<Store> Open() override {
    SqliteOptions options;
    options.path = folder_ / "store.db";
    options.delta_rows_max = delta_rows_max_;
    auto store = OpenSqliteStore(options);
    EXPECT_TRUE(store.ok()) << Describe(store.status());
    return store.ok() ? std::move(*store) : nullptr;
  }
  bool persistent() const override { return true; }

 private:
  TempFolder folder_;
  const size_t delta_rows_max_;
};

StoreKind Kind(const std::string& name, size_t delta_rows_max) {
  return {name, [=] { return std::make_unique<SqlitePlace>(delta_rows_max); }};
}

// As shipped, and with the index's runs made and merged at every turn.
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract,
                         testing::Values(Kind("Default", SqliteOptions().delta_rows_max),
                                         Kind("ManyRuns", 1)),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tombolo::store
