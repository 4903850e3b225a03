// A store that lives in memory: for tests and the simulator, and the plainest statement of what a
// store does.
//
// Ownership: the caller owns the store; results own their bytes. Thread-safety: one thread per
// object. Errors: as gateway/store/store.h says, but no BUSY, CORRUPT or DISK_FULL of its own.
#ifndef TOMBOLO_GATEWAY_STORE_MEMORY_MEMORY_STORE_H_
#define TOMBOLO_GATEWAY_STORE_MEMORY_MEMORY_STORE_H_

#include <memory>

#include "gateway/store/store.h"

namespace tombolo::store {

std::unique_ptr<Store> MakeMemoryStore();

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_MEMORY_MEMORY_STORE_H_
