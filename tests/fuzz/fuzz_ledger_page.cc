// libFuzzer target; see fuzz_entry_page.h.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_entry_page.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tombolo::fuzz::FuzzEntryPage({reinterpret_cast<const char*>(data), size});
  return 0;
}
