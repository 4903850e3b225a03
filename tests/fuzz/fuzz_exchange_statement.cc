// libFuzzer target; see fuzz_exchange.h.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_exchange.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tombolo::fuzz::FuzzExchangeStatement({reinterpret_cast<const char*>(data), size});
  return 0;
}
