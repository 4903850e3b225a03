#include "gateway/store/memory/memory_store.h"
#include "tests/contract/store_contract.h"

namespace tombolo::store {
namespace {

class MemoryPlace : public StorePlace {
 public:
  std::unique_ptr<Store> Open() override { return MakeMemoryStore(); }
  bool persistent() const override { return false; }
};

INSTANTIATE_TEST_SUITE_P(Memory, StoreContract,
                         testing::Values(StoreKind{"Memory",
                                                   [] { return std::make_unique<MemoryPlace>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tombolo::store
