// A check over bytes, by which damage to the index is noticed.
//
// No defence against intent, which could as well rewrite the check. Words of 64 bits are multiplied
// and folded as wyhash (Wang Yi) does: a page costs less than reading it does.
// Ownership: none taken. Thread-safety: pure. Errors: none.
#ifndef TOMBOLO_GATEWAY_STORE_SQLITE_CHECK_SUM_H_
#define TOMBOLO_GATEWAY_STORE_SQLITE_CHECK_SUM_H_

#include <cstdint>
#include <string_view>

namespace tombolo::store {

uint64_t CheckSum(uint64_t seed, std::string_view bytes);

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_SQLITE_CHECK_SUM_H_
