// libFuzzer target; see fuzz_readers.h.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_readers.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tombolo::fuzz::FuzzCsv({reinterpret_cast<const char*>(data), size});
  return 0;
}
