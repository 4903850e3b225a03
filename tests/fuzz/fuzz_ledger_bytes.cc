// libFuzzer target; see fuzz_ledger.h.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_ledger.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tombolo::fuzz::FuzzLedgerBytes({reinterpret_cast<const char*>(data), size});
  return 0;
}
